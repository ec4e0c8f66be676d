"""RTP packets of H.264 and the sender's reports beside them.

Source: RFC 3550 (RTP, sections 5.1 and 6.4.1), RFC 6184 (H.264 over RTP: single NAL units and FU-A,
packetization mode 1).
"""

import struct
from collections.abc import Iterator

from simulators.cameras.encoder import AccessUnit

PAYLOAD_TYPE = 96
MAX_PAYLOAD_BYTES = 1_400
_NTP_EPOCH_S = 2_208_988_800  # from 1900 to 1970
_FU_A = 28


class Packetizer:
    """Numbers the packets of one stream to one client.

    Args:
        source: synchronisation source, 32 bits.
    """

    def __init__(self, source: int) -> None:
        self.source = source
        self.sequence = source & 0xFFFF
        self._packets = self._octets = 0

    def packets(self, picture: AccessUnit) -> Iterator[bytes]:
        """Give the packets of a coded picture; the last one carries the marker."""
        payloads = [payload for unit in picture.units for payload in _payloads(unit)]
        for number, payload in enumerate(payloads):
            marker = 0x80 if number == len(payloads) - 1 else 0
            timestamp = picture.timestamp & 0xFFFF_FFFF
            header = struct.pack("!BBHII", 0x80, marker | PAYLOAD_TYPE, self.sequence, timestamp, self.source)
            self.sequence = (self.sequence + 1) & 0xFFFF
            self._packets += 1
            self._octets += len(payload)
            yield header + payload

    def report(self, clock_s: float, timestamp: int) -> bytes:
        """Give a sender's report: which time of the camera's clock a timestamp stands for."""
        ntp = round((clock_s + _NTP_EPOCH_S) * (1 << 32)) & ((1 << 64) - 1)
        counts = (timestamp & 0xFFFF_FFFF, self._packets & 0xFFFF_FFFF, self._octets & 0xFFFF_FFFF)
        report = struct.pack("!BBHIQIII", 0x80, 200, 6, self.source, ntp, *counts)
        name = b"camera"
        item = struct.pack("!IBB", self.source, 1, len(name)) + name
        item += b"\x00" * (4 - len(item) % 4)
        return report + struct.pack("!BBH", 0x81, 202, len(item) // 4) + item


def _payloads(unit: bytes) -> Iterator[bytes]:
    """Give a NAL unit whole, or in fragments where it is longer than a packet."""
    if len(unit) <= MAX_PAYLOAD_BYTES:
        yield unit
        return
    indicator = unit[0] & 0xE0 | _FU_A
    kind, body = unit[0] & 0x1F, unit[1:]
    step = MAX_PAYLOAD_BYTES - 2
    for start in range(0, len(body), step):
        first = 0x80 if start == 0 else 0
        last = 0x40 if start + step >= len(body) else 0
        yield bytes((indicator, first | last | kind)) + body[start : start + step]
