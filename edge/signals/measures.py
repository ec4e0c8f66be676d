"""Every poll of a junction becomes events, and every minute a summary of its phases and detectors."""

from collections.abc import Iterator

from edge.clock import Clock
from edge.notices import Notice, NoticeBoard
from edge.sensors.ntcip import SignalController
from edge.sensors.reading import Reading
from edge.signals import hires
from edge.signals.approach import Approach, Interval
from edge.signals.counts import Count, Counts
from edge.signals.cycle import CycleWatch
from edge.signals.detector_health import DetectorWatch
from edge.signals.event_log import EventLog
from edge.signals.hires import HiresEvent
from edge.signals.status import Status
from edge.signals.timing import Timing
from edge.site_signals import ControllerPlace

SUMMARY_S = 60.0
Row = tuple[str, str, str, float | bool]  # asset, quantity, unit, value
_FAULTS_ID = {
    "stuck": "terus-menerus mendeteksi",
    "silent": "tidak pernah mendeteksi",
    "chattering": "bergetar",
    "alarm": "dinyatakan rusak oleh pengendali",
}
_FAULTS_EN = {
    "stuck": "is always on",
    "silent": "never detects anything",
    "chattering": "chatters",
    "alarm": "is held for faulty by the controller",
}


class Measures:
    """The observer of one junction."""

    def __init__(
        self, place: ControllerPlace, controller: SignalController, log: EventLog, board: NoticeBoard, clock: Clock
    ) -> None:
        """Begin with nothing seen.

        Args:
            place: what the site file says.
            controller: asked for its own counts.
            log: keeps events.
            board: told of detectors that break.
            clock: wall clock for the controller's.
        """
        self._place = place
        self._log = log
        self._board = board
        self._counts = Counts(controller, [detector.number for detector in place.detectors], clock)
        self._approaches: dict[int, Approach] = {}
        self._watches: dict[int, DetectorWatch] = {}
        self._begun: dict[int, str] = {}
        self._before: Status | None = None
        self._summed_s: float | None = None
        self._cycle = CycleWatch()

    async def see(self, status: Status, timing: Timing) -> list[Reading]:
        """Take a poll; give what there is to report."""
        before, self._before = self._before, status
        if before is None:
            self._begin(status, timing)
            return []
        events = hires.changes(before, status)
        events += self._terminations(status, timing)
        self._log.add(events)
        await self._log.write_due(status.at_s, status.time_s)
        self._cycle.see(status.at_s, status.cycle_left_s, is_coordinated=status.is_coordinated)
        await self._watch_detectors(status)
        counted = await self._counts.look(status.pattern, timing, status.at_s)
        rows = list(self._count_rows(counted))
        if self._summed_s is not None and status.at_s - self._summed_s >= SUMMARY_S:
            self._summed_s = status.at_s
            rows += self._summary()
        return [Reading(asset, quantity, unit, status.time_s, value) for asset, quantity, unit, value in rows]

    def close(self) -> None:
        """Write what the event log still holds."""
        self._log.close()

    def _begin(self, status: Status, timing: Timing) -> None:
        self._summed_s = status.at_s
        for phase in timing.phases:
            own = [detector for detector in self._place.detectors if detector.phase == phase]
            self._approaches[phase] = Approach(phase, own)
        self._watches = {detector.number: DetectorWatch(status.at_s) for detector in self._place.detectors}

    def _terminations(self, status: Status, timing: Timing) -> list[HiresEvent]:
        found = []
        for phase, approach in self._approaches.items():
            ended = approach.see(
                status.at_s,
                status.letter(phase),
                status.detectors,
                is_called=phase in status.ped_calls,
                walks=phase in status.walks,
                is_coordinated=phase in self._counts.coordinated,
                in_coordination=bool(self._counts.coordinated),
                passage_s=timing.phases[phase].passage_s,
            )
            if ended:
                found.append(HiresEvent(status.time_s, ended, phase))
        return found

    async def _watch_detectors(self, status: Status) -> None:
        for number, watch in self._watches.items():
            is_on, has_alarm = number in status.detectors, number in status.detector_alarms
            if watch.see(status.at_s, is_on=is_on, has_alarm=has_alarm):
                await self._tell_detector(number, watch.fault)

    async def _tell_detector(self, number: int, fault: str) -> None:
        asset = self._place.detector_asset(number)
        begun = self._begun.pop(number, None)
        if fault:
            text_id = f"Detektor {asset} {_FAULTS_ID[fault]}."
            text_en = f"Detector {asset} {_FAULTS_EN[fault]}."
            notice = Notice("detector.failed", asset, "minor", text_id, text_en, {"fault": fault})
            self._begun[number] = begun or str(await self._board.raise_event(notice))
        elif begun:
            text_id, text_en = f"Detektor {asset} normal kembali.", f"Detector {asset} is well again."
            await self._board.raise_event(Notice("detector.failed", asset, "minor", text_id, text_en, {}, begun))

    def _count_rows(self, counted: dict[int, Count]) -> Iterator[Row]:
        """Give the controller's own counts, by detector and summed up by approach."""
        for number, count in counted.items():
            asset = self._place.detector_asset(number)
            if count.volume_per_min is not None:
                yield asset, "volume", "/min", count.volume_per_min
            if count.occupancy_pct is not None:
                yield asset, "occupancy", "%", count.occupancy_pct
        for phase in self._approaches if counted else ():
            yield from self._approach_counts(phase, counted)

    def _approach_counts(self, phase: int, counted: dict[int, Count]) -> Iterator[Row]:
        own = [counted[place.number] for place in self._place.detectors if place.phase == phase
               and place.kind == "stop_line" and place.number in counted]  # fmt: skip
        volumes = [count.volume_per_min for count in own if count.volume_per_min is not None]
        occupancies = [count.occupancy_pct for count in own if count.occupancy_pct is not None]
        if volumes:
            yield self._place.phase_asset(phase), "volume", "/min", sum(volumes)
        if occupancies:
            yield self._place.phase_asset(phase), "occupancy", "%", sum(occupancies) / len(occupancies)

    def _summary(self) -> Iterator[Row]:
        for phase, approach in self._approaches.items():
            asset = self._place.phase_asset(phase)
            for quantity, unit, value in phase_rows(approach, approach.take()):
                yield asset, quantity, unit, value
        if self._cycle.length_s is not None:
            yield self._place.code, "cycle_length", "s", round(self._cycle.length_s, 1)
        if self._counts.clock_offset_s is not None:
            yield self._place.code, "clock_offset", "s", round(self._counts.clock_offset_s, 1)
        for number, watch in self._watches.items():
            yield self._place.detector_asset(number), "detector_fault", "1", bool(watch.fault)


def phase_rows(approach: Approach, seen: Interval) -> Iterator[tuple[str, str, float]]:
    """Give what an interval of an approach is reported as: quantity, unit, value."""
    yield "greens_served", "1", float(seen.greens)
    yield "gap_outs", "1", float(seen.terminations.get(hires.GAP_OUT, 0))
    yield "max_outs", "1", float(seen.terminations.get(hires.MAX_OUT, 0))
    yield "force_offs", "1", float(seen.terminations.get(hires.FORCE_OFF, 0))
    if seen.greens:
        yield "green_time", "s", round(seen.green_s / seen.greens, 1)
    if approach.has_stop_line:
        yield "split_failures", "1", float(seen.split_failures)
    if seen.green_occupancy_pct is not None and seen.red_occupancy_pct is not None:
        yield "green_occupancy", "%", round(seen.green_occupancy_pct, 1)
        yield "red_occupancy", "%", round(seen.red_occupancy_pct, 1)
    if approach.has_advance:
        yield "queue_length", "m", round(seen.queue_m, 1)
        if seen.arrivals and approach.has_speed:
            yield "arrivals_on_green", "%", round(100 * seen.arrivals_on_green / seen.arrivals, 1)
    if seen.longest_wait_s is not None:
        yield "pedestrian_wait", "s", round(seen.longest_wait_s, 1)
