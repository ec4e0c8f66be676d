"""Scenarios that run without a screen, as fast as they can: what a longer green does to a rush hour.

`run("rush_hour", seed, seconds, policy)`; the same seed has the same arrivals, whatever the policy does.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from simulators.city.city import City
from simulators.city.network import Network, load_network
from simulators.controller.controller import Controller
from simulators.controller.program import phases_of
from simulators.controller.standard import RESERVED
from simulators.errors import Refused

Policy = Callable[[City], None]
_REFRESH_S = 10.0


@dataclass(frozen=True, slots=True)
class Scenario:
    """A time, a place and more traffic than usual.

    Attributes:
        starts: when it begins.
        junction: the one it is about; its neighbours run, too.
        phase: the one whose approach is crowded.
        boost: factors on demand, by junction and side.
        only: junctions that run; None is all.
        warm_up_s: lived through before measuring.
    """

    starts: str
    junction: str
    phase: int
    boost: dict[tuple[str, str], float]
    only: frozenset[str] | None = None
    warm_up_s: float = 480.0  # streets fill, then some cycles are watched


SCENARIOS = {
    # Homeward traffic from Malang: more than phase 2 of the peak plan lets through, less than 20 s more would.
    "rush_hour": Scenario(
        starts="2026-11-23T16:20:00+07:00",
        junction="TD-01",
        phase=2,
        boost={("TD-01", "s"): 1.45},
        only=frozenset({"TD-01"}),
    ),
    "whole_city": Scenario("2026-11-23T16:20:00+07:00", "TD-01", 2, {}),
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run measured, after its warm-up.

    Attributes:
        mean_queue: standing vehicles, by junction and side, mean over the run.
        delay_s: vehicle seconds lost against free flow, by junction and side.
        vehicles: in the city at the end.
    """

    scenario: str
    seed: int
    mean_queue: dict[tuple[str, str], float]
    delay_s: dict[tuple[str, str], float]
    vehicles: int

    def junction_delay_s(self, code: str) -> float:
        """Sum the delay of a junction's approaches."""
        return sum(delay for (junction, _), delay in self.delay_s.items() if junction == code)


def run(
    scenario: str, seed: int, seconds: float, policy: Policy | None = None, network: Network | None = None
) -> Outcome:
    """Live through a scenario.

    Args:
        scenario: key of `SCENARIOS`.
        seed: of arrivals and drivers.
        seconds: measured, behind the warm-up.
        policy: called before each step with the city; it may look and command controllers.
        network: in place of Pasuruan's.

    Raises:
        Refused: there is no such scenario.
    """
    if scenario not in SCENARIOS:
        raise Refused(f"there is no scenario {scenario!r}; there are: {', '.join(SCENARIOS)}")
    plan = SCENARIOS[scenario]
    begins_s = datetime.fromisoformat(plan.starts).timestamp()
    with City(network or load_network(), seed, begins_s, plan.boost, plan.only) as city:
        for second in range(round(plan.warm_up_s + seconds)):
            if second == round(plan.warm_up_s):
                city.begin_measuring()
            if policy:
                policy(city)
            city.step()
        return _outcome(scenario, seed, city)


def _outcome(scenario: str, seed: int, city: City) -> Outcome:
    queues = {key: approach.queue_sum / max(1, approach.steps) for key, approach in city.approaches.items()}
    delays = {key: approach.delay_s for key, approach in city.approaches.items()}
    return Outcome(scenario, seed, queues, delays, city.vehicles)


class LongerGreen:
    """A policy that does to a controller what a box's lease does: the reserved pattern with one longer split.

    Args:
        junction: code.
        phase: to be lengthened; the other ring's side of the barrier grows with it, and so does the cycle.
        extra_s: by so much.
        after_s: from the run's start.
        duration_s: how long.
    """

    def __init__(self, junction: str, phase: int, extra_s: int, after_s: float = 0.0, duration_s: float = 1e9) -> None:
        self._junction, self._phase, self._extra_s = junction, phase, extra_s
        self._after_s, self._until_s = after_s, after_s + duration_s
        self._commanded_s = -_REFRESH_S
        self._written = False

    def __call__(self, city: City) -> None:
        """Write the reserved rows once, then keep the command alive until the end."""
        at_s = city.now_s - city.start_s
        controller = city.controllers[self._junction]
        if not self._after_s <= at_s < self._until_s:
            if self._written and at_s >= self._until_s:
                controller.command_pattern(0)
                self._written = False
            return
        if not self._written and controller.pattern in controller.patterns:
            lengthen(controller, self._phase, self._extra_s)
            self._written = True
        if self._written and at_s - self._commanded_s >= _REFRESH_S:
            controller.command_pattern(RESERVED)
            self._commanded_s = at_s


def lengthen(controller: Controller, phase: int, extra_s: int) -> None:
    """Copy the running pattern into the reserved one with a longer split.

    Raises:
        KeyError: the controller runs no pattern.
    """
    running = controller.patterns[controller.pattern]
    cells = controller.splits[running.split]
    program = controller.program
    timing = {one.number: one for one in program.phases}
    grown = {phase}
    other = [one for one in program.phases if one.ring != timing[phase].ring and one.side == timing[phase].side]
    if other:
        grown.add(max(one.number for one in other))
    for number in phases_of(sum(1 << one.number - 1 for one in program.phases)):
        more_s = extra_s if number in grown else 0
        controller.set_split(RESERVED, number, replace(cells[number], time_s=cells[number].time_s + more_s))
    controller.set_pattern(RESERVED, replace(running, cycle_s=running.cycle_s + extra_s, split=RESERVED))
