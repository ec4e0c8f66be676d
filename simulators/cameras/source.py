"""Our own traffic as a director's source of things."""

from simulators.cameras.scene import Obstacle, Thing
from simulators.cameras.traffic import Traffic

_STEP_S, _MOST_S = 0.2, 4.0


class OwnTraffic:
    """Our own traffic as a director's source of things.

    Args:
        traffic: its clock goes on with the pictures'.
    """

    def __init__(self, traffic: Traffic) -> None:
        self._traffic = traffic
        self._last_s: float | None = None

    def things(self, at_s: float, obstacles: tuple[Obstacle, ...]) -> tuple[Thing, ...]:
        """Let time go on to an instant and give everybody."""
        passed_s = min(_MOST_S, at_s - self._last_s) if self._last_s is not None else 0.0
        self._last_s = at_s
        while passed_s > 0:
            self._traffic.step(min(_STEP_S, passed_s), obstacles)
            passed_s -= _STEP_S
        return self._traffic.things()
