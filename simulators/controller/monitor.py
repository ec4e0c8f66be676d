"""The conflict monitor: an independent eye on the lamps' currents. When it trips, the junction flashes at once."""

from itertools import combinations

from simulators.controller.displayed import Displayed
from simulators.controller.program import Program, bit, phases_of


class Monitor:
    """Knows which phases may not be green or yellow together.

    Attributes:
        tripped: it holds the junction in flash until somebody resets it at the cabinet.
        conflicts: how often it tripped.
    """

    def __init__(self, program: Program) -> None:
        self._allowed: dict[int, bool] = {}
        self._conflicting = {
            (one.number, other.number)
            for one, other in combinations(sorted(program.phases, key=lambda phase: phase.number), 2)
            if one.ring == other.ring or one.side != other.side
        }
        self.tripped = False
        self.conflicts = 0

    def watch(self, displayed: Displayed, shorted_green: int) -> bool:
        """Look at the lamps, a green that has current by a short included; True when it trips now.

        Args:
            displayed: what the controller switches.
            shorted_green: a phase; 0 is none.
        """
        lit = displayed.greens | displayed.yellows | (bit(shorted_green) if shorted_green else 0)
        if not displayed.flashing and not self.allows(lit):
            self.tripped = True
            self.conflicts += 1
            return True
        return False

    def allows(self, lit: int) -> bool:
        """Tell whether these phases may be lit together."""
        if lit not in self._allowed:  # 256 masks at most
            pairs = combinations(phases_of(lit), 2)
            self._allowed[lit] = not any(pair in self._conflicting for pair in pairs)
        return self._allowed[lit]
