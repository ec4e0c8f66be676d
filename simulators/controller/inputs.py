"""Detectors of a controller: occupied or not, their faults and alarms, volumes and occupancies of a period.

Source: NTCIP 1202 v02, 2.3.2 (detector alarms), 2.3.5 (volume and occupancy in half per cent).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from simulators.controller.faults import Faults
from simulators.controller.program import TICKS_PER_S, DetectorSetup, ticks

ALARM_NO_ACTIVITY, ALARM_MAX_PRESENCE, ALARM_ERRATIC = 1, 2, 4
_CHATTER_TICKS = 1
_MAX_VOLUME = 255
_HALF_PERCENTS = 200
_MINUTE_TICKS = 60 * TICKS_PER_S
_SEQUENCES = 256


@dataclass(slots=True)
class Channel:
    """One detector's state: ticks of its last change, counts of the period and of the minute."""

    setup: DetectorSetup
    changed: int
    on: bool = False
    period_count: int = 0
    period_on: int = 0
    minute_count: int = 0
    alarms: int = 0


@dataclass(frozen=True, slots=True)
class Report:
    """Volume and occupancy (half per cent) by detector of the latest whole period."""

    sequence: int
    volumes: dict[int, int]
    occupancies: dict[int, int]


class Inputs:
    """The detectors' inputs.

    Args:
        setups: the detectors.
        period_s: of the report.
        tick: now.
    """

    def __init__(self, setups: Collection[DetectorSetup], period_s: int, tick: int) -> None:
        self.channels = {setup.number: Channel(setup, tick) for setup in setups}
        self.period_s = period_s
        self.active: frozenset[int] = frozenset()
        self.alarmed: frozenset[int] = frozenset()
        self.report = Report(0, dict.fromkeys(self.channels, 0), dict.fromkeys(self.channels, 0))
        self._period_from = tick
        self._counts_edges = True

    def take(self, tick: int, occupied: frozenset[int], faults: Faults) -> None:
        """Take one tick of occupied detectors, as wired and as faulty as they are."""
        seen = _as_faulty(tick, occupied, faults) if faults.stuck or faults.dead or faults.chattering else occupied
        if seen != self.active:
            self._note_changes(tick, seen)
        for number in seen:
            if number in self.channels:
                self.channels[number].period_on += 1

    def count(self, counts: Mapping[int, int], faults: Faults) -> None:
        """Count vehicles that somebody has seen pass, from now on in place of the edges: a step may hold several."""
        self._counts_edges = False
        for number, passed in counts.items():
            if number in self.channels and number not in faults.dead:
                self.channels[number].period_count += passed
                self.channels[number].minute_count += passed

    def each_second(self, tick: int) -> None:
        """Close the report's period and watch the detectors' health."""
        if tick - self._period_from >= ticks(self.period_s):
            self._close_period(tick)
        self._watch(tick)

    def _note_changes(self, tick: int, seen: frozenset[int]) -> None:
        for number in seen ^ self.active:
            channel = self.channels.get(number)
            if channel is None:
                continue
            channel.changed, channel.on = tick, number in seen
            if channel.on and self._counts_edges:
                channel.minute_count += 1
                channel.period_count += 1
        self.active = seen

    def _close_period(self, tick: int) -> None:
        length = tick - self._period_from
        volumes = {number: min(channel.period_count, _MAX_VOLUME) for number, channel in self.channels.items()}
        shares = {
            number: min(_HALF_PERCENTS, round(_HALF_PERCENTS * channel.period_on / length))
            for number, channel in self.channels.items()
        }
        self.report = Report((self.report.sequence + 1) % _SEQUENCES, volumes, shares)
        self._period_from = tick
        for channel in self.channels.values():
            channel.period_count = channel.period_on = 0

    def _watch(self, tick: int) -> None:
        full_minute = tick // TICKS_PER_S % 60 == 0
        for channel in self.channels.values():
            channel.alarms = _alarms(channel, tick, full_minute=full_minute)
            if full_minute:
                channel.minute_count = 0
        self.alarmed = frozenset(number for number, channel in self.channels.items() if channel.alarms)


def _as_faulty(tick: int, occupied: frozenset[int], faults: Faults) -> frozenset[int]:
    seen = (occupied | faults.stuck) - faults.dead - faults.chattering
    return seen | faults.chattering if tick // _CHATTER_TICKS % 2 else seen


def _alarms(channel: Channel, tick: int, *, full_minute: bool) -> int:
    setup, unchanged_min = channel.setup, (tick - channel.changed) / _MINUTE_TICKS
    alarms = channel.alarms & ALARM_ERRATIC
    if full_minute:  # an erratic minute is known when it is over
        erratic = 0 < setup.erratic_counts_min < channel.minute_count
        alarms = ALARM_ERRATIC if erratic else 0
    if channel.on and 0 < setup.max_presence_min <= unchanged_min:
        alarms |= ALARM_MAX_PRESENCE
    if not channel.on and 0 < setup.no_activity_min <= unchanged_min:
        alarms |= ALARM_NO_ACTIVITY
    return alarms
