"""Who calls a phase: vehicles on detectors, remembered calls, recalls of the phases and of the running split."""

from simulators.controller.inputs import Inputs
from simulators.controller.program import Program, bit
from simulators.controller.rings import Rings


class CallBook:
    """The calls of one program.

    Args:
        program: what the controller is set to.

    Attributes:
        walkable: phases with a signal for people on foot.
    """

    def __init__(self, program: Program) -> None:
        self._recalls = sum(bit(phase.number) for phase in program.phases if phase.recall != "none")
        self._max_recalls = sum(bit(phase.number) for phase in program.phases if phase.recall == "maximum")
        self._ped_recalls = sum(bit(phase.number) for phase in program.phases if phase.pedestrian_recall)
        self._every = sum(bit(phase.number) for phase in program.phases)
        self.walkable = sum(bit(phase.number) for phase in program.phases if phase.walk_s)
        self._locking = {phase.number for phase in program.phases if phase.locking}
        self._locked = 0

    def lock_all(self) -> None:
        """Let everybody be served once, as after power comes."""
        self._locked = self._every

    def collect(self, rings: Rings, inputs: Inputs, greens: int, tick: int) -> None:
        """Renew the rings' calls and extend greens.

        Args:
            rings: called and extended.
            inputs: the detectors.
            greens: that are shown, as a mask.
            tick: now.
        """
        called, extended = self._from_detectors(inputs, greens)
        calls = rings.calls
        calls.maximum, calls.ped_recall = self._max_recalls, self._ped_recalls
        if rings.coordinator:
            plan = rings.coordinator.plan
            called |= plan.coordinated | plan.minimum_recall | plan.maximum_recall
            calls.maximum |= plan.maximum_recall
            calls.ped_recall |= plan.ped_recall
        calls.pedestrian |= calls.ped_recall & self.walkable & ~greens
        calls.vehicle = called
        if extended:
            rings.extend(extended, tick)

    def note_served(self, rings: Rings) -> None:
        """Forget the remembered calls of phases that turned green; keep those of phases that were cut."""
        self._locked = self._locked & ~rings.served | rings.unserved

    def _from_detectors(self, inputs: Inputs, greens: int) -> tuple[int, int]:
        """Give the phases that are called and those that are extended."""
        called, extended = self._locked | self._recalls, 0
        for number in inputs.active | inputs.alarmed:
            channel = inputs.channels.get(number)
            if channel is None:
                continue
            setup = channel.setup
            mask = bit(setup.call_phase)
            if setup.calls or channel.alarms:  # a phase with a broken detector is served each cycle
                called |= mask
                if setup.call_phase in self._locking and not greens & mask:
                    self._locked |= mask
            if setup.extends and not channel.alarms:
                extended |= mask
                if setup.switch_phase and not greens & mask:
                    extended |= bit(setup.switch_phase)
        return called, extended
