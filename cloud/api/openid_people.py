"""Who somebody of an OpenID provider is here: a file that maps its claims to role and agencies, and the account."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from cloud.db.identities import Person
from cloud.db.tokens import Role
from cloud.errors import Misconfigured
from edge.contract import documents

Claim = Annotated[str, Field(pattern=r"^[\w:/-]+(\.[\w:/-]+)*$", max_length=200)]
Agency = Literal["transport", "disaster", "public_order", "health", "112", "platform"]
MAX_FULL_NAME = 120


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class RoleRule(_Strict):
    """Whoever's claim is, or has, a value gets a role."""

    claim: Claim
    has: str
    role: Role


class AgencyRule(_Strict):
    """Whoever's claim is, or has, a value acts for an agency."""

    claim: Claim
    has: str
    agency: Agency


class PeopleFile(_Strict):
    """How claims are read.

    Attributes:
        account: claim that becomes the account's name.
        full_name: claim with the person's name.
        unknown: whether somebody who comes for the first time gets an account, or is refused until he is linked to one.
        roles: the first that fits decides; whom none fits is refused.
        agencies: all that fit count.
    """

    account: Claim = "preferred_username"
    full_name: Claim = "name"
    unknown: Literal["create", "refuse"] = "refuse"
    roles: tuple[RoleRule, ...] = ()
    agencies: tuple[AgencyRule, ...] = ()


@dataclass(frozen=True, slots=True)
class People:
    """The file, read."""

    file: PeopleFile

    def find(self, claims: Mapping[str, Any]) -> Person:
        """Say who somebody is by his claims; what a claim of another kind says counts as nothing."""
        roles = (rule.role for rule in self.file.roles if _has(claims, rule.claim, rule.has))
        agencies = {rule.agency: None for rule in self.file.agencies if _has(claims, rule.claim, rule.has)}
        name = _text(_find(claims, self.file.account))
        full_name = "".join(sign for sign in _text(_find(claims, self.file.full_name)) if sign.isprintable())
        return Person(name, full_name[:MAX_FULL_NAME], next(roles, None), tuple(agencies))


def read_people(path: Path | None) -> People:
    """Read the file; without one nobody gets an account, and those who are linked keep their rights.

    Raises:
        Misconfigured: all its faults, with their places.
    """
    if path is None:
        return People(PeopleFile())
    try:
        document = documents.read(path)
        return People(PeopleFile.model_validate(document.content or {}))
    except documents.BadDocument as error:
        raise Misconfigured(str(error)) from error
    except ValidationError as error:
        raise Misconfigured("\n".join(documents.faults_of(error, document, PeopleFile))) from error


def _find(claims: Mapping[str, Any], path: str) -> Any:
    """Follow a path such as `realm_access.roles`; a claim whose own name has dots is found by its whole name."""
    if path in claims:
        return claims[path]
    here: Any = claims
    for part in path.split("."):
        here = here.get(part) if isinstance(here, Mapping) else None
    return here


def _has(claims: Mapping[str, Any], path: str, wanted: str) -> bool:
    found = _find(claims, path)
    return wanted in found if isinstance(found, list) else found == wanted


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
