"""Rules over newest samples, silence and public figures: what holds long enough is a sign, and so is its end."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

import psycopg
import structlog

from cloud.operations import store
from cloud.operations.book import Book
from cloud.operations.opening import take
from cloud.operations.readings import MANY, read
from cloud.operations.rules import Rule, SampledWhen, SilentWhen
from cloud.operations.sign import Sign
from cloud.operations.standing import Change, Standing, judge
from cloud.operations.store import Line

# Of one look: events wait meanwhile, and a night without mains has thousands.
AT_ONCE = 20

_log = structlog.get_logger()


async def look(line: Line, book: Book, now: datetime) -> bool:
    """Look at everything that rules ask for; give whether something is left to be told.

    Args:
        line: outside of a transaction.
        book: kinds and rules.
        now: the instant.
    """
    rules = {name: rule for name, rule in book.rules.items() if isinstance(rule.when, SampledWhen)}
    readings = await read(line, rules, now)
    found = await store.fetch(line, Standing, "standings")
    standings = {(one.rule, one.subject): one for one in found}
    durations = {name: _duration(rule) for name, rule in rules.items()}
    changes = list(judge(readings, standings, durations | dict.fromkeys(_gone(standings, rules), timedelta(0)), now))
    told = [change for change in changes if change.step in ("begin", "end")]
    for change in changes:
        if change.step in ("wait", "forget"):
            await _note(line, change)
    for change in told[:AT_ONCE]:
        await _tell_or_log(line, book, change, now)
    return len(told) > AT_ONCE


def _gone(standings: Iterable[tuple[str, str]], rules: dict[str, Rule]) -> set[str]:
    """List rules that are in the file no more: whatever they held ends."""
    return {rule for rule, _ in standings} - rules.keys()


def _duration(rule: Rule) -> timedelta:
    return getattr(rule.when, "for_", None) or timedelta(0)


async def _note(line: Line, change: Change) -> None:
    standing = change.standing
    if change.step == "forget":
        await store.run(line, "drop_standing", rule=standing.rule, subject=standing.subject)
    else:
        await _put(line, standing)


async def _put(line: Line, standing: Standing) -> None:
    await store.run(
        line, "put_standing", rule=standing.rule, subject=standing.subject, since=standing.since,
        active=standing.active, told_as=standing.told_as,
    )  # fmt: skip


async def _tell_or_log(line: Line, book: Book, change: Change, now: datetime) -> None:
    """Tell a change; one that the database refuses costs only itself, and is tried again at the next look."""
    try:
        await _tell(line, book, change, now)
    except psycopg.Error as error:
        if store.is_away(error, line):
            raise
        _log.error("change_not_told", rule=change.standing.rule, subject=change.standing.subject, error=str(error))


async def _tell(line: Line, book: Book, change: Change, now: datetime) -> None:
    """Make a sign of a change, and remember in the same transaction that it was made."""
    standing = change.standing
    async with line.transaction():
        if change.step == "end":
            sign = Sign(
                "rule", f"{standing.ref}/end", _kind_of(book, standing), now, is_end=True, begun=standing.ref,
                subject=standing.subject,
            )  # fmt: skip
            await take(line, book, sign, now)
            await store.run(line, "drop_standing", rule=standing.rule, subject=standing.subject)
            return
        taken = await take(line, book, await _sign(line, book, change), now)
        await _put(line, replace(standing, told_as=None if taken.how == "shelved" else standing.ref))


def _kind_of(book: Book, standing: Standing) -> str:
    rule = book.rules.get(standing.rule)
    if rule is None:
        return next(iter(book.kinds))  # of a rule that is gone; its sources are found by their names
    many = rule.when.many if isinstance(rule.when, SilentWhen) and standing.subject == MANY else None
    return many.incident if many else rule.incident


async def _sign(line: Line, book: Book, change: Change) -> Sign:
    standing, reading = change.standing, change.reading
    assert reading is not None  # noqa: S101 - what begins was read
    place = await store.find_place(line, asset_id=reading.asset_id, box_id=reading.box_id, site_id=reading.site_id)
    place = replace(place, district=place.district or reading.district)
    severity = book.rules[standing.rule].severity if standing.subject != MANY else None
    return Sign(
        "rule", standing.ref, _kind_of(book, standing), standing.since, place, severity,
        reading.said, subject=standing.subject,
    )  # fmt: skip
