"""What goes wrong around a module costs that module only: the service goes on, and each run says how it ended."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import yaml

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
