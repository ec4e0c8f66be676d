"""Migrations on a real TimescaleDB, and what the runner refuses."""

import re
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from cloud.db.connection import Connection, connect
from cloud.db.errors import Misconfigured, Refused
from cloud.db.local import LocalCluster
from cloud.db.migrate import make_plan, migrate
from cloud.db.migration_files import FOLDER, read_migrations
from cloud.db.prefix import ensure_timescaledb
from tests.migration.snapshot import SNAPSHOT, dump_schema


@pytest.fixture
def blank(blank_database: str) -> Iterator[Connection]:
    with connect(blank_database, "test", autocommit=True) as connection:
        yield connection


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A small set of migrations of one's own."""
    (tmp_path / "repeatable").mkdir()
    (tmp_path / "0001_first.sql").write_text("CREATE TABLE first (id integer);")
    (tmp_path / "repeatable/10_view.sql").write_text("CREATE OR REPLACE VIEW seen AS SELECT id FROM first;")
    return tmp_path


def test_schema_when_built_from_all_migrations_then_is_the_snapshot(blank: Connection, blank_database: str) -> None:
    version = subprocess.run(
        [str(ensure_timescaledb() / "pg_dump"), "--version"], check=True, capture_output=True, text=True
    ).stdout
    if " 17." not in version:
        pytest.skip("the snapshot was written by pg_dump 17; another one writes the same schema differently")
    migrate(blank)
    assert dump_schema(blank_database) == SNAPSHOT.read_text(), (
        "the schema has changed: look at the difference, then run `python -m tests.migration.snapshot`"
    )


def test_migrate_when_up_to_date_then_applies_nothing(blank: Connection) -> None:
    assert migrate(blank).pending
    applied: list[str] = []
    assert migrate(blank, applied.append).pending == []
    assert applied == []


def test_migrate_when_two_start_at_once_on_an_empty_database_then_each_migration_is_applied_once(
    cluster: LocalCluster, blank: Connection
) -> None:
    name = blank.info.dbname + "_two"
    dsn = cluster.create_database(name, "template0")  # without the extension, which they must not both create
    applied: list[str] = []

    def work(_: int) -> None:
        with connect(dsn, "test", autocommit=True) as connection:
            migrate(connection, applied.append)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(work, range(2)))
    cluster.drop_database(name)
    assert sorted(applied) == sorted(migration.name for migration in read_migrations("apache"))


def test_migrate_when_two_databases_of_a_cluster_at_once_then_both_arrive(
    cluster: LocalCluster, blank: Connection
) -> None:
    names = [f"{blank.info.dbname}_{n}" for n in range(2)]

    def work(name: str) -> list[str]:
        with connect(cluster.create_database(name, "template0"), "test", autocommit=True) as connection:
            migrate(connection)
            return make_plan(connection).pending

    with ThreadPoolExecutor(2) as pool:
        pending = list(pool.map(work, names))
    for name in names:
        cluster.drop_database(name)
    assert pending == [[], []]


def test_migrate_when_an_applied_migration_has_changed_then_refuses_by_name(blank: Connection, folder: Path) -> None:
    migrate(blank, folder=folder)
    (folder / "0001_first.sql").write_text("CREATE TABLE first (id bigint);")
    with pytest.raises(Misconfigured, match=r"0001_first .* has been changed since.*write a new migration"):
        migrate(blank, folder=folder)


def test_migrate_when_only_line_endings_have_changed_then_is_up_to_date(blank: Connection, folder: Path) -> None:
    path = folder / "0001_first.sql"
    path.write_bytes(b"CREATE TABLE first\n(id integer);")
    migrate(blank, folder=folder)
    path.write_bytes(b"CREATE TABLE first\r\n(id integer);")
    assert make_plan(blank, folder).pending == []


def test_migrate_when_a_repeatable_has_changed_then_applies_all_repeatables(blank: Connection, folder: Path) -> None:
    (folder / "repeatable/20_comment.sql").write_text("COMMENT ON VIEW seen IS 'seen';")
    migrate(blank, folder=folder)
    (folder / "repeatable/10_view.sql").write_text("CREATE OR REPLACE VIEW seen AS SELECT id + 1 AS id FROM first;")
    assert migrate(blank, folder=folder).pending == ["repeatable/10_view", "repeatable/20_comment"]


def test_migrate_when_a_migration_fails_then_nothing_of_it_stays_and_it_is_named(
    blank: Connection, folder: Path
) -> None:
    (folder / "0002_broken.sql").write_text("CREATE TABLE second (id integer); SELECT 1 / 0;")
    with pytest.raises(Refused, match="0002_broken: division by zero"):
        migrate(blank, folder=folder)
    assert blank.execute("SELECT to_regclass('first'), to_regclass('second')").fetchone() == ("first", None)
    assert make_plan(blank, folder).pending[0] == "0002_broken"


def test_migrate_when_the_database_is_newer_than_the_program_then_refuses(blank: Connection, folder: Path) -> None:
    (folder / "0002_future.sql").write_text("SELECT 1;")
    migrate(blank, folder=folder)
    (folder / "0002_future.sql").unlink()
    with pytest.raises(Misconfigured, match="0002_future, which this program does not know"):
        migrate(blank, folder=folder)


def test_migrate_when_built_with_the_other_edition_then_refuses_and_says_so(blank: Connection, folder: Path) -> None:
    migrate(blank, folder=folder)
    blank.execute("INSERT INTO schema_migration VALUES ('0002_rollups.community', 'x')")
    with pytest.raises(Misconfigured, match="community edition and now runs with apache"):
        make_plan(blank, folder)


def test_files_when_read_for_both_editions_then_pair_up() -> None:
    apache, community = (
        [migration.name for migration in read_migrations(edition)] for edition in ("apache", "community")
    )
    assert [name.removesuffix(".apache") for name in apache] == [name.removesuffix(".community") for name in community]
    assert apache != community


def test_files_when_two_share_a_number_then_refuses(folder: Path) -> None:
    (folder / "0001_second.sql").write_text("SELECT 1;")
    with pytest.raises(Misconfigured, match="share a number"):
        read_migrations("apache", folder)


def test_rollups_of_the_editions_when_compared_then_have_the_same_columns() -> None:
    """The Community edition cannot run here: at least its names are held to the Apache edition's."""
    text = (FOLDER / "0006_rollups.community.sql").read_text()
    for column in ("bucket", "n", "min", "max", "sum", "last"):
        assert len(re.findall(rf" AS {column}[,\n]", text)) == 3, column
    assert len(re.findall(r"WITH \(timescaledb.continuous, timescaledb.materialized_only = false\)", text)) == 3
