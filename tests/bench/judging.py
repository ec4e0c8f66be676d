"""What a box told of films whose truth is known: events found, late and false; vehicles counted; numbers changed."""

from collections.abc import Iterable
from dataclasses import dataclass, field, fields

LATE_S = 2.0  # an event may come so long after what it tells of has ended
PARTS = {"flood.deepened": "road.flooded"}  # events that tell more of what is told already


@dataclass(frozen=True, slots=True)
class Span:
    """Something that really happened before a camera.

    Attributes:
        noun: of the event that should tell it.
        until_s: when it ended, on the clock of `since_s`.
        early_s: so long before its beginning it may be told.
    """

    noun: str
    since_s: float
    until_s: float
    early_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Told:
    """An event that a box began."""

    noun: str
    at_s: float


@dataclass(slots=True)
class Score:
    """What came of one film, or of several together.

    Attributes:
        found_s: of each happening that was told, how long after it began.
        missed: happenings that were not told, by their nouns.
        false: events of something that did not happen, or that was told already.
        counted: crossings of lanes' lines that the box counted.
        crossed: that there were.
        off: sum over films of how far the count of each was off.
        off_by_lane: the same, lane by lane.
        off_by_class: the same, class by class.
        headway_off_s: how far a lane's mean headway was off, of each report with one.
        kmh_off: how far a lane's mean speed was off, of each report with a speed.
        occupancy_off_pct: the same of its occupancy, of each report.
        queue_off_m: the same of its queue, of each report with one.
        switches: things whose track got another number than before.
        things: that were followed.
        turned: vehicles that went from one gate of a junction to another.
        turns_counted: of them, that the box counted.
        turns_off: sum over films of how far the count of each was off.
        turns_off_by_way: the same, movement by movement.
        turned_right: vehicles whose movement the box told.
        turned_wrong: of which it told another one.
        seconds: of film.
    """

    found_s: list[tuple[str, float]] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)
    false: list[str] = field(default_factory=list)
    counted: int = 0
    crossed: int = 0
    off: int = 0
    off_by_lane: int = 0
    off_by_class: int = 0
    headway_off_s: list[float] = field(default_factory=list)
    kmh_off: list[float] = field(default_factory=list)
    occupancy_off_pct: list[float] = field(default_factory=list)
    queue_off_m: list[float] = field(default_factory=list)
    switches: int = 0
    things: int = 0
    turned: int = 0
    turns_counted: int = 0
    turns_off: int = 0
    turns_off_by_way: int = 0
    turned_right: int = 0
    turned_wrong: int = 0
    seconds: float = 0.0

    def recall(self, noun: str | None = None, within_s: float = float("inf")) -> float | None:
        """Give the share of happenings that were told in time; None where there were none."""
        found = [after_s <= within_s for name, after_s in self.found_s if noun in (None, name)]
        total = len(found) + sum(noun in (None, name) for name in self.missed)
        return sum(found) / total if total else None

    def precision(self) -> float | None:
        """Give the share of events that tell of something that happened; None where there were none."""
        total = len(self.found_s) + len(self.false)
        return len(self.found_s) / total if total else None

    def false_per_day(self) -> float:
        """Give the false events of a camera in a day of such films."""
        return len(self.false) * 86_400 / self.seconds if self.seconds else 0.0

    def count_error_pct(self) -> float | None:
        """Give how far counts were off, film by film; None where nothing crossed."""
        return 100 * self.off / self.crossed if self.crossed else None


def judge_events(spans: Iterable[Span], told: Iterable[Told]) -> Score:
    """Match each happening with the first event of its noun from its beginning on; what tells more of it is true."""
    score, left = Score(), sorted(told, key=lambda one: one.at_s)
    for span in spans:
        since_s, until_s = span.since_s - span.early_s, span.until_s + LATE_S
        fitting = [one for one in left if one.noun == span.noun and since_s <= one.at_s <= until_s]
        if fitting:
            left.remove(fitting[0])
            score.found_s.append((span.noun, fitting[0].at_s - span.since_s))
        else:
            score.missed.append(span.noun)
        left = [one for one in left if PARTS.get(one.noun) != span.noun or not since_s <= one.at_s <= until_s]
    score.false = [one.noun for one in left]
    return score


def together(scores: Iterable[Score]) -> Score:
    """Add up what came of several films."""
    total = Score()
    for one in scores:
        for part in fields(Score):
            setattr(total, part.name, getattr(total, part.name) + getattr(one, part.name))
    return total
