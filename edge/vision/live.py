"""Cameras shown to the room for a while: small pictures, a few a second, masked, and never a late one.

`camera.live` with `seconds` and `hz`. Nothing of it is kept or queued: where the line has not yet taken the last
picture, or there is none, this one is dropped. A view ends by itself; asking again lengthens it.
"""

import asyncio
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import structlog

from edge.clock import Clock
from edge.contract import topics
from edge.contract.cameras import MOST_LIVE_HZ, MOST_LIVE_S, TAKEN
from edge.contract.commands import Command, CommandState
from edge.outgoing import Outgoing
from edge.vision.camera import Camera
from edge.vision.evidence import shrunk
from edge.vision.reasons import because, in_indonesian

MOST_VIEWS = 4  # cameras at once; each takes about half a megabit a second at 1 Hz
MOST_SIDE_PX = 640  # whatever the sub stream has
MOST_BYTES = 300_000
FIRST_S = 3.0  # to the first picture
LEAST_HZ = 0.1
_BAD = (
    f"Perlu seconds (paling lama {MOST_LIVE_S:g}) dan hz ({LEAST_HZ:g} sampai {MOST_LIVE_HZ:g})."
    f" | seconds (at most {MOST_LIVE_S:g}) and hz ({LEAST_HZ:g} to {MOST_LIVE_HZ:g}) are needed."
)
_NONE = "Kamera ini tidak ada di kotak ini. | This camera is not on this box."
_BUSY = (
    f"{MOST_VIEWS} kamera sudah ditonton langsung di kotak ini; tunggu sampai ada yang selesai."
    f" | {MOST_VIEWS} cameras of this box are watched already; wait until one ends."
)
_DARK = "Kamera tidak memberi gambar: {why_id} | The camera gives no picture: {why_en}"
_log = structlog.get_logger()

Answer = tuple[CommandState, str, str]


@dataclass(slots=True)
class _View:
    until_s: float  # monotonic
    hz: float


class LiveDesk:
    """Shows cameras; `run` must be running for it."""

    def __init__(self, box: str, cameras: Sequence[Camera], show: Callable[[Outgoing], bool], clock: Clock) -> None:
        """Prepare.

        Args:
            box: in the topics.
            cameras: of the box.
            show: sends a picture if the line takes it at once; tells whether it did.
            clock: measures how long.
        """
        self._box = box
        self._cameras = {camera.asset: camera for camera in cameras}
        self._show = show
        self._clock = clock
        self._views: dict[str, _View] = {}
        self._begun: asyncio.Queue[str] = asyncio.Queue()  # bounded by MOST_VIEWS
        self.shown = self.dropped = 0

    async def run(self) -> None:
        """Show what is asked for until cancelled; a task for each camera that is watched."""
        async with asyncio.TaskGroup() as group:
            while True:
                asset = await self._begun.get()
                group.create_task(self._view(asset, self._views[asset]), name=f"live {asset}")

    async def carry_out(self, command: Command) -> Answer:
        """Begin to show a camera, or go on longer; give what became of it."""
        camera = self._cameras.get(command.asset or "")
        wanted = _wanted(command.arguments)
        if camera is None:
            return "refused", "no_camera", _NONE
        if wanted is None:
            return "refused", "bad_argument", _BAD
        view = self._views.get(camera.asset)
        if view is None and len(self._views) >= MOST_VIEWS:
            return "refused", "busy", _BUSY
        if await camera.picture(FIRST_S) is None:
            why = camera.eye.state.reason or because("withheld" if camera.place.masks else "nothing")
            return "failed", "no_picture", _DARK.format(why_id=in_indonesian(why), why_en=why)[:500]
        seconds, hz = wanted
        self._begin(camera.asset, self._clock.monotonic_s() + seconds, hz)
        _log.info("live_view", asset=camera.asset, actor=command.actor, seconds=seconds, hz=hz)
        return "confirmed", "", f"{seconds:g} s, {hz:g} Hz"

    def _begin(self, asset: str, until_s: float, hz: float) -> None:
        view = self._views.get(asset)
        if view is None:
            self._views[asset] = _View(until_s, hz)
            self._begun.put_nowait(asset)
        else:
            view.until_s, view.hz = max(view.until_s, until_s), max(view.hz, hz)

    async def _view(self, asset: str, view: _View) -> None:
        try:
            while (began_s := self._clock.monotonic_s()) < view.until_s:
                await self._show_one(asset)
                await asyncio.sleep(max(0.01, began_s + 1 / view.hz - self._clock.monotonic_s()))
        except Exception:  # noqa: BLE001 - outermost loop of a task: a view ends by a surprise, and the box does not
            _log.exception("live_view_failed", asset=asset)
        finally:
            del self._views[asset]

    async def _show_one(self, asset: str) -> None:
        picture = await self._cameras[asset].picture(FIRST_S)
        if picture is not None:
            picture = await asyncio.to_thread(shrunk, picture, MOST_SIDE_PX, MOST_BYTES)
        if picture is None:
            self.dropped += 1
            return
        user = ((TAKEN, str(time.time_ns() // 1_000_000)),)
        message = Outgoing(topics.live(self._box, asset), picture, content_type="image/jpeg", user=user, qos=0)
        if self._show(message):
            self.shown += 1
        else:
            self.dropped += 1


def _wanted(arguments: dict[str, Any]) -> tuple[float, float] | None:
    seconds, hz = arguments.get("seconds"), arguments.get("hz", 1.0)
    for number in (seconds, hz):
        if isinstance(number, bool) or not isinstance(number, int | float) or not math.isfinite(number):
            return None
    if seconds is None or not 0 < seconds <= MOST_LIVE_S or not LEAST_HZ <= hz <= MOST_LIVE_HZ:
        return None
    return float(seconds), float(hz)
