"""One stream of a camera: coded pictures on one side, any number of clients on the other.

A client that reads too slowly is dropped, never waited for.
"""

import asyncio
import collections
import random
from collections.abc import Callable
from dataclasses import dataclass

from simulators.cameras.encoder import AccessUnit
from simulators.cameras.rtsp_auth import Login

MAX_WAITING = 60  # pictures; at 10 a second a client may be six seconds late


@dataclass(slots=True)
class StreamFaults:
    """What is wrong with a stream on order.

    Attributes:
        refuses: answers 503 to everybody and closes what is open.
        silent: connections stay, nothing is sent.
        stutter_s: pictures are held back so long and then come all at once; every third is lost.
        bad_packets: share of the packets that are damaged.
        login: other credentials than everybody knows.
        clock_off_s: by how much the camera's clock is ahead.
    """

    refuses: bool = False
    silent: bool = False
    stutter_s: float = 0.0
    bad_packets: float = 0.0
    login: Login | None = None
    clock_off_s: float = 0.0


class Viewer:
    """A client's place in a stream: pictures that wait to be sent to it."""

    def __init__(self, drop: Callable[[], None]) -> None:
        self._waiting: collections.deque[AccessUnit] = collections.deque()
        self._some = asyncio.Event()
        self._started = False
        self.drop = drop

    def offer(self, picture: AccessUnit) -> None:
        """Add a picture; the first must be a key frame; a client that does not keep up is dropped."""
        self._started = self._started or picture.key
        if not self._started:
            return
        if len(self._waiting) >= MAX_WAITING:
            self.drop()
            return
        self._waiting.append(picture)
        self._some.set()

    async def next(self) -> AccessUnit:
        """Wait for the next picture."""
        while not self._waiting:
            self._some.clear()
            await self._some.wait()
        return self._waiting.popleft()


class Stream:
    """A stream that clients may join; used from one event loop.

    Args:
        path: such as /TD-01.cam-1/sub.
        login: who may look; None is everybody.
        sets: H.264 parameter sets, with which it is described before its first picture.
    """

    def __init__(self, path: str, login: Login | None, rate_hz: float, sets: tuple[bytes, ...]) -> None:
        self.path, self._login, self.rate_hz = path, login, rate_hz
        self.faults = StreamFaults()
        self.parameter_sets = sets
        self.viewers: set[Viewer] = set()
        self.key_wanted = True
        self._held: list[AccessUnit] = []
        self._held_since_s = 0.0

    @property
    def login(self) -> Login | None:
        """Give who may look now."""
        return self.faults.login or self._login

    def publish(self, picture: AccessUnit) -> None:
        """Send a picture to everybody."""
        if sets := picture.parameter_sets():
            self.parameter_sets = sets
        for one in self._through_faults(picture):
            for viewer in list(self.viewers):
                viewer.offer(one)

    def suffer(self, faults: StreamFaults) -> None:
        """Put faults in force; a stream that refuses throws everybody out."""
        self.faults = faults
        if faults.refuses:
            for viewer in list(self.viewers):
                viewer.drop()

    def join(self, drop: Callable[[], None]) -> Viewer:
        """Add a client; it gets a key frame next."""
        viewer = Viewer(drop)
        self.viewers.add(viewer)
        self.key_wanted = True
        return viewer

    def leave(self, viewer: Viewer) -> None:
        """Take a client out."""
        self.viewers.discard(viewer)

    def _through_faults(self, picture: AccessUnit) -> list[AccessUnit]:
        if self.faults.silent or self.faults.refuses:
            return []
        if self.faults.stutter_s <= 0:
            held, self._held = self._held, []
            return [*held, picture]
        if not self._held:
            self._held_since_s = picture.at_s
        self._held.append(picture)
        if picture.at_s - self._held_since_s < self.faults.stutter_s or len(self._held) < 2:  # noqa: PLR2004
            del self._held[: -MAX_WAITING // 2]
            return []
        held, self._held = self._held, []
        return [one for number, one in enumerate(held) if one.key or number % 3]


def damage(packet: bytes, share: float, chance: random.Random) -> bytes:
    """Spoil some packets: flipped bytes in the middle, or the end cut off; never the header's length."""
    if chance.random() >= share or len(packet) < 20:  # noqa: PLR2004 - a header and a little
        return packet
    if chance.random() < 0.3:  # noqa: PLR2004 - so many are cut
        return packet[: chance.randrange(13, len(packet))]
    spoiled = bytearray(packet)
    for _ in range(8):
        spoiled[chance.randrange(12, len(spoiled))] ^= chance.randrange(1, 256)
    return bytes(spoiled)
