"""Faults on order: which there are, which are in force, which are still to come.

Times are the world's (see `world/clock.py`). Nothing here knows Modbus: the servers and the models ask.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from simulators.errors import Refused

MAX_ORDERS = 500  # planned and in force; more than a person can follow
KEEP_ENDED_S = 3_600.0


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of fault.

    Attributes:
        targets: kinds of asset that may have it; "site" and "area" beside them.
        says: what happens, for a person.
        amount: what its number means; empty when it has none.
        usual: the number when none is given.
        low: the least number.
        high: the greatest number.
    """

    targets: tuple[str, ...]
    says: str
    amount: str = ""
    usual: float = 0.0
    low: float = 0.0
    high: float = 0.0


ASSETS = ("lamp_panel", "river_gauge", "weather_mast", "cabinet")
SIGNAL = ("signal_controller",)
CAMERA = ("camera",)
HORN = ("loudspeaker",)
FAULTS: dict[str, Kind] = {
    "silent": Kind(ASSETS + SIGNAL, "takes connections and never answers"),
    "refuse": Kind(
        ASSETS + SIGNAL, "answers with an error: a Modbus exception to everything, genErr to every SNMP set"
    ),
    "slow": Kind(ASSETS + SIGNAL, "answers late", "seconds", 3.0, 0.01, 60.0),
    "stuck": Kind(ASSETS, "repeats the values it has now"),
    "not_a_number": Kind(ASSETS, "sends NaN, or all ones where a register holds an integer"),
    "burn_out": Kind(("lamp_panel",), "part of the lamps of circuit 1 burn out", "share", 0.5, 0.0, 1.0),
    "breaker_trip": Kind(("lamp_panel",), "the breaker of one circuit opens", "circuit", 1.0, 1.0, 12.0),
    "mains_failure": Kind(("site", "cabinet"), "the mains of the whole site fail; the UPS carries it while it lasts"),
    "door_open": Kind(("cabinet",), "the door stands open"),
    "rain_burst": Kind(("area", "site"), "a cloudburst over the rain area", "mm/h at its peak", 80.0, 0.1, 400.0),
    "surge": Kind(("river_gauge",), "the level stands higher at once", "metres", 2.0, 0.01, 20.0),
    "sets_discarded": Kind(SIGNAL, "accepts sets and keeps its old values"),
    "sets_held": Kind(SIGNAL, "accepts sets, shows them, and runs on as before"),
    "wrong_types": Kind(SIGNAL, "answers integers as octet strings"),
    "object_missing": Kind(SIGNAL, "has no coordPatternStatus"),
    "twice": Kind(SIGNAL, "sends every answer twice"),
    "clock_off": Kind(SIGNAL + CAMERA, "its clock is ahead", "seconds, negative is behind", 300.0, -3_600.0, 3_600.0),
    "detector_stuck": Kind(SIGNAL, "a detector is always on", "detector", 2.0, 1.0, 24.0),
    "detector_dead": Kind(SIGNAL, "a detector is always off", "detector", 2.0, 1.0, 24.0),
    "detector_chatter": Kind(SIGNAL, "a detector flickers", "detector", 2.0, 1.0, 24.0),
    "key_flash": Kind(SIGNAL, "the police panel's key is turned to flash"),
    "key_manual": Kind(SIGNAL, "the police panel's key is turned to manual"),
    "green_shorted": Kind(SIGNAL, "a green has current though it is not switched", "phase", 4.0, 1.0, 8.0),
    "rush_hour": Kind(
        SIGNAL, "peak traffic at any hour, and more on the approach of phase 2", "times as much", 1.4, 1.0, 4.0
    ),
    "market_day": Kind(SIGNAL, "more traffic from everywhere", "times as much", 1.4, 1.0, 4.0),
    "accident": Kind(SIGNAL, "a wreck blocks the right lane of an approach", "phase", 2.0, 1.0, 8.0),
    "lane_closed": Kind(SIGNAL, "the left lane of an approach is closed at the line", "phase", 2.0, 1.0, 8.0),
    "tree": Kind(
        SIGNAL + CAMERA,
        "a fallen tree; at a junction it lets only motorcycles by on an approach",
        "phase",
        2.0,
        1.0,
        8.0,
    ),
    "muted": Kind(HORN, "somebody has muted it at the device"),
    "dead_amplifier": Kind(HORN, "says that it plays, and nothing is heard"),
    "clipping": Kind(HORN, "its amplifier is overdriven"),
    "unplugged": Kind(HORN, "nothing of it is on the network"),
    "no_answer": Kind(HORN, "plays, and does not say how it is"),
    "pole_fallen": Kind(CAMERA, "a pole with its wires lies across the road"),
    "boxes_lost": Kind(CAMERA, "boxes that somebody lost lie on the road"),
    "sand_heap": Kind(CAMERA, "a heap of sand lies on the road"),
    "flood": Kind(CAMERA, "water rises over the road", "metres over its crown", 0.25, 0.03, 1.2),
    "crowd": Kind(CAMERA, "people gather on the road", "people", 35.0, 12.0, 80.0),
    "breakdown": Kind(CAMERA, "a car has broken down in the left lane"),
    "wrong_way": Kind(CAMERA, "a motorcycle rides against the traffic, once"),
    "intruder": Kind(CAMERA, "somebody is in the closed yard", "people", 1.0, 1.0, 1.0),
    "lamp_out": Kind(CAMERA, "a street lamp in the picture goes out", "lamp, counted from the camera", 1.0, 1.0, 20.0),
    "lens_dirty": Kind(CAMERA, "mud on the lens", "share", 0.7, 0.05, 1.0),
    "lens_covered": Kind(CAMERA, "something hangs over the lens", "share of the light it takes", 1.0, 0.3, 1.0),
    "lens_defocused": Kind(CAMERA, "the lens has lost its focus", "share", 0.5, 0.1, 1.0),
    "picture_frozen": Kind(CAMERA, "the same picture comes again and again"),
    "camera_turned": Kind(CAMERA, "somebody has turned the camera", "degrees, negative is left", 35.0, -90.0, 90.0),
    "stream_refused": Kind(CAMERA, "every connection is refused with 503"),
    "stream_silent": Kind(CAMERA, "connections stay, but no picture comes"),
    "stream_stutters": Kind(CAMERA, "pictures come in bursts, some never", "seconds between bursts", 3.0, 0.3, 20.0),
    "few_frames": Kind(CAMERA, "fewer pictures are taken", "share of them", 0.2, 0.02, 1.0),
    "resolution": Kind(CAMERA, "the stream changes its picture's size"),
    "bad_packets": Kind(CAMERA, "packets are damaged", "share of them", 0.05, 0.001, 1.0),
    "password_changed": Kind(CAMERA, "the known password is no longer right"),
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One ordered fault.

    Attributes:
        number: for people to speak of it.
        what: key of `FAULTS`.
        on: code of an asset or site, or name of a rain area.
        from_s: when it begins, seconds since 1970 on the world's clock.
        until_s: when it ends.
        amount: see its kind.
    """

    number: int
    what: str
    on: str
    from_s: float
    until_s: float
    amount: float

    def is_active(self, at_s: float) -> bool:
        """Tell whether it is in force."""
        return self.from_s <= at_s < self.until_s

    def state(self, at_s: float) -> str:
        """Say planned, active or ended."""
        return "planned" if at_s < self.from_s else "active" if at_s < self.until_s else "ended"


class FaultBook:
    """The faults of a running world.

    Args:
        targets: kind by code: an asset's kind, "site" or "area".
        faults: orders from before a restart.
    """

    def __init__(self, targets: dict[str, str], faults: Iterable[Fault] = ()) -> None:
        self._targets = targets
        self._faults = [fault for fault in faults if fault.on in targets and fault.what in FAULTS]
        self._next = 1 + max((fault.number for fault in self._faults), default=0)

    def order(self, what: str, on: str, from_s: float, duration_s: float, amount: float | None = None) -> Fault:
        """Note a fault.

        Raises:
            Refused: there is no such fault or target, or they do not go together.
        """
        kind = FAULTS.get(what)
        if kind is None:
            raise Refused(f"there is no fault {what!r}; there are: {', '.join(FAULTS)}")
        self._check_target(what, kind, on)
        chosen = _checked_amount(what, kind, amount)
        if len(self._faults) >= MAX_ORDERS:
            raise Refused(f"{MAX_ORDERS} faults are ordered already; end some first")
        fault = Fault(self._next, what, on, from_s, from_s + duration_s, chosen)
        self._next += 1
        self._faults.append(fault)
        return fault

    def end(self, number: int) -> Fault:
        """Take a fault back, whether it is planned or active.

        Raises:
            Refused: there is none of this number.
        """
        for fault in self._faults:
            if fault.number == number:
                self._faults.remove(fault)
                return fault
        raise Refused(f"there is no fault number {number}; `satulayar-simulate faults` lists them")

    def active(self, on: str, what: str, at_s: float) -> Fault | None:
        """Find the fault of this kind in force on a target, the latest ordered first."""
        found = [fault for fault in self._faults if fault.on == on and fault.what == what and fault.is_active(at_s)]
        return found[-1] if found else None

    def of_kind(self, what: str) -> list[Fault]:
        """Give all faults of a kind, whenever they are."""
        return [fault for fault in self._faults if fault.what == what]

    def all(self) -> list[Fault]:
        """Give all faults in the order of their numbers."""
        return list(self._faults)

    def forget_ended(self, at_s: float) -> None:
        """Drop what ended an hour ago."""
        self._faults = [fault for fault in self._faults if fault.until_s > at_s - KEEP_ENDED_S]

    def _check_target(self, what: str, kind: Kind, on: str) -> None:
        found = self._targets.get(on)
        if found is None:
            raise Refused(f"there is no asset, site or rain area {on!r} in this regency")
        if found not in kind.targets:
            raise Refused(f"{what} is for {' or '.join(kind.targets)}; {on} is a {found}")


def _checked_amount(what: str, kind: Kind, amount: float | None) -> float:
    if not kind.amount:
        if amount is not None:
            raise Refused(f"{what} takes no amount")
        return 0.0
    chosen = kind.usual if amount is None else amount
    if not kind.low <= chosen <= kind.high:
        raise Refused(f"{what}: {chosen:g} is not an amount; it is {kind.amount}, {kind.low:g} to {kind.high:g}")
    return chosen
