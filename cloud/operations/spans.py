"""Spans of time as people write them in files: `30s`, `5m`, `6h`, `7d`; and hours of the day in WIB."""

import re
from datetime import datetime, time, timedelta
from typing import Annotated

from pydantic import BeforeValidator, Field

from cloud.said import WIB, say_wib

__all__ = ["WIB", "Clock", "Span", "is_between", "say_wib"]

MOST_S = 3_650 * 86_400
_MOST_DIGITS = 9
_SPAN = re.compile(r"([0-9]+) ?(s|m|h|d|detik|menit|jam|hari)")
_SECONDS = {"s": 1, "detik": 1, "m": 60, "menit": 60, "h": 3_600, "jam": 3_600, "d": 86_400, "hari": 86_400}
_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d")


def _read_span(text: object) -> object:
    if isinstance(text, timedelta):
        return text
    found = _SPAN.fullmatch(str(text).strip())
    if not found:
        raise ValueError("is no span of time: write it like 30s, 5m, 6h or 7d")
    seconds = int(found[1]) * _SECONDS[found[2]] if len(found[1]) <= _MOST_DIGITS else MOST_S + 1
    if seconds > MOST_S:
        raise ValueError("is longer than ten years: was another unit meant?")
    return timedelta(seconds=seconds)


def _read_clock(text: object) -> object:
    if isinstance(text, time):
        return text
    if not _CLOCK.fullmatch(str(text)):
        raise ValueError('is no time of day: write it in quotes like "21:00", in WIB')
    return time.fromisoformat(str(text))


Span = Annotated[timedelta, BeforeValidator(_read_span), Field(gt=timedelta(0), json_schema_extra={"type": "string"})]
Clock = Annotated[time, BeforeValidator(_read_clock)]


def is_between(at: datetime, begin: time, end: time) -> bool:
    """Tell whether an instant lies between two times of day in WIB; the span may go over midnight.

    Args:
        at: aware.
        begin: first instant of the span.
        end: after the last; the same as `begin`: around the clock.
    """
    now = at.astimezone(WIB).time()
    if begin == end:
        return True
    return begin <= now < end if begin < end else now >= begin or now < end
