"""What tests of operations share: a database with a few places, events put there as the ingester does, an engine."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from psycopg.types.json import Jsonb

from cloud.db.connection import Connection
from cloud.operations.engine import Engine
from cloud.operations.settings import OperationsSettings
from cloud.signals.identity import new_id
from tests.fix_database import as_role

WAIT_S = 15.0


class Ground:
    """Places and what their boxes say.

    Attributes:
        owner: a connection as the database's owner.
        dsn: of the same database.
    """

    def __init__(self, owner: Connection, dsn: str) -> None:
        self.owner, self.dsn = owner, dsn

    def place(self, site: str, *assets: tuple[str, str], latitude: float = -7.66, longitude: float = 112.69) -> None:
        """Register a site, its box `<site>-a`, and assets (local code, kind)."""
        self.owner.execute(
            "INSERT INTO site (code, name, district, latitude, longitude) VALUES (%s, %s, 'Pandaan', %s, %s)",
            [site, f"Simpang {site}", latitude, longitude],
        )
        self.owner.execute(
            "INSERT INTO box (name, site_id) SELECT %s, id FROM site WHERE code = %s", [f"{site}-a", site]
        )
        for code, kind in assets:
            self.owner.execute(
                "INSERT INTO asset (code, box_id, site_id, kind, name, expected_interval_s) "
                "SELECT %s, box.id, site_id, %s, %s, 60 FROM box WHERE name = %s",
                [f"{site}.{code}", kind, f"{kind} {code}", f"{site}-a"],
            )

    def event(
        self,
        noun: str,
        asset: str,
        *,
        severity: str = "major",
        at: datetime | None = None,
        begun: UUID | str | None = None,
        identity: UUID | None = None,
        box: str | None = None,
    ) -> UUID:
        """Store an event, as the ingester does; an end when it names what began."""
        event, time_at = identity or new_id(), at or datetime.now(UTC)
        detail: dict[str, Any] = {"severity": severity, "message_id": f"{noun} di {asset}", "message_en": noun}
        if begun is not None:
            detail |= {"ended_at": time_at.isoformat(), "values": {"begun_event": str(begun)}}
        self.owner.execute(
            """
            INSERT INTO event (id, type, source, subject, box_id, asset_id, time, severity, payload)
            SELECT %(id)s, %(type)s, 'sl/1/' || box.name, %(asset)s, box.id, asset.id, %(at)s, %(severity)s, %(payload)s
            FROM box LEFT JOIN asset ON asset.code = %(asset)s
            WHERE box.name = coalesce(%(box)s::text, (SELECT b.name FROM box b WHERE b.id = asset.box_id))
            ON CONFLICT DO NOTHING
            """,
            {
                "id": event, "type": f"id.satulayar.{noun}", "asset": asset, "at": time_at, "severity": severity,
                "payload": Jsonb({"data": detail}), "box": box,
            },
        )  # fmt: skip
        return event

    def incidents(self, where: str = "true") -> list[dict[str, Any]]:
        """Read incidents in the order of their numbers."""
        cursor = self.owner.execute(f"SELECT * FROM incident WHERE {where} ORDER BY number")  # noqa: S608 - a test's own words
        assert cursor.description
        names = [column.name for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def log(self, incident: UUID) -> list[str]:
        """Read the actions of an incident's log in order."""
        rows = self.owner.execute("SELECT action FROM incident_log WHERE incident_id = %s ORDER BY id", [incident])
        return [row[0] for row in rows]

    def waiting(self) -> int:
        """Count what the engine has not yet looked at."""
        row = self.owner.execute("SELECT count(*) FROM operations_inbox").fetchone()
        assert row
        return int(row[0])


def hear(ground: Ground, series: int, value: float, at: datetime) -> None:
    """Store the newest sample of a series as if it had been measured and had come then."""
    ground.owner.execute(
        "INSERT INTO series_latest VALUES (%(series)s, %(at)s, %(value)s, %(at)s) "
        "ON CONFLICT (series_id) DO UPDATE SET time = %(at)s, value = %(value)s, received_at = %(at)s",
        {"series": series, "at": at, "value": value},
    )


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.ahead = timedelta(0)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


class RunningEngine:
    """An engine in a thread of its own."""

    def __init__(self, settings: OperationsSettings, clock: Clock) -> None:
        self.clock = clock
        self.engine: Engine
        self._ready = threading.Event()
        self._settings = settings
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), name="engine")

    def start(self) -> None:
        self._thread.start()
        assert self._ready.wait(10)

    async def _run(self) -> None:
        self.engine = Engine(self._settings, self.clock)
        self._loop = asyncio.get_running_loop()
        self._ready.set()
        await self.engine.run()

    def stop(self) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self.engine.stop)
        self._thread.join(10)
        assert not self._thread.is_alive()


def wait_until(happened: Callable[[], Any], timeout_s: float = WAIT_S) -> Any:
    """Wait until something is so, and give what it is."""
    deadline_s = time.monotonic() + timeout_s
    while not (found := happened()):
        assert time.monotonic() < deadline_s, "it did not happen in time"
        time.sleep(0.02)
    return found


@contextmanager
def engine_at(dsn: str, clock: Clock | None = None, **settings: Any) -> Iterator[RunningEngine]:
    """Run an engine on a database."""
    given = {"look_every_s": 0.2} | settings
    running = RunningEngine(OperationsSettings(dsn=as_role(dsn, "operations"), **given), clock or Clock())
    running.start()
    try:
        yield running
    finally:
        running.stop()


@pytest.fixture
def ground(owner: Connection, database: str) -> Ground:
    """A database of this test's own with one junction: two cameras, a cabinet, a lamp panel, a gauge."""
    ground = Ground(owner, database)
    ground.place(
        "TD-01", ("cam-1", "camera"), ("cam-2", "camera"), ("cabinet-1", "cabinet"), ("gauge-1", "river_gauge")
    )
    return ground
