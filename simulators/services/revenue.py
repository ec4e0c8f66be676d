"""The revenue office's sheet of a day, as its program exports it: semicolons, `1.234.567,00`, a row of totals."""

from datetime import date, datetime, time, timedelta

from simulators.services.chance import between

# Kind of tax: (as the sheet writes it, target of a year in million rupiah).
_TAXES = (
    ("PBB-P2", 152_000), ("BPHTB", 178_000), ("PBJT makanan dan minuman", 61_000), ("PBJT tenaga listrik", 246_000),
    ("PBJT jasa perhotelan", 31_000), ("PBJT jasa parkir", 6_500), ("PBJT jasa kesenian dan hiburan", 28_000),
    ("Pajak reklame", 7_200), ("Pajak air tanah", 34_000), ("Pajak MBLB", 12_400), ("Opsen PKB", 143_000),
    ("Opsen BBNKB", 76_000),
)  # fmt: skip
_TITLES = (
    "Tanggal", "Jenis Pajak", "Realisasi Hari Ini", "Realisasi Bulan Ini", "Realisasi Tahun Ini", "Target Hari Ini",
    "Target Bulan Ini", "Target Tahun Ini",
)  # fmt: skip
_MILLION = 1_000_000
_MONTHS = (
    *("Januari", "Februari", "Maret", "April", "Mei", "Juni"),
    *("Juli", "Agustus", "September", "Oktober", "November", "Desember"),
)
_OPENS, _CLOSES = 7, 21  # hours in which payments come


def sheet(now: datetime, first: str = "", last: str = "") -> str:
    """Write the sheet of some days.

    Args:
        now: aware, in the regency's time.
        first: the first day, such as 2025-04-17; empty for the last week.
        last: the last day.
    """
    until = min(date.fromisoformat(last) if last else now.date(), now.date())
    day = date.fromisoformat(first) if first else until - timedelta(days=6)
    lines = [";".join(_TITLES)]
    while day <= until:
        lines += _day(day, now)
        day += timedelta(days=1)
    return "\r\n".join(lines) + "\r\n"


def _day(day: date, now: datetime) -> list[str]:
    rows = [
        [_paid(title, million, *span, now) for span in _spans(day)] + _targets(million) for title, million in _TAXES
    ]
    shown = f"{day.day} {_MONTHS[day.month - 1]} {day.year}"
    titled = [(title, row) for (title, _), row in zip(_TAXES, rows, strict=True)]
    total = [sum(column) for column in zip(*rows, strict=True)]
    return [";".join([shown, title, *map(_written, row)]) for title, row in [*titled, ("JUMLAH", total)]]


def _spans(day: date) -> tuple[tuple[date, date], ...]:
    return ((day, day), (day.replace(day=1), day), (date(day.year, 1, 1), day))


def _targets(million: float) -> list[float]:
    year = million * _MILLION
    return [year / 365, year / 12, year]


def _paid(title: str, million: float, first: date, last: date, now: datetime) -> float:
    """Give what was paid from one day to another; today until now."""
    days = (last - first).days
    whole = sum(_of_day(title, million, first + timedelta(days=n)) for n in range(days))
    return whole + _of_day(title, million, last) * _share_of_day(last, now)


def _of_day(title: str, million: float, day: date) -> float:
    weekend = 0.35 if day.weekday() > 4 else 1.25  # noqa: PLR2004 - Saturday and Sunday
    return round(million * _MILLION / 365 * weekend * between(0.6, 1.45, title, day))


def _share_of_day(day: date, now: datetime) -> float:
    if day < now.date():
        return 1.0
    begins = datetime.combine(day, time(_OPENS), now.tzinfo)
    return min(1.0, max(0.0, (now - begins) / timedelta(hours=_CLOSES - _OPENS)))


def _written(rupiah: float) -> str:
    return f"{rupiah:,.2f}".translate(str.maketrans(",.", ".,"))
