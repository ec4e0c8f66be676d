"""Passwords that people sign in with: argon2id, with the parameters of tokens, and rules of NIST SP 800-63B, 5.1.1.

Length is what counts: no rule about kinds of characters, nothing that must be changed every month. What is refused is
short, or is what anybody would try first.
"""

import secrets

from cloud.db.access_rules import refusal
from cloud.db.tokens import hash_secret

LEAST_CHARACTERS = 10
MOST_CHARACTERS = 200  # more would only keep argon2 busy
_LEAST_DIFFERENT = 5
_EASY = ("password", "kata sandi", "katasandi", "satulayar", "pasuruan", "rahasia", "admin", "qwerty", "123456")

# Without those that look alike when they are read aloud or written down: 0 o, 1 l i.
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
_GROUPS, _GROUP_CHARACTERS = 4, 4

# Judged where there is no such account, so that it takes as long as where there is one.
NOBODY = hash_secret(secrets.token_urlsafe(16))


def make_first_password() -> str:
    """Make a password of 79 random bits in groups that can be read over a telephone: `k7mp-x2qd-…`."""
    groups = ("".join(secrets.choice(_ALPHABET) for _ in range(_GROUP_CHARACTERS)) for _ in range(_GROUPS))
    return "-".join(groups)


def check_password(name: str, password: str) -> None:
    """Refuse what is no password.

    Raises:
        Ruled: with what is wrong and what would do.
    """
    if not LEAST_CHARACTERS <= len(password) <= MOST_CHARACTERS:
        raise refusal("password_length", least=LEAST_CHARACTERS, most=MOST_CHARACTERS)
    if len(set(password)) < _LEAST_DIFFERENT or _is_easy(name, password.casefold()):
        raise refusal("password_easy")


def hash_password(password: str) -> str:
    """Hash a password; takes tens of milliseconds on purpose."""
    return hash_secret(password)


def _is_easy(name: str, password: str) -> bool:
    """Tell whether hardly anything is left when the words are taken out that everybody tries."""
    for word in (name.casefold(), *_EASY):
        password = password.replace(word, "")
    return len(password.strip("0123456789!.-_ ")) < _LEAST_DIFFERENT - 1
