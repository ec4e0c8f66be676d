"""Requests and answers of RTSP 1.0 as text.

Source: RFC 2326, sections 6 and 7 (messages), 10.12 (interleaved binary data), 12.39 (Transport); RFC 6184 section
8.2.1 (what a session description says of H.264).
"""

import asyncio
import base64
import re
from dataclasses import dataclass

from simulators.cameras.rtp import PAYLOAD_TYPE

MAX_HEADER_BYTES = 8_192
REASONS = {
    200: "OK",
    400: "Bad Request",
    401: "Unauthorized",
    404: "Not Found",
    405: "Method Not Allowed",
    454: "Session Not Found",
    461: "Unsupported Transport",
    503: "Service Unavailable",
}


@dataclass(frozen=True, slots=True)
class Request:
    """One request."""

    method: str
    uri: str
    headers: dict[str, str]
    body: bytes

    @property
    def path(self) -> str:
        """Give the path of the URI without its query."""
        return re.sub(r"^rtsps?://[^/]*", "", self.uri).split("?", 1)[0].rstrip("/")


@dataclass(frozen=True, slots=True)
class Transport:
    """How a client wants its packets.

    Attributes:
        channel: the first of its two interleaved channels; None wants UDP.
        ports: the client's UDP ports for RTP and RTCP.
    """

    channel: int | None
    ports: tuple[int, int] | None


async def read_request(reader: asyncio.StreamReader) -> Request | None:
    """Read the next request; skip interleaved packets (a client's reports); None at the end.

    Raises:
        ValueError: it is no RTSP.
    """
    while True:
        first = await reader.read(1)
        if not first:
            return None
        if first == b"$":
            head = await reader.readexactly(3)
            await reader.readexactly(int.from_bytes(head[1:]))
        elif first not in b"\r\n":
            return await _rest(reader, first)


async def _rest(reader: asyncio.StreamReader, first: bytes) -> Request:
    text = (first + await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    start, *lines = text.strip().split("\r\n")
    match start.split(" "):
        case [method, uri, version] if version.startswith("RTSP/"):
            pairs = (line.partition(":") for line in lines)
            headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
            length = min(int(headers.get("content-length", "0")), MAX_HEADER_BYTES)
            return Request(method, uri, headers, await reader.readexactly(length))
        case _:
            raise ValueError(f"this is no request: {start[:80]!r}")


def answer(status: int, request: Request | None, headers: dict[str, str] | None = None, body: str = "") -> bytes:
    """Write an answer."""
    lines = [f"RTSP/1.0 {status} {REASONS[status]}", f"CSeq: {request.headers.get('cseq', '0') if request else '0'}"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    if body:
        lines += ["Content-Type: application/sdp", f"Content-Length: {len(body)}"]
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


def read_transport(text: str) -> Transport | None:
    """Read a Transport header: the first of its choices that can be had; None if there is none."""
    for choice in text.split(","):
        if "multicast" in choice:
            continue
        interleaved = re.search(r"interleaved=(\d+)", choice)
        ports = re.search(r"client_port=(\d+)-(\d+)", choice)
        if "RTP/AVP/TCP" in choice:
            return Transport(int(interleaved.group(1)) if interleaved else 0, None)
        if choice.strip().startswith("RTP/AVP") and ports:
            return Transport(None, (int(ports.group(1)), int(ports.group(2))))
    return None


def describe(address: str, parameter_sets: tuple[bytes, ...], rate_hz: float) -> str:
    """Write the session description of a stream."""
    sets = ",".join(base64.b64encode(unit).decode() for unit in parameter_sets)
    level = next((unit[1:4].hex() for unit in parameter_sets if unit[0] & 0x1F == 7), "42c01f")  # noqa: PLR2004 - SPS
    lines = [
        "v=0",
        f"o=- 0 0 IN IP4 {address}",
        "s=camera",
        f"c=IN IP4 {address}",
        "t=0 0",
        "a=control:*",
        f"m=video 0 RTP/AVP {PAYLOAD_TYPE}",
        f"a=rtpmap:{PAYLOAD_TYPE} H264/90000",
        f"a=fmtp:{PAYLOAD_TYPE} packetization-mode=1;profile-level-id={level};sprop-parameter-sets={sets}",
        f"a=framerate:{rate_hz:g}",
        "a=control:trackID=0",
    ]
    return "\r\n".join(lines) + "\r\n"
