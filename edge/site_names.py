"""What one part of a site file must know of the others while it is checked.

The names are taken from the raw content before anything is known to be right, so that all faults show at once.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationInfo

from edge.sensors.profile import Profile
from edge.vision.reasons import Reason
from edge.yaml_lines import hint_id, nearest


@dataclass(frozen=True, slots=True)
class Names:
    """Names of a site file.

    Attributes:
        profiles: sensor profiles there are.
        site: code of the site.
        boxes: its boxes.
        buses: its buses.
        bus_kinds: kind of each bus, as the file says it.
        assets: profile of each asset.
    """

    profiles: Mapping[str, Profile]
    site: str
    boxes: list[str]
    buses: list[str]
    assets: dict[str, str]
    bus_kinds: Mapping[str, str] = field(default_factory=dict)

    def buses_of(self, kind: str) -> list[str]:
        """Name the buses of a kind."""
        return [bus for bus in self.buses if self.bus_kinds.get(bus, "modbus_tcp") == kind]


class Strict(BaseModel):
    """A part of a site file: what is not known is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _is_variable(name: str) -> str:
    if not re.fullmatch(r"[A-Z][A-Z0-9_]{0,79}", name):  # not repeated: somebody wrote the secret itself here
        raise ValueError("is the name of an environment variable, such as SATULAYAR_SECRET, and not what is in it")
    return name


Variable = Annotated[str, AfterValidator(_is_variable)]


def names_of(info: ValidationInfo) -> Names:
    """Give the names that the file was opened with."""
    assert isinstance(info.context, Names), "site files are read by load_site"  # noqa: S101 - a programming error
    return info.context


def one_of(name: str, known: Collection[str], what: str, what_id: str = "") -> str:
    """Refuse a name that is not among the known, with the one that was probably meant.

    Args:
        name: as it was written.
        known: names that there are.
        what: one of them is.
        what_id: the same in Indonesian, where the room is told, too.
    """
    if name not in known:
        hint = nearest(name, known)
        fault = f"{name!r} is not {what}{hint}"
        raise ValueError(Reason(f"{name!r} bukan {what_id}{hint_id(hint)}", fault) if what_id else fault)
    return name


def with_quantity(asset: str, quantity: str, info: ValidationInfo) -> str:
    """Refuse an asset that is not in the file, or whose profile lacks a quantity."""
    context = names_of(info)
    one_of(asset, context.assets, "an asset of this file")
    profile = context.profiles.get(context.assets[asset])
    if profile is not None and quantity not in profile.quantities():
        raise ValueError(f"{asset} is a {profile.profile}, which has no {quantity}")
    return asset
