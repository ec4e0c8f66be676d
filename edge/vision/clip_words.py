"""What a request for a clip may say, and what is answered, in both languages."""

import math
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from edge.contract.cameras import MOST_CLIP_BYTES, MOST_CLIP_S
from edge.contract.receipts import Refusal
from edge.contract.rejected import Reason
from edge.vision.reasons import system_reason

WHOLE_PCT = 99.5
_LAST_S = 1e11  # the year 5138: who asks for later means milliseconds
_WIB = timezone(timedelta(hours=7))
BAD = (
    f"Perlu since_s, seconds (paling lama {MOST_CLIP_S:g}) dan reason."
    f" | since_s, seconds (at most {MOST_CLIP_S:g}) and reason are needed."
)
GONE = "Tidak ada rekaman dari waktu itu{since_id}. | Nothing of that time is recorded, or it was deleted{since_en}."
FUTURE = "Rentang itu belum berakhir. | That span is not over yet."
NONE = "Kamera ini tidak direkam di kotak ini. | This camera is not recorded on this box."
LARGE = (
    f"Lebih dari {MOST_CLIP_BYTES // 1_000_000} MB; minta paling lama {{seconds:.0f}} detik."
    f" | More than {MOST_CLIP_BYTES // 1_000_000} MB; ask for at most {{seconds:.0f}} s."
)
WIDE = (
    "Bingkai kunci aliran utama terlalu jarang untuk dikirim; atur kamera: satu tiap 2 detik."
    " | The key frames of the main stream are too far apart to be sent; set the camera to one each 2 s."
)
LOST = "{left} bagian hilang dari kotak sebelum dikirim. | {left} parts were gone from the box before they were sent."
UNMASKED = (
    "Klip ini dipotong sebelum masks kamera ini dipasang, jadi tidak dikirim; minta rentang sesudahnya."
    " | This clip was cut before this camera's masks were set, so it is not sent; ask for a span after that."
)
LEFT_OUT = (
    "Kamera ini sekarang tidak dipakai karena berkas lokasinya salah (lihat status kotak); perbaiki, lalu minta lagi."
    " | This camera is left out now, since its site file is wrong (see the box's status); correct it and ask again."
)
FAILED = "Kotak gagal membuat klip ini; lihat log kotak. | The box failed to make this clip; see the box's log."
DISK = (
    "Disk kotak menolak klip ini ({what_id}); minta lagi bila disknya sudah baik, lihat status kotak."
    " | The box's disk refuses this clip ({what_en}); ask again when the disk is well, see the box's status."
)
OUTBOX_FULL = "Sudah lama {why_id}, lalu minta lagi. | For long it has been so: {why_en}, then ask again."
BUSY = "Terlalu banyak klip menunggu; coba lagi nanti. | Too many clips wait; try again later."
CUT = "{parts} bagian, {megabytes:.1f} MB | {parts} parts, {megabytes:.1f} MB"
NOT_REACHED = (
    "Ruang tidak menerima klip lewat HTTPS selama sehari ({reason_id}); periksa vision.clips.room dan proksinya."
    " | The room took no clip by HTTPS for a day ({reason_en}); check vision.clips.room and its proxy."
)
QUOTA = (
    "Kotak ini sudah mengirim bukti sebanyak jatah sehari; minta lagi besok, atau lebih pendek."
    " | This box has sent as much evidence as it may in a day; ask again tomorrow, or for less."
)
REFUSED = "Ruang menolak satu bagian klip: {why_id}. | The room refused a part of the clip: {why_en}."
_WHY_REFUSED = {  # of a part; the ingester's own detail is in English
    Reason.TOO_LARGE: "terlalu besar",
    Reason.NOT_MEDIA: "bukan MP4 utuh dari suatu kejadian",
    Reason.UNKNOWN_BOX: "kotak ini tidak terdaftar; daftarkan dengan `satulayar-db load`",
    Reason.REFUSED_BY_DATABASE: "basis data tidak dapat menyimpannya",
}


def say_refused(refusal: Refusal) -> str:
    """Say why the room took a part neither now nor later; a reason that is unknown here is named."""
    if refusal.reason == Reason.TOO_MUCH_MEDIA:
        return QUOTA
    why_id = next((said for reason, said in _WHY_REFUSED.items() if reason == refusal.reason), refusal.reason)
    return REFUSED.format(why_id=why_id, why_en=refusal.detail or refusal.reason)


def say_disk(error: OSError) -> str:
    """Say why the disk gave no clip."""
    why = system_reason(error)
    return DISK.format(what_id=why.id, what_en=why)


def say_gone(oldest_s: float | None) -> str:
    """Say that nothing is recorded of then.

    Args:
        oldest_s: when the oldest recording began, seconds since 1970; None without any.
    """
    if oldest_s is None:
        return GONE.format(since_id="", since_en="")
    since = f"{datetime.fromtimestamp(oldest_s, UTC).astimezone(_WIB):%d-%m-%Y %H:%M:%S} WIB"
    return GONE.format(since_id=f"; yang tertua dari {since}", since_en=f"; the oldest is of {since}")


def say_share(share: float) -> str:
    """Say how much of a span was recorded, of 100."""
    if share >= WHOLE_PCT:
        return "Lengkap. | Complete."
    return f"Hanya {share:.1f} % dari rentang itu terekam. | Only {share:.1f} % of the span is recorded."


def read_wish(arguments: dict[str, Any]) -> tuple[float, float, str] | None:
    """Read beginning (seconds since 1970), seconds and reason; None where they make no sense."""
    since, seconds, reason = (arguments.get(name) for name in ("since_s", "seconds", "reason"))
    numbers = [value for value in (since, seconds) if isinstance(value, int | float) and not isinstance(value, bool)]
    if len(numbers) != 2 or not isinstance(reason, str) or not reason.strip():  # noqa: PLR2004 - both
        return None
    if not all(map(math.isfinite, numbers)) or not 0 < numbers[1] <= MOST_CLIP_S or not 0 <= numbers[0] < _LAST_S:
        return None
    return float(numbers[0]), float(numbers[1]), reason.strip()[:200]
