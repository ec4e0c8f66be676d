"""Whether a camera serves: it sends, often enough, with the right time, is looked at, recorded, and of one box only."""

import math

from edge.clock import Clock
from edge.vision.conditions import Condition
from edge.vision.eye import StreamState
from edge.vision.flow import Flow, Loss
from edge.vision.happening import Happening
from edge.vision.neglect import Neglect
from edge.vision.reasons import because
from edge.vision.recording import GAP_S, Recording
from edge.vision.watcher import Watcher

LOST_AFTER_S = 20.0
IDLE_AFTER_S = 30.0  # of a recording
BURST_S = 5.0  # after a gap: by then what was held up has come
SILENT_S = 2.0  # beyond the time to the next picture that is due
SHARED_END_S = 300.0  # after a restart the room says it again within a minute
_PATIENCE = {  # seconds that each must seem so, and seem not so
    "slowed": (20.0, 20.0),
    "unwatched": (20.0, 20.0),
    "misdated": (20.0, 20.0),
    "shared": (0.0, SHARED_END_S),
}

_NOUNS = {"recording": "recording.stopped"}

Figures = dict[str, float | bool | str]
Seems = tuple[bool, Figures]  # whether it seems so, and the figures for the event


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
            clock: measures patience; its monotonic one is the eye's.
        """
        self._watcher, self._state, self.record, self._clock = watcher, state, record, clock
        # a pause between two looks, while clips are cut, begins nothing anew: the stream's state tells of it, too
        self._conditions = {name: Condition(*times_s, pause_s=math.inf) for name, times_s in _PATIENCE.items()}
        self._lost = Loss(SILENT_S + 1 / watcher.place.detect_hz, LOST_AFTER_S)
        self._idle = Loss(GAP_S, IDLE_AFTER_S)
        self._flow = Flow(state, watcher.place.detect_hz)
        self._slow = ""  # why, when it seemed so last
        self._neglect = Neglect()
        self._late = self._late_of_gaps = 0  # pictures that were old: as of the last look; of them those after gaps
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
        whys = {"lost": self._why(), "slowed": self._slow, "recording": self.record.reason if self.record else ""}
        held = [name for name, judged in self._judged.items() if judged.holds and name != "shared"]
        return [f"{name}: {whys[name]}" if whys.get(name) else name for name in held]

    def recall(self, key: str, noun: str) -> bool:
        """Take up what went on before a restart; tell whether it is judged here."""
        own = self._judged.get(key.removeprefix("camera "))
        if own is None or (self.record is None and noun == "recording.stopped"):
            return False
        own.holds = True
        return True

    def look(self, now_s: float) -> list[Happening]:
        """Look at the stream; give what has begun or ended by it.

        Args:
            now_s: seconds since 1970.
        """
        steady_s = self._clock.monotonic_s()
        changed: list[tuple[str, Figures]] = []
        if self._lost.look(self._state.seen_s, steady_s):
            changed.append(("lost", {"what": self._why()}))
        if self.record is not None and self._idle.look(self.record.kept_s, steady_s):
            changed.append(("recording", {"what": self.record.reason or because("nothing")}))
        for name, (is_so, values) in self._seems(steady_s).items():
            if self._conditions[name].look(is_so, steady_s):
                changed.append((name, values))
        return [
            Happening(f"camera {name}", _NOUNS.get(name, f"camera.{name}"), self._judged[name].holds, now_s, values)
            for name, values in changed
        ]

    @property
    def _judged(self) -> dict[str, Condition | Loss]:
        return {"lost": self._lost, "recording": self._idle} | self._conditions

    def _seems(self, steady_s: float) -> dict[str, Seems]:
        is_silent = self._lost.is_silent(self._state.seen_s, steady_s)
        seems: dict[str, Seems] = {"slowed": self._slowed(steady_s, is_silent=is_silent)}
        unwatched = self._unwatched(steady_s)
        seems["unwatched"] = bool(unwatched), {"what": unwatched}
        seems["misdated"] = self._misdated()
        if self._lost.holds:  # of a stream that does not come nothing else is known
            seems = {name: (False, values) for name, (_, values) in seems.items()}
        elif is_silent:  # nor anew of one that is late, but that it is so again and again
            seems = {name: seems[name] for name in ("slowed",) if seems[name][0]}
        seems["shared"] = (bool(self.shared_with), {"what": ", ".join(self.shared_with)})
        return seems

    def _why(self) -> str:
        return self._state.reason or because("nothing")

    def _slowed(self, steady_s: float, *, is_silent: bool) -> Seems:
        why = self._flow.why(steady_s, is_silent=is_silent, is_slowed=self._conditions["slowed"].holds)
        self._slow = why or self._slow
        gap_s = round(self._flow.longest_gap_s, 1)
        return why is not None, {"frame_rate": self._state.rate_hz, "longest_gap_s": gap_s, "what": self._slow}

    def _misdated(self) -> Seems:
        off_s = self._state.clock_off_s or 0.0
        told = because("clock_off", seconds=abs(off_s))
        return abs(off_s) > self._watcher.place.max_clock_off_s, {"clock_offset": round(off_s, 1), "what": told}

    def _unwatched(self, steady_s: float) -> str:
        seen, late = self._watcher, self._state.late
        # what comes after a gap, all at once, is old as it comes: neither the box nor the camera's times are at fault
        if self._flow.gaps_s(steady_s, BURST_S):
            self._late_of_gaps += late - self._late
        self._late = late
        return self._neglect.look(steady_s, late - self._late_of_gaps, seen.pictures, seen.missed, seen.inferences)
