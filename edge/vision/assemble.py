"""From a site file to running cameras: detectors loaded once for all that use them, eyes, memories.

What cannot be loaded is said and costs only its own cameras: they are watched and recorded without it.
"""

import os
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from hashlib import sha256
from pathlib import Path

import cv2
import structlog

from edge.clock import Clock
from edge.entries import Entry
from edge.errors import Misconfigured
from edge.health_book import HealthBook
from edge.left_out import LeftOut
from edge.notices import NoticeBoard
from edge.outgoing import Outgoing
from edge.pulse import Pulse
from edge.site import SiteFile
from edge.site_vision import CameraPlace, Detector
from edge.vision.archive import Archive
from edge.vision.camera import Camera, Sink
from edge.vision.clips import ClipDesk
from edge.vision.eye import Eye
from edge.vision.eyesight import Eyesight
from edge.vision.incident_clips import IncidentClips
from edge.vision.live import LiveDesk
from edge.vision.memory import Store
from edge.vision.model import read_model
from edge.vision.pool import InterpreterPool
from edge.vision.proving import prove
from edge.vision.reasons import because, reason_of
from edge.vision.recording import Recording
from edge.vision.sharing import SharingDesk
from edge.vision.station import Station
from edge.vision.stream import Address
from edge.vision.uploads import Identity, Uploader
from edge.vision.watcher import Watcher

_log = structlog.get_logger()


class Detectors:
    """The detectors of a box: each model is loaded once, however many cameras use it, with whatever score."""

    def __init__(self, directory: Path, threads: int, proven: Path | None = None) -> None:
        """Begin with none loaded.

        Args:
            directory: of models.
            threads: inferences at once.
            proven: directory where it is kept which models run; None keeps nothing.
        """
        self._directory = directory
        self._proven = proven
        self._threads = threads
        self._loaded: dict[str, InterpreterPool | str] = {}
        self._first: dict[str, InterpreterPool] = {}  # of each model with its labels and its head

    def pool(self, detector: Detector | None) -> tuple[InterpreterPool | None, str]:
        """Give a detector's pool, and why there is none where it is refused."""
        if detector is None:
            return None, ""
        key = detector.model_dump_json()
        if key not in self._loaded:
            self._loaded[key] = self._load(detector)
        found = self._loaded[key]
        return (None, found) if isinstance(found, str) else (found, "")

    def _load(self, detector: Detector) -> InterpreterPool | str:
        try:
            file = read_model(self._directory, detector)
            prove(file.name, file.content, self._proven)
            key = detector.model_dump_json(exclude={"score", "classes"})
            pool = InterpreterPool(file, self._threads, self._first.get(key))
            self._first.setdefault(key, pool)
            return pool  # noqa: TRY300 - else the line above would be far from what it is about
        except Misconfigured as error:
            reason = reason_of(error)
        except Exception as error:  # noqa: BLE001 - whatever a model does, it costs its own cameras and not the box
            _log.exception("detector_failed", model=detector.model)
            reason = because("model", name=detector.model, what=str(error) or type(error).__name__)
        _log.error("detector_refused", reason=reason)
        return reason


def make_station(
    site: SiteFile,
    box: str,
    *,
    models_dir: Path,
    vision_dir: Path,
    board: NoticeBoard,
    keep: Callable[[Entry], Awaitable[int]],
    memory: Store,
    show: Callable[[Outgoing], bool],
    sink: Sink,
    health: HealthBook,
    clock: Clock,
    pulse: Pulse,
    identity: Identity,
    left_out: Sequence[LeftOut] = (),
) -> Station:
    """Make the cameras of a box; must be called in the event loop.

    What is left out of the site file of a camera that goes on is said in its health.
    """
    cv2.setNumThreads(1)  # the cameras share the processor among them already
    detectors = Detectors(models_dir, site.vision.threads, vision_dir / "proven")
    archive = Archive(vision_dir, site.vision.recording, memory=memory, sink=sink, clock=clock, pulse=pulse)
    films = IncidentClips(archive, keep, memory, board, clock)
    cameras, left = [], {one.camera: one for one in left_out}
    for one in left_out:
        if one.is_whole:
            archive.leave_out(one.camera)
    for place in site.cameras_of(box):
        pool, refusal = detectors.pool(place.detector or site.vision.detector)
        eyesight = Eyesight(vision_dir / f"{place.code}.npz", place.masks, _drawn(place))
        watcher = Watcher(place, pool, eyesight, (site.site.latitude, site.site.longitude))
        if watcher.calibration_fault:
            _log.error("calibration_refused", asset=place.code, reason=watcher.calibration_fault)
        camera = Camera(
            watcher,
            partial(Eye, place.code, address_of(place, place.sub), watcher, place.detect_hz),
            refusal=refusal,
            left_out=left[place.code].why if place.code in left else "",
            record=_record(place, archive),
            clips=films,
            board=board,
            keep=keep,
            memory=memory,
            sink=sink,
            health=health,
            clock=clock,
            pulse=pulse,
        )
        cameras.append(camera)
    way = site.vision.clips
    sender = Uploader(way.room, identity, clock.now_s) if way.by == "https" else None
    clips = ClipDesk(archive, box, keep, memory, clock, sender)
    return Station(cameras, archive, films, clips, LiveDesk(box, cameras, show, clock), SharingDesk(cameras))


def _record(place: CameraPlace, archive: Archive) -> Recording | None:
    if place.main is None:
        if place.masks:  # what was recorded before, and its films, may still be there
            archive.mask(place.code, place.masks)
        return None
    make = partial(Recording, place.code, address_of(place, place.main))
    return archive.admit(place.code, make, place.masks)


def _drawn(place: CameraPlace) -> str:
    """Give what stands for a camera's view as the site file draws it."""
    drawn = place.model_dump_json(include={"sub", "view", "calibration", "lanes", "zones", "masks"})
    return sha256(drawn.encode()).hexdigest()


def address_of(place: CameraPlace, url: str) -> Address:
    """Give a stream's address with its credentials, which are in the environment."""
    return Address(url, os.environ.get(place.credentials_variable, ""), place.transport)
