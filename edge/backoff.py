"""How long to wait before trying again: exponential with full jitter.

After an outage of everything each box of a regency tries at once; full jitter spreads them evenly over the whole
interval, where a fixed or lightly jittered delay would keep them in step.
"""

import random
from collections.abc import Callable

_uniform = random.SystemRandom().uniform


class Backoff:
    """Delays that double up to a cap, each drawn evenly between nothing and the present limit."""

    def __init__(self, base_s: float, cap_s: float, uniform: Callable[[float, float], float] = _uniform) -> None:
        """Begin with no failures.

        Args:
            base_s: limit of the first delay.
            cap_s: greatest limit.
            uniform: draws between two bounds; a test hands in its own.
        """
        self._base_s = base_s
        self._cap_s = cap_s
        self._uniform = uniform
        self.failures = 0

    def next_s(self) -> float:
        """Count one more failure and give the delay after it."""
        limit_s = min(self._cap_s, self._base_s * 2.0 ** min(self.failures, 60))
        self.failures += 1
        return self._uniform(0.0, limit_s)

    def reset(self) -> None:
        """Forget the failures: it worked."""
        self.failures = 0
