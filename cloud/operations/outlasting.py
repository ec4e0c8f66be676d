"""Trouble that outlasts what explained it: a camera that stays silent when its box is heard again.

While a cause is open, what it explains is a part of it. When the cause is over, most of that ends within a minute or
two; whatever does not is taken out and looked at anew: it becomes an incident of its own, or a part of another cause.
And what a rule still sees half an hour after people have ended its incident is told to them once more.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast
from uuid import UUID

import structlog

from cloud.operations import store
from cloud.operations.book import Book
from cloud.operations.kinds import Severity
from cloud.operations.opening import OUTLASTS_AFTER, take
from cloud.operations.sign import NOWHERE, Sign, Source
from cloud.operations.store import Entry, Line
from cloud.said import Said, told

# As long as what comes again opens its incident again: whoever has just ended one is not told the same at once.
TOLD_AGAIN_AFTER = timedelta(minutes=30)

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Left:
    """A source that lasts."""

    source: str
    ref: str
    incident_id: UUID
    key: str
    asset_id: int | None
    at: datetime
    severity: str
    text_id: str
    text_en: str


async def look(line: Line, book: Book, now: datetime) -> None:
    """Take out what has outlasted its cause.

    Args:
        line: outside of a transaction.
        book: kinds: which explains which.
        now: the instant.
    """
    await store.run(line, "tell_again", now=now, before=now - TOLD_AGAIN_AFTER)
    pairs = [(host, child) for host in book.kinds for child in book.children_of(host)]
    named = {"hosts": [host for host, _ in pairs], "children": [child for _, child in pairs]}
    for left in await store.fetch(line, _Left, "left_over", settled=now - OUTLASTS_AFTER, **named):
        async with line.transaction():
            await _take_out(line, book, left, now)


async def _take_out(line: Line, book: Book, left: _Left, now: datetime) -> None:
    if not await store.run(line, "take_source", source=left.source, ref=left.ref):
        return  # it has ended in this instant
    cause = (await store.incidents(line, "hold", id=left.incident_id))[0]
    taken = await take(line, book, await _sign(line, left, now), now)
    detail = {"key": left.key, "ref": left.ref}
    entry = Entry("left_over", detail=detail, said=Said("left_over", {"key": left.key}))
    await store.log(line, cause.id, entry, cause.state, cause.state)
    if taken.incident is not None:
        after = Entry("outlasted", detail={"incident": cause.name}, said=Said("outlasts", {"incident": cause.name}))
        await store.log(line, taken.incident, after, None, None)
    _log.info("source_left_over", key=left.key, cause=cause.name, how=taken.how)


async def _sign(line: Line, left: _Left, now: datetime) -> Sign:
    kind, _, subject = left.key.partition(":")
    place = None if left.asset_id is not None else await store.find_code(line, subject)
    if left.asset_id is not None:
        place = await store.find_place(line, asset_id=left.asset_id)
    return Sign(
        cast("Source", left.source), left.ref, kind, now, place or NOWHERE, cast("Severity", left.severity),
        told(left.text_id, left.text_en), subject=subject, since=left.at,
    )  # fmt: skip
