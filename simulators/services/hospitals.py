"""Beds as Aplicares tells them (BPJS Kesehatan, "Katalog Webservice Integrasi Ketersediaan Tempat Tidur").

The fields are the catalogue's; `koders` and `kecamatan` are added, as a regency's own gateway does.
Numbers are text there, and times are local without an offset.
"""

import math
from datetime import datetime
from typing import Any

from simulators.services.chance import between

_EVERY_MIN = 5
_HOSPITALS = {"RSUD-BANGIL": ("Bangil", 1.0), "RSUD-GRATI": ("Grati", 0.55)}
_ROOMS = (
    ("VVP", "ANG", "Anggrek", 6), ("VIP", "MAW", "Mawar", 18), ("KL1", "MEL", "Melati", 34),
    ("KL2", "KEN", "Kenanga", 48), ("KL3", "FLA", "Flamboyan", 96),
    ("ICU", "ICU", "ICU", 14), ("ISO", "ISO", "Isolasi", 12),
)  # fmt: skip


def beds(now: datetime) -> dict[str, Any]:
    """Answer as `bed/read` does.

    Args:
        now: aware, in the regency's time.
    """
    at = now.replace(minute=now.minute - now.minute % _EVERY_MIN, second=0, microsecond=0)
    rooms = [_room(hospital, room, at) for hospital in _HOSPITALS for room in _ROOMS]
    return {"metadata": {"code": 1, "message": "OK", "totalitems": len(rooms)}, "response": {"list": rooms}}


def _room(hospital: str, room: tuple[str, str, str, int], at: datetime) -> dict[str, str]:
    room_class, code, name, full_size = room
    district, share = _HOSPITALS[hospital]
    size = max(1, round(full_size * share))
    # Full at noon, after the night's admissions and before the day's discharges.
    daily = 0.06 * math.cos((at.hour + at.minute / 60 - 11) / 24 * math.tau)
    taken = 0.78 + daily + between(-0.12, 0.12, hospital, room_class, at.date(), at.hour, at.minute)
    free = max(0, round(size * (1 - taken)))
    men = free // 3
    return {
        "koders": hospital,
        "kecamatan": district,
        "kodekelas": room_class,
        "koderuang": code,
        "namaruang": name,
        "kapasitas": str(size),
        "tersedia": str(free),
        "tersediapria": str(men),
        "tersediawanita": str(men),
        "tersediapriawanita": str(free - 2 * men),
        "lastupdate": f"{at:%Y-%m-%d %H:%M:%S}",
    }
