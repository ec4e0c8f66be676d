"""What crews say from their phones: on the way, there, done, with photos. It may come hours late, and twice.

Each word has an id made on the phone, and the instant at which it was meant. A word of an order that is over is refused
with how it ended, so that a phone from a dead spot learns that it was called back.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from cloud.operations import incident as steps
from cloud.operations import store
from cloud.operations.acts import NOTE, RECALL, Act, Form, Held, Person, Room, require_proof
from cloud.operations.errors import refusal
from cloud.operations.incident import Incident
from cloud.operations.photos import Photo, read_photo
from cloud.operations.store import Line

Verb = Literal["accept", "decline", "on_way", "arrived", "done"]
AT_ONCE = 2  # photos that are read at a time; one of 50 million pixels takes 150 MB

# The longest that a phone can have kept a word to itself: its clock is believed so far, because a wrong one must not
# put something out of all time, nor lose what its crew has said.
OLDEST = timedelta(days=7)

_ACTS: Mapping[Verb, Act] = {
    "accept": Act("accepted", "crew.act"),
    "decline": Act("declined", "crew.act", needs_text=True),
    "on_way": Act("on_way", "crew.act"),
    "arrived": Act("arrived", "crew.act"),
    "done": Act("done", "crew.act"),
}
_COLUMNS = ("accepted_at", "on_way_at", "arrived_at", "done_at", "declined_at", "recalled_at")


@dataclass(frozen=True, slots=True)
class Word:
    """What a crew says.

    Attributes:
        form: its text and id.
        at: when it was meant, by the phone's clock.
        latitude: where the phone was.
        longitude: the same.
    """

    form: Form
    at: datetime | None = None
    latitude: float | None = None
    longitude: float | None = None

    def said_at(self, now: datetime) -> datetime:
        """Say when it was meant: not before it can have been, and not later than it came."""
        return min(max(self.at or now, now - OLDEST), now)


@dataclass(frozen=True, slots=True)
class Order:
    """A dispatch as it is held."""

    id: UUID
    incident_id: UUID
    crew_id: int
    crew: str
    agency: str
    accepted_at: datetime | None
    on_way_at: datetime | None
    arrived_at: datetime | None
    done_at: datetime | None
    declined_at: datetime | None
    recalled_at: datetime | None
    is_member: bool

    @property
    def ended(self) -> tuple[str, str] | None:
        """How it is over, in Indonesian and English; None while it is not."""
        if self.done_at:
            return "selesai", "done"
        if self.recalled_at:
            return "ditarik kembali", "called back"
        return ("ditolak regu", "declined") if self.declined_at else None


@dataclass(frozen=True, slots=True)
class _KnownPhoto:
    incident_id: UUID
    sent_sha256: bytes


class CrewDesk:
    """Takes what crews say.

    Args:
        room: where incidents are held.
    """

    def __init__(self, room: Room) -> None:
        self._room = room
        self._reading = asyncio.Semaphore(AT_ONCE)

    async def say(self, person: Person, dispatch: UUID, verb: Verb, word: Word) -> None:
        """Take a word of a crew.

        Raises:
            Ruled: there is no such order of this person's, it is over, or a photo is missing.
        """
        act = _ACTS[verb]
        order = await self._find(person, dispatch)
        speaks_for_others = not order.is_member
        async with self._room.holding(person, order.incident_id, word.form, act, of_agency=speaks_for_others) as held:
            if held is None:
                return
            order = await self._hold_order(held.line, person, dispatch)
            held.detail.update(crew=order.crew, dispatch=str(dispatch))
            at = word.said_at(held.now)
            await self._write(held.line, order, verb, at)
            await self._move(held.line, order, word, at)
            after = await self._step(held, order, verb, person, at)
            if word.latitude is not None:
                held.detail.update(latitude=word.latitude, longitude=word.longitude)
            held.detail["at"] = at.isoformat()
            await self._room.save(held, after, person, word.form, act)

    async def recall(self, person: Person, dispatch: UUID, form: Form) -> UUID:
        """Call a crew back; give the incident. Raises as `say`."""
        async with self._room.transaction() as line:
            found = await store.fetch(line, Order, "dispatch_head", id=dispatch, account=person.account)
        if not found:
            raise refusal("unknown_dispatch", dispatch=dispatch)
        async with self._room.holding(person, found[0].incident_id, form, RECALL) as held:
            if held is None:
                return found[0].incident_id
            order = (await store.fetch(held.line, Order, "dispatch_head", id=dispatch, account=person.account))[0]
            _require_open(order)
            held.detail.update(crew=order.crew, dispatch=str(dispatch))
            await self._write(held.line, order, "recall", held.now)
            after = steps.call_back(held.incident, crews_left=await _left(held), was_there=await _was_there(held))
            await self._room.save(held, after, person, form, RECALL)
        return found[0].incident_id

    async def add_photo(
        self, person: Person, place: tuple[UUID, UUID | None], identity: UUID, sent: bytes, word: Word
    ) -> None:
        """Keep a photo; the same again changes nothing.

        Args:
            person: who sends it.
            place: id of the incident, and of the order it belongs to.
            identity: of the photo, made on the phone.
            sent: JPEG, PNG or WebP.
            word: when and where it was taken.

        Raises:
            Ruled: it is no photo, or too large, or this person has no such order.
        """
        incident, dispatch = place
        speaks_for_others = True
        if dispatch is not None:
            order = await self._find(person, dispatch)
            incident, speaks_for_others = order.incident_id, not order.is_member
        async with self._reading:
            photo = await asyncio.to_thread(read_photo, sent)
        act = Act("photographed", "crew.act" if dispatch else NOTE.right)
        async with self._room.holding(person, incident, word.form, act, of_agency=speaks_for_others) as held:
            if held is None or await _is_known(held.line, identity, incident, photo):
                return
            await self._keep(held, (incident, dispatch), identity, photo, person, word)
            held.detail.update(photo=str(identity))
            await self._room.save(held, held.incident, person, word.form, act)

    @staticmethod
    async def _keep(
        held: Held, place: tuple[UUID, UUID | None], identity: UUID, photo: Photo, person: Person, word: Word
    ) -> None:
        await store.run(
            held.line, "add_photo", id=identity, incident_id=place[0], dispatch_id=place[1], account=person.account,
            taken_at=word.said_at(held.now), latitude=word.latitude, longitude=word.longitude,
            sent_sha256=photo.sent_sha256, sha256=photo.sha256, content=photo.content, thumbnail=photo.thumbnail,
        )  # fmt: skip

    async def move(self, person: Person, word: Word) -> int:
        """Note where this person's crews are; give how many.

        Raises:
            Ruled: the account is of no crew.
        """
        person.asker.require("crew.act")
        async with self._room.transaction() as line:
            crews = await store.fetch(line, _Crew, "crews_of", account=person.account)
            if not crews:
                raise refusal("no_crew", account=person.account)
            now = self._room.now()
            at = word.said_at(now)
            where = {"latitude": word.latitude, "longitude": word.longitude, "at": at}
            for crew in crews:
                await store.run(line, "move_crew", crew_id=crew.id, **where)
        return len(crews)

    async def _find(self, person: Person, dispatch: UUID) -> Order:
        """Find an order of this person's crews; operators may speak for any crew, as they do over the radio."""
        async with self._room.transaction() as line:
            return await self._read_order(line, person, dispatch)

    async def _hold_order(self, line: Line, person: Person, dispatch: UUID) -> Order:
        """Read an order whose incident is held, so that nobody else changes it meanwhile."""
        order = await self._read_order(line, person, dispatch)
        _require_open(order)
        return order

    @staticmethod
    async def _read_order(line: Line, person: Person, dispatch: UUID) -> Order:
        found = await store.fetch(line, Order, "dispatch_head", id=dispatch, account=person.account)
        if not found or (person.asker.role == "crew" and not found[0].is_member):
            raise refusal("unknown_dispatch", dispatch=dispatch)
        return found[0]

    async def _step(self, held: Held, order: Order, verb: Verb, person: Person, at: datetime) -> Incident:
        if verb == "arrived":
            return steps.arrive(held.incident, at)
        if verb == "decline":
            return steps.call_back(held.incident, crews_left=await _left(held), was_there=await _was_there(held))
        if verb != "done":
            return held.incident
        await require_proof(held)
        if await _left(held):
            return held.incident
        there = steps.arrive(held.incident, order.arrived_at or at)
        return steps.resolve(there, person.account, held.now)

    @staticmethod
    async def _write(line: Line, order: Order, verb: Verb | Literal["recall"], at: datetime) -> None:
        columns: dict[str, datetime | None] = dict.fromkeys(_COLUMNS)
        name = {"accept": "accepted", "decline": "declined", "recall": "recalled"}.get(verb, verb)
        columns[f"{name}_at"] = at
        await store.run(line, "step_dispatch", id=order.id, **columns)

    @staticmethod
    async def _move(line: Line, order: Order, word: Word, at: datetime) -> None:
        if word.latitude is not None and word.longitude is not None:
            where = {"latitude": word.latitude, "longitude": word.longitude}
            await store.run(line, "move_crew", crew_id=order.crew_id, at=at, **where)


@dataclass(frozen=True, slots=True)
class _Crew:
    id: int
    name: str
    agency: str


def _require_open(order: Order) -> None:
    if order.ended:
        raise refusal("dispatch_over", how_id=order.ended[0], how_en=order.ended[1])


async def _was_there(held: Held) -> bool:
    return await store.one(held.line, "crew_done", incident_id=held.incident.id) is not None


async def _left(held: Held) -> int:
    row = await store.one(held.line, "crews_left", incident_id=held.incident.id)
    return int(row[0]) if row else 0


async def _is_known(line: Line, identity: UUID, incident: UUID, photo: Photo) -> bool:
    known = await store.fetch(line, _KnownPhoto, "known_photo", id=identity)
    if known and (known[0].incident_id, bytes(known[0].sent_sha256)) != (incident, photo.sent_sha256):
        raise refusal("act_used")
    return bool(known)
