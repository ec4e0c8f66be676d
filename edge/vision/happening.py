"""What a camera noticed, on its way from the camera's thread to an event; and the sentences that say it.

Sentences are for the operator: Indonesian first, English beside it.
"""

from dataclasses import dataclass, field
from datetime import datetime

from edge.contract.events import Severity
from edge.vision.reasons import in_indonesian


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that has begun or ended.

    Attributes:
        key: the same for beginning and end; one camera has each once at a time.
        noun: type of the event behind the common prefix.
        begun: False for the end.
        at_s: seconds since 1970.
        values: figures that led to it; `what` may be a reason.
        picture: evidence, JPEG; None without.
    """

    key: str
    noun: str
    begun: bool
    at_s: float
    values: dict[str, float | bool | str] = field(default_factory=dict)
    picture: bytes | None = None


@dataclass(frozen=True, slots=True)
class Wording:
    """How a kind of happening is told, and how grave it is.

    Attributes:
        begun_id: Indonesian; {place} is the zone or lane, {di_place} the same where there may be none, {what} a word
            more; in English {in_place}.
    """

    severity: Severity
    begun_id: str
    begun_en: str
    ended_id: str
    ended_en: str


UNWATCHED = "no longer watched"  # `what` of the end of something that nobody looks at any more


def _eye(
    id_words: str,
    en_words: str,
    severity: Severity = "minor",
    *,
    ended: tuple[str, str] = ("Kamera pulih", "Camera sees again"),
) -> Wording:
    return Wording(severity, f"Kamera {id_words}", f"Camera {en_words}", *ended)


WORDINGS: dict[str, Wording] = {
    "obstacle.detected": Wording(
        "critical",
        "Pohon tumbang atau benda menghalangi jalan",
        "A fallen tree or another obstacle is on the carriageway",
        "Jalan bebas lagi",
        "The carriageway is clear again",
    ),
    "road.flooded": Wording(
        "major", "Jalan tergenang ({what})", "The carriageway is flooded ({what})",
        "Genangan surut", "The water has gone",
    ),
    "flood.deepened": Wording(
        "critical", "Genangan di jalan dalam", "The water on the carriageway is deep",
        "Genangan tidak dalam lagi", "The water is no longer deep",
    ),
    "crowd.formed": Wording(
        "minor", "Kerumunan orang{di_place}", "A crowd has formed{in_place}", "Kerumunan bubar", "The crowd has gone"
    ),
    "vehicle.stopped": Wording(
        "minor", "Kendaraan berhenti di {place}", "A vehicle has stopped in {place}",
        "Kendaraan di {place} sudah pergi", "The vehicle in {place} has gone",
    ),
    "vehicle.wrong_way": Wording(
        "major", "Kendaraan melawan arus di {place}", "A vehicle drives the wrong way in {place}",
        "Lalu lintas di {place} searah lagi", "Traffic in {place} is as it should be again",
    ),
    "intrusion.detected": Wording(
        "major", "Orang masuk area tertutup {place}", "Somebody is in the closed area {place}",
        "Area tertutup {place} kosong lagi", "The closed area {place} is empty again",
    ),
    "lamp.failed": Wording(
        "minor", "Lampu {place} padam", "Lamp {place} is out", "Lampu {place} menyala lagi", "Lamp {place} burns again"
    ),
    "camera.lost": _eye("tidak mengirim gambar: {what}", "sends no pictures: {what}", "major"),
    "camera.frozen": _eye("membeku: gambar tidak berubah", "is frozen: its picture no longer changes", "major"),
    "camera.darkened": _eye("gelap", "is dark", "major"),
    "camera.covered": _eye("tertutup", "is covered", "major"),
    "camera.defocused": _eye("tidak fokus", "is out of focus"),
    "camera.turned": _eye(
        "bergeser arah; arahkan kembali, atau bila disengaja gambar ulang areanya",
        "has been turned; turn it back, or draw its zones anew where that was meant", "major",
        ended=("Kamera kembali ke arah semula", "Camera looks where it should again"),
    ),
    "camera.slowed": _eye(
        "mengirim terlalu sedikit gambar: {what}", "sends too few pictures: {what}",
        ended=("Kamera mengirim cukup gambar lagi", "Camera sends enough pictures again"),
    ),
    "camera.unwatched": _eye(
        "hampir tidak diperiksa: {what}", "is hardly looked at: {what}", "major"
    ),
    "camera.misdated": _eye(
        "salah jam: meleset {what}", "has a wrong clock: it is off by {what}",
        ended=("Jam kamera benar lagi", "The camera's clock is right again")
    ),
    "camera.shared": Wording(
        "minor",
        "Kamera ini juga ada di kotak {what}; hapus dari salah satu berkas situs",
        "This camera is on box {what}, too; take it out of one of the site files",
        "Kamera ini hanya di satu kotak lagi", "This camera is on one box only again",
    ),
    "detector.refused": Wording(
        "major", "Model pengenal ditolak: {what}", "The detector is refused: {what}",
        "Model dipakai", "The detector is used",
    ),
    "recording.stopped": Wording(
        "major", "Rekaman berhenti: {what}", "Recording has stopped: {what}",
        "Rekaman berjalan lagi", "Recording goes on",
    ),
}  # fmt: skip


def say(happening: Happening) -> tuple[str, str]:
    """Give the sentences, Indonesian and English."""
    wording = WORDINGS[happening.noun]
    place, what = happening.values.get("place", ""), happening.values.get("what", "")
    if happening.begun:
        where_id, where_en = (f" di {place}", f" in {place}") if place else ("", "")
        begun_id = wording.begun_id.format(place=place, di_place=where_id, what=in_indonesian(what))
        return begun_id[:500], wording.begun_en.format(place=place, in_place=where_en, what=what)[:500]
    if what == UNWATCHED:
        return "Tidak diawasi lagi sejak berkas situs diubah", "It is no longer watched since the site file was changed"
    return wording.ended_id.format(place=place)[:500], wording.ended_en.format(place=place)[:500]


def minute_of_day(at: datetime) -> int:
    """Give minutes since midnight."""
    return at.hour * 60 + at.minute
