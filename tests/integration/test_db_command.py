"""`satulayar-db` and `satulayar-api` as commands: what they print, and how they end."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from psycopg.types.json import Jsonb

from cloud.db import accounts
from cloud.db.connection import Connection, connect
from cloud.db.local import find_free_port
from cloud.signals.identity import new_id
from edge.contract.cameras import chained
from tests.fix_database import add_asset, add_box, as_role, ask_clip

EXIT_UNAVAILABLE, EXIT_MISCONFIGURED = 75, 78


def run(*arguments: str, dsn: str = "", module: str = "cloud.db", **more: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SATULAYAR_")}
    if dsn:
        environment["SATULAYAR_DB_DSN"] = dsn
    return subprocess.run(
        [sys.executable, "-m", module, *arguments],
        check=False,
        capture_output=True,
        text=True,
        env=environment | more,
        timeout=30,
    )


def test_migrate_and_status_when_run_then_say_what_they_did(blank_database: str) -> None:
    first = run("migrate", dsn=blank_database)
    assert first.returncode == 0
    assert "applying 0003_samples" in first.stdout
    status = run("status", dsn=blank_database)
    assert (status.returncode, "pending: none" in status.stdout) == (0, True)


def test_command_when_the_database_is_away_then_says_so_in_a_line_and_can_be_tried_again() -> None:
    ended = run("migrate", dsn="host=/nowhere dbname=x")
    assert ended.returncode == EXIT_UNAVAILABLE
    assert ended.stderr.startswith("satulayar-db: the database does not let us in")
    assert "Traceback" not in ended.stderr


def test_command_when_a_variable_is_misspelt_then_stops_and_names_it() -> None:
    ended = run("status", SATULAYAR_DB_DNS="x")
    assert (ended.returncode, "SATULAYAR_DB_DSN" in ended.stderr) == (EXIT_MISCONFIGURED, True)


def test_clips_when_the_newest_record_is_removed_or_changed_then_verify_names_it(database: str, tmp_path: Path) -> None:
    with connect(database, "test", autocommit=True) as owner:
        box, events = add_box(owner), sorted(new_id() for _ in range(2))
        add_asset(owner, box, "TD-01.cam-1")
        previous = ""
        for event in events:
            record: dict[str, Any] = {"actor": "siti", "previous": previous, "sha256": ""}
            record["command"] = str(ask_clip(owner, "TD-01-a"))
            record["hash"] = previous = chained(record)
            owner.execute(
                "INSERT INTO event (id, type, source, box_id, time, payload)"
                " VALUES (%s, 'id.satulayar.clip.delivered', 'x', %s, now(), %s)",
                [event, box, Jsonb({"data": {"values": record}})],
            )
        whole = run("clips", "verify", dsn=database)
        assert (whole.returncode, whole.stdout) == (0, "all 2 records of 1 boxes are there\n")
        anchors = tmp_path / "anchors"
        anchors.write_text(run("audit", "anchor", dsn=database).stdout)
        forged = record | {"actor": "budi"}
        forged["hash"] = chained(forged)
        owner.execute("UPDATE event SET payload = %s WHERE id = %s", [Jsonb({"data": {"values": forged}}), events[1]])
        changed = run("clips", "verify", dsn=database)
        assert (changed.returncode, f"TD-01-a: record_altered {events[1]}" in changed.stderr) == (1, True)
        owner.execute("DELETE FROM event WHERE id = %s", [events[1]])
        gone = run("clips", "verify", dsn=database)
        assert (gone.returncode, f"TD-01-a: record_missing {events[1]}" in gone.stderr) == (1, True)
        # Whoever owns the database takes the newest row of the audit with it, too; the anchor outside knows of it.
        owner.execute("ALTER TABLE audit DISABLE TRIGGER audit_stay")
        owner.execute("DELETE FROM audit WHERE subject = %s", [str(events[1])])
        owner.execute("UPDATE audit_head SET (id, hash) = (SELECT id, hash FROM audit ORDER BY id DESC LIMIT 1)")
    assert run("clips", "verify", dsn=database).returncode == 0, "forged with care"
    told = run("clips", "verify", "--anchors", str(anchors), dsn=database)
    assert (told.returncode, told.stderr) == (1, "audit: broken at 2\n")


def test_command_when_the_schema_is_missing_then_says_what_to_run(blank_database: str) -> None:
    ended = run("token", "list", dsn=blank_database)
    assert ended.returncode == EXIT_MISCONFIGURED
    assert "satulayar-db migrate" in ended.stderr


def test_load_when_the_file_is_wrong_then_every_fault_has_its_place(database: str, tmp_path: Path) -> None:
    path = tmp_path / "r.yaml"
    path.write_text("sites: [{code: TD-01, name: x, latitude: 91}, {code: td, name: x}]")
    ended = run("load", str(path), dsn=database)
    assert ended.returncode == EXIT_MISCONFIGURED
    assert "sites[TD-01].latitude" in ended.stderr
    assert "sites[td].code" in ended.stderr


def test_token_when_created_then_is_alone_on_standard_output(database: str) -> None:
    created = run("token", "create", "ops", "--role", "admin", dsn=database)
    token = created.stdout.strip()
    assert token.startswith("sl_")
    assert "not stored" in created.stderr
    identity = token.split("_", 2)[1]
    assert identity in run("token", "list", dsn=database).stdout
    assert run("token", "revoke", identity, dsn=database).returncode == 0
    assert run("audit", "verify", dsn=database).stdout == "the chain holds\n"


def test_roles_when_a_password_file_is_given_then_the_role_gets_in_over_tcp(database: str, tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text("rahasia'; --\n")
    ended = run("roles", dsn=database, SATULAYAR_DB_WALL_READER_PASSWORD_FILE=str(path))
    assert ended.stdout == "password set for wall_reader\n"
    over_tcp = as_role(database, "wall_reader").replace(database.split(maxsplit=1)[0], "host=127.0.0.1")
    with connect(f"{over_tcp} password='rahasia\\'; --'", "test") as reader:
        assert reader.execute("SELECT current_user").fetchone() == ("wall_reader",)


def test_maintain_when_told_to_stop_then_ends_well_and_a_spare_takes_over(owner: Connection, database: str) -> None:
    command = [sys.executable, "-m", "cloud.db", "maintain", "--dsn", database]
    environment = os.environ | {"SATULAYAR_DB_MAINTAIN_INTERVAL_S": "0.2"}
    with started(command, env=environment, stderr=subprocess.PIPE, text=True) as first:
        wait_for(first, "maintenance_started")
        with started(command, env=environment, stderr=subprocess.PIPE, text=True) as spare:
            first.send_signal(signal.SIGTERM)
            first.communicate(timeout=10)
            wait_for(spare, "maintenance_started")
            spare.send_signal(signal.SIGTERM)
            spare.communicate(timeout=10)
    assert (first.returncode, spare.returncode) == (0, 0)


def test_maintain_when_its_connection_is_ended_then_connects_again(owner: Connection, database: str) -> None:
    command = [sys.executable, "-m", "cloud.db", "maintain", "--dsn", database]
    environment = os.environ | {"SATULAYAR_DB_MAINTAIN_INTERVAL_S": "0.2"}
    with started(command, env=environment, stderr=subprocess.PIPE, text=True) as job:
        wait_for(job, "maintenance_started")
        owner.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE application_name = 'satulayar-db maintain' AND datname = current_database()"
        )
        wait_for(job, "database_lost")
        wait_for(job, "maintenance_started")
        job.send_signal(signal.SIGTERM)
        job.communicate(timeout=10)
    assert job.returncode == 0


def wait_for(job: subprocess.Popen[str], event: str) -> None:
    assert job.stderr
    watchdog = threading.Timer(15, job.kill)
    watchdog.start()
    try:
        assert any(event in line for line in job.stderr), f"{event} was never logged"
    finally:
        watchdog.cancel()


def test_api_when_checked_then_validates_and_exits() -> None:
    assert run("--check", module="cloud.api").stdout == "the settings are right\n"
    wrong = run("--check", module="cloud.api", SATULAYAR_API_PORT="70000")
    assert wrong.returncode == EXIT_MISCONFIGURED
    assert "SATULAYAR_API_PORT" in wrong.stderr


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_api_when_told_to_stop_while_somebody_follows_then_says_goodbye_and_ends(
    owner: Connection, database: str, stop: signal.Signals
) -> None:
    token = accounts.create_token(owner, "x", "viewer", "test")
    port = find_free_port()
    environment = os.environ | {"SATULAYAR_API_DSN": as_role(database, "api"), "SATULAYAR_API_PORT": str(port)}
    with started([sys.executable, "-m", "cloud.api"], env=environment, stderr=subprocess.PIPE) as server:
        url = f"http://127.0.0.1:{port}"
        wait_until_alive(url)
        headers = {"Authorization": f"Bearer {token}"}
        with httpx.stream("GET", f"{url}/v1/stream", headers=headers, timeout=10) as answer:
            lines = answer.iter_lines()
            assert next(lines) == ": welcome"
            server.send_signal(stop)
            assert "event: bye" in list(lines)
        _, log = server.communicate(timeout=4)
    assert b"Traceback" not in log
    assert server.returncode in (0, -stop)


@contextmanager
def started(command: list[str], **options: Any) -> Iterator[subprocess.Popen[Any]]:
    """A process that a failing test does not wait for."""
    with subprocess.Popen(command, **options) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


def wait_until_alive(url: str) -> None:
    deadline_s = time.monotonic() + 60
    while time.monotonic() < deadline_s:
        try:
            httpx.get(f"{url}/healthz")
        except httpx.TransportError:
            time.sleep(0.05)
        else:
            return
    pytest.fail("the API did not start")
