"""Live pictures on their way from a box to whoever watches: the newest of each camera, and nothing else.

This process hears a camera only while somebody here waits for its pictures. Nothing is queued or kept: a picture that
comes while the last one has not been given to anybody takes its place.
"""

import asyncio
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from cloud.cameras import rules
from cloud.requests.rules import refusal
from cloud.signals.line import Line
from edge.contract import topics

IDLE_S = 15.0  # without a reader, then the camera is heard no more
MOST_VIEWS = 60
MOST_BYTES = 1_000_000
STALE_S = 10.0


@dataclass(frozen=True, slots=True)
class Picture:
    """A live picture.

    Attributes:
        number: milliseconds since 1970 when it came; rises with each.
        content: JPEG.
        came_s: when it came, monotonic.
    """

    number: int
    content: bytes
    came_s: float


@dataclass(slots=True)
class _View:
    newest: Picture | None = None
    readers: int = 0
    idle: asyncio.TimerHandle | None = None
    come: asyncio.Event = field(default_factory=asyncio.Event)


class LiveViews:
    """The cameras that somebody watches through this process.

    Args:
        line: to the broker; None where this API has none.
    """

    def __init__(self, line: Line | None) -> None:
        self._line = line
        self._views: dict[str, _View] = {}

    async def next(self, box: str, camera: str, after: int, timeout_s: float) -> Picture | None:
        """Give the newest picture, as soon as there is one that is newer; None when none comes in time.

        Args:
            box: of the camera.
            camera: its code.
            after: number of the picture before; 0 takes any.
            timeout_s: to wait.

        Raises:
            Ruled: there is no line to the broker, or too many cameras are watched.
        """
        topic = topics.live(box, camera)
        view = self._open(topic)
        view.readers += 1
        try:
            async with asyncio.timeout(timeout_s):
                while (found := _newer(view, after)) is None:
                    view.come.clear()
                    await view.come.wait()
                return found
        except TimeoutError:
            return None
        finally:
            view.readers -= 1
            if not view.readers:
                view.idle = asyncio.get_running_loop().call_later(IDLE_S, self._close, topic)

    def take(self, topic: str, content: bytes, _properties: Mapping[str, str]) -> None:
        """Take a picture from the line, which keeps their order; what is none is dropped.

        It is numbered by our clock: the box's may be put right in the midst of a view.
        """
        view = self._views.get(topic)
        if view is None or len(content) > MOST_BYTES or not content.startswith(b"\xff\xd8\xff"):
            return
        number = time.time_ns() // 1_000_000
        if view.newest is not None:
            number = max(number, view.newest.number + 1)
        view.newest = Picture(number, content, time.monotonic())
        view.come.set()

    def _open(self, topic: str) -> _View:
        if self._line is None:
            raise refusal("no_broker")
        view = self._views.get(topic)
        if view is None:
            if len(self._views) >= MOST_VIEWS:
                raise rules.refusal("too_many_wait")
            view = self._views[topic] = _View()
            self._line.subscribe(topic, self.take)
        if view.idle is not None:
            view.idle.cancel()
            view.idle = None
        return view

    def _close(self, topic: str) -> None:
        with suppress(KeyError):
            del self._views[topic]
        if self._line is not None:
            self._line.unsubscribe(topic)


def _newer(view: _View, after: int) -> Picture | None:
    newest = view.newest
    is_fresh = newest is not None and time.monotonic() - newest.came_s < STALE_S
    return newest if newest is not None and is_fresh and newest.number > after else None
