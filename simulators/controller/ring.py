"""One ring's place in its sequence, what is asked of the rings, and a phase's times in ticks."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

from simulators.controller.coordination import NO_FORCE
from simulators.controller.displayed import Displayed
from simulators.controller.program import PhaseTiming, bit, ticks


class State(IntEnum):
    """Of a ring."""

    GREEN = 0
    YELLOW = 1
    RED_CLEAR = 2
    RED = 3


class Ped(IntEnum):
    """Of the pedestrian signal of a ring's phase."""

    DONT_WALK = 0
    WALK = 1
    CLEAR = 2


class Ending(IntEnum):
    """Why a green ended; the numbers are Indiana's event codes 4 to 6 (Purdue, 2012), 0 before a flash."""

    NONE = 0
    GAP_OUT = 4
    MAX_OUT = 5
    FORCE_OFF = 6


@dataclass(slots=True)
class Calls:
    """What is asked of the rings; masks of phases.

    Attributes:
        vehicle: phases that vehicles or recalls want.
        pedestrian: phases that somebody on foot wants.
        maximum: phases that stay to their maximum or force-off.
        ped_recall: phases that walk each time.
    """

    vehicle: int = 0
    pedestrian: int = 0
    maximum: int = 0
    ped_recall: int = 0


class Timing:
    """A phase's times in ticks."""

    __slots__ = ("clear", "dual", "max1", "max2", "minimum", "passage", "ped_clear", "red", "revert", "walk", "yellow")

    def __init__(self, phase: PhaseTiming) -> None:
        self.minimum, self.passage = ticks(phase.minimum_green_s), ticks(phase.passage_s)
        self.max1, self.max2 = ticks(phase.maximum1_s), ticks(phase.maximum2_s)
        self.yellow, self.red = ticks(phase.yellow_s), ticks(phase.red_clear_s)
        self.walk, self.ped_clear = ticks(phase.walk_s), ticks(phase.ped_clear_s)
        self.clear, self.revert, self.dual = self.yellow + self.red, ticks(phase.red_revert_s), phase.dual_entry


class Ring:
    """One ring's place; instants in ticks."""

    __slots__ = (
        "ending", "force", "green_from", "max_from", "minimum_until", "next", "number", "order", "passage_until", "ped",
        "ped_until", "phase", "state", "until",
    )  # fmt: skip

    def __init__(self, number: int, order: tuple[int, ...]) -> None:
        self.number, self.order = number, order
        self.state, self.phase, self.next, self.ped = State.RED, 0, 0, Ped.DONT_WALK
        self.until = self.minimum_until = self.passage_until = self.ped_until = self.green_from = 0
        self.max_from, self.force, self.ending = -1, NO_FORCE, Ending.NONE


def show(rings: Iterable[Ring], every: int) -> Displayed:
    """Give what the street sees of rings; `every` is the mask of all their phases."""
    greens = yellows = walks = clears = 0
    for ring in rings:
        mask = bit(ring.phase) if ring.phase else 0
        if ring.state is State.GREEN:
            greens |= mask
            walks |= mask if ring.ped is Ped.WALK else 0
            clears |= mask if ring.ped is Ped.CLEAR else 0
        elif ring.state is State.YELLOW:
            yellows |= mask
    reds, dont_walks = every & ~(greens | yellows), every & ~(walks | clears)
    return Displayed(greens, yellows, reds, walks, clears, dont_walks, flashing=False)
