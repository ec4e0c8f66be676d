"""Numbers and dates as Indonesian offices write them.

Sources: PUEBI (Pedoman Umum Ejaan Bahasa Indonesia, 2015): thousands are parted by a full stop and decimals by a comma;
ISO 8601 for the rest. What two countries would read differently is read as the manifest says, never guessed.
"""

import re
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Literal

from cloud.modules import dates
from cloud.modules.dates import Order

WIB = timezone(timedelta(hours=7), "WIB")
Style = Literal["id", "en"]
Period = Literal["instant", "day", "month", "quarter", "year"]

_MISSING = {"", "-", "\N{EN DASH}", "\N{EM DASH}", "n/a", "na", "null", "nihil", "tidak ada data", "..."}
_GROUPED = {
    "id": re.compile(r"\d{1,3}(?:\.\d{3})+(?:,\d+)?|\d+(?:,\d+)?"),
    "en": re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"),
}
_OTHER: dict[Style, Style] = {"id": "en", "en": "id"}


class Unreadable(ValueError):
    """A text is no number, or no time, of the kind that was promised; the message says what would be.

    Args:
        text: as it was sent.
        what: what is wrong with it, without the text: it may be somebody's, and logs are read by many.
        what_id: the same in Indonesian.
    """

    def __init__(self, text: object, what: str, what_id: str) -> None:
        super().__init__(f"{str(text)[:40]!r} {what}")
        self.what = what
        self.what_id = what_id


class OtherStyle(Unreadable):
    """A text is a number, or a date, but only by another way of writing: others of its column may be misread."""


def read_number(text: object, style: Style = "id") -> float | None:
    """Read a number; None where the office left it out.

    Args:
        text: a number, or text such as `Rp 1.234.567,89`, `12,5 %`, `(1.000)` for minus a thousand, `-` for none.
        style: `id` parts thousands by full stops, `en` by commas.

    Raises:
        OtherStyle: it reads so only in the other style.
        Unreadable: it is none.
    """
    if text is None or isinstance(text, bool):
        return None if text is None else float(text)
    if isinstance(text, int | float | Decimal):
        return _float_of(text)
    if isinstance(text, str) and _GROUPED[style].fullmatch(text):  # nearly all: the rest below is for the others
        return float(_to_python(text, style))
    plain = " ".join(str(text).replace("\N{NO-BREAK SPACE}", " ").split())
    if plain.lower() in _MISSING:
        return None
    sign, digits = _bare(plain)
    if _GROUPED[style].fullmatch(digits):
        return sign * float(_to_python(digits, style))
    if _GROUPED[_OTHER[style]].fullmatch(digits):
        other = _OTHER[style]
        what_id = f"gaya angkanya terbalik: tulis numbers: {other} di manifes"
        raise OtherStyle(plain, f"is written the other way round: set numbers: {other} in the manifest", what_id)
    raise Unreadable(plain, "is no number", "bukan angka")


def _float_of(number: float | Decimal) -> float:
    try:
        return float(number)
    except (OverflowError, ValueError):
        raise Unreadable(
            number, "is larger than any number that is kept", "lebih besar daripada semua angka yang disimpan"
        ) from None


def _bare(text: str) -> tuple[int, str]:
    """Take currency, per cent sign, `,-` and brackets off: (sign, digits)."""
    text = text.removeprefix("'")  # a spreadsheet's mark for text
    digits = re.sub(r"^(?:Rp|IDR)\.? ?|[ ]?%$|,-+$", "", text, flags=re.IGNORECASE).strip()
    if digits.startswith("(") and digits.endswith(")"):
        return -1, digits[1:-1].strip()
    if digits[:1] in {"-", "\N{MINUS SIGN}", "+"}:
        return (1 if digits[0] == "+" else -1), re.sub(r"^Rp\.? ?", "", digits[1:].strip())
    return 1, digits


def _to_python(digits: str, style: Style) -> str:
    return digits.replace(".", "").replace(",", ".") if style == "id" else digits.replace(",", "")


def read_time(text: object, period: Period, order: Order = "dmy") -> datetime:
    """Read an instant or a period; give the instant, or the period's beginning in West Indonesia Time, as UTC.

    Args:
        text: such as `17 April 2025`, `17/04/25`, `Kamis, 17 April 2025 10.00 WIB`, `2025-04-17T08:00:00+07:00`, a
            spreadsheet's day number, `April 2025`, `Triwulan II 2025`, `2025`. An instant without an offset is in West
            Indonesia Time.
        period: what the manifest promises; a day is also read where more is promised, and rounded down to it.
        order: of day, month and year, where all three are digits and the year is not first.

    Raises:
        OtherStyle: day, month and year stand in another order.
        Unreadable: it is none of that kind.
    """
    try:
        found = _read(text, period, order)
    except dates.Unclear as error:
        kind = OtherStyle if error.is_order else Unreadable
        raise kind(text, error.text_en, error.text_id) from None
    except (ValueError, OverflowError):
        # Nothing of the library's own words, which repeat the text; see `Unreadable`.
        found = None
    if found is None:
        word, example = _PERIODS[period]
        raise Unreadable(text, f"is no {period}; write it like {example!r}", f"bukan {word}; tulis seperti {example!r}")
    try:
        return begin_of(found if found.tzinfo else found.replace(tzinfo=WIB), period)
    except OverflowError:
        what_id = "sebelum atau sesudah semua waktu yang disimpan"
        raise Unreadable(text, "is before or after all times that are kept", what_id) from None


def begin_of(at: datetime, period: Period) -> datetime:
    """Give the beginning, by West Indonesia Time, of the period that an instant lies in; UTC."""
    return (at if period == "instant" else _begin(at.astimezone(WIB), period)).astimezone(UTC)


_PERIODS: dict[Period, tuple[str, str]] = {
    "instant": ("waktu", "2025-04-17T08:00:00+07:00"), "day": ("tanggal", "17 April 2025"),
    "month": ("bulan", "April 2025"), "quarter": ("triwulan", "Triwulan II 2025"), "year": ("tahun", "2025"),
}  # fmt: skip


def _read(text: object, period: Period, order: Order) -> datetime | None:
    if isinstance(text, datetime):
        return text
    if isinstance(text, date):
        return datetime(text.year, text.month, text.day)  # noqa: DTZ001 - made aware by the caller
    if isinstance(text, int | float | Decimal) and not isinstance(text, bool):
        found = dates.from_number(float(text), period)
        if found is not None or not float(text).is_integer():
            return found
        text = int(text)
    return dates.parse(str(text), period, order)


def _begin(at: datetime, period: Period) -> datetime:
    month = {"month": at.month, "quarter": at.month - (at.month - 1) % 3, "year": 1}.get(period, at.month)
    day = at.day if period == "day" else 1
    return at.replace(month=month, day=day, hour=0, minute=0, second=0, microsecond=0)
