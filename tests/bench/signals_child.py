"""One run of the rush hour, with the advised lease or without.

`python -m tests.bench.signals_child SEED SECONDS grant|none`.

The lease is advised by the room's own formulas from what detectors count and lamps show in the warm-up, and kept by
the box's own keeper, written to the controller through the driver's interface. libsumo holds one simulation per
process, so every run is one. Prints one JSON line.
"""

import json
import statistics
import sys
from collections import Counter

from cloud.signals.advice import METRES_PER_VEHICLE, Approach, advise
from cloud.signals.splits import Slot
from edge.signals import status
from edge.signals.keeper import LeaseKeeper
from edge.signals.limits import Limits, Request, RoleLimit
from simulators.city.city import City
from simulators.city.network import ADVANCE_M
from simulators.city.scenarios import SCENARIOS, run
from simulators.regency.derive import saturation_per_h
from tests.fix_lease import DETECTORS, HIGHEST, DirectLine, Disk, HandClock, drive

SCENARIO = "rush_hour"
MOST_EXTRA_S = 30  # an operator's, as the regency file has it
OBSERVED_S = 300.0  # the last of the warm-up: what the API looks back on
DURATION_S = 1_800
LIMITS = Limits(roles={"operator": RoleLimit(MOST_EXTRA_S, DURATION_S)}, max_cycle_s=200)


class Operator:
    """Watches during the warm-up, asks for advice at its end and grants it; a policy of the scenario.

    Attributes:
        lease: what was advised and granted, as text; empty without.
        refusal: the box's, if it refused.
    """

    def __init__(self, *, grants: bool) -> None:
        self.lease = ""
        self.refusal = ""
        self._plan = SCENARIOS[SCENARIO]
        self._grants = grants
        self._counted: Counter[int] = Counter()
        self._green_s: dict[int, list[float]] = {}
        self._green_from_s: dict[int, float] = {}
        self._was_green: frozenset[int] = frozenset()
        self._clock = HandClock()
        self._keeper: LeaseKeeper | None = None
        self._line: DirectLine | None = None

    def __call__(self, city: City) -> None:
        """Look, and at the end of the warm-up act."""
        if not self._grants:
            return
        self._clock.at_s = city.now_s - city.start_s
        if self._keeper is not None:
            drive(self._keeper.tick(self._look(), is_linked=True))
            return
        self._watch(city)
        if self._clock.at_s >= self._plan.warm_up_s:
            self._act(city)

    def _watch(self, city: City) -> None:
        """Count vehicles and time whole greens, as a box does."""
        signal = city._signals[self._plan.junction]
        shown = signal.controller.displayed
        greens = frozenset(
            phase.number for phase in signal.controller.program.phases if shown.letter(phase.number) == "G"
        )
        if self._clock.at_s >= self._plan.warm_up_s - OBSERVED_S:
            self._counted.update(signal.counts)
            for phase in self._was_green - greens:
                if phase in self._green_from_s:
                    self._green_s.setdefault(phase, []).append(self._clock.at_s - self._green_from_s.pop(phase))
            self._green_from_s |= dict.fromkeys(greens - self._was_green, self._clock.at_s)
        self._was_green = greens

    def _act(self, city: City) -> None:
        controller = city.controllers[self._plan.junction]
        cycle_s = controller.patterns[controller.pattern].cycle_s
        found = advise(self._approaches(city), cycle_s, MOST_EXTRA_S, DURATION_S)
        self._line = DirectLine(controller)
        self._keeper = LeaseKeeper(self._line, LIMITS, Disk(), "lease", tell=self._hear, clock=self._clock)
        drive(self._keeper.recall())
        drive(self._keeper.tick(self._look(), is_linked=True))
        if found.phase is None:
            return
        self.lease = f"phase {found.phase} +{found.extra_green_s} s"
        request = Request("L1", found.phase, found.extra_green_s, DURATION_S, "saran", "operator")
        refusal = drive(self._keeper.request(request))
        self.refusal = refusal.message_en if refusal else ""

    def _approaches(self, city: City) -> list[Approach]:
        junction = city.layout.junction(self._plan.junction)
        lanes = {arm.phase: arm.lanes - (arm.turn is not None) for arm in junction.arms.values()}
        lanes |= {arm.turn: 1 for arm in junction.arms.values() if arm.turn}
        found = []
        for phase in city.controllers[self._plan.junction].program.phases:
            number = phase.number
            clearance_s = phase.yellow_s + phase.red_clear_s
            least_s = float(max(phase.minimum_green_s, phase.walk_s + phase.ped_clear_s))
            slot = Slot(number, phase.ring, phase.side, clearance_s, least_s)
            approach = city.approach_of(self._plan.junction, number)
            queue = approach.queue if number == approach.phases[0] else 0
            found.append(
                Approach(
                    slot,
                    saturation_per_h(junction, number),
                    statistics.mean(self._green_s[number]),
                    self._counted[number] * 3_600 / OBSERVED_S,
                    None,
                    min(ADVANCE_M, queue / lanes[number] * METRES_PER_VEHICLE),
                )
            )
        return found

    def _look(self) -> status.Status:
        assert self._line is not None
        values = drive(self._line.get(status.oids(HIGHEST, DETECTORS)))
        return status.read(values, HIGHEST, DETECTORS, self._clock.monotonic_s(), self._clock.now_s())

    async def _hear(self, _: object) -> None:
        """Take what the box tells of its lease; nobody asks."""


def main() -> None:
    """Live through the rush hour once."""
    seed, seconds, grants = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3] == "grant"
    operator = Operator(grants=grants)
    outcome = run(SCENARIO, seed, seconds, operator)
    plan = SCENARIOS[SCENARIO]
    crowded = next(iter(plan.boost))
    print(
        json.dumps(
            {
                "seed": seed,
                "lease": operator.lease,
                "refusal": operator.refusal,
                "queue": outcome.mean_queue[crowded],
                "delay_s": outcome.junction_delay_s(plan.junction),
                "queues": {side: round(queue, 1) for (_, side), queue in outcome.mean_queue.items()},
            }
        )
    )


if __name__ == "__main__":
    main()
