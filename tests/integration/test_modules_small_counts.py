"""Counts of few people: nothing that is shown of a module and a time determines one that is kept back.

Tables are drawn (seeds, so that every run draws the same). What an outsider knows is written as linear equations over
the figures: districts add up to the regency, men and women to all, a share times its denominator to the count. A hidden
figure is determined where no direction of the equations' freedom moves it.
"""

import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import numpy as np
import psycopg
import pytest
import yaml

from cloud.modules.manifest import Manifest
from cloud.modules.report import Figure, Report
from cloud.modules.store import ModuleStore, put_districts, register
from tests.fix_database import as_role

QUARTER = datetime(2026, 6, 30, 17, tzinfo=UTC)
SMALLEST = 5
DISTRICTS = [f"35.14.{number:02}" for number in range(1, 7)]
SEXES = ("L", "P", "T")  # T: both
_COUNT = {"title": {"id": "Uji", "en": "Test"}, "unit": "{person}", "people": True}
_SHARE = {"title": {"id": "Bagian", "en": "Share"}, "unit": "%"}
MANIFEST: dict[str, Any] = {
    **yaml.safe_load("""
title: {id: Uji, en: Test}
owner: Dinas
contact: bidang
legal_basis: UU
period: quarter
fresh_for: 3650d
dimensions:
  district: {title: {id: Kecamatan, en: District}}
  sex: {title: {id: Kelamin, en: Sex}, values: {L: {id: L, en: M}, P: {id: P, en: F}, T: {id: LP, en: MF}}}
source: {kind: upload, mapping: {true_at: T, keys: {district: {column: D}, sex: {column: S}}, values: {}}}
"""),
    "indicators": {
        "sick": {**_COUNT, "dimensions": ["district", "sex"]},
        "all": {**_COUNT, "dimensions": ["district", "sex"]},
        "share": {**_SHARE, "dimensions": ["district", "sex"]},
        "sick_regency": {**_COUNT, "dimensions": ["sex"]},
        "all_regency": {**_COUNT, "dimensions": ["sex"]},
        "share_regency": {**_SHARE, "dimensions": ["sex"]},
        "boats": {**_SHARE, "unit": "{boat}", "dimensions": ["district"]},
    },
}
MANIFEST["source"]["mapping"]["values"] = {name: name for name in MANIFEST["indicators"]}
Cell = tuple[str, ...]
Table = dict[Cell, float]


@pytest.fixture
def open_store(database: str) -> Iterator[Callable[[str], ModuleStore]]:
    with psycopg.connect(as_role(database, "modules"), autocommit=True) as connection:
        put_districts(connection, iter((code, code) for code in DISTRICTS))

        def make(name: str) -> ModuleStore:
            register(connection, name, Manifest.model_validate(MANIFEST))
            return ModuleStore(connection, name)

        yield make


@pytest.fixture
def store(open_store: Callable[[str], ModuleStore]) -> ModuleStore:
    return open_store("aid")


def _drawn(seed: int) -> Table:
    """Draw counts: mostly large ones, some small, some nobody; and all that is reckoned from them."""
    draw = random.Random(seed)
    table: Table = {}
    for district in DISTRICTS:
        for sex in ("L", "P"):
            some = draw.choice([0, 1, 3, 4, 7, 20, 20, 300, 300, 300, 300, 300])
            table["sick", district, sex] = some
            table["all", district, sex] = some + draw.choice([0, 2, 40, 900, 900])
        table["boats", district] = draw.randrange(9)
    return _summed(table)


def _summed(table: Table) -> Table:
    for what in ("sick", "all"):
        for district in DISTRICTS:
            table[what, district, "T"] = table[what, district, "L"] + table[what, district, "P"]
        for sex in SEXES:
            table[f"{what}_regency", sex] = sum(table[what, district, sex] for district in DISTRICTS)
    for cell, whole in [(cell, value) for cell, value in table.items() if cell[0].startswith("all") and value]:
        table[cell[0].replace("all", "share"), *cell[1:]] = (
            100 * table[cell[0].replace("all", "sick"), *cell[1:]] / whole
        )
    return table


def _keep(store: ModuleStore, table: Table) -> Report:
    figures = [
        Figure(cell[0], cell[1:], QUARTER, None if _is_small(cell, value) else value) for cell, value in table.items()
    ]
    report = Report()
    store.keep(store.begin("person", "ani", None), figures, report, None)
    return report


def _is_small(cell: Cell, value: float) -> bool:
    return not cell[0].startswith(("share", "boats")) and 0 < value < SMALLEST


def _shown(database: str, module: str = "aid") -> dict[Cell, float | None]:
    with psycopg.connect(as_role(database, "wall_reader")) as wall:
        rows = wall.execute("SELECT indicator, keys, value FROM wall.module_figure WHERE module = %s", [module])
        return {(indicator, *keys): value for indicator, keys, value in rows}


def _determined(shown: dict[Cell, float | None]) -> list[Cell]:
    """List hidden counts that follow from what is shown."""
    cells = [cell for cell in shown if not cell[0].startswith(("share", "boats"))]
    column = {cell: number for number, cell in enumerate(cells)}
    rows: list[dict[Cell, float]] = [{cell: 1.0} for cell in cells if shown[cell] is not None]
    for what in ("sick", "all"):
        places = [(what, district) for district in DISTRICTS] + [(f"{what}_regency",)]
        rows += [{(*place, "L"): 1.0, (*place, "P"): 1.0, (*place, "T"): -1.0} for place in places]
        for sex in SEXES:
            rows.append({(what, district, sex): 1.0 for district in DISTRICTS} | {(f"{what}_regency", sex): -1.0})
    for cell, share in shown.items():
        if cell[0].startswith("share") and share is not None:
            of, over = ((cell[0].replace("share", what), *cell[1:]) for what in ("sick", "all"))
            rows.append({of: 1.0, over: -share / 100})
    matrix = np.zeros((len(rows), len(cells)))
    for number, row in enumerate(rows):
        for cell, factor in row.items():
            matrix[number, column[cell]] = factor
    _, singular, directions = np.linalg.svd(matrix)
    free = directions[np.count_nonzero(singular > 1e-9) :]
    return [cell for cell in cells if shown[cell] is None and not np.any(np.abs(free[:, column[cell]]) > 1e-9)]


def test_drawn_tables_when_some_counts_are_small_then_none_of_them_can_be_reckoned(database, open_store):
    for seed in range(20):
        table = _drawn(seed)
        report = _keep(open_store(f"aid{seed}"), table)
        shown = _shown(database, f"aid{seed}")
        small = [cell for cell, value in table.items() if _is_small(cell, value)]
        assert all(shown[cell] is None for cell in small), seed
        assert _determined(shown) == [], seed
        # No more than its own place and the regency's sums: the other districts stay.
        expected = _silenced(table, small)
        assert {cell for cell, value in shown.items() if value is None} == expected, seed
        assert report.kept_back == len(expected) - len(small), seed


def _silenced(table: Table, small: list[Cell]) -> set[Cell]:
    silent = {cell[1] for cell in small if len(cell) == 3}
    return {
        cell for cell in table
        if cell[0] != "boats" and (bool(small) if len(cell) == 2 else cell[1] in silent)
    }  # fmt: skip


def test_equations_when_only_the_small_counts_are_hidden_then_would_tell_them():
    """The proof proves something: with the small counts alone kept back, it finds them."""
    table = _drawn(3)
    shown = {cell: None if _is_small(cell, value) else value for cell, value in table.items()}
    assert _determined(shown)


def _rows(**values: float) -> Table:
    """A table of two districts: what is not named is large."""
    table: Table = {}
    for number, district in enumerate(DISTRICTS):
        for sex in ("L", "P"):
            table["sick", district, sex] = values.get(f"{sex}{number}", 100.0 + number)
            table["all", district, sex] = 1000.0
    return _summed(table)


def test_count_when_it_grew_small_then_neither_todays_total_nor_yesterdays_figures_tell_it(database, store):
    _keep(store, _rows())
    before = _shown(database)
    _keep(store, _rows(L0=3))
    now = _shown(database)
    # Somebody who remembers yesterday, and believes that all else is as it was, knows all districts but this one.
    remembered = {
        cell: before[cell] if value is None and cell[1:2] != (DISTRICTS[0],) else value for cell, value in now.items()
    }
    sums = [cell for cell in now if len(cell) == 2]
    assert all(now[cell] is None for cell in sums)
    assert _determined(remembered | dict.fromkeys(sums)) == []


def test_count_when_it_grew_large_again_then_is_shown_with_all_that_was_kept_back_beside_it(database, store):
    _keep(store, _rows(L0=3))
    assert None in _shown(database).values()
    _keep(store, _rows(L0=30))
    assert None not in _shown(database).values()


def test_parts_when_they_come_one_after_the_other_then_what_is_shown_already_is_taken_back(database, store):
    table = _rows(L0=3)
    small = ("sick", DISTRICTS[0], "L")
    for first in (False, True):
        _keep(store, {cell: value for cell, value in table.items() if (cell == small) is first})
    assert _determined(_shown(database)) == []
    total = ("sick_regency", "L")
    _keep(store, {total: table[total]})  # and once more, alone
    assert _shown(database)[total] is None


def test_held_figure_when_a_small_count_stands_beside_it_then_waits_no_more(database, store):
    for month in (1, 4, 7):
        figure = Figure("all", (DISTRICTS[0], "T"), datetime(2025, month, 1, tzinfo=UTC), 10.0)
        store.keep(store.begin("person", "ani", None), [figure], Report(), None)
    _keep(store, {("all", DISTRICTS[0], "T"): 90_000.0})
    with psycopg.connect(database) as owner:
        waiting = "SELECT count(*) FROM indicator_held WHERE decided_at IS NULL"
        assert owner.execute(waiting).fetchone() == (1,)
        _keep(store, {("sick", DISTRICTS[0], "L"): 3.0})
        assert owner.execute(waiting).fetchone() == (0,)


def test_run_when_it_keeps_figures_back_beside_a_small_count_then_says_so_without_a_value(database, store):
    _keep(store, _rows(L0=3, L1=4))
    with psycopg.connect(database) as owner:
        lines = owner.execute("SELECT reason, count, detail_en FROM module_run_line").fetchall()
        assert [(reason, count) for reason, count, _ in lines] == [("kept_back", 25)]
        assert owner.execute("SELECT kept_back FROM module_run").fetchone() == (25,)
