"""Clocks: what nobody takes up, or nobody reaches in time, is told to the next level of the roster.

What is over and was never taken up closes itself; shelves end.
"""

from dataclasses import dataclass, replace
from datetime import datetime, time

import structlog

from cloud.operations import incident as steps
from cloud.operations import store
from cloud.operations.book import Book
from cloud.operations.incident import Incident
from cloud.operations.kinds import Clocks, Kind
from cloud.operations.spans import is_between
from cloud.operations.store import Entry, Line
from cloud.said import Said

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _OnDuty:
    who: str
    shift_from: time
    shift_to: time
    is_for_all: bool


async def look(line: Line, book: Book, now: datetime) -> None:
    """Do what is due.

    Args:
        line: outside of a transaction.
        book: kinds and rules.
        now: the instant.
    """
    await store.run(line, "end_shelves", now=now)
    async with line.transaction():
        for held in await store.incidents(line, "due_looks", now=now):
            await _look_at(line, book.kinds.get(held.kind), held, now)


async def _look_at(line: Line, kind: Kind | None, held: Incident, now: datetime) -> None:
    ends_itself = kind is not None and kind.closes_itself is not None and held.condition_ended_at is not None
    if held.state == "open" and ends_itself and _ended_long_ago(held, kind, now):
        if await store.one(line, "has_call", id=held.id):
            # A person who called is heard: somebody has to look, whatever the sensor says by now.
            due_at = steps.escalate_at(held, _clocks(kind))
            await line.execute("UPDATE incident SET look_at = %s WHERE id = %s", [due_at, held.id])
            if due_at is None or due_at > now:
                return
        else:
            after = replace(steps.close_itself(held, now), look_at=None)
            await store.save(line, held, after, Entry("closed_itself"), now)
            return
    await _look_at_clock(line, kind, held, now)


async def _look_at_clock(line: Line, kind: Kind | None, held: Incident, now: datetime) -> None:
    if (due_at := steps.escalate_at(held, _clocks(kind))) and now >= due_at:
        await _escalate(line, kind, held, now)
    else:
        after = replace(held, look_at=steps.next_look(held, kind) if kind else None)
        later = after.look_at if after.look_at and after.look_at > now else None
        await line.execute("UPDATE incident SET look_at = %s WHERE id = %s", [later, held.id])


def _clocks(kind: Kind | None) -> Clocks:
    return kind.clocks if kind else Clocks()


def _ended_long_ago(held: Incident, kind: Kind | None, now: datetime) -> bool:
    assert kind is not None  # noqa: S101 - seen by the caller
    assert kind.closes_itself is not None  # noqa: S101 - the same
    return held.condition_ended_at is not None and now >= held.condition_ended_at + kind.closes_itself


async def _escalate(line: Line, kind: Kind | None, held: Incident, now: datetime) -> None:
    after, told = steps.escalate(held), list[str]()
    while not (told := await on_duty(line, held.agency, after.escalation, now)):
        if after.escalation >= steps.MAX_ESCALATION:
            break
        after = steps.escalate(after)  # nobody is on duty at this level: the next one at once
    after = replace(after, look_at=steps.next_look(after, kind) if kind else None)
    clock = _clock_of(held)
    detail = {"level": after.escalation, "clock": clock, "told": told}
    said = Said("escalated", {"clock": clock, "told": told})
    await store.save(line, held, after, Entry("escalated", detail=detail, said=said), now)
    _log.warning("incident_escalated", incident=held.name, clock=clock, level=after.escalation, told=told)


def _clock_of(held: Incident) -> str:
    if held.state in ("open", "resolved"):
        return {"open": "acknowledge", "resolved": "verify"}[held.state]
    return "resolve" if held.due_at == held.due_resolve_at else "arrive"


async def on_duty(line: Line, agency: str, level: int, now: datetime) -> list[str]:
    """List who is told at a level of an agency's roster now; where none of its own is on duty, those for all."""
    found = await store.fetch(line, _OnDuty, "roster_of", agency=agency, level=level)
    there = [each for each in found if is_between(now, each.shift_from, each.shift_to)]
    own = [each.who for each in there if not each.is_for_all]
    return own or [each.who for each in there]
