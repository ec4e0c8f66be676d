"""The end of a condition: a source says that it is over, and the incident that it was a part of may be, too."""

from dataclasses import replace
from datetime import datetime
from typing import Literal
from uuid import UUID

from cloud.operations import incident as steps
from cloud.operations import store
from cloud.operations.book import Book
from cloud.operations.incident import Incident
from cloud.operations.sign import Sign, key_of
from cloud.operations.store import Entry, Line

Ended = tuple[Literal["ended", "shelved", "nothing"], UUID | None]


async def end(line: Line, book: Book, sign: Sign, now: datetime) -> Ended:
    """Note that a source's condition is over; an incident's is when the last of its own sources' is.

    Args:
        line: in a transaction.
        book: kinds: what an incident only explains does not make it last.
        sign: whose end it is.
        now: the instant.

    Returns:
        what became of it, and which incident it was a part of.
    """
    ended = None
    if sign.begun is not None:
        ended = await store.one(line, "end_source", source=sign.source, ref=sign.begun, at=sign.at)
        if ended is None and await store.run(line, "end_shelved", source=sign.source, ref=sign.begun, at=sign.at):
            return "shelved", None
    if ended is None and sign.begun in (None, "unknown"):
        key = key_of(sign, sign.kind, book.kinds[sign.kind])
        where = {"key": key, "source": sign.source, "asset_id": sign.place.asset_id}
        ended = await store.one(line, "end_sources_of", at=sign.at, **where)
    if ended is None:
        return "nothing", None
    await _end_condition(line, book, ended[0], sign, now)
    return "ended", ended[0]


async def _end_condition(line: Line, book: Book, incident: UUID, sign: Sign, now: datetime) -> None:
    held = (await store.incidents(line, "hold", id=incident))[0]
    after = await settle(line, book, held)
    if after is held:
        return
    entry = Entry("condition_ended", detail={"ref": sign.ref}, said=sign.said)
    await store.save(line, held, after, entry, now)


async def settle(line: Line, book: Book, held: Incident) -> Incident:
    """Note that the condition of an incident is over, where none of its own sources lasts; else give it as it is."""
    explained = book.children_of(held.kind)
    row = await store.one(line, "sources_left", id=held.id, explained=explained)
    if row is None or row[0] or row[1] is None or held.state in steps.OVER or held.condition_ended_at is not None:
        return held
    after = replace(held, condition_ended_at=row[1])
    kind = book.kinds.get(held.kind)
    return replace(after, look_at=steps.next_look(after, kind) if kind else held.look_at)
