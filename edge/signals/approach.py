"""What one approach does over its cycles: greens, how they end, split failures, arrivals, walkers, queue; pure.

Definitions, as Utah's ATSPM computes them (component details, UDOT 2016; FHWA-HOP-20-002; source of UDOT's software):

*split failure*: occupancy of the stop-line detection above 79 % both in the green and in the first five seconds of red
(`CycleSplitFail`: `GreenOccupancyPercent > 79 && RedOccupancyPercent > 79`, `FirstSecondsOfRed` 5; after Freije et al.,
TRB 2439, 2014). *Arrivals on green*: activations of the upstream detectors whose vehicles would reach the stop line in
green, of all; each is set forward by distance over speed (`AtspmMath.AdjustTimeStamp`). Where the speed is not given,
ATSPM takes the instant of detection; here it counts as unmeasured. *Pedestrian delay*: from the call (event 45) to the
walk (21). *Termination*: a status group does not say it. A green whose detectors were occupied within its passage time
was cut, by the force-off in coordination and by the maximum otherwise; so was every coordinated phase, which does not
gap out; the others gapped out.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush

from edge.signals.hires import FORCE_OFF, GAP_OUT, MAX_OUT
from edge.site_signals import DetectorPlace

KMH_PER_M_S = 3.6
FULL_PCT = 79.0
RED_WATCHED_S = 5.0
EXACTNESS_S = 0.05  # a green that gaps out ends exactly when the passage time is over
VEHICLE_M = 6.5  # a car and its gap in a queue; motorcycles fill in between and make this an upper figure per vehicle
APPROACHING_MAX = 500  # vehicles between detector and stop line; more do not fit on any road
STANDING_S = 3.0  # an upstream detector occupied for so long has a queue on it


@dataclass(slots=True)
class Interval:
    """What is summed up between two reports; counts, and the latest or the longest of what has a length."""

    greens: int = 0
    green_s: float = 0.0
    terminations: dict[int, int] = field(default_factory=dict)
    split_failures: int = 0
    green_occupancy_pct: float | None = None
    red_occupancy_pct: float | None = None
    arrivals: int = 0
    arrivals_on_green: int = 0
    longest_wait_s: float | None = None
    queue_m: float = 0.0


class Approach:
    """One phase with its detectors."""

    def __init__(self, phase: int, detectors: Sequence[DetectorPlace]) -> None:
        """Begin knowing nothing: the first green is counted once it has been seen from its beginning.

        Args:
            phase: its number.
            detectors: those of its approach.
        """
        self.phase = phase
        self._stop_lines = {place.number for place in detectors if place.kind == "stop_line"}
        self._advance = {place.number: place for place in detectors if place.kind == "advance"}
        self._lanes = max((place.lanes for place in detectors), default=1)
        self._letter = ""
        self._green_from_s: float | None = None
        self._red_from_s: float | None = None
        self._green_busy_s = 0.0
        self._red_busy_s = 0.0
        self._occupied_s = float("-inf")
        self._green_pct: float | None = None
        self._standing_from_s: dict[int, float] = {}
        self._before: frozenset[int] = frozenset()
        self._called_s: float | None = None
        self._walks = False
        self._in_queue = 0
        self._approaching: list[float] = []  # a heap of instants at the stop line
        self._at_s: float | None = None
        self.interval = Interval()

    @property
    def has_stop_line(self) -> bool:
        """Whether split failures can be judged."""
        return bool(self._stop_lines)

    @property
    def has_advance(self) -> bool:
        """Whether a queue can be estimated."""
        return bool(self._advance)

    @property
    def has_speed(self) -> bool:
        """Whether arrivals on green can be judged: every upstream detector knows how long its vehicles take."""
        return bool(self._advance) and all(place.speed_kmh is not None for place in self._advance.values())

    def see(
        self,
        at_s: float,
        letter: str,
        detectors: frozenset[int],
        *,
        is_called: bool,
        walks: bool,
        is_coordinated: bool,
        in_coordination: bool,
        passage_s: float,
    ) -> int:
        """Take one poll; give how the green ended (an Indiana code), or 0.

        Args:
            at_s: monotonic.
            letter: G, Y, R or F.
            detectors: occupied.
            is_called: somebody on foot waits.
            walks: the walk is shown.
            is_coordinated: the phase is a coordinated one of the running pattern.
            in_coordination: the controller runs a pattern.
            passage_s: of the phase.
        """
        passed_s = 0.0 if self._at_s is None else at_s - self._at_s
        busy = bool(self._stop_lines & self._before)  # what was seen last holds until now
        self._add_up(busy=busy, passed_s=passed_s)
        self._count_arrivals(at_s)
        self._watch_queue(at_s, letter, detectors)
        self._watch_walkers(at_s, is_called=is_called, walks=walks)
        if self._letter == "R" and self._red_from_s is not None and at_s - self._red_from_s >= RED_WATCHED_S:
            self._close_red(at_s)
        ended = 0
        if letter != self._letter:
            if self._letter == "G":
                was_cut = at_s - self._occupied_s < passage_s - EXACTNESS_S
                cut = FORCE_OFF if in_coordination else MAX_OUT
                ended = cut if was_cut or (in_coordination and is_coordinated) else GAP_OUT
                self._close_green(at_s, ended)
            self._open(at_s, letter)
        if (self._stop_lines | set(self._advance)) & detectors:
            self._occupied_s = at_s
        self._before, self._letter, self._at_s = detectors, letter, at_s
        return ended

    def take(self) -> Interval:
        """Give the interval and begin the next."""
        taken, self.interval = self.interval, Interval()
        return taken

    def _add_up(self, *, busy: bool, passed_s: float) -> None:
        if self._letter == "G" and busy:
            self._green_busy_s += passed_s
        if self._letter == "R" and self._red_from_s is not None and busy:
            self._red_busy_s += passed_s

    def _open(self, at_s: float, letter: str) -> None:
        if letter == "G":
            self._green_from_s = at_s if self._letter else None  # one that was on already when we came is not whole
            self._green_busy_s, self._in_queue = 0.0, 0
        elif letter == "R":
            self._red_from_s = at_s if self._letter == "Y" else None
            self._red_busy_s = 0.0
        elif letter == "F":
            self._green_from_s = self._red_from_s = None

    def _close_green(self, at_s: float, ended: int) -> None:
        self._green_pct = None
        if self._green_from_s is None:
            return
        length_s = at_s - self._green_from_s
        self.interval.greens += 1
        self.interval.green_s += length_s
        self.interval.terminations[ended] = self.interval.terminations.get(ended, 0) + 1
        if self._stop_lines and length_s > 0:
            self._green_pct = min(100.0, 100 * self._green_busy_s / length_s)
        self._green_from_s = None

    def _close_red(self, at_s: float) -> None:
        """Judge the split when the first seconds of red are over."""
        assert self._red_from_s is not None  # noqa: S101 - asked by the caller
        red_pct = min(100.0, 100 * self._red_busy_s / (at_s - self._red_from_s))
        self._red_from_s = None
        if self._green_pct is None:
            return
        self.interval.green_occupancy_pct, self.interval.red_occupancy_pct = self._green_pct, red_pct
        self.interval.split_failures += self._green_pct > FULL_PCT and red_pct > FULL_PCT
        self._green_pct = None

    def _count_arrivals(self, at_s: float) -> None:
        """Count vehicles that have reached the stop line since the last poll, by what was shown then."""
        while self._approaching and self._approaching[0] <= at_s:
            heappop(self._approaching)
            self.interval.arrivals += 1
            self.interval.arrivals_on_green += self._letter == "G"

    def _expect_arrival(self, at_s: float, place: DetectorPlace) -> None:
        if place.speed_kmh is not None and len(self._approaching) < APPROACHING_MAX:
            heappush(self._approaching, at_s + place.distance_m / place.speed_kmh * KMH_PER_M_S)

    def _watch_queue(self, at_s: float, letter: str, detectors: frozenset[int]) -> None:
        for number, place in self._advance.items():
            if number not in detectors:
                self._standing_from_s.pop(number, None)
                continue
            if number not in self._before and self._at_s is not None:
                self._expect_arrival(at_s, place)
                self._in_queue += letter != "G"
            since_s = self._standing_from_s.setdefault(number, at_s)
            if at_s - since_s >= STANDING_S:
                self._note_queue(place.distance_m)
        reach_m = max((place.distance_m for place in self._advance.values()), default=0.0)
        self._note_queue(min(reach_m, self._in_queue * VEHICLE_M / self._lanes))

    def _note_queue(self, queue_m: float) -> None:
        self.interval.queue_m = max(self.interval.queue_m, queue_m)

    def _watch_walkers(self, at_s: float, *, is_called: bool, walks: bool) -> None:
        if walks and not self._walks and self._called_s is not None:
            self.interval.longest_wait_s = max(self.interval.longest_wait_s or 0.0, at_s - self._called_s)
            self._called_s = None
        if is_called and self._called_s is None and not walks:
            self._called_s = at_s
        elif not is_called and not walks:
            self._called_s = None
        self._walks = walks
