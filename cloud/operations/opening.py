"""What becomes of a sign: a new incident, a part of one, one that comes again, or a count on a shelf.

One key, at most one open incident. Whoever decides about a key holds its lock, so that the engine and an operator who
takes a call cannot both make one. Nothing that comes twice counts twice: a source is known by its name.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from psycopg.types.json import Jsonb

from cloud.operations import ending, store
from cloud.operations import incident as steps
from cloud.operations.book import Book
from cloud.operations.incident import Incident
from cloud.operations.kinds import Kind, Severity
from cloud.operations.sign import Sign, key_of, sane
from cloud.operations.store import Candidate, Entry, Line
from cloud.said import Said
from cloud.signals.identity import new_id

How = Literal["opened", "folded", "reopened", "shelved", "known", "ended", "nothing"]

# What still lasts when its cause has been over for so long is trouble of its own: a camera takes a minute to start.
OUTLASTS_AFTER = timedelta(minutes=3)
LAST_MOMENTS = timedelta(minutes=2)
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
    sign = replace(sign, at=sane(sign.at, now))
    if sign.is_end:
        ended = await ending.end(line, book, sign, now)
        return Taken(*ended)
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
    found = await store.candidates(line, keys=[*parents, key], since=since, happened_at=sign.at)
    host = _choose(book, found, key, parents, sign, since)
    if host is None:
        return Taken("opened", await _open(line, book, sign, key, now))
    return await _join(line, book, host, sign, now)


def _choose(
    book: Book, found: list[Candidate], key: str, parents: list[str], sign: Sign, since: datetime
) -> Candidate | None:
    """Choose the incident that a sign belongs to: an open one of its own, an open cause, one of the past.

    Its own is that of its key, or the one that this was merged into.
    """
    own = [one for one in found if one.by_key == key and _is_followed(book, one)]
    causes = [one for parent in parents for one in found if one.by_key == parent and explains(one.incident, sign.at)]
    for each in (*own, *causes):
        if each.incident.state not in steps.OVER:
            return each
    for each in own:
        one = each.incident
        # It came again soon after the end; or it is told late, and happened while that incident was handled.
        if one.closed_at is not None and (one.closed_at > since or _was_handled(one, sign.at)):
            return each
    return None


def _was_handled(one: Incident, at: datetime) -> bool:
    """Tell whether something happened while an incident was handled to its end; a false alarm was of something else.

    What happened in the last moments before the end may be new: clocks and lines of boxes are late by seconds.
    """
    return one.state == "closed" and one.closed_at is not None and one.happened_at <= at <= one.closed_at - LAST_MOMENTS


def _is_followed(book: Book, one: Candidate) -> bool:
    """Tell whether what comes for a key goes where its incident was merged; not where that only explained it."""
    if one.home_id == one.incident.id:
        return True
    kind = book.kinds.get(one.by_key.partition(":")[0])
    return kind is None or one.incident.kind not in kind.within


def explains(cause: Incident, at: datetime) -> bool:
    """Tell whether an incident explains what happens at an instant: what is over explains nothing any more."""
    if cause.state not in steps.NOT_YET_RESOLVED:
        return False
    return cause.condition_ended_at is None or at <= cause.condition_ended_at + OUTLASTS_AFTER


async def _open(line: Line, book: Book, sign: Sign, key: str, now: datetime) -> UUID:
    kind = book.kinds[sign.kind]
    # By the clock of who was told: the engine's may be wrong, or it may have been down.
    is_late = (sign.came_at or now) - sign.at > book.file.late_after and sign.source != "call"
    if is_late and await store.one(line, "was_shelved", source=sign.source, ref=sign.ref):
        is_late = False  # it came in time, and was put away by a person
    severity = sign.severity or kind.severity
    place = sign.place
    row = {
        "id": new_id(), "kind": sign.kind, "key": key, "category": kind.category, "agency": kind.agency,
        "severity": severity, "priority": steps.priority_for(book.file, kind, severity, late=is_late),
        "title_id": sign.title or kind.title.id, "title_en": sign.title or kind.title.en,
        "detail_id": sign.text_id, "detail_en": sign.text_en,
        "site_id": place.site_id, "box_id": place.box_id, "asset_id": place.asset_id,
        "latitude": place.latitude, "longitude": place.longitude, "happened_at": min(sign.since or sign.at, now),
        "now": now,
    }  # fmt: skip
    made = (await store.incidents(line, "add_incident", **row))[0]
    await _add_source(line, (made.id, made.id), key, sign, severity)
    started = steps.start_clocks(made, steps.clocks_of(kind, late=is_late), now)
    started = await _look_for_end(line, started, sign)
    detail = {"kind": sign.kind, "key": key, "severity": severity} | (_late(sign, now) if is_late else {})
    started = replace(started, look_at=steps.next_look(started, kind))
    entry = Entry("opened", sign.actor, sign.address, sign.text, detail, said=sign.said)
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


async def _join(line: Line, book: Book, found: Candidate, sign: Sign, now: datetime) -> Taken:
    """Make a sign a part of an incident, which opens again where it was said to be over."""
    host = found.incident
    own, kind = book.kinds[sign.kind], book.kinds.get(host.kind, book.kinds[sign.kind])
    severity = sign.severity or own.severity
    key = key_of(sign, sign.kind, own)
    await _add_source(line, (host.id, found.home_id if found.by_key == key else host.id), key, sign, severity)
    if found.by_key == key and found.home_id != host.id:
        await store.run(line, "count_up", id=found.home_id)
    is_past = _was_handled(host, sign.at)
    after = replace(host, count=host.count + 1, last_seen_at=max(host.last_seen_at, min(sign.at, now)))
    if is_past:
        await store.save(line, host, after, _said("told_late", sign, severity, **_late(sign, now)), now)
        return Taken("folded", host.id)
    if host.kind in own.within:
        # What it explains neither makes it last longer, nor opens it again.
        await _look_for_end(line, after, sign)
        await store.save(line, host, after, _said("folded", sign, severity, count=after.count), now)
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
    return Entry(action, sign.actor, sign.address, sign.text, what | detail, said=sign.said)


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
        said = Said("explained_by", {"incident": cause.name})
        await store.save(line, child, merged, Entry("merged", detail={"into": cause.name}, said=said), now)
        await store.run(line, "move_sources", id=child.id, into=cause.id)
        total += child.count
        grown = await ending.settle(
            line, book, steps.take_in(replace(cause, count=total, condition_ended_at=None), child)
        )
        told = Entry(
            "folded", detail={"incident": child.name, "key": child.key}, said=Said("explains", {"incident": child.name})
        )
        cause = await store.save(line, cause, grown, told, now)


async def _is_shelved(line: Line, key: str, sign: Sign, now: datetime) -> bool:
    found = await store.one(line, "shelf_of", key=key, now=now)
    if not found:
        return False
    content = Jsonb(sign.content) if sign.content is not None else None
    await store.run(
        line, "shelve_source", shelf_id=found[0], source=sign.source, ref=sign.ref, content=content, at=sign.at
    )
    return True


async def _add_source(line: Line, place: tuple[UUID, UUID], key: str, sign: Sign, severity: Severity) -> None:
    """Note a source.

    Args:
        line: in a transaction.
        place: the incident that it is a part of, and the one that it came to.
        key: its own.
        sign: what is said.
        severity: in its own words.
    """
    await store.run(
        line, "add_source", source=sign.source, ref=sign.ref, incident_id=place[0], home_id=place[1], key=key,
        asset_id=sign.place.asset_id, at=sign.since or sign.at, ended_at=None, severity=severity, text_id=sign.text_id,
        text_en=sign.text_en,
    )  # fmt: skip
