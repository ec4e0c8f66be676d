"""Durations as people write them: `90s`, `10m`, `2h30m`, `1d`."""

import re
from typing import Annotated

from pydantic import BeforeValidator

_PART = re.compile(r"(\d+(?:\.\d+)?)(d|h|m|s)")
_SECONDS = {"d": 86_400.0, "h": 3_600.0, "m": 60.0, "s": 1.0}


def parse_duration_s(text: object) -> float:
    """Read a duration into seconds.

    Raises:
        ValueError: it is none, or not above zero.
    """
    written = str(text).replace(" ", "")
    parts = _PART.findall(written)
    if not parts or "".join(number + unit for number, unit in parts) != written:
        raise ValueError(f"{text!r} is not a duration; write it like 90s, 10m or 2h30m")
    seconds = sum(float(number) * _SECONDS[unit] for number, unit in parts)
    if seconds <= 0:
        raise ValueError(f"{text!r}: a duration is above zero")
    return seconds


def say_duration(seconds: float) -> str:
    """Write a duration for a person, in its two largest units."""
    left, parts = round(seconds), []
    for unit, size in _SECONDS.items():
        count, left = divmod(left, int(size))
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts[:2]) or "0s"


DurationS = Annotated[float, BeforeValidator(parse_duration_s)]
