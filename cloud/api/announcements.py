"""Announcements over roadside loudspeakers: /v1/loudspeakers, /v1/announcement-clips, /v1/announcements."""

from http import HTTPStatus
from typing import Annotated
from uuid import UUID

import fastapi
from fastapi import APIRouter, Depends, Request, Response
from pydantic import Field

from cloud.announcements.desk import AnnouncementDesk
from cloud.announcements.proposal import IncidentText, WarningText, propose_incident, propose_warning
from cloud.announcements.rules import refusal
from cloud.announcements.sound import MOST_UPLOAD_BYTES, read_sound
from cloud.announcements.speech import Speech
from cloud.announcements.voice import Voices
from cloud.announcements.wishes import Announcement as Wanted
from cloud.announcements.wishes import ClipSound, NewClip
from cloud.api.access import AnyPrincipal, Right, UsedDatabase, Viewer
from cloud.api.announcement_models import (
    Announcement,
    AnnouncementQuery,
    Clip,
    Loudspeaker,
    Order,
    PlayOrder,
    Proposal,
    ProposalQuery,
    RecordedQuery,
    SpokenClip,
    StopOrder,
)
from cloud.api.auth import Principal
from cloud.api.database import Database
from cloud.api.happenings import read_place
from cloud.api.leases import ACCEPTED, WhoAsks
from cloud.api.models import Page
from cloud.api.paging import Query, make_page
from edge.contract.announcements import MOST_VOICE_S

router = APIRouter(prefix="/v1", tags=["announcements"])

# Judged before anything is spoken, decoded or sent: a program that speaks costs seconds of a core.
MAY_KEEP, MAY_PLAY = Depends(Right("announcement.keep")), Depends(Right("announcement.play"))
RECORDED_PATH = "/v1/announcement-clips/recorded"
MOST_RECORDED_BYTES = MOST_UPLOAD_BYTES
_OCTETS = {"requestBody": {"required": True, "content": {"application/octet-stream": {"schema": {"type": "string"}}}}}
_FIRST = Annotated[int, Field(ge=0, le=round(MOST_VOICE_S * 50), description="Number of the first frame.")]


def _desk(request: Request) -> AnnouncementDesk:
    desk: AnnouncementDesk = request.app.state.announcement_desk
    return desk


def _voices(request: Request) -> Voices:
    voices: Voices = request.app.state.voices
    return voices


def _speech(request: Request) -> Speech:
    speech: Speech = request.app.state.speech
    return speech


UsedDesk = Annotated[AnnouncementDesk, Depends(_desk)]
UsedVoices = Annotated[Voices, Depends(_voices)]
UsedSpeech = Annotated[Speech, Depends(_speech)]


@router.get("/loudspeakers")
async def list_loudspeakers(_: Viewer, database: UsedDatabase) -> list[Loudspeaker]:
    """List loudspeakers, with whether they play now."""
    return await database.fetch(Loudspeaker, "announcements", "speakers")


@router.post("/loudspeakers/{loudspeaker}/stop", status_code=ACCEPTED)
async def stop_loudspeaker(
    *, asker: WhoAsks, principal: AnyPrincipal, desk: UsedDesk, loudspeaker: str, body: StopOrder
) -> Response:
    """End what a loudspeaker says; what it was answers that it was stopped, by whom, and after how much."""
    await desk.stop(loudspeaker, body.reason, body.request_id, asker, _agencies(principal, emergency=False))
    return Response(status_code=ACCEPTED)


@router.get("/announcement-clips")
async def list_clips(_: Viewer, database: UsedDatabase, query: Annotated[Query, fastapi.Query()]) -> Page[Clip]:
    """List clips that can be announced, newest first."""
    before_time, before_id = read_place(query.after)
    place = {"before_time": before_time, "before_id": before_id, "limit": query.limit + 1}
    rows = await database.fetch(Clip, "announcements", "clips", id=None, **place)
    return make_page(rows, query.limit, lambda one: f"{one.made_at.isoformat()}_{one.id}")


@router.post("/announcement-clips/spoken", status_code=HTTPStatus.CREATED, dependencies=[MAY_KEEP])
async def speak_clip(
    *, asker: WhoAsks, desk: UsedDesk, speech: UsedSpeech, database: UsedDatabase, body: SpokenClip
) -> Clip:
    """Have a program speak a text, and keep it as a clip; listen to it before it is announced."""
    sound = await speech.speak(body.text, body.language)
    wanted = NewClip(body.name, body.language, body.request_id, body.text, speech.engine)
    return await _find_clip(database, await desk.add_clip(wanted, sound, "spoken", asker))


@router.post(
    "/announcement-clips/recorded", status_code=HTTPStatus.CREATED, openapi_extra=_OCTETS, dependencies=[MAY_KEEP]
)
async def record_clip(
    *,
    asker: WhoAsks,
    desk: UsedDesk,
    database: UsedDatabase,
    request: Request,
    query: Annotated[RecordedQuery, fastapi.Query()],
) -> Clip:
    """Keep a recording as a clip: WAV, OGG or FLAC as the body, at most 10 MB and a minute."""
    sound = await read_sound(await request.body())
    wanted = NewClip(query.name, query.language, query.request_id)
    return await _find_clip(database, await desk.add_clip(wanted, sound, "recorded", asker))


@router.get("/announcement-clips/{clip}")
async def read_clip(_: Viewer, database: UsedDatabase, clip: UUID) -> Clip:
    """Read what a clip is."""
    return await _find_clip(database, clip)


@router.get("/announcement-clips/{clip}/sound", response_class=Response)
async def hear_clip(_: Viewer, database: UsedDatabase, clip: UUID) -> Response:
    """Give a clip's sound as WAV (G.711 µ-law), as loudspeakers play it."""
    found = await database.fetch(ClipSound, "announcements", "sound", id=clip)
    if not found:
        raise refusal("unknown_clip", clip=clip)
    if found[0].sound is None:
        raise refusal("clip_gone")
    headers = {"Cache-Control": "private, max-age=3600", "X-Content-Type-Options": "nosniff"}
    return Response(write_wav(bytes(found[0].sound)), headers=headers, media_type="audio/wav")


@router.post("/announcement-clips/{clip}/retire", status_code=HTTPStatus.NO_CONTENT)
async def retire_clip(asker: WhoAsks, desk: UsedDesk, clip: UUID) -> None:
    """Take a clip out of the list; what was announced with it stays known."""
    await desk.retire_clip(clip, asker)


@router.post("/announcements", status_code=ACCEPTED)
async def announce(
    *,
    asker: WhoAsks,
    principal: AnyPrincipal,
    desk: UsedDesk,
    database: UsedDatabase,
    response: Response,
    body: PlayOrder,
) -> Announcement:
    """Play a clip over loudspeakers; each `confirmed` with what proves it, or not confirmed, and why.

    It has 20 s to begin; later it does not.
    """
    wanted = _wanted(body, body.clip, body.times)
    made = await desk.announce(wanted, asker, _agencies(principal, emergency=body.emergency))
    response.headers["Location"] = f"/v1/announcements/{made}"
    return await _find(database, made)


@router.post("/announcements/live", status_code=ACCEPTED)
async def speak_live(
    *,
    asker: WhoAsks,
    principal: AnyPrincipal,
    desk: UsedDesk,
    voices: UsedVoices,
    database: UsedDatabase,
    response: Response,
    body: Order,
) -> Announcement:
    """Ask to speak over loudspeakers; where a place says `applied` it may begin. No sound ever comes back.

    Then send frames of 20 ms (G.711 µ-law) to `/v1/announcements/{id}/voice`, and `/v1/announcements/{id}/end`.
    """
    made = await desk.announce(_wanted(body, None), asker, _agencies(principal, emergency=body.emergency))
    found = await _find(database, made)
    if found.ended_at is None:
        voices.open(made, [place.box for place in found.places], asker)
    response.headers["Location"] = f"/v1/announcements/{made}"
    return found


@router.post(
    "/announcements/{announcement}/voice",
    status_code=HTTPStatus.NO_CONTENT,
    openapi_extra=_OCTETS,
    dependencies=[MAY_PLAY],
)
async def speak(
    *,
    asker: WhoAsks,
    voices: UsedVoices,
    request: Request,
    announcement: UUID,
    first: Annotated[_FIRST, fastapi.Query()],
) -> None:
    """Take up to 25 frames of live voice; one that came before is not heard again."""
    voices.speak(announcement, first, await request.body(), asker)


@router.post("/announcements/{announcement}/end", status_code=HTTPStatus.NO_CONTENT, dependencies=[MAY_PLAY])
async def end_speaking(asker: WhoAsks, voices: UsedVoices, announcement: UUID) -> None:
    """Let go of the button; again, or of one that is over, changes nothing."""
    await voices.end(announcement, asker)


@router.get("/announcements")
async def list_announcements(
    _: Viewer, database: UsedDatabase, query: Annotated[AnnouncementQuery, fastapi.Query()]
) -> Page[Announcement]:
    """List what was announced, newest first, with what became of it at each loudspeaker."""
    before_time, before_id = read_place(query.after)
    place = {"before_time": before_time, "before_id": before_id, "limit": query.limit + 1}
    filters = {"loudspeaker": query.loudspeaker, "incident": query.incident, "id": None}
    rows = await database.fetch(Announcement, "announcements", "announcements", **filters, **place)
    return make_page(rows, query.limit, lambda one: f"{one.requested_at.isoformat()}_{one.id}")


@router.get("/announcement-proposal")
async def propose(
    _: Viewer, database: UsedDatabase, speech: UsedSpeech, query: Annotated[ProposalQuery, fastapi.Query()]
) -> Proposal:
    """Propose what to say of a warning or an incident, in Indonesian; a person decides."""
    text = ""
    if query.warning is not None:
        warnings = await database.fetch(WarningText, "announcements", "warning_text", id=query.warning)
        if not warnings:
            raise refusal("unknown_warning", id=query.warning)
        text = propose_warning(warnings[0])
    elif query.incident is not None:
        incidents = await database.fetch(IncidentText, "announcements", "incident_text", number=query.incident)
        if not incidents:
            raise refusal("unknown_incident", number=query.incident)
        text = propose_incident(incidents[0])
    return Proposal(text=text, can_speak=speech.is_there)


@router.get("/announcements/{announcement}")
async def read_announcement(_: Viewer, database: UsedDatabase, announcement: UUID) -> Announcement:
    """Read how far an announcement has come."""
    return await _find(database, announcement)


def write_wav(codes: bytes) -> bytes:
    """Write µ-law sound as a WAV file. Source: RFC 2361, section 2 and appendix A (WAVE_FORMAT_MULAW, 0x0007)."""
    format_chunk = (
        b"fmt " + (18).to_bytes(4, "little") + _words((7, 2), (1, 2), (8_000, 4), (8_000, 4), (1, 2), (8, 2), (0, 2))
    )
    fact = b"fact" + _words((4, 4), (len(codes), 4))
    padding = b"\0" * (len(codes) % 2)
    content = b"WAVE" + format_chunk + fact + b"data" + _words((len(codes), 4)) + codes + padding
    return b"RIFF" + _words((len(content), 4)) + content


def _words(*values: tuple[int, int]) -> bytes:
    return b"".join(value.to_bytes(size, "little") for value, size in values)


def _agencies(principal: Principal, *, emergency: bool) -> frozenset[str] | None:
    """Whose loudspeakers he may use: an emergency goes over everybody's."""
    return None if emergency or principal.role == "admin" else principal.agencies


def _wanted(body: Order, clip: UUID | None, times: int = 1) -> Wanted:
    # Each loudspeaker once, however often it was named.
    places = list(dict.fromkeys(body.loudspeakers))
    return Wanted(clip, places, body.reason, body.request_id, body.emergency, times, body.incident, body.warning)


async def _find_clip(database: Database, clip: UUID) -> Clip:
    before_time, before_id = read_place("")
    place = {"before_time": before_time, "before_id": before_id, "limit": 1}
    found = await database.fetch(Clip, "announcements", "clips", id=clip, **place)
    if not found:
        raise refusal("unknown_clip", clip=clip)
    return found[0]


async def _find(database: Database, announcement: UUID) -> Announcement:
    before_time, before_id = read_place("")
    place = {"before_time": before_time, "before_id": before_id, "limit": 1}
    filters = {"loudspeaker": None, "incident": None, "id": announcement}
    found = await database.fetch(Announcement, "announcements", "announcements", **filters, **place)
    if not found:
        raise refusal("unknown_announcement", id=announcement)
    return found[0]
