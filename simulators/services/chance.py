"""Chance that a simulator started again finds as it was: from words, not from a generator's state."""

import hashlib


def chance(*words: object) -> float:
    """Give a number from 0 to below 1, always the same for the same words."""
    octets = hashlib.blake2b("/".join(str(word) for word in words).encode(), digest_size=8).digest()
    return int.from_bytes(octets) / 2**64


def between(low: float, high: float, *words: object) -> float:
    """Give a number in a range, always the same for the same words."""
    return low + (high - low) * chance(*words)
