"""What a lease promises, judged beside the street from outside: nobody is obeyed for longer than was granted.

The judge knows the simulated controller, what was asked and what failed; it knows nothing of the keeper's reasons.
"""

from typing import TYPE_CHECKING

from edge.sensors.ntcip_objects import SYSTEM_PATTERN_CONTROL
from edge.signals.record import Lease, Told
from simulators.controller.modes import ControlStatus
from simulators.controller.program import PhaseTiming, Program

if TYPE_CHECKING:
    from tests.fix_lease import Junction

RESERVED = 16
POLLS_S = 1.5  # three polls of a test junction: one to see, one to do, one lost to the step between
OBEY_POLLS_S = 2.0
GLANCE_S = 3.0  # a pattern that was cut by a fault before this has not run


class Promises:
    """Holds a junction to its promises; `broken` lists what was not kept.

    Attributes:
        bond_s: when the box last had power and heard the room, or somebody else commanded our pattern.
        late_s: how much later a datagram may arrive that was sent.
    """

    def __init__(self, junction: "Junction", program: Program) -> None:
        self._junction = junction
        self._program = program
        self.broken: list[str] = []
        self.bond_s = 0.0
        self._foreign_s = 0.0
        self.late_s = 0.0
        self._until_s: dict[str, float] = {}
        self._over_s = 0.0
        self._started_s = 0.0
        self._ours_s = float("-inf")
        self._running_s = 0.0
        self._unguarded_s = 0.0
        self._granted_s = 0.0
        self._superseding: set[str] = set()
        self._overridden_s = 0.0

    def started(self) -> None:
        """Take note that the box got power: what it had granted before is over."""
        self._started_s = self._junction.clock.at_s

    def told(self, told: Told, *, is_again: bool) -> None:
        """Judge what the box says: only what is true, and no lease that the rules forbid."""
        controller, lease = self._junction.controller, told.lease
        if told.state == "accepted" and not is_again:
            if lease.state != "prepared":  # nothing is granted yet to what only waits for the word to begin
                self._until_s[lease.request.lease] = self._junction.clock.at_s + lease.request.duration_s
            self.broken += [f"accepted {fault}" for fault in self._plan_faults(lease)]
            self._granted_s = self._junction.clock.at_s
            holder = self._junction.keeper.lease
            if holder is not None and holder.request.lease != lease.request.lease:
                self._superseding.add(lease.request.lease)
            elif self._junction.clock.at_s - self._ours_s < self._junction.limits.rest_s:
                self.broken.append("a lease before the own plan had its turn")
        if told.state == "applied" and not is_again:
            self._until_s[lease.request.lease] = self._junction.clock.at_s + lease.left_s
            self.broken += [f"applied {fault}" for fault in self._plan_faults(lease)]
        if told.state == "confirmed" and not is_again:
            cells = {phase: cell.time_s for phase, cell in controller.splits[RESERVED].items()}
            is_ours = controller.requested_pattern() == (RESERVED, ControlStatus.SYSTEM_CONTROL)
            if not is_ours or any(cells[phase] != lease.leased.times_s[phase] for phase in cells):
                self.broken.append("confirmed what is not so")
        if told.state == "ended":
            self._until_s.pop(lease.request.lease, None)
            self._over_s = self._junction.clock.at_s
        if told.state == "reverted" and lease.is_touched and not is_again and controller.system_pattern == RESERVED:
            self.broken.append("reverted what is not so")

    def see(self, passed_s: float) -> None:
        """Judge one tick."""
        junction, now_s = self._junction, self._junction.clock.at_s
        backup_s = junction.controller.backup_time_s + self.late_s
        if junction.is_up and junction.is_linked:
            self.bond_s = now_s
        if not junction.limits.bears_backup(junction.controller.backup_time_s):
            self.bond_s = max(self.bond_s, now_s)  # whoever took the guard away has taken it; see below
        commands = [value for oid, value in junction.line.writes if oid == SYSTEM_PATTERN_CONTROL]
        if RESERVED in commands and self._granted_s < self._started_s and not self.late_s:
            self.broken.append(f"{now_s}: commanded what was granted before a restart")
        self._running_s = self._running_s + passed_s if junction.controller.pattern == RESERVED else 0.0
        if self._running_s > GLANCE_S:
            self._ours_s = now_s
        if junction.controller.system_pattern != RESERVED:
            self._overridden_s = self._unguarded_s = 0.0
            return
        if now_s - self.bond_s > backup_s + POLLS_S:
            self.broken.append(f"{now_s}: commanded though box or room is gone since {self.bond_s}")
        if now_s > max(self._over_s, self._foreign_s, *self._until_s.values()) + backup_s + POLLS_S:
            self.broken.append(f"{now_s}: commanded though every lease is over")
        is_guarded = junction.limits.bears_backup(junction.controller.backup_time_s)
        self._unguarded_s += passed_s if not is_guarded and junction.is_sound else -self._unguarded_s
        if self._unguarded_s > OBEY_POLLS_S:
            self.broken.append(f"{now_s}: commanded though no backup timer would end it")
        self._overridden_s += passed_s if junction.is_overridden and junction.is_sound else -self._overridden_s
        if self._overridden_s > OBEY_POLLS_S:
            self.broken.append(f"{now_s}: commanded though an officer has taken over")

    def foreign(self) -> None:
        """Take note that another system has commanded our pattern."""
        self.bond_s = self._foreign_s = self._junction.clock.at_s

    def _plan_faults(self, lease: Lease) -> list[str]:
        """Judge a plan from the program alone, not by the box's own rules."""
        asked, own, leased, limits = lease.request, lease.own, lease.leased, self._junction.limits
        role = limits.roles.get(asked.role)
        faults = [] if role else ["a role without a right"]
        if role and not (1 <= asked.extra_green_s <= role.extra_green_s and 1 <= asked.duration_s <= role.duration_s):
            faults.append("more than the role may ask")
        if leased.times_s[asked.phase] - own.times_s[asked.phase] != asked.extra_green_s:
            faults.append("another extra green than was asked for")
        if leased.cycle_s > limits.max_cycle_s:
            faults.append("a cycle above the limit")
        if limits.is_cycle_fixed and leased.cycle_s != own.cycle_s:
            faults.append("another cycle than the corridor's")
        if (leased.pattern, leased.split) != (RESERVED, RESERVED):
            faults.append("rows that are not reserved")
        short = [phase.number for phase in self._program.phases if _is_short(phase, leased.times_s, own.times_s)]
        return faults + [f"phase {phase} below its least" for phase in short]


def _is_short(phase: PhaseTiming, leased_s: "dict[int, int]", own_s: "dict[int, int]") -> bool:
    least_s = max(phase.minimum_green_s, phase.walk_s + phase.ped_clear_s) + phase.yellow_s + phase.red_clear_s
    given_s = leased_s.get(phase.number, 0)
    return 0 < given_s < least_s and given_s < own_s[phase.number]
