"""Bring a database to the schema of this program.

One migrator works at a time (advisory lock); each once-migration is a transaction of its own, all repeatable ones
are one together, because dropping and making the wall's views must not be seen half done. What was applied is
remembered with its checksum in `schema_migration`.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from cloud.db.connection import Connection
from cloud.db.errors import Misconfigured, Refused
from cloud.db.locks import MIGRATION_LOCK
from cloud.db.migration_files import FOLDER, Edition, Migration, read_migrations

Report = Callable[[str], None]

_BOOK = """
CREATE TABLE IF NOT EXISTS schema_migration (
    name text PRIMARY KEY,
    checksum text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
)
"""
_REMEMBER = """
INSERT INTO schema_migration (name, checksum) VALUES (%s, %s)
ON CONFLICT (name) DO UPDATE SET checksum = excluded.checksum, applied_at = now()
"""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a database lacks.

    Attributes:
        edition: of its TimescaleDB.
        applied: names of the migrations that it has.
        once: migrations to apply, in this order.
        repeatable: all repeatable migrations if any of them changed, else none.
    """

    edition: Edition
    applied: tuple[str, ...]
    once: tuple[Migration, ...]
    repeatable: tuple[Migration, ...]

    @property
    def pending(self) -> list[str]:
        """Names of everything that a migration would apply now."""
        return [migration.name for migration in self.once + self.repeatable]


def migrate(connection: Connection, report: Report = lambda _: None, folder: Path = FOLDER) -> Plan:
    """Apply what is missing; a database that is up to date is left as it is.

    Args:
        connection: of a role that may create extensions and roles; in autocommit.
        report: called with each migration's name before it is applied.
        folder: where the migrations lie.

    Returns:
        the plan that was carried out.

    Raises:
        Misconfigured: a migration that was applied has changed or is unknown here, or the edition is another.
        Refused: the database refused a migration; it names which, and nothing of it stays.
    """
    with _alone(connection):
        connection.execute("CREATE EXTENSION IF NOT EXISTS timescaledb")
        connection.execute(_BOOK)
        plan = make_plan(connection, folder)
        for migration in plan.once:
            _apply(connection, [migration], report)
        if plan.repeatable:
            _apply(connection, plan.repeatable, report)
    return plan


def make_plan(connection: Connection, folder: Path = FOLDER) -> Plan:
    """Compare the database with this program.

    Raises:
        Misconfigured: as `migrate`.
    """
    edition = read_edition(connection)
    wanted = read_migrations(edition, folder)
    applied = _read_book(connection)
    _refuse_changes(wanted, applied, edition)
    repeatable = tuple(migration for migration in wanted if migration.repeatable)
    changed = any(applied.get(migration.name) != migration.checksum for migration in repeatable)
    once = tuple(migration for migration in wanted if not migration.repeatable and migration.name not in applied)
    return Plan(edition, tuple(applied), once, repeatable if changed or once else ())


def read_edition(connection: Connection) -> Edition:
    """Tell which TimescaleDB this is, by its licence setting.

    Raises:
        Misconfigured: TimescaleDB is not installed in this database.
    """
    row = connection.execute("SELECT current_setting('timescaledb.license', true)").fetchone()
    licence = row[0] if row else None
    if not licence:
        raise Misconfigured("this database has no TimescaleDB: run `satulayar-db migrate` first")
    return "apache" if licence == "apache" else "community"


@contextmanager
def _alone(connection: Connection) -> Iterator[None]:
    connection.execute("SELECT pg_advisory_lock(%s)", [MIGRATION_LOCK])
    try:
        yield
    finally:
        # A connection that broke has let go of its lock by itself.
        if not connection.closed:
            connection.execute("SELECT pg_advisory_unlock(%s)", [MIGRATION_LOCK])


def _read_book(connection: Connection) -> dict[str, str]:
    row = connection.execute("SELECT to_regclass('schema_migration')").fetchone()
    if row is None or row[0] is None:
        return {}
    rows = connection.execute("SELECT name, checksum FROM schema_migration ORDER BY name")
    return {str(name): str(checksum) for name, checksum in rows}


def _refuse_changes(wanted: list[Migration], applied: dict[str, str], edition: Edition) -> None:
    known = {migration.name: migration for migration in wanted}
    for name, checksum in applied.items():
        if name.startswith("repeatable/"):
            continue
        if name not in known:
            raise Misconfigured(_unknown(name, edition))
        if known[name].checksum != checksum:
            raise Misconfigured(
                f"migration {name} was applied and has been changed since; restore its text and write a new migration"
            )


def _unknown(name: str, edition: Edition) -> str:
    other = {"apache": "community", "community": "apache"}[edition]
    if name.endswith(f".{other}"):
        return (
            f"this database was built with TimescaleDB's {other} edition and now runs with {edition}; "
            f"set timescaledb.license back, or move the samples to a new database"
        )
    return f"the database has migration {name}, which this program does not know; install a newer program"


def _apply(connection: Connection, migrations: list[Migration] | tuple[Migration, ...], report: Report) -> None:
    with connection.transaction():
        for migration in migrations:
            report(migration.name)
            _run(connection, migration)
            connection.execute(_REMEMBER, [migration.name, migration.checksum])


def _run(connection: Connection, migration: Migration) -> None:
    try:
        connection.execute(migration.sql)
    except psycopg.OperationalError:
        raise
    except psycopg.Error as error:
        raise Refused(f"migration {migration.name}: {str(error).strip()}") from error
