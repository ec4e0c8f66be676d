"""All cameras of a box, as the agent sees them: one thing to run, to close and to describe."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

import structlog

from edge.contract.cameras import CLIP, LIVE, SHARED
from edge.contract.commands import Command, CommandState
from edge.errors import EdgeError
from edge.vision.archive import Archive
from edge.vision.camera import Camera
from edge.vision.clips import ClipDesk
from edge.vision.incident_clips import IncidentClips
from edge.vision.live import LiveDesk
from edge.vision.reasons import Reason
from edge.vision.sharing import SharingDesk

JOIN_S = 2.0
AGAIN_S = 10.0  # after a surprise
_log = structlog.get_logger()


class CarriesOut(Protocol):
    """Carries out one kind of command."""

    async def carry_out(self, command: Command) -> tuple[CommandState, str, str] | None:
        """Carry out; give the state, the reason and the detail of the result, None where it tells them later."""
        ...


class Station:
    """The cameras of a box with their archive."""

    def __init__(
        self,
        cameras: list[Camera],
        archive: Archive,
        films: IncidentClips,
        clips: ClipDesk,
        live: LiveDesk,
        sharing: SharingDesk,
    ) -> None:
        """Put them together.

        Args:
            cameras: each with its threads not yet started.
            archive: of their recordings.
            films: of their incidents.
            clips: answers requests for parts of them.
            live: answers requests to see cameras now.
            sharing: takes it where another box has the same camera.
        """
        self.cameras = cameras
        self.archive = archive
        self.films = films
        self.clips = clips
        self.live = live
        self.desks: dict[str, CarriesOut] = {CLIP: clips, LIVE: live, SHARED: sharing}

    async def withhold(self) -> None:
        """Take back from the outbox what was cut before cameras' masks were set; to be done before anything is sent."""
        try:
            await self.films.sender.withhold()
            await self.clips.withhold()
        except EdgeError as error:  # what an outbox does not give is not sent either; both try again
            _log.warning("clips_not_withheld", reason=str(error))

    async def run(self) -> None:
        """Watch and record until cancelled; one task per camera."""
        tasks = {"archive": self.archive.run, "films": self.films.run, "clips": self.clips.run, "live": self.live.run}
        tasks |= {f"camera {camera.asset}": camera.run for camera in self.cameras}
        async with asyncio.TaskGroup() as group:
            for name, run in tasks.items():
                group.create_task(_lasting(name, run), name=name)

    def close(self) -> None:
        """End the threads; the segments that are being written are closed."""
        for camera in self.cameras:
            camera.eye.stop()
        self.archive.close()
        self.archive.join(JOIN_S)

    async def pictures(self, timeout_s: float) -> dict[str, bytes | None]:
        """Give the next picture of each camera as JPEG; None of one that shows nothing in time."""
        shown = await asyncio.gather(*(camera.picture(timeout_s) for camera in self.cameras))
        return {camera.asset: content for camera, content in zip(self.cameras, shown, strict=True)}

    @property
    def calibration_faults(self) -> dict[str, Reason]:
        """Why cameras have no metres though they have a calibration."""
        faults = {camera.asset: camera.calibration_fault for camera in self.cameras}
        return {asset: fault for asset, fault in faults.items() if fault}

    @property
    def is_busy(self) -> bool:
        """Whether a clip of an incident waits for its last second."""
        return any(camera.is_busy for camera in self.cameras)

    def describe_recordings(self) -> dict[str, Any]:
        """Say how the recordings are, and why a clip that was asked for does not get through."""
        return self.archive.describe() | {"clip_waits": self.clips.waits, "film_waits": self.films.sender.waits}

    def describe(self) -> dict[str, Any]:
        """Say how each camera is, for a person at the box."""
        return {camera.asset: camera.describe() for camera in self.cameras}


async def _lasting(name: str, run: Callable[[], Awaitable[None]]) -> None:
    """Run a task again where a surprise has ended it: it must not end the others, nor the box's signals and sirens."""
    while True:
        try:
            await run()
        except Exception:  # noqa: BLE001 - the outermost loop of these tasks
            _log.exception("vision_task_failed", task=name)
        await asyncio.sleep(AGAIN_S)
