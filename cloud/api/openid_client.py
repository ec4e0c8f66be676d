"""What an OpenID provider knows us as, and which addresses are good for it."""

from dataclasses import dataclass
from urllib.parse import urlsplit

LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, slots=True)
class Client:
    """What a provider knows us as.

    Attributes:
        issuer: its name, an https address; plain http only on this machine.
        name: as people know it.
        client_id: ours.
        secret: ours; None for a public client.
        redirect_uri: where it sends people back to.
        home: where it sends people who signed out there.
        scopes: what is asked for.
        skew_s: by how much its clock may differ from ours.
    """

    issuer: str
    name: str
    client_id: str
    secret: str | None
    redirect_uri: str
    home: str
    scopes: str
    skew_s: int


def is_safe(url: str) -> bool:
    """Tell whether an address is one of TLS, or of this machine."""
    try:
        parts = urlsplit(url)
        return (parts.scheme == "https" and bool(parts.hostname)) or (
            parts.scheme == "http" and parts.hostname in LOOPBACK
        )
    except ValueError:
        return False
