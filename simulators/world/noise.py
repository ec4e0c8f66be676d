"""Noise that is a function of seed, name and time, so that a run can be repeated and resumed.

A generator with a state would give other values after a restart; here the value of an instant is looked up.
"""

import hashlib
import math

_LARGEST = float(1 << 64)


def draw(seed: int, *key: object) -> float:
    """Draw a number in [0, 1), the same for the same seed and key."""
    text = ":".join(map(str, (seed, *key))).encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest()) / _LARGEST


def drift(seed: int, name: str, at_s: float, period_s: float) -> float:
    """Give a smooth wandering in [-1, 1] whose knots are `period_s` apart.

    Args:
        seed: of the regency.
        name: tells one wandering from another.
        at_s: seconds since 1970.
        period_s: time between two independent values.
    """
    knot, share = divmod(at_s / period_s, 1.0)
    before = 2.0 * draw(seed, name, int(knot)) - 1.0
    after = 2.0 * draw(seed, name, int(knot) + 1) - 1.0
    eased = 0.5 - 0.5 * math.cos(math.pi * share)
    return before + (after - before) * eased


def jitter(seed: int, name: str, at_s: float) -> float:
    """Give an independent value in [-1, 1] for each second: the last digits of an instrument."""
    return 2.0 * draw(seed, name, "jitter", int(at_s)) - 1.0
