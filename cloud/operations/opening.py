"""What becomes of a sign: a new incident, a part of one, one that comes again, or a count on a shelf.

One key, at most one open incident. Whoever decides about a key holds its lock, so that the engine and an operator who
takes a call cannot both make one. Nothing that comes twice counts twice: a source is known by its name.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from psycopg.types.json import Jsonb

from cloud.operations import incident as steps
from cloud.operations import store
from cloud.operations.book import Book
from cloud.operations.incident import Incident
from cloud.operations.kinds import Kind, Severity
from cloud.operations.sign import Sign, key_of
from cloud.operations.store import Entry, Line
from cloud.signals.identity import new_id

How = Literal["opened", "folded", "reopened", "shelved", "known", "ended", "nothing"]

# Children that were noticed this long before the cause that explains them fold into it, too.
EXPLAINED_WITHIN = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a sign.

    Attributes:
        how: in a word.
        incident: which one, where there is one.
    """

    how: How
    incident: UUID | None = None


@dataclass(frozen=True, slots=True)
class _Key:
    key: str


async def take(line: Line, book: Book, sign: Sign, now: datetime) -> Taken:
    """Decide what becomes of a sign, and write it down.

    Args:
        line: in a transaction.
        book: kinds and rules.
        sign: what is said.
        now: the instant.
    """
    if sign.is_end:
        return await _end(line, book, sign, now)
    kind = book.kinds[sign.kind]
    key = key_of(sign, sign.kind, kind)
    parents = [key_of(sign, name, book.kinds[name]) for name in kind.within]
    # In one order, so that two who decide about the same keys never wait in a circle.
    for each in sorted({key, *parents}):
        await store.run(line, "lock_key", key=each)
    known = await store.one(line, "known_source", source=sign.source, ref=sign.ref)
    if known:
        return Taken("known", known[0])
    # A person who calls is heard, whatever lies on a shelf.
    if sign.source != "call" and await _is_shelved(line, key, sign, now):
        return Taken("shelved")
    since = now - kind.reopen_within
    found = await store.incidents(line, "candidates", keys=[*parents, key], since=since, happened_at=sign.at)
    host = _choose(found, key, parents, sign, since)
    if host is None:
        return Taken("opened", await _open(line, book, sign, key, now))
    return await _join(line, book, host, sign, now)


def _choose(found: list[Incident], key: str, parents: list[str], sign: Sign, since: datetime) -> Incident | None:
    """Choose the incident that a sign belongs to: an open cause, an open one of its own key, one of the past."""
    open_ones = {each.key: each for each in found if each.state not in steps.OVER}
    for parent in parents:
        if parent in open_ones:
            return open_ones[parent]
    if key in open_ones:
        return open_ones[key]
    for each in found:
        if each.key != key or each.closed_at is None:
            continue
        # It came again soon after the end; or it is told late, and happened while that incident was handled.
        if each.closed_at > since or each.happened_at <= sign.at <= each.closed_at:
            return each
    return None


async def _open(line: Line, book: Book, sign: Sign, key: str, now: datetime) -> UUID:
    kind = book.kinds[sign.kind]
    is_late = now - sign.at > book.file.late_after and sign.source != "call"
    severity = sign.severity or kind.severity
    place = sign.place
    row = {
        "id": new_id(), "kind": sign.kind, "key": key, "category": kind.category, "agency": kind.agency,
        "severity": severity, "priority": steps.priority_for(book.file, kind, severity, late=is_late),
        "title_id": sign.title or kind.title.id, "title_en": sign.title or kind.title.en,
        "detail_id": sign.text_id, "detail_en": sign.text_en,
        "site_id": place.site_id, "box_id": place.box_id, "asset_id": place.asset_id,
        "latitude": place.latitude, "longitude": place.longitude, "happened_at": min(sign.at, now), "now": now,
    }  # fmt: skip
    made = (await store.incidents(line, "add_incident", **row))[0]
    await _add_source(line, made.id, sign, severity)
    started = steps.start_clocks(made, steps.clocks_of(kind, late=is_late), now)
    started = await _look_for_end(line, started, sign)
    detail = {"kind": sign.kind, "key": key, "severity": severity} | (_late(sign, now) if is_late else {})
    started = replace(started, look_at=steps.next_look(started, kind))
    entry = Entry("opened", sign.actor, sign.address, sign.text_id, detail)
    saved = await store.save(line, started, started, entry, now)
    await _gather_children(line, book, saved, now)
    return made.id


def _late(sign: Sign, now: datetime) -> dict[str, float]:
    return {"late_s": round((now - sign.at).total_seconds())}


async def _look_for_end(line: Line, incident: Incident, sign: Sign) -> Incident:
    """Find the end of an event that was told before its beginning, as a backlog may have it."""
    if sign.source != "event":
        return incident
    found = await store.one(
        line, "find_end", box_id=sign.place.box_id, asset_id=sign.place.asset_id,
        type=sign.event_type, since=sign.at, begun=sign.ref,
    )  # fmt: skip
    if not found or found[0] is None:
        return incident
    await store.run(line, "end_source", source=sign.source, ref=sign.ref, at=found[0])
    return replace(incident, condition_ended_at=found[0])


async def _join(line: Line, book: Book, host: Incident, sign: Sign, now: datetime) -> Taken:
    """Make a sign a part of an incident, which opens again where it was said to be over."""
    own, kind = book.kinds[sign.kind], book.kinds.get(host.kind, book.kinds[sign.kind])
    severity = sign.severity or own.severity
    await _add_source(line, host.id, sign, severity)
    is_past = host.closed_at is not None and sign.at <= host.closed_at
    after = replace(host, count=host.count + 1, last_seen_at=max(host.last_seen_at, min(sign.at, now)))
    if is_past:
        await store.save(line, host, after, _said("told_late", sign, severity, **_late(sign, now)), now)
        return Taken("folded", host.id)
    comes_again = host.state in steps.OVER or (host.resolved_at is not None and sign.at > host.resolved_at)
    if comes_again:
        after = steps.reopen(after, kind.clocks, now)
    if sign.kind == host.kind:
        after = _grow(book, after, kind, sign, severity)
    after = await _look_for_end(line, replace(after, condition_ended_at=None), sign)
    after = replace(after, look_at=steps.next_look(after, kind))
    action = "reopened" if comes_again else "raised" if after.priority < host.priority else "folded"
    await store.save(line, host, after, _said(action, sign, severity, count=after.count), now)
    return Taken("reopened" if comes_again else "folded", host.id)


def _grow(book: Book, incident: Incident, kind: Kind, sign: Sign, severity: Severity) -> Incident:
    grown = steps.grow(incident, book.file, kind, severity)
    if not sign.text_id or sign.at < incident.last_seen_at:
        return grown
    return replace(grown, detail_id=sign.text_id, detail_en=sign.text_en)


def _said(action: str, sign: Sign, severity: Severity, **detail: object) -> Entry:
    what = {"source": sign.source, "ref": sign.ref, "severity": severity, "asset": sign.place.asset or sign.subject}
    return Entry(action, sign.actor, sign.address, sign.text_id, what | detail)


async def _gather_children(line: Line, book: Book, cause: Incident, now: datetime) -> None:
    """Merge what was noticed a little before its cause: the cameras of a box, then the box."""
    kinds = book.children_of(cause.kind)
    scope = book.kinds[cause.kind].fold
    if not kinds or scope in ("call", "district"):  # of a district nobody can list what lies in it by its key
        return
    where = {
        "box_id": cause.box_id if scope == "box" else None,
        "site_id": cause.site_id if scope == "site" else None,
    }
    named = await store.fetch(line, _Key, "child_keys", kinds=kinds, **where)
    keys = [row.key for row in named if scope != "asset" or row.key.partition(":")[2] == cause.key.partition(":")[2]]
    total = cause.count
    for child in await store.incidents(line, "children", keys=keys, since=now - EXPLAINED_WITHIN):
        merged = replace(steps.merge(child, cause, now), look_at=None)
        await store.save(line, child, merged, Entry("merged", detail={"into": cause.name}), now)
        await store.run(line, "move_sources", id=child.id, into=cause.id)
        total += child.count
        grown = replace(cause, count=total)
        await store.save(line, cause, grown, Entry("folded", detail={"incident": child.name, "key": child.key}), now)


async def _is_shelved(line: Line, key: str, sign: Sign, now: datetime) -> bool:
    found = await store.one(line, "shelf_of", key=key, now=now)
    if not found:
        return False
    content = Jsonb(sign.content) if sign.content is not None else None
    await store.run(
        line, "shelve_source", shelf_id=found[0], source=sign.source, ref=sign.ref, content=content, at=sign.at
    )
    return True


async def _add_source(line: Line, incident: UUID, sign: Sign, severity: Severity) -> None:
    await store.run(
        line, "add_source", source=sign.source, ref=sign.ref, incident_id=incident, asset_id=sign.place.asset_id,
        at=sign.at, ended_at=None, severity=severity, text_id=sign.text_id, text_en=sign.text_en,
    )  # fmt: skip


async def _end(line: Line, book: Book, sign: Sign, now: datetime) -> Taken:
    """Note that a source's condition is over; an incident's is when the last of its sources' is."""
    ended = None
    if sign.begun is not None:
        ended = await store.one(line, "end_source", source=sign.source, ref=sign.begun, at=sign.at)
        if ended is None and await store.run(line, "end_shelved", source=sign.source, ref=sign.begun, at=sign.at):
            return Taken("shelved")
    if ended is None and sign.begun in (None, "unknown"):
        key = key_of(sign, sign.kind, book.kinds[sign.kind])
        where = {"key": key, "source": sign.source, "asset_id": sign.place.asset_id}
        ended = await store.one(line, "end_sources_of", at=sign.at, **where)
    if ended is None:
        return Taken("nothing")
    await _end_condition(line, book, ended[0], sign, now)
    return Taken("ended", ended[0])


async def _end_condition(line: Line, book: Book, incident: UUID, sign: Sign, now: datetime) -> None:
    held = (await store.incidents(line, "hold", id=incident))[0]
    row = await store.one(line, "sources_left", id=incident)
    if row is None or row[0] or held.state in steps.OVER or held.condition_ended_at is not None:
        return
    after = replace(held, condition_ended_at=row[1])
    kind = book.kinds.get(held.kind)
    after = replace(after, look_at=steps.next_look(after, kind) if kind else held.look_at)
    await store.save(line, held, after, Entry("condition_ended", text=sign.text_id, detail={"ref": sign.ref}), now)
