"""Databases with the whole schema, and what tests put into them."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from cloud.db.connection import Connection, connect
from cloud.db.local import LocalCluster
from cloud.db.locks import ROLLUP_LOCK
from cloud.db.migrate import migrate

Sample = tuple[datetime, int, float]


@pytest.fixture(scope="session")
def migrated_template(cluster: LocalCluster, blank_template: str) -> str:
    """Name of a database with the whole schema and nothing in it."""
    with connect(cluster.create_database("migrated", blank_template), "test", autocommit=True) as connection:
        migrate(connection)
    cluster.freeze_template("migrated")
    return "migrated"


@pytest.fixture
def database(cluster: LocalCluster, migrated_template: str) -> Iterator[str]:
    """The dsn of a migrated database of this test's own, as its owner."""
    name = f"test_{uuid4().hex[:12]}"
    yield cluster.create_database(name, migrated_template)
    cluster.drop_database(name)


@pytest.fixture
def owner(database: str) -> Iterator[Connection]:
    """A connection to `database` as its owner, in autocommit."""
    with connect(database, "test", autocommit=True) as connection:
        yield connection


def as_role(dsn: str, role: str) -> str:
    """Rewrite the dsn of a local database for another role, which the socket vouches for."""
    return dsn.replace("user=satulayar", f"user={role}")


def add_box(connection: Connection, site: str = "TD-01", box: str = "TD-01-a") -> int:
    """Register a site and a box there, and return the box's id."""
    connection.execute(
        "INSERT INTO site (code, name, district) VALUES (%s, %s, 'Pandaan') ON CONFLICT DO NOTHING",
        [site, f"Simpang {site}"],
    )
    row = connection.execute(
        "INSERT INTO box (name, site_id) SELECT %s, id FROM site WHERE code = %s RETURNING id", [box, site]
    ).fetchone()
    assert row
    return int(row[0])


def add_asset(connection: Connection, box_id: int, code: str, interval_s: float | None = 60) -> int:
    """Register an asset and return its id."""
    row = connection.execute(
        """
        INSERT INTO asset (code, box_id, site_id, kind, name, expected_interval_s)
        SELECT %(code)s, id, site_id, 'lamp_panel', 'Panel', %(interval)s FROM box WHERE id = %(box)s RETURNING id
        """,
        {"code": code, "box": box_id, "interval": interval_s},
    ).fetchone()
    assert row
    return int(row[0])


def ask_clip(connection: Connection, box: str) -> UUID:
    """Ask a box for a clip of one of its assets, as the room does; return the command's id."""
    command = uuid4()
    connection.execute(
        "INSERT INTO box_request (id, action, asset_id, box_id, requester, role, address, reason, request_id,"
        " arguments, expires_at) SELECT %s, 'camera.clip', asset.id, box.id, 'siti', 'operator', '::1', 'laporan',"
        " %s, '{}', now() + INTERVAL '10 minutes' FROM asset INNER JOIN box ON box.id = asset.box_id"
        " WHERE box.name = %s ORDER BY asset.id LIMIT 1",
        [command, command.hex, box],
    )
    return command


def add_series(connection: Connection, asset_id: int, quantities: Iterable[str], unit: str = "A") -> list[int]:
    """Register series and return their ids."""
    rows = connection.execute(
        "INSERT INTO series (asset_id, quantity, unit) SELECT %s, unnest(%s::text[]), %s RETURNING id",
        [asset_id, list(quantities), unit],
    )
    return [int(row[0]) for row in rows]


def write_samples(connection: Connection, samples: Iterable[Sample]) -> None:
    """Write samples as every writer has to: lock, then look how far the rollups are, then write and report."""
    rows = list(samples)
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock_shared(%s)", [ROLLUP_LOCK])
        row = connection.execute("SELECT complete_until FROM rollup_state").fetchone()
        assert row
        connection.cursor().executemany(
            "INSERT INTO sample (time, series_id, value) VALUES (%s, %s, %s) ON CONFLICT (series_id, time) DO NOTHING",
            rows,
        )
        late = {(_hour(time), series_id) for time, series_id, _ in rows if time < row[0]}
        for hour in sorted({hour for hour, _ in late}):
            ids = sorted(series_id for at, series_id in late if at == hour)
            connection.execute("INSERT INTO rollup_late VALUES (%s, %s)", [hour, ids])


def set_latest(connection: Connection, series_id: int, value: float | None, age: timedelta = timedelta(0)) -> None:
    """Set the newest sample of a series, some time ago, and tell listeners."""
    time = datetime.now(UTC) - age
    connection.execute(
        """
        INSERT INTO series_latest VALUES (%s, %s, %s, now())
        ON CONFLICT (series_id) DO UPDATE SET time = excluded.time, value = excluded.value, received_at = now()
        """,
        [series_id, time, value],
    )
    connection.execute("SELECT pg_notify('sample_latest', '')")


def _hour(time: datetime) -> datetime:
    return time.replace(minute=0, second=0, microsecond=0)
