"""Who may look: Basic and Digest credentials.

Source: RFC 2617, sections 2 and 3; MD5 because that is what cameras and players of RTSP 1.0 speak.
"""

import base64
import binascii
import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass, field

REALM = "camera"


@dataclass(frozen=True, slots=True)
class Login:
    """A name and a password."""

    name: str
    password: str = field(repr=False)


class Gate:
    """Checks credentials; a nonce is good for one connection."""

    def __init__(self) -> None:
        self._nonce = secrets.token_hex(16)

    def challenges(self) -> str:
        """Give what is asked for, as the value of two WWW-Authenticate headers."""
        return f'Digest realm="{REALM}", nonce="{self._nonce}"\r\nWWW-Authenticate: Basic realm="{REALM}"'

    def admits(self, header: str, method: str, login: Login) -> bool:
        """Tell whether an Authorization header is right."""
        scheme, _, rest = header.partition(" ")
        if scheme.lower() == "basic":
            return self._basic(rest, login)
        return scheme.lower() == "digest" and self._digest(rest, method, login)

    def _basic(self, text: str, login: Login) -> bool:
        try:
            given = base64.b64decode(text.strip(), validate=True)
        except (binascii.Error, ValueError):
            return False
        return hmac.compare_digest(given, f"{login.name}:{login.password}".encode())

    def _digest(self, text: str, method: str, login: Login) -> bool:
        given = {name: quoted or bare for name, quoted, bare in re.findall(r'(\w+)=(?:"([^"]*)"|([^\s,]+))', text)}
        if given.get("username") != login.name or given.get("nonce") != self._nonce:
            return False
        secret = _md5(f"{login.name}:{given.get('realm', '')}:{login.password}")
        action = _md5(f"{method}:{given.get('uri', '')}")
        middle = ":".join(given.get(part, "") for part in ("nc", "cnonce", "qop")) + ":" if "qop" in given else ""
        wanted = _md5(f"{secret}:{self._nonce}:{middle}{action}")
        return hmac.compare_digest(wanted, given.get("response", "").lower())


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()  # what RFC 2617 asks for
