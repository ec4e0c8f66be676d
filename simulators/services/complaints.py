"""The complaints line's summary, in pages: nested objects, a bearer token, local times with their offset."""

from datetime import datetime
from typing import Any

from simulators.services.chance import between

_CATEGORIES = {
    "JALAN": 60, "PJU": 34, "SAMPAH": 28, "AIR": 22, "ADMINDUK": 25, "KESEHATAN": 14, "BANSOS": 30, "LAIN": 18,
}  # fmt: skip
_AGES = {"H1": (0.45, 0.0), "H3": (0.3, 0.0), "H7": (0.17, 0.15), "LAMA": (0.08, 0.8)}
_EVERY_MIN = 10


def page(now: datetime, number: int, size: int) -> dict[str, Any]:
    """Answer a page of the summary.

    Args:
        now: aware, in the regency's time.
        number: of the page, from 1.
        size: rows of a page.
    """
    at = now.replace(minute=now.minute - now.minute % _EVERY_MIN, second=0, microsecond=0)
    rows = [_row(category, age, at) for category in _CATEGORIES for age in _AGES]
    begin = (number - 1) * size
    return {"halaman": number, "jumlah_halaman": -(-len(rows) // size), "data": rows[begin : begin + size]}


def _row(category: str, age: str, at: datetime) -> dict[str, Any]:
    share, late = _AGES[age]
    count = round(_CATEGORIES[category] * share * between(0.7, 1.3, category, age, at.date(), at.hour, at.minute // 10))
    return {
        "kategori": {"kode": category},
        "umur": age,
        "jumlah": {"terbuka": count, "lewat_batas": round(count * late)},
        "diperbarui": at.isoformat(),
    }
