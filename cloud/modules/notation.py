"""Numbers and dates as Indonesian offices write them.

Sources: PUEBI (Pedoman Umum Ejaan Bahasa Indonesia, 2015): thousands are parted by a full stop and decimals by a comma;
ISO 8601 for the rest. What two countries would read differently is read as the manifest says, never guessed.
"""

import re
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Literal

WIB = timezone(timedelta(hours=7), "WIB")
Style = Literal["id", "en"]
Period = Literal["instant", "day", "month", "quarter", "year"]

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "januari january jan", "februari pebruari february feb peb", "maret march mar mrt", "april apr",
            "mei may", "juni june jun", "juli july jul", "agustus august agu agt agst agust aug",
            "september sept sep", "oktober october okt oct", "november nopember nov nop", "desember december des dec",
        ),
        1,
    )
    for name in names.split()
}  # fmt: skip
_QUARTERS = {"i": 1, "ii": 2, "iii": 3, "iv": 4, "1": 1, "2": 2, "3": 3, "4": 4}
_MISSING = {"", "-", "\N{EN DASH}", "\N{EM DASH}", "n/a", "na", "null", "nihil", "tidak ada data", "..."}
_GROUPED = {
    "id": re.compile(r"\d{1,3}(?:\.\d{3})+(?:,\d+)?|\d+(?:,\d+)?"),
    "en": re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"),
}
_OTHER: dict[Style, Style] = {"id": "en", "en": "id"}
_DAY = re.compile(r"(\d{1,2})[-/. ](\d{1,2}|[a-z]+)[-/. ,]+(\d{4})")
_ISO_DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_MONTH = re.compile(r"([a-z]+)[-/ .]+(\d{4})")
_ISO_MONTH = re.compile(r"(\d{4})[-/](\d{1,2})|(\d{1,2})[-/](\d{4})")
_QUARTER = re.compile(
    r"(?:triwulan|tw|q|kuartal)[ .-]*(i{1,3}|iv|[1-4])[ ,/-]*(?:tahun )?(\d{4})|(\d{4})[- /]?(?:q|tw)[ -]?([1-4])"
)


class Unreadable(ValueError):
    """A text is no number, or no time, of the kind that was promised; the message says what would be.

    Args:
        text: as it was sent.
        what: what is wrong with it, without the text: it may be somebody's, and logs are read by many.
    """

    def __init__(self, text: object, what: str) -> None:
        super().__init__(f"{str(text)[:40]!r} {what}")
        self.what = what


class OtherStyle(Unreadable):
    """A text is a number, but only where full stops and commas mean the other thing."""


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
        raise OtherStyle(plain, f"is written the other way round: set numbers: {_OTHER[style]} in the manifest")
    raise Unreadable(plain, "is no number")


def _float_of(number: float | Decimal) -> float:
    try:
        return float(number)
    except (OverflowError, ValueError):
        raise Unreadable(number, "is larger than any number that is kept") from None


def _bare(text: str) -> tuple[int, str]:
    """Take currency, per cent sign, `,-` and brackets off: (sign, digits)."""
    digits = re.sub(r"^(?:Rp|IDR)\.? ?|[ ]?%$|,-+$", "", text, flags=re.IGNORECASE).strip()
    if digits.startswith("(") and digits.endswith(")"):
        return -1, digits[1:-1].strip()
    if digits[:1] in {"-", "\N{MINUS SIGN}", "+"}:
        return (1 if digits[0] == "+" else -1), re.sub(r"^Rp\.? ?", "", digits[1:].strip())
    return 1, digits


def _to_python(digits: str, style: Style) -> str:
    return digits.replace(".", "").replace(",", ".") if style == "id" else digits.replace(",", "")


def read_time(text: object, period: Period) -> datetime:
    """Read an instant or a period; give the instant, or the period's beginning in West Indonesia Time, as UTC.

    Args:
        text: such as `17 April 2025`, `17/04/2025`, `2025-04-17T08:00:00+07:00`, `April 2025`, `Triwulan II 2025`,
            `2025`. An instant without an offset is in West Indonesia Time.
        period: what the manifest promises; a day is also read where more is promised, and rounded down to it.

    Raises:
        Unreadable: it is none of that kind.
    """
    if isinstance(text, datetime):
        found = text
    elif isinstance(text, date):
        found = datetime(text.year, text.month, text.day)  # noqa: DTZ001 - made aware below
    else:
        found = _parse(" ".join(str(text).lower().split()), period, str(text))
    aware = found if found.tzinfo else found.replace(tzinfo=WIB)
    try:
        return begin_of(aware, period)
    except OverflowError:
        raise Unreadable(text, "is before or after all times that are kept") from None


def begin_of(at: datetime, period: Period) -> datetime:
    """Give the beginning, by West Indonesia Time, of the period that an instant lies in; UTC."""
    return (at if period == "instant" else _begin(at.astimezone(WIB), period)).astimezone(UTC)


def _parse(text: str, period: Period, as_sent: str) -> datetime:
    for reader in (_read_iso, _read_day, _read_part):
        try:
            found = reader(text, period)
        except (ValueError, OverflowError):
            # Nothing of the library's own words, which repeat the text; see `Unreadable`.
            raise Unreadable(as_sent, f"is no {period}; write it like {_EXAMPLES[period]!r}") from None
        if found is not None:
            return found
    raise Unreadable(as_sent, f"is no {period}; write it like {_EXAMPLES[period]!r}")


_EXAMPLES: dict[Period, str] = {
    "instant": "2025-04-17T08:00:00+07:00", "day": "17 April 2025", "month": "April 2025",
    "quarter": "Triwulan II 2025", "year": "2025",
}  # fmt: skip


def _read_iso(text: str, _: Period) -> datetime | None:
    if not _ISO_DAY.match(text):
        return None
    return datetime.fromisoformat(text.upper().replace(" ", "T", 1) if len(text) > 10 else text)  # noqa: PLR2004 - a day's


def _read_day(text: str, _: Period) -> datetime | None:
    found = _DAY.fullmatch(text)
    if not found:
        return None
    month = found[2] if found[2].isdigit() else _MONTHS.get(found[2])
    if month is None:
        raise ValueError("no month")
    return datetime(int(found[3]), int(month), int(found[1]))  # noqa: DTZ001 - made aware by the caller


def _read_part(text: str, period: Period) -> datetime | None:
    """Read what is longer than a day, where that is what was promised."""
    year, month = 0, 1
    if period == "year" and re.fullmatch(r"(?:tahun )?\d{4}", text):
        year = int(text[-4:])
    elif period == "quarter" and (found := _QUARTER.fullmatch(text)):
        year, month = int(found[2] or found[3]), 3 * _QUARTERS[found[1] or found[4]] - 2
    elif period == "month" and (found := _ISO_MONTH.fullmatch(text)):
        year, month = int(found[1] or found[4]), int(found[2] or found[3])
    elif period == "month" and (found := _MONTH.fullmatch(text)) and found[1] in _MONTHS:
        year, month = int(found[2]), _MONTHS[found[1]]
    return datetime(year, month, 1) if year else None  # noqa: DTZ001 - made aware by the caller


def _begin(at: datetime, period: Period) -> datetime:
    month = {"month": at.month, "quarter": at.month - (at.month - 1) % 3, "year": 1}.get(period, at.month)
    day = at.day if period == "day" else 1
    return at.replace(month=month, day=day, hour=0, minute=0, second=0, microsecond=0)
