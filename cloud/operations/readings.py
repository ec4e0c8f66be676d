"""What rules see now: newest samples, how fast they rise, silence, public figures, each with a sentence for a person.

What is looked at is the truth itself (newest samples, when boxes were heard of), not what the wall keeps: silence must
be noticed also while the job that keeps the wall does not run.
"""

from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase

from cloud.operations import store
from cloud.operations.rules import IndicatorWhen, LevelWhen, OverdueWhen, RiseWhen, Rule, SilentWhen
from cloud.operations.spans import say_wib
from cloud.operations.standing import Reading
from cloud.operations.store import Line
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
    silent = await _read_silence(line, rules, now)
    readings = [*await _many(line, rules, silent, now), *silent, *await _read_levels(line, rules, now)]
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
    return [_limited(name, when, row, *_rise_words(when, row)) for row in rows if fnmatchcase(row.subject, when.asset)]


async def _read_figures(line: Line, name: str, when: IndicatorWhen) -> list[Reading]:
    rows = await store.fetch(line, _Row, "figures", module=when.module, indicator=when.indicator)
    return [
        _limited(name, when, row, f"{row.title_id}: {row.value:g}", f"{row.title_en}: {row.value:g}") for row in rows
    ]


async def _read_overdue(line: Line, name: str, when: OverdueWhen) -> list[Reading]:
    rows = await store.fetch(line, _Row, "troubled_modules")
    return [_troubled(name, row) for row in rows if fnmatchcase(row.subject.partition("/")[0], when.module)]


def _limited(name: str, when: LevelWhen | RiseWhen | IndicatorWhen, row: _Row, text_id: str, text_en: str) -> Reading:
    holds = when.holds(row.value) if row.is_fresh and row.value is not None else None
    return Reading(name, row.subject, holds, row.at, row.asset_id, row.box_id, text_id[:500], text_en[:500])


def _troubled(name: str, row: _Row) -> Reading:
    since = say_wib(row.at)
    text_id, text_en = f"{row.title_id} (sejak {since} WIB)", f"{row.title_en} (since {since} WIB)"
    return Reading(name, row.subject, holds=True, at=row.at, text_id=text_id[:500], text_en=text_en[:500])


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
    return [_limited(row.rule, whens[row.rule], row, *_level_words(whens[row.rule], row)) for row in fitting]


def _clear_of(when: LevelWhen) -> float | None:
    if when.clear is not None:
        return when.clear
    return when.above if when.above is not None else when.below


async def _read_silence(line: Line, rules: dict[str, Rule], now: datetime) -> list[Reading]:
    whens = {name: rule.when for name, rule in rules.items() if isinstance(rule.when, SilentWhen)}
    boxes = [name for name, when in whens.items() if when.of == "box"]
    assets = [name for name in whens if name not in boxes]
    leasts = {name: when.least.total_seconds() for name, when in whens.items()}
    found = await store.fetch(line, _Row, "silent_boxes", names=boxes, leasts=[leasts[name] for name in boxes], now=now)
    found += await store.fetch(
        line, _Row, "silent_assets", now=now, names=assets, kinds=[whens[name].of for name in assets],
        factors=[whens[name].factor for name in assets], leasts=[leasts[name] for name in assets],
    )  # fmt: skip
    return [_silent(row) for row in found if fnmatchcase(row.subject, whens[row.rule].asset)]


def _silent(row: _Row) -> Reading:
    since = say_wib(row.at)
    text_id, text_en = f"{row.subject} tidak terdengar sejak {since} WIB", f"{row.subject} is silent since {since} WIB"
    where = {"asset_id": row.asset_id, "box_id": row.box_id}
    return Reading(row.rule, row.subject, holds=True, at=row.at, text_id=text_id, text_en=text_en, **where)


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
            text_id = f"{silent} dari {heard} kotak tidak terdengar: jaringan, perantara pesan, atau penerimaan data"
            text_en = f"{silent} of {heard} boxes are silent: the network, the broker or the ingester"
            found.append(Reading(name, MANY, holds=True, at=now, text_id=text_id, text_en=text_en))
    return found


def _level_words(when: LevelWhen, row: _Row) -> tuple[str, str]:
    quantity = CATALOGUE.get(when.quantity)
    if quantity is None:
        return f"{when.quantity} {row.value:g}", f"{when.quantity} {row.value:g}"
    if quantity.kind == "boolean":
        yes_id, yes_en = ("ya", "yes") if row.value else ("tidak", "no")
        return f"{quantity.title_id}: {yes_id} ({row.subject})", f"{quantity.title_en}: {yes_en} ({row.subject})"
    figure = f"{row.value:g} {quantity.unit} ({row.subject})"
    return f"{quantity.title_id}: {figure}", f"{quantity.title_en}: {figure}"


def _rise_words(when: RiseWhen, row: _Row) -> tuple[str, str]:
    quantity = CATALOGUE.get(when.quantity)
    title_id, title_en, unit = (
        (quantity.title_id, quantity.title_en, quantity.unit) if quantity else (when.quantity, when.quantity, "")
    )
    return (
        f"{title_id} naik {row.value:.2f} {unit}/jam ({row.subject})",
        f"{title_en} rises by {row.value:.2f} {unit}/h ({row.subject})",
    )
