"""The little of BER that SNMP needs, quick enough for twelve agents polled at 5 Hz in one process.

Source: ITU-T X.690; RFC 1157 and RFC 3416 for the tags. Lengths are definite. What is malformed raises `Malformed`.
"""

from functools import lru_cache

Oid = tuple[int, ...]

INTEGER, OCTETS, NULL, OBJECT_ID, SEQUENCE = 0x02, 0x04, 0x05, 0x06, 0x30
COUNTER, GAUGE, TIME_TICKS = 0x41, 0x42, 0x43
NO_SUCH_OBJECT, NO_SUCH_INSTANCE, END_OF_MIB_VIEW = 0x80, 0x81, 0x82
_LONG, _SHORT_MAX = 0x80, 0x7F
_MAX_INTEGER_OCTETS = 9
_FIRST_ARC = 40


class Malformed(ValueError):
    """Not BER, or not what SNMP allows."""


def read(data: bytes, at: int) -> tuple[int, bytes, int]:
    """Read one element: tag, content, and where the next begins."""
    try:
        tag, length = data[at], data[at + 1]
    except IndexError as error:
        raise Malformed("ends within a header") from error
    at += 2
    if length & _LONG:
        octets = length & _SHORT_MAX
        if not 0 < octets <= 4 or at + octets > len(data):  # noqa: PLR2004 - a datagram's length needs no more
            raise Malformed("a length that no datagram has")
        length = int.from_bytes(data[at : at + octets])
        at += octets
    if at + length > len(data):
        raise Malformed("ends within an element")
    return tag, data[at : at + length], at + length


def read_as(tag: int, data: bytes, at: int) -> tuple[bytes, int]:
    """Read one element that must have this tag: content, and where the next begins."""
    found, content, after = read(data, at)
    if found != tag:
        raise Malformed(f"tag {found:#04x} in place of {tag:#04x}")
    return content, after


def element(tag: int, content: bytes) -> bytes:
    """Write one element."""
    length = len(content)
    if length <= _SHORT_MAX:
        return bytes((tag, length)) + content
    octets = length.to_bytes((length.bit_length() + 7) // 8)
    return bytes((tag, _LONG | len(octets))) + octets + content


def integer(value: int, tag: int = INTEGER) -> bytes:
    """Write an integer; unsigned kinds by their tag."""
    if 0 <= value <= _SHORT_MAX:
        return bytes((tag, 1, value))
    return element(tag, value.to_bytes(value.bit_length() // 8 + 1, signed=True))


def to_integer(content: bytes) -> int:
    """Read an integer's content."""
    if not 0 < len(content) <= _MAX_INTEGER_OCTETS:
        raise Malformed("an integer of no or too many octets")
    return int.from_bytes(content, signed=True)


def object_id(oid: Oid) -> bytes:
    """Write an object identifier."""
    written = bytearray(_base128(oid[0] * _FIRST_ARC + oid[1]))
    for arc in oid[2:]:
        written += _base128(arc)
    return element(OBJECT_ID, bytes(written))


@lru_cache(maxsize=8_192)  # a box asks for the same names five times a second
def to_object_id(content: bytes) -> Oid:
    """Read an object identifier's content."""
    if not content or content[-1] & _LONG:
        raise Malformed("an object identifier that does not end")
    arcs: list[int] = []
    arc = 0
    for octet in content:
        arc = arc << 7 | octet & _SHORT_MAX
        if not octet & _LONG:
            arcs.append(arc)
            arc = 0
    first = min(arcs[0] // _FIRST_ARC, 2)
    return (first, arcs[0] - first * _FIRST_ARC, *arcs[1:])


def _base128(arc: int) -> bytes:
    septets = [arc & _SHORT_MAX]
    while arc := arc >> 7:
        septets.append(_LONG | arc & _SHORT_MAX)
    return bytes(reversed(septets))
