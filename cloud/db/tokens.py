"""Bearer tokens: `sl_<id>_<secret>`. The database keeps an argon2 hash of the secret, nobody keeps the token.

Source of the parameters: OWASP Password Storage Cheat Sheet (argon2id, 19 MiB, 2 iterations, 1 lane). The secret
has 256 random bits, so the hash guards against nothing but a stolen database.
"""

import re
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import argon2

Role = Literal["crew", "viewer", "module_owner", "operator", "head_of_shift", "admin"]
# In the order of what they may see; a crew sees boxes that it mounts, on its own routes, and nothing else.
# What each may order is in the table role_right.
ROLES: tuple[Role, ...] = ("crew", "viewer", "module_owner", "operator", "head_of_shift", "admin")

_FORM = re.compile(r"sl_([0-9a-f]{12})_([A-Za-z0-9_-]{43})")
_HASHER = argon2.PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


@dataclass(frozen=True, slots=True)
class Token:
    """A new token: `text` is shown once, `hash` is stored."""

    id: str
    text: str
    hash: str


@dataclass(frozen=True, slots=True)
class StoredToken:
    """What the database knows of a valid token."""

    hash: str
    account: str
    role: Role
    expires_at: datetime | None
    agencies: list[str]
    rights: list[str]


def make_token() -> Token:
    """Make a token of 256 random bits."""
    identity, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
    return Token(identity, f"sl_{identity}_{secret}", hash_secret(secret))


def split_token(text: str) -> tuple[str, str] | None:
    """Divide a token into (id, secret); None if it is not of the form."""
    match = _FORM.fullmatch(text)
    return (match[1], match[2]) if match else None


def hash_secret(secret: str) -> str:
    """Hash a secret with argon2id and a salt of its own."""
    return _HASHER.hash(secret)


def verify_secret(stored_hash: str, secret: str) -> bool:
    """Tell whether a secret is the one that was hashed; takes tens of milliseconds on purpose."""
    try:
        return _HASHER.verify(stored_hash, secret)
    except (argon2.exceptions.VerifyMismatchError, argon2.exceptions.InvalidHashError):
        return False
