"""What one camera's pictures become: gate, detector, tracks, counts, happenings. No sockets, no threads, no clock.

A picture in which nothing moves costs a comparison of brightness and no more.
"""

import threading
from collections.abc import Sequence
from typing import Any

import numpy as np

from edge.contract.catalogue import CATALOGUE
from edge.sensors.reading import Reading
from edge.site_vision import CameraPlace
from edge.vision.colours import plane_of
from edge.vision.evidence import Masks, jpeg_of
from edge.vision.eyesight import FROZEN_S, Eyesight
from edge.vision.found import Found, Picture
from edge.vision.ground import ground_of
from edge.vision.happening import Happening
from edge.vision.incidents import STATE_LOOKS, Incidents
from edge.vision.lanes import LaneCount
from edge.vision.motion import MotionGate, shrink
from edge.vision.movements import MovementCount, between
from edge.vision.pool import InterpreterPool
from edge.vision.regions import Gaze
from edge.vision.shapes import Point
from edge.vision.tracker import Track, Tracker

BLIND_S = FROZEN_S  # what seems frozen for less shows at its end that nothing has moved; longer, and nobody knows
REST_S = 2.0  # without motion the scene is looked at so often: water rises without moving
WATCHED_SHARE = 0.5  # of a report's time: who looked for less knows no volume, and an empty list is no empty road


class Watcher:
    """One camera's mind.

    Attributes:
        pictures: looked at so far.
        inferences: of them, shown to the detector.
        missed: of them, not shown though something moved: no interpreter was free in time.
        calibration_fault: why there are no metres though there is a calibration; empty when all is well.
    """

    def __init__(
        self, place: CameraPlace, pool: InterpreterPool | None, eyesight: Eyesight, site: tuple[float, float]
    ) -> None:
        """Prepare.

        Args:
            place: as the site file has it.
            pool: of its detector; None watches only how the camera sees.
            eyesight: what it saw before.
            site: latitude and longitude in degrees.
        """
        self.place = place
        self._sure_score = 0.0 if pool is None else pool.sure_score
        self._pool = pool
        self._gaze = None if pool is None else Gaze(pool, *place.tiles)
        self._ground, self.calibration_fault = ground_of(place.calibration)
        watched = [lane.polygon for lane in place.lanes] + [zone.polygon for zone in place.zones if zone.kind != "lamp"]
        self._gate = MotionGate(watched + between(place))
        self.tracker = Tracker()
        self._lanes = [LaneCount(lane, self._ground) for lane in place.lanes]
        self._movements = MovementCount(place)
        self._incidents = Incidents(place, *site, None if pool is None else pool.states)
        self._counting = threading.Lock()  # `report` is called from the agent's loop, all else from the eye's thread
        self.eyesight = eyesight
        self.masks = Masks(place.masks)
        self._looked_s = float("-inf")  # when all of a picture was looked at last
        self._judged_s = float("inf")  # when it was last judged what happens
        self._doubted = -STATE_LOOKS  # how many looks there were when the eyes doubted last
        self._reported_s: float | None = None
        self._followed_s: float | None = None  # when lanes were looked at last
        self._watched_s = 0.0  # of the time since the last report
        self.pictures = self.inferences = self.missed = 0

    @property
    def detector_fault(self) -> str:
        """What is wrong with its detector, though it runs; empty when nothing is."""
        return "" if self._pool is None else self._pool.fault

    def look(self, frame: Any, at_s: float, steady_s: float | None = None) -> list[Happening]:
        """Take a decoded frame; give what has begun or ended by it.

        Args:
            frame: PyAV's.
            at_s: when it was taken, seconds since 1970.
            steady_s: the same by a clock that nobody sets, which measures all patience; None where `at_s` is such.
        """
        steady_s = at_s if steady_s is None else steady_s
        self.pictures += 1
        luma = luma_of(frame)
        small = shrink(luma)
        found = [self._seen(name, frame, at_s) for name in self.eyesight.look(luma, small, steady_s)]
        if self.eyesight.is_clear:
            self._follow(frame, small, steady_s)
        if self._believes():
            found += self._happened(frame, small, at_s, steady_s)
        return found

    def picture(self, frame: Any, tracks: Sequence[Track] = (), zone: Sequence[Point] = ()) -> bytes | None:
        """Make what others may see of a frame, JPEG.

        None where its masks may hide something else than what they were drawn for: it is turned, or does not show what
        it showed for long.
        """
        if self.place.masks and not self._is_in_place(frame):
            return None
        return jpeg_of(frame, self.masks, tracks, zone)

    def _is_in_place(self, frame: Any) -> bool:
        return not self.eyesight.conditions["turned"].may_hold and self.eyesight.is_in_place(shrink(luma_of(frame)))

    def recall(self, key: str, noun: str) -> bool:
        """Take up something that went on before a restart; tell whether anything here still looks at it."""
        eyes = self.eyesight.conditions.get(key.removeprefix("camera "))
        if eyes is None:
            return self._incidents.recall(key, noun)
        eyes.holds = True
        return True

    def report(self, at_s: float, steady_s: float | None = None) -> list[Reading]:
        """Give the counts since the last report as samples; none the first time, nor where hardly anybody looked.

        Times as in `look`.
        """
        steady_s = at_s if steady_s is None else steady_s
        since_s, self._reported_s = self._reported_s, steady_s
        passed_s = steady_s - (since_s if since_s is not None else steady_s)
        with self._counting:
            found = {lane.lane.name: lane.report(passed_s) for lane in self._lanes} | self._movements.report(passed_s)
            watched_s, self._watched_s = self._watched_s, 0.0
        if since_s is None or passed_s <= 0 or watched_s < WATCHED_SHARE * passed_s:
            return []
        return [
            Reading(f"{self.place.code}-{part}", quantity, CATALOGUE[quantity].unit, at_s, value, max_silence_s=0.0)
            for part, figures in found.items()
            for quantity, value in figures.items()
        ]

    def _follow(self, frame: Any, small: Picture, steady_s: float) -> None:
        if self._gaze is None:
            return
        moves = self._gate.look(small, steady_s)
        rested = 0 <= steady_s - self._looked_s < REST_S
        if moves or not rested:
            found = self._gaze.find(frame, self._gate.cells if rested else np.ones_like(self._gate.cells))
            if found is None:
                self.missed += 1
                return
            self._looked_s = self._looked_s if rested else steady_s
            self.inferences += 1
            self._take(found, steady_s)
        else:
            self.tracker.hold(steady_s)
        with self._counting:
            for lane in self._lanes:
                lane.look(self.tracker.tracks, steady_s)
            since_s, self._followed_s = self._followed_s, steady_s
            self._watched_s += min(max(0.0, steady_s - (since_s if since_s is not None else steady_s)), REST_S)

    def _take(self, found: Found, steady_s: float) -> None:
        ended = self.tracker.follow(found, steady_s, self._sure_score)
        with self._counting:
            self._movements.take(self.tracker.tracks, ended, steady_s)
        self._incidents.note_states(found.states)

    def _believes(self) -> bool:
        """Tell whether what it shows may be told: after a doubt, all that the scene is judged by is to be new."""
        if not self.eyesight.is_clear or self.eyesight.is_doubtful:
            self._doubted = self.inferences
            return False
        is_anew = self._gaze is None or self.inferences - self._doubted >= STATE_LOOKS
        return is_anew and not self.eyesight.is_repeated

    def _happened(self, frame: Any, small: Picture, at_s: float, steady_s: float) -> list[Happening]:
        """Judge what happens; who stands where somebody stood before a long blindness may be somebody else."""
        found, was_blind = [], steady_s - self._judged_s > BLIND_S
        self._judged_s = steady_s
        tracks = [] if was_blind else self.tracker.tracks
        for seeming, begun in self._incidents.look(tracks, small, at_s, steady_s):
            sure = [track for track in self.tracker.tracks if track.is_sure]
            picture = self.picture(frame, sure, seeming.zone)
            found.append(Happening(seeming.key, seeming.noun, begun, at_s, seeming.values, picture))
        return found

    def _seen(self, name: str, frame: Any, at_s: float) -> Happening:
        begun = self.eyesight.conditions[name].holds
        return Happening(f"camera {name}", f"camera.{name}", begun, at_s, {}, self.picture(frame))


def luma_of(frame: Any) -> Picture:
    """Give a frame's brightness without copying it, uint8 (h, w); other than planar formats are converted."""
    if frame.format.name not in ("yuv420p", "yuvj420p", "yuv422p", "yuvj422p", "yuv444p", "yuvj444p", "nv12", "gray"):
        return np.asarray(frame.to_ndarray(format="gray"), np.uint8)
    return plane_of(frame, 0)
