"""How a box hands a part of a clip to the room over HTTPS, where its site file says so; else it goes over MQTT.

A subset of tus 1.0.0 (https://tus.io/protocols/resumable-upload): its core (HEAD says how much is there, PATCH adds
from that offset on, 409 where it is another) and the extension Creation (POST with `Upload-Length` and
`Upload-Metadata`). The metadata are `event`, `command` and `sha256` of the whole part.

Who sends is proven anew with each request, by the key of the box's certificate: a JWS (RFC 7515) that carries the
certificate (`x5c`) and names method, path and instant, as `htm`, `htu` and `iat` do in RFC 9449. No secret goes over
the line, and what is overheard is of no use a minute later or elsewhere.
"""

import base64
from collections.abc import Mapping

PATH = "/v1/box/uploads"
TUS = "1.0.0"
PIECE_TYPE = "application/offset+octet-stream"
PIECE_BYTES = 262_144  # what a lost line costs at most, and what the room holds of a clip at a time
SCHEME = "Box"  # Authorization: Box <proof>
PROOF_TYPE = "box-proof+jwt"
PROOF_WITHIN_S = 60.0  # by which the clocks of box and room may differ
MAX_PROOF_CHARACTERS = 8_192


def address_of(event: str, sha256: str) -> str:
    """Give the path at which a part is: known beforehand, so that an answer that was lost costs nothing."""
    return f"{PATH}/{event}/{sha256}"


def write_metadata(values: Mapping[str, str]) -> str:
    """Write `Upload-Metadata`: names with their values in base64, with commas between."""
    return ",".join(f"{name} {base64.b64encode(value.encode()).decode()}" for name, value in values.items())


def read_metadata(header: str) -> dict[str, str]:
    """Read `Upload-Metadata`.

    Raises:
        ValueError: it is none.
    """
    pairs = [part.split() for part in header.split(",") if part.strip()]
    if any(len(pair) not in (1, 2) for pair in pairs):
        raise ValueError("a name and a value in base64, with commas between")
    return {pair[0]: base64.b64decode(pair[1] if pair[1:] else "", validate=True).decode() for pair in pairs}


def write_octets(octets: bytes) -> str:
    """Write base64url without padding (RFC 7515 section 2)."""
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()
