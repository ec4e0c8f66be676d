"""Local control: shows every reading to the rules, raises what they notice, and moves the sirens."""

import json
from collections.abc import Awaitable, Callable

import structlog

from edge.clock import Clock
from edge.errors import Unavailable
from edge.notices import NoticeBoard
from edge.outbox import Outbox
from edge.rules import LampWatch, StageWatch, Watch, recall, remember
from edge.sensors.device import ModbusDevice
from edge.sensors.reading import Reading
from edge.siren import Siren
from edge.site import SiteFile
from edge.site_rules import StageRule

_log = structlog.get_logger()
_RULES_NOTE = "rules"
_SIRENS_NOTE = "sirens"
_ORDERED = "ordered"


class LocalControl:
    """The rules of one box with their sirens."""

    def __init__(
        self, site: SiteFile, devices: list[ModbusDevice], board: NoticeBoard, outbox: Outbox, clock: Clock
    ) -> None:
        """Make the watches and sirens of the assets that this box reads.

        Args:
            site: the rules.
            devices: of this box.
            board: takes events.
            outbox: keeps the rules' state over a restart.
            clock: measures durations.
        """
        self._board = board
        self._outbox = outbox
        self._clock = clock
        self._watches = _watches(site, devices)
        self.sirens = _sirens(devices, board, self._remember)

    async def recall(self) -> None:
        """Take up the state from before the restart; without a disk the rules begin anew, and may repeat an event."""
        try:
            rules, sirens = await self._outbox.note(_RULES_NOTE), await self._outbox.note(_SIRENS_NOTE)
        except Unavailable as error:
            _log.warning("rules_not_recalled", reason=str(error))
            return
        recall(self._watches, rules)
        for asset, events in json.loads(sirens or "{}").items():
            if asset in self.sirens:
                self.sirens[asset].open_events = (str(events[0]), str(events[1]))
                # The order ended with the restart; that the coil follows is still to be seen to.
                self.sirens[asset].is_ordered = _ORDERED in events

    async def look(self, readings: list[Reading]) -> None:
        """Show readings to all rules and do what they say."""
        for reading in readings:
            if reading.quantity == "siren_on" and reading.asset in self.sirens:
                self.sirens[reading.asset].observe(reading)
            for watch in self._watches:
                await self._look(watch, reading)
        for name, siren in self.sirens.items():
            siren.want(on=self._wanted(name))

    async def _look(self, watch: Watch, reading: Reading) -> None:
        changed = watch.look(reading, self._clock.monotonic_s())
        for alarm, notice in changed:
            if watch.siren in self.sirens:  # the siren before the paper
                self.sirens[watch.siren].want(on=self._wanted(watch.siren))
            event = await self._board.raise_event(notice)
            if alarm.is_active:
                alarm.begun_event = str(event)
        if changed:
            await self._remember()

    def _wanted(self, siren: str) -> bool | None:
        """Join what the rules of a siren want: one that wants it on is enough."""
        wishes = [watch.wants_siren for watch in self._watches if watch.siren == siren]
        if any(wishes):
            return True
        return None if None in wishes else False

    async def _remember(self) -> None:
        try:
            await self._outbox.set_note(_RULES_NOTE, remember(self._watches))
            sirens = {asset: _memory(siren) for asset, siren in self.sirens.items()}
            await self._outbox.set_note(
                _SIRENS_NOTE, json.dumps({name: told for name, told in sirens.items() if any(told)})
            )
        except Unavailable:
            return  # the disk's trouble is logged where events are kept; the rules go on


def _memory(siren: Siren) -> list[str]:
    return [*siren.open_events, _ORDERED if siren.is_ordered else ""]


def _watches(site: SiteFile, devices: list[ModbusDevice]) -> list[Watch]:
    watches: list[Watch] = []
    by_asset = {device.asset: device for device in devices}
    for rule in site.rules:
        device = by_asset.get(rule.asset)
        if device is None:
            continue  # it belongs to another box of the site
        if isinstance(rule, StageRule):
            watches.append(StageWatch(rule))
        else:
            circuits = sorted({point.asset for point in device.points if point.quantity == "commanded_on"})
            watches.append(LampWatch(rule, circuits))
    return watches


def _sirens(
    devices: list[ModbusDevice], board: NoticeBoard, remember: Callable[[], Awaitable[None]]
) -> dict[str, Siren]:
    found: dict[str, Siren] = {}
    for device in devices:
        for asset in sorted({point.asset for point in device.points}):
            coil = device.siren_coil(asset)
            if coil is not None:
                found[asset] = Siren(asset, device, coil, board, remember)
    return found
