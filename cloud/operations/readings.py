"""What rules see now: newest samples, how fast they rise, silence, public figures, each with a sentence for a person.

What is looked at is the truth itself (newest samples, when boxes were heard of), not what the wall keeps: silence must
be noticed also while the job that keeps the wall does not run.
"""

from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Any

from cloud.operations import store
from cloud.operations.combined import combine, parts_of
from cloud.operations.rules import (
    AllWhen,
    IndicatorWhen,
    LevelWhen,
    OverdueWhen,
    RiseWhen,
    Rule,
    ShareWhen,
    SilentWhen,
)
from cloud.operations.standing import Reading
from cloud.operations.store import Line
from cloud.said import Said
from edge.contract.catalogue import CATALOGUE

MANY = "*"  # the subject of a rule that explains very many by one cause


@dataclass(frozen=True, slots=True)
class _Row:
    subject: str
    asset_id: int | None
    box_id: int | None
    value: float | None
    at: datetime
    is_fresh: bool
    rule: str = ""
    title_id: str = ""
    title_en: str = ""


async def read(line: Line, rules: dict[str, Rule], now: datetime) -> list[Reading]:
    """Read all that rules over samples, silence and figures ask for; what explains many comes first."""
    simple = {name: rule for name, rule in rules.items() if not isinstance(rule.when, AllWhen | ShareWhen)}
    seen = await _read_simple(line, simple | parts_of(rules), now)
    whole = [reading for reading in seen if reading.rule in simple]
    return [*await _many(line, simple, whole, now), *whole, *await combine(line, rules, seen, now)]


async def _read_simple(line: Line, rules: dict[str, Rule], now: datetime) -> list[Reading]:
    readings = [*await _read_silence(line, rules, now), *await _read_levels(line, rules, now)]
    for name, rule in rules.items():
        if isinstance(rule.when, RiseWhen):
            readings += await _read_rises(line, name, rule.when, now)
        elif isinstance(rule.when, IndicatorWhen):
            readings += await _read_figures(line, name, rule.when)
        elif isinstance(rule.when, OverdueWhen):
            readings += await _read_overdue(line, name, rule.when)
    return readings


async def _read_rises(line: Line, name: str, when: RiseWhen, now: datetime) -> list[Reading]:
    where = {"quantity": when.quantity, "kind": when.of, "span": when.over, "now": now}
    rows = await store.fetch(line, _Row, "rises", **where)
    return [_limited(name, when, row, _rise_words(when, row)) for row in rows if fnmatchcase(row.subject, when.asset)]


async def _read_figures(line: Line, name: str, when: IndicatorWhen) -> list[Reading]:
    rows = await store.fetch(line, _Row, "figures", module=when.module, indicator=when.indicator)
    return [_limited(name, when, row, Said("figure", _titles(row) | {"value": row.value})) for row in rows]


async def _read_overdue(line: Line, name: str, when: OverdueWhen) -> list[Reading]:
    rows = await store.fetch(line, _Row, "troubled_modules")
    return [_troubled(name, row) for row in rows if fnmatchcase(row.subject.partition("/")[0], when.module)]


def _limited(name: str, when: LevelWhen | RiseWhen | IndicatorWhen, row: _Row, said: Said) -> Reading:
    holds = when.holds(row.value) if row.is_fresh and row.value is not None else None
    return Reading(name, row.subject, holds, row.at, row.asset_id, row.box_id, said=said)


def _troubled(name: str, row: _Row) -> Reading:
    said = Said("troubled", _titles(row) | {"since_at": row.at.isoformat()})
    return Reading(name, row.subject, holds=True, at=row.at, said=said)


def _titles(row: _Row) -> dict[str, str]:
    return {"title_id": row.title_id, "title_en": row.title_en}


async def _read_levels(line: Line, rules: dict[str, Rule], now: datetime) -> list[Reading]:
    whens = {name: rule.when for name, rule in rules.items() if isinstance(rule.when, LevelWhen)}
    if not whens:
        return []
    limits = {
        "names": list(whens),
        "quantities": [when.quantity for when in whens.values()],
        "kinds": [when.of for when in whens.values()],
        "clears": [_clear_of(when) for when in whens.values()],
        "ups": [when.above is not None for when in whens.values()],
    }
    rows = await store.fetch(line, _Row, "levels", now=now, **limits)
    fitting = [row for row in rows if fnmatchcase(row.subject, whens[row.rule].asset)]
    return [_limited(row.rule, whens[row.rule], row, _level_words(whens[row.rule], row)) for row in fitting]


def _clear_of(when: LevelWhen) -> float | None:
    if when.clear is not None:
        return when.clear
    return when.above if when.above is not None else when.below


async def _read_silence(line: Line, rules: dict[str, Rule], now: datetime) -> list[Reading]:
    whens = {name: rule.when for name, rule in rules.items() if isinstance(rule.when, SilentWhen)}
    boxes = {name: when for name, when in whens.items() if when.of == "box"}
    assets = {name: when for name, when in whens.items() if when.of != "box" and when.quantity is None}
    quantities = {name: when for name, when in whens.items() if when.quantity is not None}
    found = await store.fetch(line, _Row, "silent_boxes", now=now, names=list(boxes), leasts=_leasts(boxes))
    found += await store.fetch(line, _Row, "silent_assets", now=now, **_terms(assets))
    if quantities:
        named = [when.quantity for when in quantities.values()]
        found += await store.fetch(line, _Row, "silent_quantities", now=now, quantities=named, **_terms(quantities))
    return [_silent(row, whens[row.rule]) for row in found if fnmatchcase(row.subject, whens[row.rule].asset)]


def _terms(whens: dict[str, SilentWhen]) -> dict[str, Any]:
    kinds, factors = [when.of for when in whens.values()], [when.factor for when in whens.values()]
    return {"names": list(whens), "kinds": kinds, "factors": factors, "leasts": _leasts(whens)}


def _leasts(whens: dict[str, SilentWhen]) -> list[float]:
    return [when.least.total_seconds() for when in whens.values()]


def _silent(row: _Row, when: SilentWhen) -> Reading:
    values = {"subject": row.subject, "since_at": row.at.isoformat()}
    said = Said("silent_quantity", values | {"quantity": when.quantity}) if when.quantity else Said("silent", values)
    return Reading(row.rule, row.subject, holds=True, at=row.at, asset_id=row.asset_id, box_id=row.box_id, said=said)


async def _many(line: Line, rules: dict[str, Rule], readings: list[Reading], now: datetime) -> list[Reading]:
    """See what explains very many at once; it comes first, so that they become a part of it."""
    found = []
    for name, rule in rules.items():
        many = rule.when.many if isinstance(rule.when, SilentWhen) and rule.when.of == "box" else None
        if many is None:
            continue
        silent = sum(reading.rule == name for reading in readings)
        row = await store.one(line, "count_boxes")
        heard = row[0] if row else 0
        if silent >= many.least and silent >= many.share * heard:
            said = Said("many_silent", {"n": silent, "of": heard})
            found.append(Reading(name, MANY, holds=True, at=now, said=said))
    return found


def _level_words(when: LevelWhen, row: _Row) -> Said:
    quantity = CATALOGUE[when.quantity]
    values = {"quantity": when.quantity, "value": row.value, "subject": row.subject}
    return Said("flag" if quantity.kind == "boolean" else "level", values)


def _rise_words(when: RiseWhen, row: _Row) -> Said:
    value = row.value or 0.0
    values = {"quantity": when.quantity, "value": abs(round(value, 2)), "subject": row.subject}
    return Said("fall" if value < 0 else "rise", values)
