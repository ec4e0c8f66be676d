"""Hands parts of clips to the room over HTTPS, where the site file says so: see `edge.contract.uploads`.

A piece at a time from the disk; after a lost line the room says how much it has, and it goes on from there. It blocks,
so it runs in a thread. The room's refusals are passed on in its own words.
"""

import base64
import http.client
import json
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from edge.contract.uploads import (
    PATH,
    PIECE_BYTES,
    PIECE_TYPE,
    PROOF_TYPE,
    SCHEME,
    TUS,
    address_of,
    write_metadata,
    write_octets,
)
from edge.daemon_thread import in_daemon_thread
from edge.errors import Refused, Unavailable
from edge.vision.reasons import Reason, because, system_reason

TIMEOUT_S = 30.0  # of one step; a piece takes 8 s at 256 kbit/s
MOST_TEXT = 300  # characters of a sentence that others wrote
MOST_ANEW = 2  # times that a part is begun again before it is given up
_P256_BYTES = 32
_ANEW = ("unknown_upload", "upload_digest")  # the room has nothing of it, or not any more
_PROBLEM = "application/problem+json"
_NOT_FOUND = 404
_AGAIN = (408, 425, 429)  # and all from 500 on: not now
_UPSET = 500


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a clip on the disk.

    Attributes:
        path: the file.
        event: that accounts for the clip.
        command: that asked for it.
        sha256: of the file, as the event names it; hexadecimal digits.
    """

    path: Path
    event: str
    command: str
    sha256: str


class NotTaken(Refused):
    """The room refused a part for good; holds its rule and its sentences."""

    def __init__(self, rule: str, detail: str) -> None:
        super().__init__(f"{rule}: {detail}")
        self.rule, self.detail = rule, detail


class Sender(Protocol):
    """What hands parts over."""

    async def send(self, part: Part) -> None:
        """Hand one over, whole.

        Raises:
            FileNotFoundError: it is gone.
            Unavailable: not now.
            NotTaken: never.
        """
        ...


@dataclass(frozen=True, slots=True)
class Identity:
    """Who this box is: files that may be renewed underneath.

    Attributes:
        cert_file: its certificate, PEM; None: it has none.
        key_file: the key to it.
        ca_file: authority of its own that may have signed the room's certificate, besides the public ones.
    """

    cert_file: Path | None
    key_file: Path | None
    ca_file: Path | None


class Uploader:
    """Sends to one room.

    Args:
        room: https://host[:port].
        identity: of this box.
        clock: seconds since 1970.
    """

    def __init__(self, room: str, identity: Identity, clock: Callable[[], float] = time.time) -> None:
        self._room = urlsplit(room)
        self._identity = identity
        self._clock = clock

    async def send(self, part: Part) -> None:
        """Hand a part over, whole; as `Sender`."""
        await in_daemon_thread("clip upload", lambda: self._send(part))

    def _send(self, part: Part) -> None:
        size = part.path.stat().st_size
        try:
            line = self._open()
            try:
                for _ in range(MOST_ANEW):
                    if self._is_sent(line, part, size):
                        return
            finally:
                line.close()
        except (OSError, http.client.HTTPException) as error:
            raise Unavailable(_say_lost(error).at(self._room.netloc)) from error
        raise NotTaken("upload_digest", "Ruang membuangnya dua kali. | The room threw it away twice.")

    def _is_sent(self, line: http.client.HTTPConnection, part: Part, size: int) -> bool:
        """Send a part; false where the room threw away what it had."""
        try:
            self._send_rest(line, part, size)
        except NotTaken as refused:
            if refused.rule not in _ANEW:
                raise
            return False
        return True

    def _send_rest(self, line: http.client.HTTPConnection, part: Part, size: int) -> None:
        """Send what the room has not."""
        address = address_of(part.event, part.sha256)
        told = {"event": part.event, "command": part.command, "sha256": part.sha256}
        begin = {"Upload-Length": str(size), "Upload-Metadata": write_metadata(told)}
        self._ask(line, "POST", PATH, begin)
        offset = self._offset(self._ask(line, "HEAD", address))
        with part.path.open("rb") as file:
            while offset < size:
                file.seek(offset)
                offset = self._send_piece(line, address, offset, file.read(PIECE_BYTES))

    def _send_piece(self, line: http.client.HTTPConnection, address: str, offset: int, piece: bytes) -> int:
        """Send a piece; give how much the room has then."""
        headers = {"Upload-Offset": str(offset), "Content-Type": PIECE_TYPE}
        try:
            return self._offset(self._ask(line, "PATCH", address, headers, piece))
        except NotTaken as refused:
            if refused.rule != "upload_offset":
                raise
            return self._offset(self._ask(line, "HEAD", address))  # an answer was lost, or somebody else sent it

    def _ask(
        self,
        line: http.client.HTTPConnection,
        method: str,
        path: str,
        headers: dict[str, str] | None = None,
        body: bytes = b"",
    ) -> http.client.HTTPResponse:
        proof = {"Authorization": f"{SCHEME} {self._prove(method, path)}", "Tus-Resumable": TUS}
        line.request(method, path, body, {**proof, **(headers or {})})
        with line.getresponse() as answer:  # one without a length keeps its line until it is closed
            content = answer.read(65_536)
        if answer.status >= 300:  # noqa: PLR2004 - HTTP: what is not 2xx is no success
            rule, why = _read_problem(content, answer.status)
            if method == "HEAD" and answer.status == _NOT_FOUND and answer.headers.get_content_type() == _PROBLEM:
                rule = "unknown_upload"  # it has no body to say so (RFC 9110 section 9.3.2)
            if not rule or answer.status >= _UPSET or answer.status in _AGAIN:
                raise Unavailable(why.at(self._room.netloc))
            raise NotTaken(rule, f"{why.id} | {why}")
        return answer

    def _offset(self, answer: http.client.HTTPResponse) -> int:
        said = answer.headers.get("Upload-Offset", "")
        if not said.isdecimal():
            raise Unavailable(because("not_the_room", status=answer.status).at(self._room.netloc))
        return int(said)

    def _open(self) -> http.client.HTTPConnection:
        host, port = self._room.hostname or "", self._room.port
        if self._room.scheme != "https":
            return http.client.HTTPConnection(host, port, timeout=TIMEOUT_S)
        context = ssl.create_default_context()
        if self._identity.ca_file is not None:
            context.load_verify_locations(self._identity.ca_file)
        return http.client.HTTPSConnection(host, port, timeout=TIMEOUT_S, context=context)

    def _prove(self, method: str, path: str) -> str:
        """Write the proof of a request: a JWS with ES256 (RFC 7518 section 3.4)."""
        certificate, key = _read_identity(self._identity)
        header = {"alg": "ES256", "typ": PROOF_TYPE, "x5c": [base64.b64encode(certificate).decode()]}
        claims = {"htm": method, "htu": path, "iat": round(self._clock(), 3)}
        text = ".".join(write_octets(json.dumps(part).encode()) for part in (header, claims))
        r, s = decode_dss_signature(key.sign(text.encode(), ec.ECDSA(hashes.SHA256())))
        return f"{text}.{write_octets(r.to_bytes(_P256_BYTES, 'big') + s.to_bytes(_P256_BYTES, 'big'))}"


def _read_identity(identity: Identity) -> tuple[bytes, ec.EllipticCurvePrivateKey]:
    """Read certificate (DER) and key.

    Raises:
        NotTaken: there are none to prove with.
    """
    try:
        if identity.cert_file is None or identity.key_file is None:
            raise ValueError("none is set")  # noqa: TRY301 - told below with all other reasons
        certificate = x509.load_pem_x509_certificate(identity.cert_file.read_bytes())
        key = serialization.load_pem_private_key(identity.key_file.read_bytes(), password=None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise TypeError("its key is not on an elliptic curve")  # noqa: TRY301 - as above
    except (OSError, ValueError, TypeError) as error:
        told = (
            "Kotak ini tidak punya sertifikat untuk HTTPS; pasang parselnya, atau kirim klip lewat MQTT."
            f" | This box has no certificate for HTTPS ({error}); give it its parcel, or send clips by MQTT."
        )
        raise NotTaken("no_certificate", told) from error
    return certificate.public_bytes(serialization.Encoding.DER), key


def _read_problem(content: bytes, status: int) -> tuple[str, Reason]:
    """Read rule and sentences of a refusal (RFC 9457); of what is none no rule, and that no room speaks like this."""
    try:
        told = json.loads(content)
        return str(told["rule"]), Reason(str(told["detail_id"])[:MOST_TEXT], str(told["detail_en"])[:MOST_TEXT])
    except (ValueError, KeyError, TypeError):
        return "", because("not_the_room", status=status)


def _say_lost(error: OSError | http.client.HTTPException) -> Reason:
    """Say why the line is lost, or none."""
    if isinstance(error, ssl.SSLError):
        return because("tls", what=system_reason(error))
    if isinstance(error, OSError):
        return system_reason(error)
    return because("not_http", what=(str(error).strip() or type(error).__name__)[:MOST_TEXT])
