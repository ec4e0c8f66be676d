"""A history of a junction: what is asked of it, what breaks, how it ends, and what must hold afterwards."""

from typing import Any

from edge.sensors import ntcip_objects as objects
from simulators.controller.modes import Panel
from simulators.controller.program import Split
from tests.fix_lease import ASC, HIGHEST, Junction
from tests.fix_leased import ADMIN, RESERVED
from tests.fix_promises import OBEY_POLLS_S

LEASES = ["L1", "L2", "L3", "L4"]
FAULTS = ["discards_sets", "holds_sets", "refuses_sets", "silent", "wrong_types"]
HOME_S = 420.0  # the longest own cycle twice, the backup timer, and a moment


class History:
    """Carries out what was drawn."""

    def __init__(self, junction: Junction) -> None:
        self.junction = junction
        self.refused: list[str] = []

    def do(self, step: str, what: Any) -> None:
        getattr(self, f"_{step}")(what)
        self.junction.run(0.2)

    def heal(self) -> None:
        """Undo every fault; the box has power again and hears the room."""
        junction = self.junction
        self._heal(None)
        junction.controller.operational_mode = 0
        junction.controller.backup_time_s = junction.program.backup_time_s
        junction.controller.reset_monitor()
        if junction.controller.panel is not Panel.AUTO:
            self._panel(Panel.AUTO)
        junction.is_linked = True
        junction.disk.is_full = False
        if not junction.is_up:
            junction.start_box()

    def _ask(self, what: dict[str, Any]) -> None:
        refusal = self.junction.ask(**what)
        if refusal is not None:
            self.refused.append(refusal.rule)
            assert refusal.message_id
            assert refusal.message_en

    def _wait(self, seconds: float) -> None:
        self.junction.run(seconds)

    def _withdraw(self, lease: str) -> None:
        self.junction.do(lambda: self.junction.keeper.withdraw(lease, ADMIN))

    def _backup(self, seconds: int) -> None:
        self.junction.controller.backup_time_s = seconds

    def _commit(self, lease: str) -> None:
        self.junction.do(lambda: self.junction.keeper.commit(lease, ADMIN))

    def _cut_box_at(self, write: int) -> None:
        self.junction.cut_in = write

    def _restart(self, seconds: float) -> None:
        self.junction.cut_box()
        self.junction.run(seconds)
        self.junction.start_box()

    def _fault(self, name: str) -> None:
        setattr(self.junction.controller.faults, name, True)

    def _missing(self, oid: objects.Oid) -> None:
        self.junction.controller.faults.missing = frozenset({".".join(map(str, oid))})

    def _heal(self, _: None) -> None:
        faults = self.junction.controller.faults
        for name in FAULTS:
            setattr(faults, name, False)
        faults.missing = frozenset()
        faults.shorted_green = 0
        self.junction.loss = 0.0
        self.junction.delay(0.0)

    def _late(self, seconds: float) -> None:
        self.junction.delay(seconds)

    def _short(self, phase: int) -> None:
        self.junction.controller.faults.shorted_green = phase

    def _loss(self, share: float) -> None:
        self.junction.loss = share

    def _panel(self, panel: Panel) -> None:
        self.junction.controller.turn_panel(panel)
        self.junction.may_be_cut = True
        self.junction.run(OBEY_POLLS_S + 0.5)

    def _front_panel(self, pattern: int) -> None:
        self.junction.controller.operational_mode = pattern
        self.junction.run(OBEY_POLLS_S + 0.5)

    def _cut_controller(self, _: None) -> None:
        self.junction.controller.cut_power()
        self.junction.may_be_cut = True

    def _foreign(self, pattern: int) -> None:
        self.junction.controller.command_pattern(pattern)
        if pattern == RESERVED:
            self.junction.promises.foreign()

    def _foreign_split(self, seconds: int) -> None:
        self.junction.controller.set_split(RESERVED, 2, Split(seconds))

    def _line(self, is_linked: bool) -> None:  # noqa: FBT001 - drawn
        self.junction.is_linked = is_linked

    def _clock(self, error_s: float) -> None:
        self.junction.clock.wall_error_s += error_s

    def _disk(self, is_full: bool) -> None:  # noqa: FBT001 - drawn
        self.junction.disk.is_full = is_full

    def _walker(self, phase: int) -> None:
        self.junction.controller.push_button(phase)

    def _traffic(self, occupied: frozenset[int]) -> None:
        self.junction.occupied = occupied


def end_by_withdrawal(history: History) -> None:
    history.heal()
    for lease in LEASES:
        history.do("withdraw", lease)
    history.junction.run(HOME_S)


def end_by_losing_the_line(history: History) -> None:
    history.heal()
    history.junction.is_linked = False
    history.junction.run(history.junction.limits.link_loss_s + HOME_S)


def end_by_death(history: History) -> None:
    """The box never comes back: the controller's own backup timer is the last guard."""
    history.heal()
    history.junction.cut_box()
    history.junction.run(HOME_S)


def end_by_time(history: History) -> None:
    history.heal()
    history.junction.run(600 + HOME_S)


def locked_state(junction: Junction) -> Any:
    """Everything that nobody may write from afar: own patterns and splits, and every phase's times."""
    controller = junction.controller
    patterns = {number: row for number, row in controller.patterns.items() if number != RESERVED}
    splits = {number: dict(row) for number, row in controller.splits.items() if number != RESERVED}
    return patterns, splits, controller.program, controller.backup_time_s, controller.maximum_mode


def check_home(junction: Junction) -> None:
    """Own plan, nobody's command, no lease."""
    controller = junction.controller
    wanted, _ = controller.requested_pattern()
    assert controller.system_pattern == 0
    assert controller.pattern == wanted == controller._planned
    if junction.is_up:
        assert junction.keeper.lease is None


def check_lives(junction: Junction) -> None:
    """Every lease that was told of went through its states in order, and none was confirmed after its end."""
    for lease in LEASES:
        states = [told.state for told in junction.told if told.lease.request.lease == lease]
        if "reverted" in states:
            assert "ended" in states
            assert not {"accepted", "applied", "confirmed"} & set(states[states.index("ended") + 1 :])
        if "confirmed" in states:
            assert states.index("accepted") < states.index("applied") < states.index("confirmed")
    for oid, _ in junction.line.writes:
        assert oid[: len(ASC)] == ASC
        assert oid[len(ASC)] == objects.SYSTEM_PATTERN_CONTROL[-3]
    assert HIGHEST == 8
