"""Faults and events on order, put into force: on a controller, on its detectors, on the street.

Asked once a second with all that is in force, it makes the city so, and takes back what has ended.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import libsumo  # type: ignore[import-untyped]  # it has no types

from simulators.cameras.places import View
from simulators.city.city import City
from simulators.city.obstacles import Lying
from simulators.controller.controller import Controller
from simulators.controller.faults import Faults
from simulators.controller.modes import Panel
from simulators.faults import Fault

_PATTERN_STATUS = "1.3.6.1.4.1.1206.4.2.1.4.10"
_FROM_LINE_M = {"lane_closed": 25.0, "accident": 60.0, "tree": 150.0}
_WRECK_M = 6.0


@dataclass(frozen=True, slots=True)
class _Wreck:
    """What stands in the way: in which lane, so far before the stop line."""

    lane: str
    from_line_m: float


class Events:
    """Keeps a city in the state that the faults in force ask for.

    Args:
        city: running.
        views: of the cameras that look at it, by code.
    """

    def __init__(self, city: City, views: Mapping[str, View] | None = None) -> None:
        self._city = city
        self._lying = Lying(views or {})
        self._boost = dict(city.boost)
        self._wrecks: dict[str, _Wreck] = {}
        self._was: dict[str, frozenset[str]] = {}

    def apply(self, active: list[Fault]) -> None:
        """Put these faults, and no others, into force; those on junctions that are not here are left out."""
        by_junction: dict[str, list[Fault]] = {code: [] for code in self._city.controllers}
        self._lying.apply(active)
        for fault in active:
            if ".cam-" in fault.on:
                continue  # where it lies is known: see `obstacles`
            by_junction.get(fault.on.partition(".")[0], []).append(fault)
        self._city.boost = dict(self._boost)
        rushing = {code for code, faults in by_junction.items() if any(fault.what == "rush_hour" for fault in faults)}
        self._city.at_peak = frozenset(rushing)
        wanted: dict[str, _Wreck] = {}
        for code, faults in by_junction.items():
            set_faults(self._city.controllers[code], faults, self._was.get(code, frozenset()))
            self._was[code] = frozenset(fault.what for fault in faults)
            self._crowd(code, faults)
            wanted |= self._wrecks_of(code, faults)
        self._place(wanted)

    def _crowd(self, code: str, faults: list[Fault]) -> None:
        for fault in faults:
            sides = [side for junction, side in self._city.approaches if junction == code]
            if fault.what == "rush_hour":
                sides = [self._side(code, 2)]
            elif fault.what != "market_day":
                continue
            for side in sides:
                self._city.boost[code, side] = self._boost.get((code, side), 1.0) * fault.amount

    def _wrecks_of(self, code: str, faults: list[Fault]) -> dict[str, _Wreck]:
        found = {}
        for fault in faults:
            if fault.what in _FROM_LINE_M:
                side = self._side(code, round(fault.amount))
                edge, lanes = self._city.approaches[code, side].edge, self._city.layout.junction(code).arms[side].lanes
                blocked = {"lane_closed": [0], "accident": [lanes - 1], "tree": list(range(lanes))}[fault.what]
                for lane in blocked:
                    found[f"wreck-{fault.number}-{lane}"] = _Wreck(f"{edge}_{lane}", _FROM_LINE_M[fault.what])
        return found

    def _side(self, code: str, phase: int) -> str:
        """Find the arm that a phase lets go; the first where no arm has it."""
        sides = [side for (junction, side), one in self._city.approaches.items() if junction == code]
        return next((side for side in sides if phase in self._city.approaches[code, side].phases), sides[0])

    def _place(self, wanted: dict[str, _Wreck]) -> None:
        for name in self._wrecks.keys() - wanted.keys():
            if name in libsumo.vehicle.getIDList():
                libsumo.vehicle.remove(name)
        for name in wanted.keys() - self._wrecks.keys():
            _put(name, wanted[name])
        self._wrecks = wanted


def set_faults(controller: Controller, active: list[Fault], before: frozenset[str]) -> None:
    """Set a controller's faults to what is in force; a key that was turned by a fault is turned back with it."""
    amounts = {fault.what: fault.amount for fault in active}
    numbers = {what: {round(fault.amount) for fault in active if fault.what == what} for what in amounts}
    controller.faults = Faults(
        discards_sets="sets_discarded" in amounts,
        holds_sets="sets_held" in amounts,
        refuses_sets="refuse" in amounts,
        silent="silent" in amounts,
        answer_delay_s=amounts.get("slow", 0.0),
        wrong_types="wrong_types" in amounts,
        missing=frozenset({_PATTERN_STATUS}) if "object_missing" in amounts else frozenset(),
        duplicate_answers=1 if "twice" in amounts else 0,
        clock_error_s=amounts.get("clock_off", 0.0),
        stuck=numbers.get("detector_stuck", set()),
        chattering=numbers.get("detector_chatter", set()),
        dead=numbers.get("detector_dead", set()),
        shorted_green=round(amounts.get("green_shorted", 0.0)),
    )
    _turn_key(controller, frozenset(amounts), before)


def _turn_key(controller: Controller, now: frozenset[str], before: frozenset[str]) -> None:

    if "green_shorted" in before - now:
        controller.reset_monitor()
    wanted = Panel.FLASH if "key_flash" in now else Panel.MANUAL if "key_manual" in now else None
    if wanted is None and not {"key_flash", "key_manual"} & before:
        return
    if controller.panel is not (wanted or Panel.AUTO):
        controller.turn_panel(wanted or Panel.AUTO)


def _put(name: str, wreck: _Wreck) -> None:
    edge, _, lane = wreck.lane.rpartition("_")
    route = f"route-{name}"
    at_m = max(_WRECK_M + 1.0, libsumo.lane.getLength(wreck.lane) - wreck.from_line_m)
    if route not in libsumo.route.getIDList():
        libsumo.route.add(route, [edge])
    libsumo.vehicle.add(name, route, "truck", departLane=lane, departPos=str(at_m - 2.0), departSpeed="0")
    libsumo.vehicle.setStop(name, edge, at_m, int(lane), 1e6)
