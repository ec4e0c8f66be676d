"""A signal controller that speaks NTCIP 1202 over SNMP: get many objects, set the few that a lease may touch.

Source: NTCIP 1202 v02.19; NTCIP 2301 for SNMP as its transport. What may be written is a list in this file, and the
list holds one row of patterns, one row of splits and the pattern command: no yellow, no clearance, no walk and no
minimum can be named in it, so nothing above can shorten one by mistake.
"""

import asyncio
import random
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any, Protocol

from edge.clock import Clock
from edge.errors import Refused, Unavailable
from edge.sensors import ntcip_objects as objects
from edge.sensors import snmp
from edge.sensors.ntcip_objects import Oid, Value

REMEMBERED = 64  # requests that are over, so that a late or a second answer is told from a foreign one
_TRY_AGAIN = ("resourceUnavailable",)


class SignalController(Protocol):
    """What the box needs of a controller, whatever it speaks."""

    async def get(self, oids: Sequence[Oid]) -> dict[Oid, Value]:
        """Read objects; raises `Unavailable` or `Refused`."""

    async def set(self, values: Sequence[tuple[Oid, int]]) -> None:
        """Write objects, all or none; raises `Unavailable` or `Refused`."""

    def reserve(self, pattern: int, split: int) -> None:
        """Say once which pattern and split are ours to write."""

    def close(self) -> None:
        """Drop the connection."""


class Whitelist:
    """What may be written: the reserved pattern, the reserved split, and the command to run it or to stop."""

    def __init__(self) -> None:
        """Begin with nothing allowed."""
        self._pattern = 0
        self._split = 0

    def reserve(self, pattern: int, split: int) -> None:
        """Allow one pattern and one split, both from 1; another pair later is refused."""
        if (self._pattern, self._split) not in ((0, 0), (pattern, split)):
            raise Refused(f"pattern {self._pattern} and split {self._split} are reserved already")
        if not 1 <= pattern < objects.PATTERN_FREE or not 1 <= split <= objects.OCTET_MAX:
            raise Refused(f"pattern {pattern} and split {split} cannot be reserved: they must be numbers from 1")
        self._pattern, self._split = pattern, split

    def check(self, oid: Oid, value: int) -> None:
        """Raise `Refused` for everything that is not on the list."""
        if not self.allows(oid, value):
            raise Refused(f"{dotted(oid)} = {value} is not writable from a box")

    def allows(self, oid: Oid, value: int) -> bool:
        """Tell whether an object may get a value."""
        if not self._pattern:
            return False
        if oid == objects.SYSTEM_PATTERN_CONTROL:
            return value in (objects.PATTERN_STANDBY, self._pattern)
        columns = (objects.PATTERN_CYCLE, objects.PATTERN_OFFSET, objects.PATTERN_SPLIT, objects.PATTERN_SEQUENCE)
        if oid in [objects.pattern(column, self._pattern) for column in columns]:
            return 0 <= value <= objects.OCTET_MAX
        of_phase = (objects.SPLIT_TIME, objects.SPLIT_MODE, objects.SPLIT_COORD_PHASE)
        is_split = oid[:-1] in [objects.split(column, self._split, 0)[:-1] for column in of_phase]
        return is_split and 1 <= oid[-1] <= objects.OCTET_MAX and 0 <= value <= objects.OCTET_MAX


class NtcipController:
    """One controller on one UDP port."""

    def __init__(
        self,
        host: str,
        port: int,
        *,
        version: snmp.Version,
        community: str,
        timeout_s: float,
        retries: int,
        clock: Clock,
    ) -> None:
        """Prepare; the first request opens the socket.

        Args:
            host: name or address.
            port: usually 161.
            version: of SNMP.
            community: the controller's password, sent in clear: the line to it must be the cabinet's own.
            timeout_s: deadline of one request with all its retries.
            retries: how often it is sent again within the deadline; a set carries plain values, so twice is once.
            clock: measures answers.
        """
        self._address = (host, port)
        self._version: snmp.Version = version
        self._community = community
        self._timeout_s = timeout_s
        self._retries = retries
        self._clock = clock
        self._whitelist = Whitelist()
        self._transport: asyncio.DatagramTransport | None = None
        self._number = random.randrange(0x01000000, 0x40000000)  # noqa: S311 - no secret
        self._waiting: dict[int, asyncio.Future[snmp.Answer]] = {}
        self._over = OrderedDict[int, None]()
        self.late = 0
        self.foreign = 0
        self.unreadable = 0
        self.answer_s = 0.0

    def reserve(self, pattern: int, split: int) -> None:
        """Say once which pattern and split are ours to write.

        Raises:
            Refused: another pair was reserved before.
        """
        self._whitelist.reserve(pattern, split)

    async def get(self, oids: Sequence[Oid]) -> dict[Oid, Value]:
        """Read objects in one request.

        Raises:
            Unavailable: no answer before the deadline.
            Refused: the controller lacks an object, or gives something that is neither number nor octets.
        """
        number = self._next()
        answer = await self._ask(number, snmp.encode_get(self._version, self._community, number, oids))
        found: dict[Oid, Value] = {}
        for oid in oids:
            value = answer.values.get(oid)
            if value is None:
                raise Refused(f"{dotted(oid)} is not there or is of a wrong type")
            found[oid] = value
        return found

    async def set(self, values: Sequence[tuple[Oid, int]]) -> None:
        """Write objects, all or none; that they took effect is for the caller to read back.

        Raises:
            Unavailable: no answer before the deadline; whether it was written is unknown.
            Refused: not on the whitelist, or the controller said no.
        """
        for oid, value in values:
            self._whitelist.check(oid, value)
        number = self._next()
        await self._ask(number, snmp.encode_set(self._version, self._community, number, values))

    def close(self) -> None:
        """Close the socket."""
        if self._transport is not None:
            self._transport.close()
            self._transport = None

    async def _ask(self, number: int, request: bytes) -> snmp.Answer:
        begun_s = self._clock.monotonic_s()
        answer = await self._exchange(number, request)
        self.answer_s = self._clock.monotonic_s() - begun_s
        if answer.error == "noError":
            return answer
        what = f"{answer.error} at {dotted(answer.at) if answer.at else 'no object it names'}"
        if answer.error in _TRY_AGAIN:
            raise Unavailable(f"{self._name()} answered {what}")
        raise Refused(f"{self._name()} answered {what}")

    async def _exchange(self, number: int, request: bytes) -> snmp.Answer:
        """Send, wait a share of the deadline, send again under the same number."""
        done: asyncio.Future[snmp.Answer] = asyncio.get_running_loop().create_future()
        self._waiting[number] = done
        try:
            transport = await self._open()
            for _ in range(self._retries + 1):
                transport.sendto(request)
                await asyncio.wait([done], timeout=self._timeout_s / (self._retries + 1))
                if done.done():
                    return done.result()
        except OSError as error:
            raise Unavailable(f"{self._name()} cannot be reached: {error}") from error
        finally:
            del self._waiting[number]
            self._over[number] = None
            if len(self._over) > REMEMBERED:
                self._over.popitem(last=False)
        self.close()  # a name may have moved to another address meanwhile
        raise Unavailable(f"{self._name()} did not answer within {self._timeout_s:g} s")

    async def _open(self) -> asyncio.DatagramTransport:
        if self._transport is None or self._transport.is_closing():
            loop = asyncio.get_running_loop()
            self._transport, _ = await loop.create_datagram_endpoint(lambda: _Receiver(self), remote_addr=self._address)
        return self._transport

    def receive(self, datagram: bytes) -> None:
        """Take what came; anything that nobody waits for is counted and dropped."""
        answer = snmp.decode(self._version, datagram)
        if answer is None:
            self.unreadable += 1
        elif answer.request in self._waiting:
            done = self._waiting[answer.request]
            if done.done():
                self.late += 1
            else:
                done.set_result(answer)
        elif answer.request in self._over:
            self.late += 1
        else:
            self.foreign += 1

    def _next(self) -> int:
        self._number = self._number + 1 if self._number < 0x7FFFFFFE else 1  # noqa: PLR2004 - INTEGER of 32 bits
        return self._number

    def _name(self) -> str:
        return f"controller {self._address[0]}:{self._address[1]}"


class _Receiver(asyncio.DatagramProtocol):
    """Hands datagrams on; the kernel drops those of other senders, for the socket is connected."""

    def __init__(self, controller: NtcipController) -> None:
        self._controller = controller

    def datagram_received(self, data: bytes, addr: Any) -> None:  # noqa: ARG002 - the protocol's signature
        self._controller.receive(data)

    def error_received(self, exc: Exception) -> None:
        """Leave a refused port to the deadline: the controller may only be starting."""


def dotted(oid: Oid) -> str:
    """Write an object's name with dots."""
    return ".".join(map(str, oid))
