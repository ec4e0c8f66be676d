"""The city: SUMO in this process, advanced step by step, its junctions shown by our controllers.

Each step: detectors of the last step go to the controllers, what they display is set in SUMO, vehicles arrive, SUMO
moves.
SUMO never runs a signal program of its own. libsumo holds one simulation per process.
"""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import libsumo  # type: ignore[import-untyped]  # it has no types

from simulators.city.demand import Arrival, Stream, share_of_day
from simulators.city.layout import Junction, Layout, Way
from simulators.city.network import Network, loops_of, write_additional
from simulators.controller.controller import WIB_OFFSET_S, Controller
from simulators.controller.displayed import Displayed
from simulators.errors import Misconfigured, Refused

STEP_S = 1.0
_FREE_SPEED_M_S = 13.9
_STRAIGHT_SHARE = 0.72
_ONWARD_SHARE = 0.3  # of those who leave towards another junction, drive on through it
_MOST_WAITING = 400  # outside of one approach; more would only tell that the demand is impossible
_LETTERS = {"G": "G", "Y": "y", "R": "r", "F": "o"}


@dataclass(slots=True)
class Approach:
    """What happens on one approach.

    Attributes:
        edge: towards the junction.
        phases: that let it go: straight on, then to the right if that has one of its own.
        queue: vehicles that stand, those that wait to enter the map included.
        vehicles: on the approach.
        delay_s: vehicle seconds lost against free flow since the measuring began.
        queue_sum: of all steps since then.
    """

    junction: str
    side: str
    edge: str
    phases: tuple[int, ...]
    queue: int = 0
    vehicles: int = 0
    delay_s: float = 0.0
    queue_sum: float = 0.0
    steps: int = 0


@dataclass(slots=True)
class _Signal:
    """A traffic light of SUMO: which phase stands behind each of its links."""

    light: str
    controller: Controller
    phases: list[int]
    shown: Displayed | None = None
    occupied: frozenset[int] = frozenset()
    counts: dict[int, int] = field(default_factory=dict)


class City:
    """A running city; use it in a `with`.

    Args:
        network: what to run on.
        seed: of arrivals and of SUMO's drivers.
        start_s: seconds since 1970 at which it begins.
        boost: factor on the demand of an approach, by junction and side, such as ("TD-01", "s").
        only: junctions with controllers and demand; the others let everybody pass; None is all.
    """

    def __init__(
        self,
        network: Network,
        seed: int,
        start_s: float,
        boost: dict[tuple[str, str], float] | None = None,
        only: frozenset[str] | None = None,
    ) -> None:
        self.layout: Layout = network.layout
        self.now_s = start_s
        self.start_s = start_s
        self.seed = seed
        self.boost = dict(boost or {})
        self.demand_share: Callable[[float], float] = share_of_day
        self.at_peak: frozenset[str] = frozenset()  # junctions that have the demand of the peak at any hour
        self._junctions = [one for one in self.layout.junctions if only is None or one.code in only]
        self.controllers = {one.code: Controller(one.controller_program(), start_s) for one in self._junctions}
        self.approaches = {
            (junction.code, side): Approach(
                junction.code,
                side,
                self.layout.edge_in(junction, side),
                (arm.phase,) if arm.turn is None else (arm.phase, arm.turn),
            )
            for junction in self._junctions
            for side, arm in junction.arms.items()
        }
        self._net = network.net_file
        self._streams = {
            (code, side): Stream(seed, f"{code}/{side}", self.layout.junction(code).arms[side].demand_per_h, start_s)
            for code, side in self.approaches
        }
        self._signals: dict[str, _Signal] = {}
        self._loops = [loop for loop in loops_of(self.layout) if loop.junction in self.controllers]
        self._over: dict[str, frozenset[str]] = {}
        self._routes: dict[tuple[str, ...], str] = {}
        self._born = 0
        self._waiting: dict[str, int] = {}
        self.vehicles = 0

    def __enter__(self) -> Self:
        """Start SUMO.

        Raises:
            Refused: this process has a city already.
            Misconfigured: network and description do not fit together.
        """
        if libsumo.isLoaded():
            raise Refused("one city per process")
        try:
            with tempfile.TemporaryDirectory(prefix="satulayar-city-") as directory:
                self._start(Path(directory) / "city.add.xml")
            self._take_over_lights()
        except (libsumo.TraCIException, Misconfigured) as error:
            libsumo.close()
            raise Misconfigured(f"{self._net} and its description do not fit together: {error}") from error
        return self

    def _take_over_lights(self) -> None:
        for junction in self.layout.junctions:
            links = len(libsumo.trafficlight.getControlledLinks(junction.light_id))
            libsumo.trafficlight.setRedYellowGreenState(junction.light_id, "G" * links)
        for junction in self._junctions:
            controller, phases = self.controllers[junction.code], self._link_phases(junction)
            self._signals[junction.code] = _Signal(junction.light_id, controller, phases)

    def _start(self, additional: Path) -> None:
        write_additional(self.layout, additional)
        libsumo.start(
            [
                *("sumo", "--net-file", str(self._net), "--additional-files", str(additional)),
                *("--seed", str(self.seed), "--step-length", str(STEP_S), "--lateral-resolution", "0.8"),
                *("--time-to-teleport", "900", "--collision.action", "none", "--max-depart-delay", "100000"),
                *("--no-step-log", "--no-warnings"),
            ]
        )

    def __exit__(self, *_: object) -> None:
        """End SUMO."""
        libsumo.close()

    def step(self) -> None:
        """Advance by one step."""
        self.now_s += STEP_S
        self.step_controllers(self.now_s)
        self._arrive()
        libsumo.simulationStep()
        self.vehicles = libsumo.vehicle.getIDCount()
        self._read_loops()
        self._measure()

    def begin_measuring(self) -> None:
        """Forget what was measured so far, as after a warm-up."""
        for approach in self.approaches.values():
            approach.delay_s, approach.queue_sum, approach.steps = 0.0, 0.0, 0

    def step_controllers(self, now_s: float) -> None:
        """Let the controllers live up to an instant, and show what they display."""
        for signal in self._signals.values():
            shown = signal.controller.step(now_s, signal.occupied, signal.counts or None)
            signal.counts = {}
            if shown != signal.shown:
                state = "".join(_LETTERS[shown.letter(phase)] for phase in signal.phases)
                libsumo.trafficlight.setRedYellowGreenState(signal.light, state)
                signal.shown = shown

    def approach_of(self, junction: str, phase: int) -> Approach:
        """Find the approach that a phase lets go.

        Raises:
            KeyError: there is none.
        """
        for approach in self.approaches.values():
            if approach.junction == junction and phase in approach.phases:
                return approach
        raise KeyError(phase)

    def _link_phases(self, junction: Junction) -> list[int]:
        """Find the phase behind each link of SUMO's traffic light, by the edges that it joins."""
        origins = {self.layout.edge_in(junction, side): side for side in junction.arms}
        targets = {self.layout.edge_out(junction, side): side for side in junction.arms}
        phases = []
        for links in libsumo.trafficlight.getControlledLinks(junction.light_id):
            lane_in, lane_out, _ = links[0]
            edges = lane_in.rpartition("_")[0], lane_out.rpartition("_")[0]
            if edges[0] not in origins or edges[1] not in targets:
                raise Misconfigured(f"{junction.code}: no arm has the edges {edges[0]} and {edges[1]}; name them")
            origin, target = origins[edges[0]], targets[edges[1]]
            phases.append(self.layout.phase_of(junction, origin, target))
        return phases

    def _arrive(self) -> None:
        share = self.demand_share(self.now_s + WIB_OFFSET_S)
        for key, stream in self._streams.items():
            usual = max(share, 1.0) if key[0] in self.at_peak else share
            for arrival in stream.until(self.now_s, usual * self.boost.get(key, 1.0)):
                if self._waiting.get(self.approaches[key].edge, 0) < _MOST_WAITING:
                    self._add(key, arrival)

    def _add(self, key: tuple[str, str], arrival: Arrival) -> None:
        edges = self._way_through(*key, arrival.choice)
        route = self._routes.get(edges)
        if route is None:
            route = self._routes[edges] = f"r{len(self._routes)}"
            libsumo.route.add(route, edges)
        self._born += 1
        libsumo.vehicle.add(f"v{self._born}", route, arrival.kind, departLane="best", departSpeed="desired")

    def _way_through(self, code: str, side: str, choice: float) -> tuple[str, ...]:
        """Choose edges: through the junction, and for some on through the next; never an end within a short road."""
        junction = self.layout.junction(code)
        edges = [self.layout.edge_in(junction, side)]
        for _ in range(8):
            target, choice = self._choose(junction, side, choice)
            edges.append(self.layout.edge_out(junction, target))
            onward = junction.arms[target].to
            near = self.layout.leads_to(junction, target)
            onwards, choice = choice < _ONWARD_SHARE, (choice * 7.13) % 1.0
            # Between the edges of another network we do not know the way.
            if onward is None or not (near or (onwards and junction.arms[target].edge_out is None)):
                break
            following = self.layout.junction(onward)
            side = next(key for key, arm in following.arms.items() if arm.to == code)
            if not near:
                edges += [
                    f"{self.layout.far_end(junction, target)}--{self.layout.far_end(following, side)}",
                    self.layout.edge_in(following, side),
                ]
            junction, code = following, onward
        return tuple(edges)

    def _choose(self, junction: Junction, side: str, choice: float) -> tuple[str, float]:
        """Choose the arm to leave by; give a fresh number in [0, 1) as well."""
        targets = self.layout.targets(junction, side)
        straight = [target for target, way in targets.items() if way is Way.STRAIGHT]
        others = [target for target in targets if target not in straight]
        if straight and (choice < _STRAIGHT_SHARE or not others):
            return straight[0], (choice / _STRAIGHT_SHARE) % 1.0
        rest = (choice - _STRAIGHT_SHARE) / (1 - _STRAIGHT_SHARE) if straight else choice
        place = min(int(rest * len(others)), len(others) - 1)
        return others[place], (rest * len(others)) % 1.0

    def _read_loops(self) -> None:
        occupied: dict[str, set[int]] = {code: set() for code in self._signals}
        for loop in self._loops:
            if not libsumo.inductionloop.getLastStepVehicleNumber(loop.name):
                self._over.pop(loop.name, None)
                continue
            over = frozenset(libsumo.inductionloop.getLastStepVehicleIDs(loop.name))
            occupied[loop.junction].add(loop.detector)
            fresh = len(over - self._over.get(loop.name, frozenset()))
            if fresh:
                counts = self._signals[loop.junction].counts
                counts[loop.detector] = counts.get(loop.detector, 0) + fresh
            self._over[loop.name] = over
        for code, signal in self._signals.items():
            signal.occupied = frozenset(occupied[code])

    def _measure(self) -> None:
        self._waiting = {}
        for vehicle in libsumo.simulation.getPendingVehicles():
            edge = libsumo.vehicle.getRoute(vehicle)[0]
            self._waiting[edge] = self._waiting.get(edge, 0) + 1
        for approach in self.approaches.values():
            outside = self._waiting.get(approach.edge, 0)
            count = libsumo.edge.getLastStepVehicleNumber(approach.edge)
            approach.vehicles = count
            approach.queue = libsumo.edge.getLastStepHaltingNumber(approach.edge) + outside
            approach.queue_sum += approach.queue
            approach.steps += 1
            lost = 1.0 - min(1.0, libsumo.edge.getLastStepMeanSpeed(approach.edge) / _FREE_SPEED_M_S) if count else 0.0
            approach.delay_s += STEP_S * (count * lost + outside)
