"""One junction as it is now: what is shown, how long yet, who waits."""

from typing import Any

import libsumo  # type: ignore[import-untyped]  # it has no types

from simulators.city.city import City
from simulators.controller.controller import Controller
from simulators.controller.program import TICKS_PER_S, bit
from simulators.controller.ring import Ending, Ring, State

_ENDINGS = {Ending.NONE: "", Ending.GAP_OUT: "gap-out", Ending.MAX_OUT: "max-out", Ending.FORCE_OFF: "force-off"}


def describe(city: City, code: str) -> dict[str, Any]:
    """Describe a junction as JSON."""
    junction, controller = city.layout.junction(code), city.controllers[code]
    requested, source = controller.requested_pattern()
    return {
        "code": code,
        "name": junction.name,
        "time_s": controller.clock_s,
        "pattern": controller.pattern,
        "requested": requested,
        "source": source.name.lower(),
        "free": controller.free_status.name.lower(),
        "flash": controller.flash_status.name.lower(),
        "cycle_s": round(controller.cycle_second, 1),
        "cycle_left_s": round(controller.cycle_left_s, 1),
        "phases": [_phase(city, code, phase.number) for phase in controller.program.phases],
        "vehicles": city.vehicles,
    }


def around(city: City, x_m: float, y_m: float, reach_m: float) -> dict[str, Any]:
    """Tell which vehicles are near a place: number, type, front bumper, heading, speed; in SUMO's frame and units."""
    found = []
    for name in libsumo.vehicle.getIDList():
        if not name.startswith("v"):
            continue  # what only stands in the way: the pictures show a tree there
        x, y = libsumo.vehicle.getPosition(name)
        if abs(x - x_m) < reach_m and abs(y - y_m) < reach_m:
            kind, speed = libsumo.vehicle.getTypeID(name), libsumo.vehicle.getSpeed(name)
            angle = libsumo.vehicle.getAngle(name)
            found.append((int(name[1:]), kind, round(x, 2), round(y, 2), round(angle, 1), round(speed, 2)))
    return {"at_s": city.now_s, "vehicles": found}


def _phase(city: City, code: str, number: int) -> dict[str, Any]:
    controller, mask = city.controllers[code], bit(number)
    approach = next((one for one in city.approaches.values() if one.junction == code and number in one.phases), None)
    road = city.layout.junction(code).arms[approach.side].name if approach else ""
    turn = " →" if approach and number != approach.phases[0] else ""
    shown = controller.displayed
    return {
        "phase": number,
        "letter": shown.letter(number),
        "left_s": _left_s(controller, number),
        "called": bool(controller.rings.calls.vehicle & mask),
        "ped": "walk" if shown.walks & mask else "clear" if shown.ped_clears & mask else "",
        "road": road + turn,
        "queue": approach.queue if approach and not turn else 0,
        "ending": _ENDINGS[controller.rings.endings.get(number, Ending.NONE)],
    }


def _left_s(controller: Controller, number: int) -> float | None:
    """Give how long a display lasts yet: to the end of a yellow or to a green's force-off; None: nobody knows."""
    for ring in controller.rings.rings:
        if ring.phase == number:
            until = _until(ring)
            now = round(controller.now_s * TICKS_PER_S)
            return max(0.0, (until - now) / TICKS_PER_S) if until is not None else None
    return None


def _until(ring: Ring) -> int | None:
    if ring.state in (State.YELLOW, State.RED_CLEAR):
        return ring.until
    return ring.force if ring.state is State.GREEN and ring.force < 1 << 50 else None
