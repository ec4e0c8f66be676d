"""Proposes what to say: a warning or an incident in words for the ear. A person reads it, changes it, and decides.

Written language does not carry over a street: short sentences, the place first, what to do last, all of it twice.
"""

from dataclasses import dataclass
from datetime import datetime

from cloud.announcements.speech import MOST_TEXT
from cloud.signals.checks import WIB

SENDER = "Pemerintah Kabupaten Pasuruan"
_INCIDENTS = {
    "fallen_tree": "Ada pohon tumbang di {place}. Kurangi kecepatan, ikuti arahan petugas.",
    "accident": "Ada kecelakaan di {place}. Kurangi kecepatan, beri jalan bagi petugas.",
    "road_flooded": "Jalan tergenang di {place}. Cari jalan lain, ikuti arahan petugas.",
    "flood_stage": "Air sungai naik di {place}. Jauhi bantaran sungai.",
    "congestion": "Lalu lintas padat di {place}. Harap sabar, jangan menutup simpang.",
    "wrong_way": "Ada kendaraan melawan arus di {place}. Kurangi kecepatan, tetap di jalur kiri.",
    "signal_fault": "Lampu lalu lintas di {place} sedang gangguan. Kurangi kecepatan dan saling memberi jalan.",
    "crowd_at_night": "Kepada warga di {place}, harap menjaga ketertiban.",
}
_OTHER = "{title} di {place}. Harap berhati-hati."


@dataclass(frozen=True, slots=True)
class WarningText:
    """A warning as it was written, Indonesian."""

    headline: str
    event: str
    instruction: str
    area: str
    status: str
    message_type: str
    expires_at: datetime | None
    source: str


@dataclass(frozen=True, slots=True)
class IncidentText:
    """An incident as it is called."""

    kind: str
    title: str
    place: str | None


def propose_warning(warning: WarningText) -> str:
    """Put a warning into words for the ear; an exercise says that it is one, first and last."""
    exercise = {"Exercise": "Ini latihan.", "Test": "Ini uji coba."}.get(warning.status, "")
    by = "BMKG" if warning.source == "bmkg" else SENDER
    what = warning.headline or warning.event
    area = f"Untuk wilayah {warning.area}" if warning.area and warning.area not in what else ""
    if warning.message_type == "Cancel":
        parts = [exercise, "Perhatian.", f"Peringatan dicabut: {what}", f"Demikian {by}", exercise]
        return join(parts)
    until = ""
    if warning.expires_at is not None:
        until = f"Berlaku sampai pukul {warning.expires_at.astimezone(WIB):%H.%M} WIB"
    parts = [exercise, "Perhatian.", what, area, until, warning.instruction, f"Demikian {by}", exercise]
    return join(parts)


def propose_incident(incident: IncidentText) -> str:
    """Put an incident into words for those who are there."""
    sentence = _INCIDENTS.get(incident.kind, _OTHER)
    sentence = sentence.format(title=incident.title, place=incident.place or "lokasi ini")
    return join(["Perhatian pengguna jalan.", sentence, "Terima kasih"])


def join(parts: list[str]) -> str:
    """Join sentences, each with its full stop, into at most what can be spoken."""
    sentences = [part.strip() for part in parts if part.strip()]
    text = " ".join(part if part[-1] in ".!?" else f"{part}." for part in sentences)
    return text if len(text) <= MOST_TEXT else text[: MOST_TEXT - 1].rsplit(" ", 1)[0] + "."
