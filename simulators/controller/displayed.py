"""What a controller shows to the street."""

from typing import NamedTuple

from simulators.controller.program import bit


class Displayed(NamedTuple):
    """Masks of phases (bit 0 is phase 1).

    Attributes:
        flashing: all signals flash; then the masks are 0.
    """

    greens: int
    yellows: int
    reds: int
    walks: int
    ped_clears: int
    dont_walks: int
    flashing: bool

    def letter(self, phase: int) -> str:
        """Give one phase as G, Y, R or F."""
        mask = bit(phase)
        if self.flashing:
            return "F"
        return "G" if self.greens & mask else "Y" if self.yellows & mask else "R"


FLASHING = Displayed(0, 0, 0, 0, 0, 0, flashing=True)
