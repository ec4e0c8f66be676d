"""RTP and RTCP as far as one sender of G.711 µ-law needs them.

Source: RFC 3550 sections 5.1 (packet), 6.4.1 (sender report), 6.4.2 (receiver report), 6.5 (SDES), 6.6 (BYE); RFC 3551
section 6 (payload type 0, PCMU).
"""

import struct
import time
from dataclasses import dataclass

VERSION = 2 << 6
PCMU = 0
MARKER = 0x80
SR, RR, SDES, BYE = 200, 201, 202, 203
NTP_EPOCH_S = 2_208_988_800  # from 1900 to 1970
_BLOCK = 24
_WORD = 4


@dataclass(frozen=True, slots=True)
class ReceiverReport:
    """What a receiver says of us.

    Attributes:
        lost: packets that never came.
        highest: extended number of the last that did.
        jitter_s: of their arrival.
    """

    lost: int
    highest: int
    jitter_s: float


def packet(sequence: int, timestamp: int, ssrc: int, payload: bytes, *, first: bool) -> bytes:
    """Write an RTP packet; the first after silence is marked (RFC 3551 section 4.1)."""
    kind = PCMU | (MARKER if first else 0)
    return struct.pack("!BBHII", VERSION, kind, sequence & 0xFFFF, timestamp & 0xFFFFFFFF, ssrc) + payload


def sender_report(ssrc: int, timestamp: int, packets: int, octets: int, name: str, *, bye: bool = False) -> bytes:
    """Write a sender report with our name, and with a goodbye at the end of the sound."""
    now_s = time.time()
    whole = int(now_s)
    seconds, fraction = whole + NTP_EPOCH_S, int((now_s - whole) * 2**32)
    report = struct.pack(
        "!BBHIIIIII", VERSION, SR, 6, ssrc, seconds & 0xFFFFFFFF, fraction, timestamp & 0xFFFFFFFF, packets, octets
    )
    text = name.encode()[:255]
    item = struct.pack("!IBB", ssrc, 1, len(text)) + text + b"\0"
    item += b"\0" * (-len(item) % _WORD)
    described = struct.pack("!BBH", VERSION | 1, SDES, len(item) // _WORD) + item
    return report + described + (struct.pack("!BBHI", VERSION | 1, BYE, 1, ssrc) if bye else b"")


def read_reports(datagram: bytes, ssrc: int) -> list[ReceiverReport]:
    """Read what a compound RTCP packet says of our source; nonsense says nothing."""
    found = []
    while len(datagram) >= 2 * _WORD:
        head, kind, words = struct.unpack_from("!BBH", datagram)
        length = (words + 1) * _WORD
        if head >> 6 != VERSION >> 6 or length > len(datagram):
            break
        start = {SR: 28, RR: 8}.get(kind)
        if start is not None:
            found += _blocks(datagram[start:length], head & 0x1F, ssrc)
        datagram = datagram[length:]
    return found


def _blocks(blocks: bytes, count: int, ssrc: int) -> list[ReceiverReport]:
    found = []
    for at in range(0, min(count * _BLOCK, len(blocks) - _BLOCK + 1), _BLOCK):
        source, losses, highest, jitter, _, _ = struct.unpack_from("!IIIIII", blocks, at)
        if source == ssrc:
            lost = losses & 0xFFFFFF
            found.append(ReceiverReport(lost - (lost >> 23 << 24), highest, jitter / 8_000))
    return found
