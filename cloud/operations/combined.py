"""Rules over several things at once: all of some at one place, or a share of the assets of a place.

Each part is read like a rule of its own, under the name `rule/number`; here they are put together. What cannot be told
of a part (between its limits, too old) cannot be told of the whole, unless another part decides it.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from fnmatch import fnmatchcase

from cloud.operations import store
from cloud.operations.rules import AllWhen, Rule, ShareWhen, Within
from cloud.operations.standing import Reading
from cloud.operations.store import Line
from cloud.said import Said

REGENCY = "regency"
NAMED = 3  # of a share, so many are named


Where = dict[tuple[int | None, int | None], str]


@dataclass(frozen=True, slots=True)
class _Member:
    """An asset or a box, and where it is."""

    subject: str
    asset_id: int | None
    box_id: int | None
    box: str | None
    site_id: int | None
    site: str | None
    district: str | None

    def place(self, within: Within) -> str | None:
        """Name the place that it has in common with others; None where nobody knows."""
        if within == REGENCY:
            return REGENCY
        return {"asset": self.subject, "box": self.box, "site": self.site, "district": self.district}[within]


def parts_of(rules: Mapping[str, Rule]) -> dict[str, Rule]:
    """Give the parts of rules over several things as rules of their own."""
    found: dict[str, Rule] = {}
    for name, rule in rules.items():
        if isinstance(rule.when, AllWhen):
            found |= {_part(name, number): _looking_at(rule, part) for number, part in enumerate(rule.when.parts)}
        elif isinstance(rule.when, ShareWhen):
            found[_part(name, 0)] = _looking_at(rule, rule.when.part)
    return found


async def combine(line: Line, rules: Mapping[str, Rule], seen: Iterable[Reading], now: datetime) -> list[Reading]:
    """Put the readings of parts together.

    Args:
        line: to the database.
        rules: of which those over several things are looked at.
        seen: readings, those of parts among them.
        now: the instant.
    """
    by_rule: dict[str, list[Reading]] = defaultdict(list)
    for reading in seen:
        if reading.holds is not False:
            by_rule[reading.rule].append(reading)
    found: list[Reading] = []
    for name, rule in rules.items():
        if isinstance(rule.when, AllWhen):
            parts = [by_rule[_part(name, number)] for number in range(len(rule.when.parts))]
            found += await _all(line, name, rule.when, parts)
        elif isinstance(rule.when, ShareWhen):
            found += await _share(line, name, rule.when, by_rule[_part(name, 0)], now)
    return found


async def _all(line: Line, name: str, when: AllWhen, parts: list[list[Reading]]) -> list[Reading]:
    if not all(parts):
        return []
    places = await _places(line, when.within, [reading for part in parts for reading in part])
    found = []
    for first in parts[0]:
        place = _place_of(first, when.within, places)
        others = [[one for one in part if _place_of(one, when.within, places) == place] for part in parts[1:]]
        if place is None or not all(others):
            continue
        # Of several that fit, one that surely holds.
        chosen = [first, *(max(part, key=lambda one: one.holds is True) for part in others)]
        holds = True if all(one.holds for one in chosen) else None
        said = Said("all", {"parts": [one.said.plain() for one in chosen if one.said]})
        found.append(replace(first, rule=name, holds=holds, said=said))
    return found


async def _share(line: Line, name: str, when: ShareWhen, part: list[Reading], now: datetime) -> list[Reading]:
    if len(part) < when.least:
        return []
    quantity = getattr(when.part, "quantity", None)
    members = await store.fetch(line, _Member, "members", kind=when.part.of, quantity=quantity)
    there: dict[str, list[_Member]] = defaultdict(list)
    for member in members:
        place = member.place(when.within)
        if place is not None and fnmatchcase(member.subject, when.part.asset):
            there[place].append(member)
    read = {reading.subject: reading for reading in part}
    found = (_judge_share(name, when, place, ones, read, now) for place, ones in there.items())
    return [reading for reading in found if reading is not None]


def _judge_share(
    name: str, when: ShareWhen, place: str, members: list[_Member], read: Mapping[str, Reading], now: datetime
) -> Reading | None:
    perhaps = [read[one.subject] for one in members if one.subject in read]
    surely = [one for one in perhaps if one.holds]
    needed = max(when.least, when.fraction * len(members))
    if len(perhaps) < needed:
        return None
    named = [one.said.plain() for one in surely[:NAMED] if one.said]
    said = Said("share", {"n": len(surely), "of": len(members), "place": place, "parts": named})
    first = members[0]
    return Reading(
        name, place, True if len(surely) >= needed else None, now, said=said,
        box_id=first.box_id if when.within == "box" else None,
        site_id=first.site_id if when.within == "site" else None,
        district=place if when.within == "district" else None,
    )  # fmt: skip


async def _places(line: Line, within: Within, readings: list[Reading]) -> Where:
    if within == REGENCY:
        return {}
    keys = {_key(reading.asset_id, reading.box_id) for reading in readings}
    where = {"assets": [asset for asset, _ in keys if asset], "boxes": [box for _, box in keys if box]}
    members = await store.fetch(line, _Member, "where_they_are", **where)
    placed = ((_key(one.asset_id, one.box_id), one.place(within)) for one in members)
    return {key: place for key, place in placed if place is not None}


def _place_of(reading: Reading, within: Within, places: Where) -> str | None:
    return REGENCY if within == REGENCY else places.get(_key(reading.asset_id, reading.box_id))


def _key(asset_id: int | None, box_id: int | None) -> tuple[int | None, int | None]:
    return asset_id, box_id if asset_id is None else None


def _looking_at(rule: Rule, part: object) -> Rule:
    """Give a rule that looks at one part only."""
    return rule.model_copy(update={"when": part})


def _part(name: str, number: int) -> str:
    return f"{name}/{number}"
