"""Tokens with which a service pushes its module's figures: `sm_<id>_<secret>`, shown once.

The secret has 256 random bits, so it cannot be guessed, and a plain SHA-256 of it is all that is kept: a slow hash
would guard against nothing and cost every push.
"""

import hashlib
import hmac
import re
import secrets

from cloud.db.queries import load
from cloud.modules.errors import Misconfigured
from cloud.modules.store import Line

_FORM = re.compile(r"sm_([0-9a-f]{12})_([A-Za-z0-9_-]{43})")
_NOBODYS = bytes(32)  # so that an id that nobody has takes as long as one that somebody has
_SQL = load("modules")


def make_token(connection: Line, name: str, by: str) -> str:
    """Make a token of a module.

    Raises:
        Misconfigured: there is no such module, or nobody has registered it yet.
    """
    identity, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
    parameters = {"id": identity, "name": name, "hash": _hash(secret), "by": by}
    if connection.execute(_SQL["put_token"], parameters).rowcount != 1:
        raise Misconfigured(f"there is no module {name!r} in the database: `satulayar-modules work` registers it")
    return f"sm_{identity}_{secret}"


def revoke_tokens(connection: Line, name: str) -> int:
    """Make all tokens of a module worthless; give how many there were."""
    return connection.execute(_SQL["revoke_tokens"], {"name": name}).rowcount


def split_token(token: str) -> tuple[str, str] | None:
    """Give (id, secret) of what has a token's form."""
    parts = _FORM.fullmatch(token)
    return (parts[1], parts[2]) if parts else None


def note_use(connection: Line, identity: str) -> None:
    """Write down that a token was of use, by the minute."""
    connection.execute(_SQL["use_token"], {"id": identity})


def is_secret(secret: str, stored: bytes | None) -> bool:
    """Tell whether a secret is the one whose hash is stored, in a time that does not tell how near it is."""
    return hmac.compare_digest(stored or _NOBODYS, _hash(secret)) and stored is not None


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
