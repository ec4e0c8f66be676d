"""What goes wrong around a module costs that module only: the service goes on, and each run says how it ended."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import rmtree
from typing import Any

import psycopg
import yaml

from cloud.modules.manifest_files import find_modules
from cloud.modules.schedule import Scheduler
from cloud.modules.settings import ModulesSettings
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
    first = next(find_modules([tmp_path / "modules", tmp_path / "more"]))
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
