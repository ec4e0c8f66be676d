"""What goes wrong around a module costs that module only: the service goes on, and each run says how it ended."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from shutil import rmtree
from typing import Any

import psycopg
import pytest
import yaml

from cloud.modules import notation
from cloud.modules.errors import SourceFailed
from cloud.modules.manifest import Manifest
from cloud.modules.manifest_files import find_modules
from cloud.modules.report import Figure, Report
from cloud.modules.run import Occasion, keep_figures, run_folder, run_module
from cloud.modules.schedule import Scheduler
from cloud.modules.settings import ModulesSettings
from cloud.modules.sources.visit import Reach
from cloud.modules.store import ModuleStore, end_abandoned, register
from tests.fix_database import as_role

_FOLDER = """
title: {id: Uji, en: Test}
owner: Dinas
contact: bidang
legal_basis: UU
period: month
fresh_for: 40d
dimensions: {place: {title: {id: Tempat, en: Place}, values: {A: {id: A, en: A}, B: {id: B, en: B}}}}
indicators: {births: {title: {id: Lahir, en: Births}, unit: "{person}", dimensions: [place]}}
source:
  kind: folder
  mapping: {true_at: Bulan, keys: {place: {column: Tempat}}, values: {births: Lahir}}
"""


def _put_module(folder: Path, name: str, text: str = _FOLDER) -> Path:
    (folder / name).mkdir(parents=True, exist_ok=True)
    path = folder / name / "module.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def _wait(happened: Callable[[], bool], timeout_s: float = 30.0) -> None:
    deadline_s = time.monotonic() + timeout_s
    while not happened():
        assert time.monotonic() < deadline_s
        time.sleep(0.05)


@contextmanager
def _at_work(database: str, tmp_path: Path) -> Iterator[Callable[[], list[str]]]:
    """Have a scheduler work; give what asks for the names of its modules."""
    folders = [tmp_path / "modules", tmp_path / "more"]
    for folder in folders:
        folder.mkdir(exist_ok=True)
    settings = ModulesSettings(dsn=as_role(database, "modules"), folders=folders, drop_folder=tmp_path / "drop")
    scheduler = Scheduler(settings)
    thread = threading.Thread(target=scheduler.work)
    thread.start()

    def names() -> list[str]:
        assert thread.is_alive()
        return [name for (name,) in _query(database, "SELECT name FROM module WHERE active ORDER BY 1")]

    try:
        yield names
    finally:
        scheduler.stop()
        thread.join()


def _query(database: str, statement: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(database) as connection:
        return connection.execute(statement).fetchall()  # type: ignore[arg-type]


def test_work_when_an_editors_lock_lies_beside_a_manifest_then_goes_on(database, tmp_path):
    with _at_work(database, tmp_path) as names:
        _put_module(tmp_path / "modules", "one")
        (tmp_path / "modules" / "one" / ".#module.yaml").symlink_to("ani@host.123")
        _wait(lambda: names() == ["one"])


def test_work_when_a_folder_has_the_name_of_another_or_a_text_that_cannot_be_kept_then_goes_on_without_it(
    database, tmp_path
):
    with _at_work(database, tmp_path) as names:
        _put_module(tmp_path / "modules", "one")
        _wait(lambda: names() == ["one"])
        _put_module(tmp_path / "more", "one", _FOLDER.replace("en: Test", "en: Other"))
        _put_module(tmp_path / "more", "nul", _FOLDER.replace("en: Test", 'en: "T\\0"'))
        _put_module(tmp_path / "more", "two")
        _wait(lambda: names() == ["one", "two"])
    assert _query(database, "SELECT DISTINCT manifest #>> '{title,en}' FROM module") == [("Test",)]
    found = find_modules([tmp_path / "modules", tmp_path / "more"])
    first = next(module for module in found if module.name == "one")
    assert (first.manifest is not None, "rename one" in first.faults[0]) == (True, True)


def test_manifests_when_a_folder_of_modules_goes_then_all_stay_as_they_were_until_it_is_there_again(database, tmp_path):
    modules, more = tmp_path / "modules", tmp_path / "more"
    _put_module(modules, "one")
    _put_module(more, "two")
    dsn = as_role(database, "modules")
    scheduler = Scheduler(ModulesSettings(dsn=dsn, folders=[modules, more], drop_folder=tmp_path / "drop"))
    names = "SELECT name FROM module WHERE active ORDER BY 1"
    with psycopg.connect(dsn, autocommit=True) as connection:
        scheduler._read_manifests(connection)
        rmtree(more)
        scheduler._read_manifests(connection)
        assert _query(database, names) == [("one",), ("two",)]
        more.mkdir()
        scheduler._read_manifests(connection)
        assert _query(database, names) == [("one",)]


def test_period_when_the_session_is_in_another_zone_then_ends_with_the_month_of_west_indonesia_time(database):
    ends = """SELECT module_period_end(began::timestamptz, module_period(jsonb_build_object('period', period)))
            = ended::timestamptz
        FROM (VALUES
            ('month', '2026-03-01 00:00+07', '2026-04-01 00:00+07'),
            ('month', '2026-02-01 00:00+07', '2026-03-01 00:00+07'),
            ('quarter', '2026-10-01 00:00+07', '2027-01-01 00:00+07'),
            ('year', '2024-01-01 00:00+07', '2025-01-01 00:00+07'),
            ('day', '2026-03-01 00:00+07', '2026-03-02 00:00+07'),
            ('instant', '2026-03-01 09:30+07', '2026-03-01 09:30+07')
        ) AS known (period, began, ended)"""
    for zone in ("UTC", "Asia/Jakarta", "America/New_York"):
        with psycopg.connect(database, options=f"-c timezone={zone}") as connection:
            assert connection.execute(ends).fetchall() == [(True,)] * 6, zone


@pytest.fixture
def modules(database: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(as_role(database, "modules"), autocommit=True) as connection:
        yield connection


def _drop(folder: Path, name: str, *rows: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text("\n".join(["Bulan;Tempat;Lahir", *rows, ""]), encoding="utf-8")
    os.utime(folder / name, (0, 0))


def _states(database: str) -> list[tuple[str, str]]:
    return _query(database, "SELECT state, coalesce(fault_en, '') FROM module_run ORDER BY id")


def test_run_when_its_reading_breaks_off_by_what_nobody_thought_of_then_is_failed_and_says_where(database, modules):
    manifest = Manifest.model_validate(yaml.safe_load(_FOLDER))
    register(modules, "births", manifest)

    def broken() -> Iterator[Figure]:
        yield Figure("births", ("A",), datetime(2025, 1, 1, tzinfo=UTC), 1.0)
        raise ZeroDivisionError("3514144101900001")

    outcome = keep_figures(ModuleStore(modules, "births"), broken(), Report(), Occasion("person"))
    assert not outcome.good
    ((state, said),) = _states(database)
    assert state == "failed"
    assert "ZeroDivisionError, test_modules_trouble.py:" in said
    assert "3514144101900001" not in said + outcome.text_id
    assert _query(database, "SELECT count(*) FROM indicator_value") == [(0,)]


def test_run_when_its_fault_is_no_text_for_a_database_then_is_failed_all_the_same(database, modules):
    register(modules, "births", Manifest.model_validate(yaml.safe_load(_FOLDER)))
    report = Report()

    def broken() -> Iterator[Figure]:
        report.note("odd", "\ud800", "a\0b", 1)
        raise SourceFailed("kolom \0\ud800", "column \0\ud800")
        yield

    assert not keep_figures(ModuleStore(modules, "births"), broken(), report, Occasion("person")).good
    assert _states(database) == [("failed", r"column \0\ud800")]


def test_folder_when_a_file_breaks_its_reading_off_then_the_next_one_is_read(database, modules, tmp_path, monkeypatch):
    folder, manifest = tmp_path / "births", Manifest.model_validate(yaml.safe_load(_FOLDER))
    _drop(folder, "1.csv", "Januari 2025;A;13")
    _drop(folder, "2.csv", "Februari 2025;A;7")
    _drop(folder, "3.csv", "Maret 2025;A;8")
    honest = notation.read_time

    def read_time(text: object, period: Any, order: Any) -> datetime:
        if text == "Januari 2025":
            raise OverflowError("date value out of range")
        return honest(text, period, order)

    monkeypatch.setattr("cloud.modules.figures.read_time", read_time)
    run_folder(modules, "births", manifest, Reach(drop_folder=tmp_path))
    assert [state for state, _ in _states(database)] == ["failed", "done", "done"]
    run_folder(modules, "births", manifest, Reach(drop_folder=tmp_path))
    assert len(_states(database)) == 3


def test_query_when_its_variable_is_not_set_then_the_run_is_failed_and_says_so(database, modules):
    plain = yaml.safe_load(_FOLDER)
    plain["source"] |= {"kind": "sql", "connection": "SOURCE_BIRTHS_DSN", "query": "SELECT 1 AS satu"}
    manifest = Manifest.model_validate(plain)
    for address, says in (
        ("", "SOURCE_BIRTHS_DSN is not set"),
        ("oracle://x", "must begin with"),
        ("mysql://h:x/", "answer"),
    ):
        reach = Reach(environment={"SOURCE_BIRTHS_DSN": address})
        outcome = run_module(modules, "births", manifest, reach, Occasion("schedule"))
        assert (outcome.good, says in outcome.text_en) == (False, True), outcome
    assert [state for state, _ in _states(database)] == ["failed"] * 3


def test_run_when_its_process_was_killed_then_is_ended_by_the_next_start_and_one_that_goes_on_is_not(database, modules):
    register(modules, "births", Manifest.model_validate(yaml.safe_load(_FOLDER)))
    with psycopg.connect(as_role(database, "api"), autocommit=True) as gone:
        ModuleStore(gone, "births").begin("person", "ani", None)
        ModuleStore(gone, "births").begin("backfill", "ani", None)
        assert end_abandoned(modules) == 0
    store = ModuleStore(modules, "births")
    going_on = store.begin("push", "token", None)
    with psycopg.connect(as_role(database, "modules"), autocommit=True) as starting:
        _wait(lambda: end_abandoned(starting) + len([each for each in _states(database) if each[0] == "failed"]) >= 2)
    assert [state for state, _ in _states(database)] == ["failed", "failed", "running"]
    store.fail(going_on, "x", "x", Report())
    locks = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"
    assert _query(database, locks) == [(0,)]


def test_manifest_when_corrected_then_what_has_not_changed_is_read_again(database, modules, tmp_path):
    plain = yaml.safe_load(_FOLDER)
    plain["source"]["mapping"]["numbers"] = "en"
    _drop(tmp_path / "births", "1.csv", "Januari 2025;A;1.500")
    for numbers, shown in (("en", 1.5), ("id", 1_500.0)):
        plain["source"]["mapping"]["numbers"] = numbers
        for _ in range(2):
            run_folder(modules, "births", Manifest.model_validate(plain), Reach(drop_folder=tmp_path))
        assert _query(database, "SELECT value FROM wall.module_figure") == [(shown,)]
    assert len(_states(database)) == 2
