"""Our own traffic as a director's source of things."""

from typing import Protocol

from simulators.cameras.scene import Obstacle, Thing

_STEP_S, _MOST_S = 0.2, 4.0


class Traffic(Protocol):
    """What goes on by steps: `simulators/cameras/traffic.py`, or `turning.py`."""

    def step(self, seconds: float, obstacles: tuple[Obstacle, ...]) -> None:
        """Let time go on; before an obstacle vehicles stop."""
        ...

    def things(self) -> tuple[Thing, ...]:
        """Give everybody as they are now."""
        ...


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
