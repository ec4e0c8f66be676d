"""Whether a camera serves: it sends, often enough, with the right time, is looked at, recorded, and of one box only."""

import math
import time

from edge.clock import Clock
from edge.vision.conditions import Condition
from edge.vision.eye import StreamState
from edge.vision.happening import Happening
from edge.vision.neglect import Neglect
from edge.vision.reasons import because
from edge.vision.recording import Recording
from edge.vision.watcher import Watcher

LOST_AFTER_S = 20.0
SHARED_END_S = 300.0  # after a restart the room says it again within a minute
SLOW_SHARE = 0.6  # of the pictures a second that are wanted
SILENT_S = 2.0  # beyond the time to the next picture that is due
_PATIENCE = {  # seconds that each must seem so, and seem not so
    "lost": (LOST_AFTER_S, 5.0),
    "slowed": (20.0, 20.0),
    "unwatched": (20.0, 20.0),
    "misdated": (20.0, 20.0),
    "shared": (0.0, SHARED_END_S),
    "recording": (30.0, 5.0),
}

Seems = tuple[bool, dict[str, float | bool | str]]  # whether it seems so, and the figures for the event


class Fitness:
    """That of one camera, judged again and again by its stream's state.

    Attributes:
        record: of its main stream; None when it is not recorded.
    """

    def __init__(self, watcher: Watcher, state: StreamState, record: Recording | None, clock: Clock) -> None:
        """Begin with nothing wrong.

        Args:
            watcher: tells which pictures were looked at.
            state: of the stream, as the eye keeps it.
            record: of the main stream; None when it is not recorded.
            clock: measures patience.
        """
        self._watcher, self._state, self.record, self._clock = watcher, state, record, clock
        # a pause between two looks, while clips are cut, begins nothing anew: the stream's state tells of it, too
        self._conditions = {name: Condition(*times_s, pause_s=math.inf) for name, times_s in _PATIENCE.items()}
        self._neglect = Neglect()
        self._shared: tuple[str, ...] = ()  # boxes that have it, too, as the room says
        self._shared_until_s = 0.0  # monotonic

    def share(self, boxes: tuple[str, ...], for_s: float) -> None:
        """Take it that other boxes have this camera, too; for so long, unless it is said again."""
        self._shared, self._shared_until_s = boxes, self._clock.monotonic_s() + for_s

    @property
    def shared_with(self) -> tuple[str, ...]:
        """Boxes that have it, too."""
        return self._shared if self._clock.monotonic_s() < self._shared_until_s else ()

    @property
    def faults(self) -> list[str]:
        """Name what is wrong; a camera that another box has, too, does what it should."""
        held = [name for name, condition in self._conditions.items() if condition.holds and name != "shared"]
        return [f"lost: {self._why()}" if name == "lost" else name for name in held]

    def recall(self, key: str, noun: str) -> bool:
        """Take up what went on before a restart; tell whether it is judged here."""
        own = self._conditions.get(key.removeprefix("camera "))
        if own is None or (self.record is None and noun == "recording.stopped"):
            return False
        own.holds = True
        return True

    def look(self, now_s: float) -> list[Happening]:
        """Look at the stream; give what has begun or ended by it.

        Args:
            now_s: seconds since 1970.
        """
        changed = []
        for name, (is_so, values) in self._seems().items():
            condition = self._conditions[name]
            if condition.look(is_so, self._clock.monotonic_s()):
                noun = "recording.stopped" if name == "recording" else f"camera.{name}"
                changed.append(Happening(f"camera {name}", noun, condition.holds, now_s, values))
        return changed

    def _seems(self) -> dict[str, Seems]:
        due_s = SILENT_S + 1 / self._watcher.place.detect_hz
        is_silent = time.monotonic() - self._state.seen_s > due_s
        unwatched = self._unwatched()
        seems: dict[str, Seems] = {
            "lost": (is_silent, {"what": self._why()}),
            "slowed": self._slowed(),
            "unwatched": (bool(unwatched), {"what": unwatched}),
            "misdated": self._misdated(),
        }
        if is_silent:  # of a stream that does not come nothing else is known
            seems |= {name: (False, values) for name, (_, values) in seems.items() if name != "lost"}
        seems["shared"] = (bool(self.shared_with), {"what": ", ".join(self.shared_with)})
        if self.record is not None:
            is_idle = bool(self.record.reason) or time.monotonic() - self.record.kept_s > LOST_AFTER_S
            seems["recording"] = (is_idle, {"what": self.record.reason or because("nothing")})
        return seems

    def _why(self) -> str:
        return self._state.reason or because("nothing")

    def _slowed(self) -> Seems:
        rate_hz, wanted_hz = self._state.rate_hz, self._watcher.place.detect_hz
        told = because("rate", rate=rate_hz, wanted=wanted_hz)
        return 0 < rate_hz < SLOW_SHARE * wanted_hz, {"frame_rate": rate_hz, "what": told}

    def _misdated(self) -> Seems:
        off_s = self._state.clock_off_s or 0.0
        told = because("clock_off", seconds=abs(off_s))
        return abs(off_s) > self._watcher.place.max_clock_off_s, {"clock_offset": round(off_s, 1), "what": told}

    def _unwatched(self) -> str:
        seen = self._watcher
        return self._neglect.look(
            self._clock.monotonic_s(), self._state.late, seen.pictures, seen.missed, seen.inferences
        )
