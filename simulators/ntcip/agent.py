"""The agent's reasoning: one datagram in, one datagram out (or none).

Source: RFC 1157 (SNMPv1), RFC 3416 (v2c operations and error codes); NTCIP 1202 asks for badValue, and under v2c
for the errors that say more.
"""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial

from simulators.controller.controller import Controller
from simulators.ntcip import ber
from simulators.ntcip.ber import Malformed, Oid
from simulators.ntcip.object import Object, Value
from simulators.ntcip.objects import objects_of
from simulators.ntcip.usm import User, Usm

GET, GET_NEXT, RESPONSE, SET, GET_BULK = 0xA0, 0xA1, 0xA2, 0xA3, 0xA5
V1, V2C, V3 = 0, 1, 3
NO_ERROR, TOO_BIG, NO_SUCH_NAME, BAD_VALUE, GEN_ERR = 0, 1, 2, 3, 5
WRONG_TYPE, WRONG_VALUE, NO_CREATION, NOT_WRITABLE = 7, 10, 11, 17
_AS_V1 = {WRONG_TYPE: BAD_VALUE, WRONG_VALUE: BAD_VALUE, NO_CREATION: NO_SUCH_NAME, NOT_WRITABLE: NO_SUCH_NAME}
_MAX_ANSWER = 8_192
_MAX_VARBINDS = 512


@dataclass(frozen=True, slots=True)
class Communities:
    """Who may read and who may write; a writer reads, too."""

    read: bytes = b"public"
    write: bytes = b"private"


@dataclass(frozen=True, slots=True)
class Request:
    """A decoded request; `first` and `second` are non-repeaters and repetitions of a GetBulk, else 0."""

    version: int
    community: bytes
    kind: int
    number: int
    first: int
    second: int
    names: list[Oid]
    values: list[tuple[int, bytes]]


class _Failed(Exception):
    """The request is answered with an error at a varbind (from 1)."""

    def __init__(self, status: int, index: int) -> None:
        super().__init__(status, index)
        self.status, self.index = status, index


class Agent:
    """Answers for one controller.

    Args:
        controller: whose objects these are.
        communities: who may ask over versions 1 and 2c.
        user: who may ask over version 3.

    Attributes:
        requests: how many were answered.
        sets: how many of them were sets that took effect.
    """

    def __init__(
        self, controller: Controller, communities: Communities | None = None, user: User | None = None
    ) -> None:
        self.controller = controller
        self._usm = Usm(user or User(), f"controller {id(controller)}", self._respond)
        self._communities = communities or Communities()
        self._objects = objects_of(controller)
        self._names = [one.oid for one in self._objects]
        self._by_name = {one.oid: one for one in self._objects}
        self._encoded = {oid: ber.object_id(oid) for oid in self._names}
        self.requests = self.sets = 0

    def answer(self, datagram: bytes) -> bytes | None:
        """Answer a datagram; None for what is not understood or not allowed, as SNMP wants it."""
        try:
            if version_of(datagram) == V3:
                return self._usm.answer(datagram)
            request = decode(datagram)
        except Malformed:
            return None
        if not self._may(request):
            return None
        answered = self._answer(request)
        return None if answered is None else encode(request, answered)

    def _respond(self, kind: int, pdu: bytes) -> tuple[int, bytes] | None:
        """Answer what has come over version 3, where the user may read and write."""
        try:
            answered = self._answer(decode_pdu(V3, b"", kind, pdu))
        except Malformed:
            return None
        return None if answered is None else (RESPONSE, answered)

    def _answer(self, request: Request) -> bytes | None:
        """Carry out a request and write the content of its response; None when the controller is silent."""
        if self.controller.faults.silent:
            return None
        self.requests += 1
        try:
            varbinds, status, index = self._carry_out(request), NO_ERROR, 0
        except _Failed as failed:
            varbinds, status, index = _echo(request), failed.status, failed.index
            status = _AS_V1.get(status, status) if request.version == V1 else status
        body = ber.integer(request.number) + ber.integer(status) + ber.integer(index)
        return body + ber.element(ber.SEQUENCE, varbinds)

    def get(self, oid: Oid) -> Value | None:
        """Read one object as a test does, past SNMP; None when it is not there."""
        found = self._find(oid)
        return found.read() if found else None

    def _may(self, request: Request) -> bool:
        allowed = (
            [self._communities.write] if request.kind == SET else [self._communities.read, self._communities.write]
        )
        return request.community in allowed

    def _carry_out(self, request: Request) -> bytes:
        carry = {GET: self._get, GET_NEXT: self._get_next, GET_BULK: self._get_bulk, SET: self._set}
        varbinds = carry[request.kind](request)
        if len(varbinds) > _MAX_ANSWER:
            raise _Failed(TOO_BIG, 0)
        return varbinds

    def _get(self, request: Request) -> bytes:
        return b"".join(self._got(request, place, oid) for place, oid in enumerate(request.names, start=1))

    def _got(self, request: Request, place: int, oid: Oid) -> bytes:
        found = self._find(oid)
        if found:
            return self._varbind(found)
        if request.version == V1:
            raise _Failed(NO_SUCH_NAME, place)
        return ber.element(ber.SEQUENCE, ber.object_id(oid) + bytes((self._kind_of_absence(oid), 0)))

    def _kind_of_absence(self, oid: Oid) -> int:
        """An object of which other instances exist lacks the instance; else the object is not there."""
        following = self._after(oid[:-1])
        return ber.NO_SUCH_INSTANCE if following and following.oid[:-1] == oid[:-1] else ber.NO_SUCH_OBJECT

    def _get_next(self, request: Request) -> bytes:
        found = []
        for place, oid in enumerate(request.names, start=1):
            following = self._after(oid)
            if following is None and request.version == V1:
                raise _Failed(NO_SUCH_NAME, place)
            found.append(self._varbind(following) if following else _end_of_view(oid))
        return b"".join(found)

    def _get_bulk(self, request: Request) -> bytes:
        if request.version == V1:
            raise _Failed(GEN_ERR, 0)
        single = min(max(request.first, 0), len(request.names))
        once = Request(V2C, b"", GET_NEXT, 0, 0, 0, request.names[:single], [])
        return self._get_next(once) + self._repeat(request.names[single:], max(request.second, 0))

    def _repeat(self, names: list[Oid], repetitions: int) -> bytes:
        """Walk on from each name, as far as an answer holds."""
        written, size, at = list[bytes](), 0, list(names)
        for _ in range(min(repetitions, _MAX_VARBINDS)):
            following = [self._after(oid) for oid in at]
            row = [self._varbind(one) if one else _end_of_view(oid) for one, oid in zip(following, at, strict=True)]
            size += sum(map(len, row))
            if size > _MAX_ANSWER - 512:
                break
            written += row
            at = [one.oid if one else oid for one, oid in zip(following, at, strict=True)]
            if not any(following):
                break
        return b"".join(written)

    def _set(self, request: Request) -> bytes:
        """Check everything, then write everything: a set is all or none."""
        faults = self.controller.faults
        if faults.refuses_sets:
            raise _Failed(GEN_ERR, 1)
        todo = [
            self._checked(place, oid, tag, content)
            for place, (oid, (tag, content)) in enumerate(zip(request.names, request.values, strict=True), start=1)
        ]
        if not faults.discards_sets:
            for write in todo:
                write()
            self.sets += 1
        return _echo(request)

    def _checked(self, place: int, oid: Oid, tag: int, content: bytes) -> "partial[None]":
        found = self._find(oid)
        if found is None:
            raise _Failed(NO_CREATION, place)
        if found.write is None:
            raise _Failed(NOT_WRITABLE, place)
        if tag != found.tag:
            raise _Failed(WRONG_TYPE, place)
        value = ber.to_integer(content)
        if not found.low <= value <= found.high:
            raise _Failed(WRONG_VALUE, place)
        return partial(found.write, value)

    def _find(self, oid: Oid) -> Object | None:
        found = self._by_name.get(oid)
        return None if found is None or self._is_missing(oid) else found

    def _after(self, oid: Oid) -> Object | None:
        place = bisect_right(self._names, oid)
        while place < len(self._names) and self._is_missing(self._names[place]):
            place += 1
        return self._objects[place] if place < len(self._names) else None

    def _is_missing(self, oid: Oid) -> bool:
        missing = self.controller.faults.missing
        if not missing:
            return False
        dotted = "." + ".".join(map(str, oid)) + "."
        return any(dotted.startswith("." + prefix.strip(".") + ".") for prefix in missing)

    def _varbind(self, found: Object) -> bytes:
        value = found.read()
        if self.controller.faults.wrong_types and isinstance(value, int):
            value = str(value).encode()
        written = ber.element(ber.OCTETS, value) if isinstance(value, bytes) else ber.integer(value, found.tag)
        return ber.element(ber.SEQUENCE, self._encoded[found.oid] + written)


def version_of(datagram: bytes) -> int:
    """Tell which version of SNMP a message is of; raises `Malformed`."""
    message, _ = ber.read_as(ber.SEQUENCE, datagram, 0)
    return ber.to_integer(ber.read_as(ber.INTEGER, message, 0)[0])


def decode(datagram: bytes) -> Request:
    """Decode a request of version 1 or 2c.

    Raises:
        Malformed: it is none that SNMP v1 or v2c knows.
    """
    message, _ = ber.read_as(ber.SEQUENCE, datagram, 0)
    version, at = ber.read_as(ber.INTEGER, message, 0)
    community, at = ber.read_as(ber.OCTETS, message, at)
    kind, pdu, _ = ber.read(message, at)
    if ber.to_integer(version) not in (V1, V2C):
        raise Malformed("a version that is not served")
    return decode_pdu(ber.to_integer(version), community, kind, pdu)


def decode_pdu(version: int, community: bytes, kind: int, pdu: bytes) -> Request:
    """Decode a request's own part; raises `Malformed`."""
    if kind not in (GET, GET_NEXT, GET_BULK, SET):
        raise Malformed("a kind of request that is not served")
    number, at = ber.read_as(ber.INTEGER, pdu, 0)
    first, at = ber.read_as(ber.INTEGER, pdu, at)
    second, at = ber.read_as(ber.INTEGER, pdu, at)
    listed, _ = ber.read_as(ber.SEQUENCE, pdu, at)
    pairs = list(_pairs(listed))
    fields = (ber.to_integer(number), ber.to_integer(first), ber.to_integer(second))
    names, values = [oid for oid, _ in pairs], [value for _, value in pairs]
    return Request(version, community, kind, *fields, names, values)


def _pairs(listed: bytes) -> Iterable[tuple[Oid, tuple[int, bytes]]]:
    at = 0
    for _ in range(_MAX_VARBINDS):
        if at >= len(listed):
            return
        pair, at = ber.read_as(ber.SEQUENCE, listed, at)
        name, after = ber.read_as(ber.OBJECT_ID, pair, 0)
        tag, content, _ = ber.read(pair, after)
        yield ber.to_object_id(name), (tag, content)
    raise Malformed("more varbinds than anybody needs")


def encode(request: Request, answered: bytes) -> bytes:
    """Write a response of version 1 or 2c."""
    head = ber.integer(request.version) + ber.element(ber.OCTETS, request.community)
    return ber.element(ber.SEQUENCE, head + ber.element(RESPONSE, answered))


def _echo(request: Request) -> bytes:
    pairs = zip(request.names, request.values, strict=True)
    return b"".join(
        ber.element(ber.SEQUENCE, ber.object_id(oid) + ber.element(tag, content)) for oid, (tag, content) in pairs
    )


def _end_of_view(oid: Oid) -> bytes:
    return ber.element(ber.SEQUENCE, ber.object_id(oid) + bytes((ber.END_OF_MIB_VIEW, 0)))
