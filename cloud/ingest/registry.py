"""Which box may write which series, and under which number it is stored.

Everything is read once and kept; what is missing is registered in the database, many names at a time. The limit of
series per box holds exactly, also with several ingesters, because a registration locks the row of its box.
"""

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
_RELOAD_BOXES_AFTER_S = 1.0  # an unknown box asks the database at most this often
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
        site_id: where it is.
        series: by resolved SenML name as the box writes it.
        refused: names that this box may not write, with the reason.
    """

    id: int
    name: str
    site_id: int | None
    series: dict[str, Series] = field(default_factory=dict)
    refused: dict[str, Rejected] = field(default_factory=dict)


class Registry:
    """Boxes and series, backed by the database.

    Args:
        connection: in autocommit mode; used only by the writer's thread.
    """

    def __init__(self, connection: Connection[tuple[Any, ...]]) -> None:
        self._connection = connection
        self._boxes: dict[str, Box] = {}
        self._loaded_at_s = 0.0
        self.series_count = 0
        self._load_boxes()
        for name, code, quantity, series_id, unit in connection.execute(_SQL["all_series"]):
            self._remember(self._boxes[name], f"{code}:{quantity}", Series(series_id, unit))

    def use(self, connection: Connection[tuple[Any, ...]]) -> None:
        """Go on with a new connection after the old one was lost."""
        self._connection = connection

    def box(self, name: str) -> Box | None:
        """Find a box; None when it is not registered."""
        found = self._boxes.get(name)
        if found is None and time.monotonic() > self._loaded_at_s + _RELOAD_BOXES_AFTER_S:
            self._load_boxes()
            found = self._boxes.get(name)
        return found

    def register(self, box: Box, names: Iterable[str], units: Iterable[str | None]) -> None:
        """Make every name either a series or a refused name of its box.

        Args:
            box: the publisher.
            names: resolved SenML names, repeats allowed.
            units: the unit that came with each.
        """
        if len(box.refused) > _MAX_REFUSED_NAMES:
            box.refused.clear()
        wanted: dict[str, str | None] = {}
        for name, unit in zip(names, units, strict=True):
            if name not in box.series and name not in box.refused:
                wanted.setdefault(name, unit)
        acceptable = [name for name in wanted if self._accept(box, name)]
        if acceptable:
            self._store(box, acceptable, wanted)

    def forget_refusals(self) -> None:
        """Give refused names another chance: limits and assets may have been changed meanwhile."""
        for box in self._boxes.values():
            box.refused.clear()

    def _load_boxes(self) -> None:
        self._loaded_at_s = time.monotonic()
        for box_id, name, site_id in self._connection.execute(_SQL["all_boxes"]):
            if name not in self._boxes:
                self._boxes[name] = Box(box_id, name, site_id)

    def _remember(self, box: Box, name: str, series: Series) -> None:
        if name not in box.series:
            self.series_count += 1
        box.series[name] = series

    @staticmethod
    def _accept(box: Box, name: str) -> bool:
        if is_senml_name(name) and split_name(name, box.name)[1]:
            return True
        detail = f"{name[:120]!r}: use A-Z a-z 0-9 - : . / _ and a quantity behind the last colon"
        box.refused[name] = Rejected(Reason.BAD_NAME, detail)
        return False

    def _store(self, box: Box, names: list[str], units: dict[str, str | None]) -> None:
        parts = {name: split_name(name, box.name) for name in names}
        ordered = sorted(set(parts.values()))  # one order for all ingesters: they wait for each other, never deadlock
        unit_of = {parts[name]: _unit(parts[name][1], units[name]) for name in names}
        with self._connection.transaction():
            limit = self._number("lock_box", box)
            used = self._number("count_series", box)
            arguments = {
                "box": box.id,
                "site": box.site_id,
                "codes": [code for code, _ in ordered],
                "quantities": [quantity for _, quantity in ordered],
                "units": [unit_of[part] for part in ordered],
                "room": max(0, limit - used),
            }
            self._connection.execute(_SQL["register_assets"], arguments)
            self._connection.execute(_SQL["register_series"], arguments)
            rows = self._connection.execute(_SQL["find_series"], arguments).fetchall()
        found = {(code, quantity): (owner, series_id, unit) for code, quantity, owner, series_id, unit in rows}
        for name, part in parts.items():
            self._learn(box, name, found.get(part), limit)

    def _number(self, statement: str, box: Box) -> int:
        row = self._connection.execute(_SQL[statement], {"box": box.id}).fetchone()
        return int(row[0]) if row else 0

    def _learn(self, box: Box, name: str, row: tuple[int, int | None, str | None] | None, limit: int) -> None:
        if row is not None and row[0] != box.id:
            detail = f"{name}: this asset belongs to another box; move it in the registry first"
            box.refused[name] = Rejected(Reason.FOREIGN_ASSET, detail)
        elif row is None or row[1] is None:
            detail = f"{name}: {box.name} has its {limit} series; raise series_limit or stop making names"
            box.refused[name] = Rejected(Reason.TOO_MANY_SERIES, detail)
        else:
            self._remember(box, name, Series(row[1], row[2]))


def _unit(quantity: str, given: str | None) -> str | None:
    """Choose the unit of a new series: the catalogue's word counts, else what its first sample says."""
    known = CATALOGUE.get(quantity)
    return known.unit if known else given
