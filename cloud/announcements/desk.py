"""Takes what is to be announced. Each announcement is one transaction: what, where, why, audit, requests to the boxes.

Whether it was heard is for the boxes to say; what is refused is in the audit, too.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from cloud import errors
from cloud.announcements.rules import refusal
from cloud.announcements.sound import Sound
from cloud.announcements.store import fetch, run
from cloud.announcements.wishes import (
    Announcement,
    ClipSound,
    KnownAnnouncement,
    KnownClip,
    Named,
    NewClip,
    Speaker,
    Speaking,
)
from cloud.requests.desk import RequestDesk, Wish
from cloud.signals import store as signal_store
from cloud.signals.checks import Asker
from cloud.signals.identity import new_id
from edge.contract.announcements import MOST_VOICE_S, PLAY, STOP, VOICE

PLAY_RIGHT, EMERGENCY_RIGHT, KEEP_RIGHT = "announcement.play", "announcement.emergency", "announcement.keep"
KIND = "loudspeaker"


class AnnouncementDesk:
    """Takes announcements and clips.

    Args:
        requests: what all requests to boxes go through.
    """

    def __init__(self, requests: RequestDesk) -> None:
        self._requests = requests

    async def add_clip(self, wanted: NewClip, sound: Sound, origin: str, asker: Asker) -> UUID:
        """Keep sound; the same request again gives the same clip.

        Raises:
            Ruled: the role may not, or the request_id was used for another.
        """
        async with self._refusals(asker, wanted.name):
            _require(asker, KEEP_RIGHT)
            async with self._requests.transaction() as line:
                keys = {"account": asker.account, "request_id": wanted.request_id}
                known = await fetch(line, KnownClip, "known_clip", **keys)
                if known:
                    same = (known[0].name, known[0].language, known[0].text, known[0].origin)
                    if same != (wanted.name, wanted.language, wanted.text, origin):
                        raise refusal("request_id_used")
                    return known[0].id
                made = await insert_clip(line, wanted, sound, origin, asker)
                told = {"name": wanted.name, "origin": origin, "text": wanted.text, "sha256": sound.sha256.hex()}
                await signal_store.audit(line, asker, "clip_added", str(made), seconds=round(sound.seconds, 2), **told)
                return made

    async def retire_clip(self, clip: UUID, asker: Asker) -> None:
        """Take a clip out of the list.

        Raises:
            Ruled: there is none, or the role may not.
        """
        async with self._refusals(asker, str(clip)):
            _require(asker, KEEP_RIGHT)
            async with self._requests.transaction() as line:
                found = await fetch(line, KnownClip, "retire_clip", id=clip, account=asker.account)
                if not found:
                    raise refusal("unknown_clip", clip=clip)
                await signal_store.audit(line, asker, "clip_retired", str(clip), name=found[0].name)

    async def announce(self, wanted: Announcement, asker: Asker, agencies: frozenset[str] | None) -> UUID:
        """Have something said; the same request again gives the same announcement.

        Args:
            wanted: what, where and why.
            asker: who.
            agencies: whose loudspeakers he may use; None: everybody's.

        Raises:
            Ruled: the rule by which it is refused.
            Unavailable: the database is away.
        """
        async with self._refusals(asker, ", ".join(wanted.loudspeakers), reason=wanted.reason):
            _require(asker, PLAY_RIGHT)
            if wanted.emergency:
                _require(asker, EMERGENCY_RIGHT, "role_emergency")
            async with self._requests.transaction() as line:
                made, is_new = await self._announce(line, wanted, asker, agencies)
        if is_new:
            self._requests.poke()
        return made

    async def stop(
        self, loudspeaker: str, reason: str, request_id: str, asker: Asker, agencies: frozenset[str] | None
    ) -> UUID:
        """End what a loudspeaker says.

        Raises:
            Ruled: as `announce`.
        """
        async with self._refusals(asker, loudspeaker, reason=reason):
            _require(asker, PLAY_RIGHT)
            async with self._requests.transaction() as line:
                (place,) = await self._speakers(line, [loudspeaker], agencies)
                wish = Wish(STOP, place.asset, KIND, {}, reason, f"{request_id}:{place.asset}")
                made = await self._requests.add(line, place, wish, asker)
        self._requests.poke()
        return made

    async def end_voice(self, announcement: UUID, clip: NewClip, sound: Sound, asker: Asker) -> None:
        """Keep what somebody has said."""
        async with self._requests.transaction() as line:
            made = await insert_clip(line, clip, sound, "voice", asker) if sound.codes else None
            await run(line, "end_voice", id=announcement, clip_id=made)
            told = {"seconds": round(sound.seconds, 2), "sha256": sound.sha256.hex()}
            await signal_store.audit(line, asker, "voice_recorded", str(announcement), **told)

    async def _announce(
        self, line: signal_store.Line, wanted: Announcement, asker: Asker, agencies: frozenset[str] | None
    ) -> tuple[UUID, bool]:
        keys = {"account": asker.account, "request_id": wanted.request_id}
        known = await fetch(line, KnownAnnouncement, "known_announcement", **keys)
        if known:
            return _same(known[0], wanted), False
        places = await self._speakers(line, list(wanted.loudspeakers), agencies)
        clip = await self._clip(line, wanted)
        if wanted.clip is None:
            await _require_silence(line, places, wanted)
        incident = await self._incident(line, wanted)
        made = new_id()
        kind = "voice" if wanted.clip is None else "clip"
        who = {"account": asker.account, "role": asker.role, "address": asker.address}
        what = {"kind": kind, "clip_id": wanted.clip, "emergency": wanted.emergency, "times": wanted.times}
        why: dict[str, Any] = {"reason": wanted.reason, "request_id": wanted.request_id}
        why |= {"incident_id": incident, "warning_id": await self._warning(line, wanted)}
        await run(line, "add_announcement", id=made, **who, **what, **why)
        for place in places:
            await self._add_place(line, made, place, wanted, clip, asker)
        if incident is not None:
            told = {"announcement": str(made), "loudspeakers": [place.asset for place in places]}
            text = clip.name if clip else wanted.reason
            where = {"incident_id": incident, "account": asker.account, "address": asker.address}
            await run(line, "note_in_incident", **where, text=text, detail=Jsonb(told))
        return made, True

    async def _add_place(
        self,
        line: signal_store.Line,
        made: UUID,
        place: Speaker,
        wanted: Announcement,
        clip: ClipSound | None,
        asker: Asker,
    ) -> None:
        arguments: dict[str, Any] = {"announcement": str(made), "emergency": wanted.emergency}
        if clip is None:
            arguments |= {"seconds": MOST_VOICE_S}
        else:
            arguments |= {"clip": str(wanted.clip), "sha256": clip.sha256, "times": wanted.times, "name": clip.name}
        action = VOICE if clip is None else PLAY
        wish = Wish(action, place.asset, KIND, arguments, wanted.reason, f"{wanted.request_id}:{place.asset}")
        request = await self._requests.add(line, place, wish, asker)
        await run(line, "add_place", announcement_id=made, request_id=request)

    @staticmethod
    async def _speakers(line: signal_store.Line, names: list[str], agencies: frozenset[str] | None) -> list[Speaker]:
        """Find loudspeakers, held so that of two who want to speak one comes first."""
        found = await fetch(line, Speaker, "speakers_for", assets=names)
        for name in names:
            if name not in {place.asset for place in found}:
                raise refusal("unknown_loudspeaker", asset=name)
        for place in found:
            if agencies is not None and place.agency not in agencies:
                raise refusal("agency_loudspeaker", asset=place.asset, agency=place.agency)
        return found

    @staticmethod
    async def _clip(line: signal_store.Line, wanted: Announcement) -> ClipSound | None:
        if wanted.clip is None:
            return None
        found = await fetch(line, ClipSound, "sound", id=wanted.clip)
        if not found:
            raise refusal("unknown_clip", clip=wanted.clip)
        if found[0].sound is None or found[0].retired_at is not None:
            raise refusal("clip_gone")
        return found[0]

    @staticmethod
    async def _incident(line: signal_store.Line, wanted: Announcement) -> UUID | None:
        if wanted.incident is None:
            return None
        found = await fetch(line, Named, "incident_for", number=wanted.incident)
        if not found:
            raise refusal("unknown_incident", number=wanted.incident)
        return found[0].id

    @staticmethod
    async def _warning(line: signal_store.Line, wanted: Announcement) -> UUID | None:
        if wanted.warning is None:
            return None
        found = await fetch(line, Named, "warning_for", id=wanted.warning)
        if not found:
            raise refusal("unknown_warning", id=wanted.warning)
        return found[0].id

    @asynccontextmanager
    async def _refusals(self, asker: Asker, subject: str, **told: Any) -> AsyncIterator[None]:
        """Put into the audit what is refused, and by which rule."""
        try:
            yield
        except errors.Ruled as error:
            async with self._requests.transaction() as line:
                await signal_store.audit(line, asker, "announcement_refused", subject, rule=error.rule, **told)
            raise


async def insert_clip(line: signal_store.Line, wanted: NewClip, sound: Sound, origin: str, asker: Asker) -> UUID:
    """Write a clip down."""
    made = new_id()
    what = {"name": wanted.name, "language": wanted.language, "origin": origin, "text": wanted.text}
    heard = {"seconds": sound.seconds, "level_db": sound.level_db, "sha256": sound.sha256, "sound": sound.codes}
    who = {"account": asker.account, "address": asker.address, "request_id": wanted.request_id}
    await run(line, "add_clip", id=made, engine=wanted.engine, **what, **heard, **who)
    return made


def _require(asker: Asker, right: str, rule: str = "role_announcement") -> None:
    if right not in asker.rights:
        raise refusal(rule, role=asker.role)


async def _require_silence(line: signal_store.Line, places: list[Speaker], wanted: Announcement) -> None:
    """Refuse somebody who would speak where somebody speaks already, unless his is the emergency."""
    asset_ids = [place.asset_id for place in places]
    for found in await fetch(line, Speaking, "speaking", asset_ids=asset_ids, most_s=MOST_VOICE_S + 30):
        if found.emergency or not wanted.emergency:
            raise refusal("somebody_speaks", account=found.account, asset=found.asset)


def _same(known: KnownAnnouncement, wanted: Announcement) -> UUID:
    same = (known.clip_id, known.emergency, known.times, known.reason)
    if known.kind == "voice":
        same = (None, *same[1:])
    if same != (wanted.clip, wanted.emergency, wanted.times, wanted.reason):
        raise refusal("request_id_used")
    return known.id
