"""What is wrong as long as the box runs with what it was given: told once when it begins, and once when it is over.

A site file and a parcel are read at the start only. So what is wrong with them is known then, and what was wrong before
and is no longer has ended. Which events are open is noted in the outbox, so that a restart tells nothing twice.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol

import structlog

from edge.contract.events import Severity
from edge.errors import Unavailable
from edge.left_out import LeftOut
from edge.notices import Notice, NoticeBoard
from edge.vision.reasons import Reason

MOST_SENTENCE = 500  # characters, as the contract has it
_NOTE = "standing faults"
_KEPT = 6  # words of each
_log = structlog.get_logger()


class Memory(Protocol):
    """Notes that outlive the process, as the outbox keeps them."""

    async def note(self, key: str) -> str | None:
        """Give a note."""
        ...

    async def set_note(self, key: str, value: str) -> None:
        """Keep a note."""
        ...


@dataclass(frozen=True, slots=True)
class Standing:
    """Something that is wrong until the box starts with something better.

    Attributes:
        noun: of the event.
        subject: code of what it is about, or the box.
        begun: what is told, in both languages.
        ended: what is told when it is over.
    """

    noun: str
    subject: str
    severity: Severity
    begun: Reason
    ended: Reason

    @property
    def key(self) -> str:
        """The same as long as the same is wrong."""
        return f"{self.noun} {self.subject} {self.begun}"


def standing_of_left_out(left: LeftOut) -> Standing:
    """Say what is left out of a site file.

    Not by `camera.unwatched`: of each kind the room shows what a camera said last, and that one ends when the box has
    caught up.
    """
    why = left.why
    about = Reason(f"{left.camera} tidak", f"{left.camera} is") if left.camera else Reason("tidak", "is")
    if left.is_whole:
        told_id = f"Kamera {about.id} diperiksa dan tidak direkam, karena berkas situs salah: {why.id}"
        told_en = f"Camera {about} neither looked at nor recorded, since the site file is wrong: {why}"
    else:
        told_id = f"Sebagian kamera {about.id} dipakai, karena berkas situs salah: {why.id}"
        told_en = f"A part of camera {about} not used, since the site file is wrong: {why}"
    return Standing(
        "camera.misconfigured",
        left.camera or left.box,
        "major" if left.is_whole else "minor",
        Reason(told_id[:MOST_SENTENCE], told_en[:MOST_SENTENCE]),
        Reason("Berkas situs sudah diubah", "The site file was changed"),
    )


def standing_of_parcel(box: str, why: Reason) -> Standing:
    """Say that a new parcel was refused while the box goes on with the old one.

    How it ends stands before the reason, which may be cut: a stick that was only meant for another box is long gone.
    """
    told = Reason(
        "Paket baru ditolak, kotak tetap memakai yang lama (selesai bila paket yang cocok dibaca lagi, yang lama pun"
        f" boleh): {why.id}",
        "A new parcel was refused, the box goes on with the old one (this ends when a parcel that fits is read again,"
        f" the old one will do): {why}",
    )
    return Standing(
        "parcel.refused",
        box,
        "major",
        Reason(told.id[:MOST_SENTENCE], told[:MOST_SENTENCE]),
        Reason("Kotak sudah membaca paket yang cocok", "The box has read a parcel that fits"),
    )


async def tell_standing(found: Iterable[Standing], board: NoticeBoard, memory: Memory) -> None:
    """Tell what is new, and what is over; without a disk nothing is known of before, and an event may be repeated."""
    now = {one.key: one for one in found}
    told = await _told(memory)
    for key in [key for key in told if key not in now]:
        event, noun, subject, severity, ended_id, ended_en = told.pop(key)
        await board.raise_event(Notice(noun, subject, severity, ended_id, ended_en, {}, event))
    for key, one in now.items():
        if key in told:
            continue
        event = str(await board.raise_event(Notice(one.noun, one.subject, one.severity, one.begun.id, one.begun)))
        told[key] = [event, one.noun, one.subject, one.severity, one.ended.id, one.ended]
    try:
        await memory.set_note(_NOTE, json.dumps(told))
    except Unavailable as error:
        _log.warning("standing_faults_not_noted", reason=str(error))


async def _told(memory: Memory) -> dict[str, Any]:
    try:
        kept = json.loads(await memory.note(_NOTE) or "{}")
        return {key: parts for key, parts in kept.items() if len(parts) == _KEPT}
    except (Unavailable, ValueError, TypeError, AttributeError) as error:
        _log.warning("standing_faults_forgotten", reason=str(error))
        return {}
