"""The world's clock: real time, or a day of the past played at any speed.

Only the models live by it. Samples carry the real time at which a box read them, always: a box has one clock, and
a demonstration at 60-fold speed must not put times of tomorrow into the database.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class WorldClock:
    """Maps real time to the world's.

    Attributes:
        real_start_s: real time at which the world stood at `world_start_s`; seconds since 1970.
        world_start_s: see there.
        speed: seconds of the world per real second.
        real_now_s: the real clock.
    """

    real_start_s: float = 0.0
    world_start_s: float = 0.0
    speed: float = 1.0
    real_now_s: Callable[[], float] = field(default=time.time, compare=False)

    def now_s(self) -> float:
        """Give the world's time, seconds since 1970."""
        return self.world_start_s + (self.real_now_s() - self.real_start_s) * self.speed
