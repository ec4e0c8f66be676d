"""Instants, spans and figures as people read them: in West Indonesia Time, with the language's own separators."""

import re
from datetime import UTC, datetime, timedelta, timezone

from babel.dates import format_datetime, format_timedelta
from babel.numbers import format_decimal

# Java has no summer time; the images that this runs in have no table of zones.
WIB = timezone(timedelta(hours=7), "WIB")
_DASH = "-"
_CLOCKS = {"id": "HH.mm", "en": "HH:mm"}


def parse_instant(told: str | None) -> datetime | None:
    """Read an instant of the API; None where there is none."""
    return datetime.fromisoformat(told) if told else None


# What a browser calls itself is long and half of it untrue: which one on which system is what a person knows.
_BROWSERS = (("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
_SYSTEMS = ("Android", "iPhone", "iPad", "Windows", "Mac OS", "Linux")


def say_device(agent: str, _: str) -> str:
    """Say which browser on which system this is, by the name that it gives itself."""
    browser = next((name for mark, name in _BROWSERS if mark in agent), agent.partition("/")[0][:40] or "?")
    system = next((name for name in _SYSTEMS if name in agent), "")
    return f"{browser}, {system}" if system else browser


def say_instant(told: str | None, language: str) -> str:
    """Say an instant: `22 Nov, 16.38 WIB`; with the year where it is another one."""
    instant = parse_instant(told)
    if instant is None:
        return _DASH
    is_this_year = instant.astimezone(WIB).year == datetime.now(WIB).year
    form = f"d MMM{'' if is_this_year else ' yyyy'}, {_CLOCKS[language]}"
    return f"{format_datetime(instant, form, tzinfo=WIB, locale=language)} WIB"


def say_moment(told: str | None, language: str) -> str:
    """Say an instant for a record: with year and seconds, `22 Nov 2026, 16.38.05 WIB`."""
    instant = parse_instant(told)
    if instant is None:
        return _DASH
    colon = "." if language == "id" else ":"
    form = f"d MMM yyyy, HH{colon}mm{colon}ss"
    return f"{format_datetime(instant, form, tzinfo=WIB, locale=language)} WIB"


def say_clock(told: str | None, language: str) -> str:
    """Say the time of day: `16.38.12`, in English `16:38:12`; of another day with its date: `21 Nov 16.38.12`."""
    instant = parse_instant(told)
    if instant is None:
        return _DASH
    is_today = instant.astimezone(WIB).date() == datetime.now(WIB).date()
    form = f"{'' if is_today else 'd MMM '}{_CLOCKS[language]}{_CLOCKS[language][2]}ss"
    return format_datetime(instant, form, tzinfo=WIB, locale=language)


def say_day(told: str | None, language: str) -> str:
    """Say a day: `22 November 2026`."""
    instant = parse_instant(told)
    return format_datetime(instant, "d MMMM yyyy", tzinfo=WIB, locale=language) if instant else _DASH


def say_age(told: str | None, language: str) -> str:
    """Say how long ago an instant was: `3 jam`."""
    instant = parse_instant(told)
    if instant is None:
        return _DASH
    return format_timedelta(datetime.now(UTC) - instant, threshold=1.3, locale=language)


def say_siaga(stage: int, _language: str) -> str:
    """Say a stage of a river as people in West Indonesia do: Siaga I, the gravest, to IV."""
    return ("I", "II", "III", "IV")[stage - 1]


def say_unit(unit: str, _language: str) -> str:
    """Say a unit of UCUM; what stands in braces there is a remark and no unit, and 1 is none."""
    plain = re.sub(r"\{[^}]*\}", "", unit)
    return "" if plain == "1" else plain


def say_figure(value: float | None, language: str, decimals: int | None = None) -> str:
    """Say a figure with the language's separators: `2.200` in Indonesian."""
    if value is None:
        return _DASH
    form = "#,##0" + ("." + "0" * decimals if decimals else "" if decimals == 0 else ".##")
    return format_decimal(value, form, locale=language)
