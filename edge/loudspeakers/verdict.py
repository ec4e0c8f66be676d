"""Whether an announcement was heard, judged by what was read back; that packets were sent proves nothing.

Four grades, the best that the horn can give: `heard` (its own microphone), `played` (it says that it plays, unmuted),
`received` (its RTCP reports: the sound reached it, nothing more), and none. The grade is the reason of the result.
"""

from dataclasses import dataclass, field

from edge.contract.commands import CommandState
from edge.loudspeakers.horn_status import Word
from edge.site_loudspeakers import HornStatus

LOUD_DB = -40.0  # of full scale: a frame below it is a pause, in which nothing need be heard
LEAST_SHARE = 0.8  # of looks, or packets
LEAST_HEARD_SHARE = 0.3  # of looks in loud moments: a look takes as long as some syllables
Answer = tuple[CommandState, str, str]


@dataclass(frozen=True, slots=True)
class Look:
    """One look at the horn while it should play.

    Attributes:
        word: what it said; None: nothing.
        loud: whether what was sent just then could be heard.
    """

    word: Word | None
    loud: bool


@dataclass(slots=True)
class Course:
    """How an announcement went.

    Attributes:
        status: what the horn can be asked.
        planned_s: its length; of live voice, what was spoken.
        sent_s: how much was sent.
        looks: at the horn, in order.
        arrived: packets of `sent`, as the horn reports them; None: it reports nothing.
        sent: packets.
        unreachable: the network said that there is no such horn.
        ended: why it ended before its end; empty: it did not.
        ended_by: who ended it.
    """

    status: HornStatus | None
    planned_s: float = 0.0
    sent_s: float = 0.0
    looks: list[Look] = field(default_factory=list)
    arrived: int | None = None
    sent: int = 0
    unreachable: bool = False
    ended: str = ""
    ended_by: str = ""


_ENDED = {
    "stopped": (
        "Dihentikan oleh {by} setelah {sent:.0f} dari {planned:.0f} detik.",
        "Stopped by {by} after {sent:.0f} of {planned:.0f} s.",
    ),
    "preempted": (
        "Disela pengumuman yang lebih penting ({by}) setelah {sent:.0f} dari {planned:.0f} detik.",
        "Interrupted by a more important announcement ({by}) after {sent:.0f} of {planned:.0f} s.",
    ),
    "siren": (
        "Disela sirene setelah {sent:.0f} dari {planned:.0f} detik.",
        "Interrupted by the siren after {sent:.0f} of {planned:.0f} s.",
    ),
    "line_lost": (
        "Suara terputus: jalur dari ruang hilang setelah {sent:.0f} detik.",
        "The voice was cut off: the line from the room was lost after {sent:.0f} s.",
    ),
    "too_long": (
        "Batas waktu bicara tercapai ({sent:.0f} detik).",
        "The limit of speaking was reached ({sent:.0f} s).",
    ),
    "nothing_said": ("Tidak ada suara yang sampai.", "No voice arrived."),
}
_FAULTS = {
    "horn_unreachable": (
        "Pengeras suara tidak dapat dihubungi: periksa listrik dan kabelnya.",
        "The loudspeaker cannot be reached: check its power and its cable.",
    ),
    "horn_silent": (
        "Pengeras suara tidak menjawab saat ditanya; tidak diketahui apakah terdengar.",
        "The loudspeaker does not answer; nobody knows whether it was heard.",
    ),
    "muted": ("Pengeras suara dibisukan pada alatnya.", "The loudspeaker is muted at the device."),
    "not_playing": (
        "Pengeras suara menerima suara tetapi tidak memutarnya.",
        "The loudspeaker takes the sound and does not play it.",
    ),
    "half_played": (
        "Hanya terputar sebagian: hilang di tengah pengumuman.",
        "Played in part only: it was lost in the middle of the announcement.",
    ),
    "not_heard": (
        "Pengeras suara memutar, tetapi mikrofonnya tidak mendengar apa pun: corong atau penguatnya rusak.",
        "The loudspeaker plays, but its microphone hears nothing: the horn or its amplifier is broken.",
    ),
}
_GRADES = {
    "heard": (
        "Terdengar oleh mikrofon pengeras suara ({level:.0f} dB).",
        "Heard by the loudspeaker's own microphone ({level:.0f} dB).",
    ),
    "distorted": (
        "Terputar, tetapi penguatnya kelebihan beban: suara pecah.",
        "Played, but its amplifier is overdriven: the sound is distorted.",
    ),
    "played": (
        "Pengeras suara menyatakan memutarnya; tidak ada mikrofon yang mendengar.",
        "The loudspeaker says that it played it; no microphone heard it.",
    ),
    "received": (
        "Suara sampai di pengeras suara; alat ini tidak dapat menyatakan lebih.",
        "The sound reached the loudspeaker; this device can say no more.",
    ),
}


def judge(course: Course) -> Answer:
    """Say what became of an announcement: state, reason or grade, a sentence in both languages."""
    fault = _find_fault(course)
    if course.ended and course.ended != "too_long":
        told = _both(_ENDED[course.ended], by=course.ended_by, sent=course.sent_s, planned=course.planned_s)
        return "failed", course.ended, told
    if fault:
        return "failed", fault, _both(_FAULTS[fault])
    grade = _find_grade(course)
    said = _both(_GRADES[grade], level=_heard_level(course) or 0.0)
    return "confirmed", grade, said


def _find_fault(course: Course) -> str:
    if course.unreachable and not course.arrived:
        return "horn_unreachable"
    if course.status is None:
        return _fault_of_reports(course)
    words = [look.word for look in course.looks if look.word is not None]
    if not words:
        return "horn_silent"
    if any(word.muted for word in words):
        return "muted"
    playing = sum(word.playing for word in words) / len(course.looks)
    if playing < LEAST_SHARE:
        return "half_played" if any(word.playing for word in words) else "not_playing"
    return _fault_of_sound(course)


def _fault_of_reports(course: Course) -> str:
    if course.arrived is None:
        return "horn_silent"
    return "" if course.arrived >= LEAST_SHARE * course.sent else "half_played"


def _fault_of_sound(course: Course) -> str:
    if course.arrived is not None and course.arrived < LEAST_SHARE * course.sent:
        return "half_played"
    if course.status is None or course.status.heard_db is None:
        return ""
    heard = [look.word.heard_db or 0.0 for look in course.looks if look.loud and look.word is not None]
    above = sum(level >= course.status.heard_above_db for level in heard)
    return "" if heard and above >= LEAST_HEARD_SHARE * len(heard) else "not_heard"


def _find_grade(course: Course) -> str:
    if course.status is None:
        return "received"
    if any(look.word is not None and look.word.clipping for look in course.looks):
        return "distorted"
    return "heard" if course.status.heard_db is not None else "played"


def _heard_level(course: Course) -> float | None:
    levels = sorted(look.word.heard_db for look in course.looks if look.word and look.word.heard_db is not None)
    return levels[len(levels) * 3 // 4] if levels else None


def _both(sentences: tuple[str, str], **values: object) -> str:
    return " | ".join(sentence.format(**values) for sentence in sentences)
