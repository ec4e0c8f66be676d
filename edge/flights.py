"""Messages that are under way: published, and not yet receipted.

A message is under way from the moment it is given to the line until its receipt has been written into the outbox, or
until the time for a receipt is over; then its entries may be sent again, each time after a longer wait, so that one
message that the cloud cannot swallow does not travel for ever at full speed.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from edge.clock import Clock

COOL_MAX = 5_000  # entries whose next try is remembered; beyond that the general patience serves
COOL_CAP_S = 120.0
PATIENCE_CAP_S = 60.0
OUTAGE_FROM = 4  # so many rounds of timeouts without one receipt are the cloud's fault, fewer may be a message's


@dataclass(frozen=True, slots=True)
class Flight:
    """One message under way.

    Attributes:
        lane: `urgent`, `live` or `backlog`.
        seqs: the entries that it holds.
        until_s: when a receipt is overdue, monotonic.
    """

    lane: str
    seqs: tuple[int, ...]
    until_s: float


class Flights:
    """All messages under way, and the entries that must wait before they fly again."""

    def __init__(self, clock: Clock, timeout_s: float) -> None:
        """Begin with none.

        Args:
            clock: measures the waiting.
            timeout_s: how long a receipt may take.
        """
        self._clock = clock
        self._timeout_s = timeout_s
        self._flights: dict[str, Flight] = {}
        self._flying: set[int] = set()
        self._cool: dict[int, tuple[int, float]] = {}
        self._in_lane: dict[str, int] = {}
        self.unanswered = 0  # rounds of timeouts since the last receipt

    def count(self, lane: str) -> int:
        """Count the messages under way in a lane."""
        return self._in_lane.get(lane, 0)

    @property
    def entries(self) -> int:
        """Count the entries under way."""
        return len(self._flying)

    def start(self, correlation: str, lane: str, seqs: Sequence[int]) -> None:
        """Note that a message has been given to the line."""
        self._flights[correlation] = Flight(lane, tuple(seqs), self._clock.monotonic_s() + self._timeout_s)
        self._flying.update(seqs)
        self._in_lane[lane] = self.count(lane) + 1

    def may_fly(self, seq: int) -> bool:
        """Tell whether an entry is neither under way nor waiting for its next try."""
        return seq not in self._flying and self._cool.get(seq, (0, 0.0))[1] <= self._clock.monotonic_s()

    def answered(self, correlation: str) -> tuple[int, ...]:
        """Take a receipt; give the entries, which stay grounded until `landed`."""
        if self.unanswered >= OUTAGE_FROM:
            self._cool.clear()  # it was not these messages' fault
        self.unanswered = 0
        flight = self._take(correlation)
        return flight.seqs if flight else ()

    def postponed(self, correlation: str) -> None:
        """Take a refusal that time may heal: the entries wait, longer each time, before they fly again."""
        self.unanswered = 0
        flight = self._take(correlation)
        self._cool_down(flight.seqs if flight else (), self._clock.monotonic_s())

    def landed(self, seqs: Sequence[int]) -> None:
        """Forget entries that are out of the outbox."""
        self._flying.difference_update(seqs)
        for seq in seqs:
            self._cool.pop(seq, None)

    def expire(self) -> int:
        """Give up waiting for overdue receipts; tell how many. All wait equally long, so the first is the oldest."""
        now_s = self._clock.monotonic_s()
        overdue = []
        for correlation, flight in self._flights.items():
            if flight.until_s > now_s:
                break
            overdue.append(correlation)
        for correlation in overdue:
            taken = self._take(correlation)
            self._cool_down(taken.seqs if taken else (), now_s)
        self.unanswered += bool(overdue)
        return len(overdue)

    def ground_all(self) -> None:
        """Forget all flights: the line is gone, and what was on it may have gone with it."""
        self._flights.clear()
        self._flying.clear()
        self._in_lane.clear()

    def patience_s(self) -> float:
        """How long to wait between replayed messages while no receipt comes at all."""
        return min(PATIENCE_CAP_S, self._timeout_s * 2.0 ** min(self.unanswered, 20) / 2) if self.unanswered else 0.0

    def next_due_s(self) -> float | None:
        """When the oldest receipt is overdue, monotonic; None when nothing is under way."""
        return next(iter(self._flights.values())).until_s if self._flights else None

    def _take(self, correlation: str) -> Flight | None:
        flight = self._flights.pop(correlation, None)
        if flight:
            self._in_lane[flight.lane] -= 1
        return flight

    def _cool_down(self, seqs: Sequence[int], now_s: float) -> None:
        self._flying.difference_update(seqs)
        for seq in seqs:
            attempts = self._cool.get(seq, (0, 0.0))[0]
            if attempts or len(self._cool) < COOL_MAX:
                wait_s = min(COOL_CAP_S, self._timeout_s * (2.0 ** min(attempts, 20) - 1))
                self._cool[seq] = (attempts + 1, now_s + wait_s)
