"""Dates as offices write them: with weekdays, times of day, two-digit years, quarters, and spreadsheets' day numbers.

Sources: PUEBI 2015 (day, month, year; a time's hours and minutes parted by a full stop); ISO 8601; ECMA-376 part 1,
18.17.4.1 (day numbers). In which order day, month and two-digit year stand is said by the manifest, never guessed.
"""

import math
import re
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Literal

Order = Literal["dmy", "mdy", "ymd"]

MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "januari january jan", "februari pebruari february feb peb", "maret march mar mrt", "april apr",
            "mei may", "juni june jun", "juli july jul", "agustus august agu agt agst agust aug ags",
            "september sept sep", "oktober october okt oct", "november nopember nov nop", "desember december des dec",
        ),
        1,
    )
    for name in names.split()
}  # fmt: skip
_WEEKDAYS = {
    name: number
    for number, names in enumerate((
        "senin monday mon sen", "selasa tuesday tue sel", "rabu wednesday wed rab", "kamis thursday thu kam",
        "jumat jum'at friday fri jum", "sabtu saturday sat sab", "minggu ahad sunday sun min",
    ))
    for name in names.split()
}  # fmt: skip
_ZONES_H = {"wib": 7, "wita": 8, "wit": 9, "utc": 0, "gmt": 0, "z": 0}
_QUARTERS = {
    name: number
    for number, names in enumerate(("i 1 pertama kesatu", "ii 2 kedua", "iii 3 ketiga", "iv 4 keempat"), 1)
    for name in names.split()
}
_ORDERS: tuple[Order, ...] = ("dmy", "mdy", "ymd")
_WORDS_BEFORE = re.compile(
    r"^(?:(?:keadaan|kondisi|posisi|data|laporan|per|tanggal|tgl|periode|bulan|masa|pada|hari|s[./]?d"
    r"|sampai(?: dengan)?|hingga|as of)\b[.:,]*\s*)+:?\s*"
)
_WEEKDAY = re.compile(rf"({'|'.join(sorted(_WEEKDAYS, key=len, reverse=True))})(?:, ?|\. ?| )(?=\d|[a-z]+ \d)")
_CLOCK = re.compile(
    r"[, ]+(?:pukul |pkl\.? |jam )?(\d{1,2})[:.](\d{2})(?:[:.](\d{2})(?:[.,]\d+)?)?(?: ?(am|pm))?"
    rf"(?: ?({'|'.join(_ZONES_H)}))?$"
)
_DAY = re.compile(r"(\d{1,2})(?:[-/. ]|\b) ?(\d{1,2}|[a-z]+)\.?[-/. ,]+(\d{4}|\d{2})")
_YEAR_FIRST = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})|(20\d{2})(\d{2})(\d{2})")
_MONTH_FIRST = re.compile(r"([a-z]+)\.? (\d{1,2}),? (\d{4})")
_MONTH = re.compile(r"([a-z]+)[-/ .,]+(?:tahun )?(\d{4})|([a-z]+)(?:-|[- ]?')(\d{2})")
_ISO_MONTH = re.compile(r"(\d{4})[-/](\d{1,2})|(\d{1,2})[-/ ](\d{4})|(20\d{2})(\d{2})")
_YEAR = re.compile(r"(?:tahun |ta |tahun anggaran )?(\d{4})")
_QUARTER = re.compile(
    r"(?:(?:triwulan|trw|tw|q|kuartal)[ .-]*|(?!\d))"  # 4/2025 alone may be April
    rf"({'|'.join(sorted(_QUARTERS, key=len, reverse=True))})"
    r"[ ,/.-]+(?:tahun |ta |tahun anggaran )?(\d{4})|(?:tw|q)([1-4])(\d{4})|(\d{4})[- /]?(?:q|tw)[ -]?([1-4])"
)
_SPAN = re.compile(r"([a-z]+) ?(?:-|\N{EN DASH}|s[./]?d\.?|sampai(?: dengan)?) ?([a-z]+) (\d{4})")
_DAY_ONE = datetime(1899, 12, 30)  # noqa: DTZ001 - made aware by the caller
_DAYS = range(36_526, 73_051)  # of the years 2000 to 2099
_YEARS = range(1900, 2101)
_DAY_NUMBER = re.compile(r"\d{5}(?:[.,]\d+)?")
_QUARTER_MONTHS = 3
_NOON = 12


class Unclear(ValueError):
    """A text is a date in itself, and not one that can be trusted.

    Args:
        text_id: what is wrong, without the text, in Indonesian.
        text_en: the same in English.
        is_order: whether it only reads in another order than the manifest's: then others of its column may be misread.
    """

    def __init__(self, text_id: str, text_en: str, *, is_order: bool = False) -> None:
        super().__init__(text_en)
        self.text_id = text_id
        self.text_en = text_en
        self.is_order = is_order


def parse(written: str, period: str, order: Order) -> datetime | None:
    """Read a text; None where it is none of that kind. What comes back without an offset is by the regency's clock.

    Args:
        written: the text.
        period: `instant`, `day`, `month`, `quarter` or `year`: a month, quarter or year alone is read there only.
        order: of day, month and year, where all three are digits.

    Raises:
        Unclear: it reads in another order only, or its weekday is not that day's.
        ValueError: it looks like one, and there is no such day.
    """
    text = " ".join(written.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'").lower().split())
    if (found := _part(text, period)) is not None:
        return found
    text = _WORDS_BEFORE.sub("", text)
    if _DAY_NUMBER.fullmatch(text):
        return from_number(float(text.replace(",", ".")), period)
    if (found := _iso(written.strip())) is not None:
        return found
    if (found := _part(text, period)) is not None:
        return found
    weekday = _WEEKDAY.match(text)
    text = text[weekday.end() :] if weekday else text
    clock = _CLOCK.search(text)
    day = _day(text[: clock.start()] if clock else text, order)
    if day is None:
        return None
    if weekday and _WEEKDAYS[weekday[1]] != day.weekday():
        raise Unclear("harinya tidak cocok dengan tanggalnya", "its weekday is not that of its date")
    return _at(day, clock) if clock else day


def from_number(number: float, period: str) -> datetime | None:
    """Read a spreadsheet's day number, or a year; None where it is neither."""
    if period == "year" and number in _YEARS:
        return datetime(int(number), 1, 1)  # noqa: DTZ001 - made aware by the caller
    if not math.isfinite(number) or int(number) not in _DAYS:
        return None
    return _DAY_ONE + timedelta(seconds=round(number * 86_400))


def _iso(text: str) -> datetime | None:
    """Read ISO 8601 as computers write it; what only begins so is left to the others."""
    if not re.match(r"\d{4}-\d{2}-\d{2}", text):
        return None
    try:
        return datetime.fromisoformat(text.upper().replace(" ", "T", 1))
    except ValueError:
        return None


def _day(text: str, order: Order) -> datetime | None:
    if found := _YEAR_FIRST.fullmatch(text):
        year, month, day = (int(part) for part in found.groups() if part)
    elif (found := _MONTH_FIRST.fullmatch(text)) and found[1] in MONTHS:
        year, month, day = int(found[3]), MONTHS[found[1]], int(found[2])
    elif not (found := _DAY.fullmatch(text)):
        return None
    elif found[2].isdigit():
        return _in_order(found[1], found[2], found[3], order)
    elif found[2] not in MONTHS:
        return None
    else:
        year, month, day = _whole_year(found[3]), MONTHS[found[2]], int(found[1])
    return datetime(year, month, day)  # noqa: DTZ001 - made aware by the caller


def _in_order(first: str, second: str, third: str, order: Order) -> datetime:
    """Read three numbers; where they are a date in another order only, say so.

    Raises:
        Unclear: it is so.
        ValueError: they are no date in any order.
    """
    found: dict[Order, datetime] = {}
    for each in _ORDERS:
        places = dict(zip(each, (first, second, third), strict=True))
        try:
            year = _whole_year(places["y"])
            found[each] = datetime(year, int(places["m"]), int(places["d"]))  # noqa: DTZ001 - see above
        except ValueError:
            continue
    if order in found:
        return found[order]
    if not found:
        raise ValueError("no day")
    other = next(iter(found))
    raise Unclear(
        f"tanggal, bulan, dan tahun berurutan lain: tulis dates: {other} di manifes, atau tulis 17 April 2025",
        f"has day, month and year in another order: set dates: {other} in the manifest, or write 17 April 2025",
        is_order=True,
    )


def _whole_year(digits: str) -> int:
    """Give a year; of two digits it is one of this century.

    Raises:
        ValueError: it is none.
    """
    if len(digits) == 1:
        raise ValueError("no year")
    return int(digits) + (2000 if len(digits) == 2 else 0)  # noqa: PLR2004 - digits


def _at(day: datetime, clock: re.Match[str]) -> datetime:
    hour, minute, second = (int(part or 0) for part in clock.groups()[:3])
    if clock[4]:
        if not 1 <= hour <= _NOON:
            raise ValueError("no hour")
        hour = hour % _NOON + (_NOON if clock[4] == "pm" else 0)
    zone = timezone(timedelta(hours=_ZONES_H[clock[5]])) if clock[5] else None
    return day.replace(hour=hour, minute=minute, second=second, tzinfo=zone)


def _part(text: str, period: str) -> datetime | None:
    """Read what is longer than a day, where that is what was promised."""
    reader = _PARTS.get(period)
    found = reader(text) if reader else None
    return datetime(*found, 1) if found else None  # noqa: DTZ001 - made aware by the caller


def _of_year(text: str) -> tuple[int, int] | None:
    found = _YEAR.fullmatch(text)
    return (int(found[1]), 1) if found else None


def _of_quarter(text: str) -> tuple[int, int] | None:
    if span := _SPAN.fullmatch(text):
        first, last = MONTHS.get(span[1], 0), MONTHS.get(span[2], 0)
        is_one = first % _QUARTER_MONTHS == 1 and last == first + _QUARTER_MONTHS - 1
        return (int(span[3]), first) if is_one else None
    if not (found := _QUARTER.fullmatch(text)):
        return None
    number = _QUARTERS[found[1] or found[3] or found[6]]
    return int(found[2] or found[4] or found[5]), _QUARTER_MONTHS * number - 2


def _of_month(text: str) -> tuple[int, int] | None:
    if found := _ISO_MONTH.fullmatch(text):
        return int(found[1] or found[4] or found[5]), int(found[2] or found[3] or found[6])
    found = _MONTH.fullmatch(text)
    if not found or (found[1] or found[3]) not in MONTHS:
        return None
    return _whole_year(found[2] or found[4]), MONTHS[found[1] or found[3]]


_PARTS: dict[str, Callable[[str], tuple[int, int] | None]] = {
    "year": _of_year, "quarter": _of_quarter, "month": _of_month,
}  # fmt: skip
