"""Which box may write which series, and under which number it is stored.

Everything is read once and kept, until the database tells that something was moved; what is missing is registered in
the database, many names at a time. The limit of series per box holds exactly, also with several ingesters, because a
registration locks the row of its box.
"""

import re
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from psycopg import Connection

from cloud.db.queries import load
from edge.contract.catalogue import CATALOGUE
from edge.contract.names import is_senml_name, split_name
from edge.contract.rejected import Reason, Rejected

_SQL = load("ingest")
_ASK_AGAIN_AFTER_S = 1.0  # for a box that was unknown; the broker lets nobody in who has no certificate of ours
_MAX_UNKNOWN = 1_000
_UNIT = re.compile(r"[!-~]{1,40}")  # UCUM codes are printable ASCII without spaces
# Codes of assets and boxes as this project names them, with the place in front.
_PLACED = re.compile(r"([A-Z0-9]{2,12}(?:-[A-Z0-9]{1,12})*)(?:\..*|-[a-z]{1,4})")

Part = tuple[str, str]  # asset, quantity
Found = tuple[int, int | None, str | None]  # the asset's box, the series, its unit

_MAX_REFUSED_NAMES = 1_000  # refused names remembered per box, so that a flood of them costs no database


@dataclass(frozen=True, slots=True)
class Series:
    """A series as the hot loop needs it.

    Attributes:
        id: its number in the database.
        unit: the unit its values must have; None where none was ever given.
    """

    id: int
    unit: str | None


@dataclass(slots=True)
class Box:
    """A known box.

    Attributes:
        id: its number in the database.
        name: its slot.
        site: code of the place where it is.
        series: by resolved SenML name as the box writes it.
        refused: names that this box may not write, with the reason.
    """

    id: int
    name: str
    site: str
    series: dict[str, Series] = field(default_factory=dict)
    refused: dict[str, Rejected] = field(default_factory=dict)

    def refuse(self, name: str, why: Rejected) -> None:
        """Remember that this box may not write this name; a flood of such names takes bounded memory."""
        if len(self.refused) >= _MAX_REFUSED_NAMES:
            self.refused.clear()
        self.refused[name] = why


@dataclass(frozen=True, slots=True)
class Wanted:
    """A name that a box uses and that is not yet known.

    Attributes:
        box: who uses it.
        name: as it is written.
        unit: the unit that came with it.
    """

    box: Box
    name: str
    unit: str | None

    @property
    def part(self) -> Part:
        """Asset and quantity."""
        return split_name(self.name, self.box.name)


class Registry:
    """Boxes and series, backed by the database.

    Args:
        connection: in autocommit mode; used only by the writer's thread.
    """

    def __init__(self, connection: Connection[tuple[Any, ...]]) -> None:
        self._connection = connection
        self._boxes: dict[str, Box] = {}
        self._unknown_until_s: dict[str, float] = {}
        self.series_count = 0
        for box, name, site in connection.execute(_SQL["all_boxes"]):
            self._boxes[name] = Box(box, name, site)
        for name, code, quantity, series_id, unit in connection.execute(_SQL["all_series"]):
            self._remember(self._boxes[name], f"{code}:{quantity}", Series(series_id, unit))

    def box(self, name: str) -> Box | None:
        """Find a box; None when it is not registered."""
        found = self._boxes.get(name)
        now_s = time.monotonic()
        if found is None and now_s >= self._unknown_until_s.get(name, 0.0):
            row = self._connection.execute(_SQL["one_box"], {"name": name}).fetchone()
            if row is not None:
                self._unknown_until_s.pop(name, None)
                return self._boxes.setdefault(name, Box(row[0], name, row[1]))
            if len(self._unknown_until_s) >= _MAX_UNKNOWN:
                self._unknown_until_s.clear()
            self._unknown_until_s[name] = now_s + _ASK_AGAIN_AFTER_S
        return found

    def register(self, wanted: Iterable[Wanted]) -> None:
        """Make every name either a series or a refused name of its box, all in one transaction.

        Args:
            wanted: names that are neither; repeats allowed, the first one's unit counts.
        """
        missing: dict[Part, Wanted] = {}
        for item in wanted:
            if item.name in item.box.series or item.name in item.box.refused:
                continue
            if item.unit is not None and not _UNIT.fullmatch(item.unit):
                detail = f"{item.name[:120]!r}: a unit is a UCUM code of at most 40 characters"
                item.box.refuse(item.name, Rejected(Reason.WRONG_UNIT, detail))
            elif is_senml_name(item.name) and item.part[1]:
                missing.setdefault(item.part, item)
            else:
                detail = f"{item.name[:120]!r}: use A-Z a-z 0-9 - : . / _ and a quantity behind the last colon"
                item.box.refuse(item.name, Rejected(Reason.BAD_NAME, detail))
        if missing:
            self._store(missing)

    def forget_refusals(self) -> None:
        """Give refused names another chance: limits and assets may have been changed meanwhile."""
        for box in self._boxes.values():
            box.refused.clear()

    def _remember(self, box: Box, name: str, series: Series) -> None:
        if name not in box.series:
            self.series_count += 1
        box.series[name] = series

    def _store(self, missing: dict[Part, Wanted]) -> None:
        # One order for all ingesters: they may wait for each other, but never in a circle.
        items = [missing[part] for part in sorted(missing)]
        with self._connection.transaction():
            room = self._lock_boxes({item.box.id for item in items})
            known = self._find(items)
            new = [item for item in items if _is_new(item, known) and _take_room(item, room)]
            if new:
                columns = {
                    "codes": [item.part[0] for item in new],
                    "boxes": [item.box.id for item in new],
                    "quantities": [item.part[1] for item in new],
                    "units": [_unit(item.part[1], item.unit) for item in new],
                }
                self._connection.execute(_SQL["register_assets"], columns)
                self._connection.execute(_SQL["register_series"], columns)
                known = self._find(items)
        for item in items:
            self._learn(item, known.get(item.part))

    def _lock_boxes(self, boxes: set[int]) -> dict[int, int]:
        """Hold the boxes' rows until the transaction ends, and count the series that each may still register."""
        arguments = {"boxes": sorted(boxes)}
        limits = dict(self._connection.execute(_SQL["lock_boxes"], arguments).fetchall())
        used = dict(self._connection.execute(_SQL["count_series"], arguments).fetchall())
        return {box: limit - used.get(box, 0) for box, limit in limits.items()}

    def _find(self, items: list[Wanted]) -> dict[Part, Found]:
        arguments = {"codes": [item.part[0] for item in items], "quantities": [item.part[1] for item in items]}
        rows = self._connection.execute(_SQL["find_series"], arguments)
        return {(code, quantity): (owner, series, unit) for code, quantity, owner, series, unit in rows}

    def _learn(self, item: Wanted, found: Found | None) -> None:
        box, name = item.box, item.name
        if found is not None and found[0] != box.id:
            detail = f"{name}: this asset belongs to another box; move it in the registry first"
            box.refuse(name, Rejected(Reason.FOREIGN_ASSET, detail))
        elif found is None and _is_elsewhere(item):
            detail = f"{name}: of another place than {box.site}; only the registry gives a box assets elsewhere"
            box.refuse(name, Rejected(Reason.FOREIGN_ASSET, detail))
        elif found is None or found[1] is None:
            detail = f"{name}: {box.name} has all the series it may have; raise its series_limit or make fewer names"
            box.refuse(name, Rejected(Reason.TOO_MANY_SERIES, detail))
        else:
            self._remember(box, name, Series(found[1], found[2]))


def _is_new(item: Wanted, known: dict[Part, Found]) -> bool:
    found = known.get(item.part)
    if found is None and _is_elsewhere(item):
        return False
    return found is None or (found[0] == item.box.id and found[1] is None)


def _is_elsewhere(item: Wanted) -> bool:
    """Tell whether a name that nobody has registered carries another place's code: that one may still come."""
    placed = _PLACED.fullmatch(item.part[0])
    return placed is not None and placed[1] not in (item.box.site, item.box.name.rpartition("-")[0])


def _take_room(item: Wanted, room: dict[int, int]) -> bool:
    room[item.box.id] = room.get(item.box.id, 0) - 1
    return room[item.box.id] >= 0


def _unit(quantity: str, given: str | None) -> str | None:
    """Choose the unit of a new series: the catalogue's word counts, else what its first sample says."""
    known = CATALOGUE.get(quantity)
    return known.unit if known else given
