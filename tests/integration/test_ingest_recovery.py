"""What the writer does when the database fails in the middle, another one holds its rows, or the registry is moved."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from threading import Thread

import psycopg
import pytest
from uuid6 import uuid7

from cloud.db.locks import ROLLUP_LOCK
from edge.contract.status import Status
from tests.bench.stack import Ingester
from tests.fix_database import add_box, as_role
from tests.fix_ingest import BOX, RawBox, TelemetryPath

LAMP = "TD-01.lamp-1"


def _sample(value: float, time_s: float) -> list[dict[str, object]]:
    return [{"n": f"{LAMP}:current", "u": "A", "bt": time_s, "v": value}]


@contextmanager
def _in_one_batch(path: TelemetryPath, box: RawBox, messages: int) -> Iterator[None]:
    """Hold the writer at its next transaction, so that the messages sent meanwhile make one batch."""
    path.connection.execute("SELECT pg_advisory_lock(%s)", (ROLLUP_LOCK,))
    box.send([{"n": "cpu_load", "u": "%", "v": 1}])
    waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    path.wait(waiting, lambda rows: rows == [(1,)])
    received = path.ingester.metric("ingest_messages_received_total")
    yield
    deadline_s = time.monotonic() + 10
    while path.ingester.metric("ingest_messages_received_total") < received + messages:
        assert time.monotonic() < deadline_s
        time.sleep(0.02)
    path.connection.execute("SELECT pg_advisory_unlock(%s)", (ROLLUP_LOCK,))


def test_batch_when_beyond_a_limit_of_the_database_then_is_halved_and_not_tried_for_ever(
    path: TelemetryPath, raw_box: RawBox
):
    base_s = round(time.time(), 3) - 100
    raw_box.receipt(raw_box.send(_sample(0.0, base_s)))
    path.connection.execute(
        """
        CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION 'tuple decompression limit exceeded by operation' USING ERRCODE = '53400'; END $$;
        CREATE TRIGGER refuse BEFORE INSERT ON sample FOR EACH ROW WHEN (NEW.value = 555) EXECUTE FUNCTION refuse();
        """
    )
    with _in_one_batch(path, raw_box, 3):
        sent = [raw_box.send(_sample(value, base_s + 1 + index)) for index, value in enumerate((1.0, 555.0, 2.0))]
    refusals = [raw_box.receipt(correlation) for correlation in sent]
    assert [refusal and refusal["reason"] for refusal in refusals] == [None, "refused_by_database", None]


def test_batches_when_they_overlap_and_one_is_refused_or_lost_then_each_message_is_settled_once(
    path: TelemetryPath, raw_box: RawBox, make_ingester: Callable[..., Ingester]
):
    base_s = round(time.time(), 3) - 100
    raw_box.receipt(raw_box.send(_sample(0.0, base_s)))
    path.ingester.stop()
    path.ingester = make_ingester("test", BATCH_BYTES="1000", LINGER_S="0")  # a dozen messages; three are worth a batch
    path.connection.execute("ALTER TABLE sample ADD CONSTRAINT no_devil CHECK (value <> 666)")
    with _in_one_batch(path, raw_box, 200):
        sent = [raw_box.send(_sample(666.0 if i == 50 else i, base_s + 1 + i)) for i in range(200)]
        ended = path.connection.execute("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE NOT granted").fetchall()
    refusals = [raw_box.receipt(correlation) for correlation in sent]
    assert ended == [(True,)]
    assert [i for i, refusal in enumerate(refusals) if refusal] == [50]
    assert path.query("SELECT count(*) FROM sample WHERE time > to_timestamp(%s)", base_s) == [(200,)]  # cpu_load too
    assert path.ingester.metric("ingest_messages_committed_total") == 201
    assert path.ingester.metric("ingest_samples_duplicate_total") == 0


@pytest.fixture
def calm(path: TelemetryPath, raw_box: RawBox, make_ingester: Callable[..., Ingester]) -> TelemetryPath:
    """The path with a box that is known, a second one, and a writer that does nothing but store batches."""
    add_box(path.connection, "BGL-01", "BGL-01-a")
    path.ingester.stop()
    path.ingester = make_ingester("test", LATEST_INTERVAL_S="60")
    assert raw_box.receipt(raw_box.send([{"n": "cpu_load", "u": "%", "v": 1}])) is None
    return path


def test_batch_when_halved_and_the_database_is_lost_in_the_middle_then_nothing_is_settled_twice(
    path: TelemetryPath, raw_box: RawBox
):
    base_s = round(time.time(), 3) - 100
    raw_box.receipt(raw_box.send(_sample(0.0, base_s)))
    path.connection.execute("ALTER TABLE sample ADD CONSTRAINT no_devil CHECK (value <> 666)")
    path.connection.execute("CREATE SEQUENCE crash")
    path.connection.execute(
        """
        CREATE FUNCTION crash_once() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
        BEGIN
            -- A sequence is not rolled back: the connection is lost at the first try only.
            IF nextval('crash') = 1 THEN PERFORM pg_terminate_backend(pg_backend_pid()); END IF;
            RETURN NEW;
        END $$;
        CREATE TRIGGER crash_once BEFORE INSERT ON sample FOR EACH ROW WHEN (NEW.value = 777)
        EXECUTE FUNCTION crash_once();
        """
    )
    before = {name: path.ingester.metric(name) for name in ("ingest_messages_committed_total", "ingest_rejected_total")}
    with _in_one_batch(path, raw_box, 4):
        values = (1.0, 2.0, 666.0, 777.0)
        sent = [raw_box.send(_sample(value, base_s + 1 + index)) for index, value in enumerate(values)]
    refusals = [raw_box.receipt(correlation) for correlation in sent]
    assert [refusal and refusal["reason"] for refusal in refusals] == [None, None, "refused_by_database", None]
    assert path.query("SELECT last_value, is_called FROM crash") == [(2, True)]
    assert path.query("SELECT count(*) FROM rejected_message") == [(1,)]
    assert path.ingester.metric("ingest_messages_committed_total") == before["ingest_messages_committed_total"] + 5
    assert path.ingester.metric("ingest_rejected_total") == before["ingest_rejected_total"] + 1
    assert path.ingester.metric("ingest_samples_duplicate_total") == 0


def test_statuses_when_of_several_boxes_then_their_rows_are_locked_in_one_order(
    calm: TelemetryPath, raw_box: RawBox, authority
):
    second = RawBox(calm.broker, "BGL-01-a", authority)
    status = Status(state="online", session=uuid7(), at=datetime.now(UTC)).payload()
    try:
        with psycopg.connect(calm.ingester.dsn.replace("user=ingest", "user=satulayar")) as other:
            other.execute("SELECT FROM box WHERE name = %s FOR UPDATE", [BOX])  # the lower number
            with _in_one_batch(calm, raw_box, 2):
                second.publish("status", status)
                raw_box.publish("status", status)
            calm.wait("SELECT count(*) FROM pg_locks WHERE NOT granted", lambda rows: rows[0][0] > 0)
            # Refused at once if the ingester, which waits for the first box, held the second one already.
            other.execute("SELECT FROM box WHERE name = 'BGL-01-a' FOR UPDATE NOWAIT")
        calm.wait("SELECT count(*) FROM box WHERE online", lambda rows: rows == [(2,)])
    finally:
        second.close()


def test_batch_when_chosen_to_end_a_deadlock_then_is_repeated_on_the_same_connection(
    calm: TelemetryPath, raw_box: RawBox, authority
):
    second = RawBox(calm.broker, "BGL-01-a", authority)
    status = Status(state="online", session=uuid7(), at=datetime.now(UTC)).payload()
    backends = "SELECT pid FROM pg_stat_activity WHERE usename = 'ingest' ORDER BY pid"
    before = calm.wait(backends, lambda rows: len(rows) == 2)
    try:
        with psycopg.connect(calm.ingester.dsn.replace("user=ingest", "user=satulayar")) as other:
            other.execute("SET deadlock_timeout = '1h'")  # so that the ingester is the one who finds it
            other.execute("SELECT FROM box WHERE name = 'BGL-01-a' FOR UPDATE")
            with _in_one_batch(calm, raw_box, 2):
                sent = [box.publish("status", status) for box in (raw_box, second)]
            calm.wait("SELECT count(*) FROM pg_locks WHERE NOT granted", lambda rows: rows[0][0] > 0)
            other.execute("SELECT FROM box WHERE name = %s FOR UPDATE", [BOX])
        assert [raw_box.receipt(sent[0]), second.receipt(sent[1])] == [None, None]
        assert calm.ingester.metric("ingest_batches_retried_total") >= 1
        assert calm.query(backends) == before
    finally:
        second.close()


def test_asset_when_moved_to_another_box_then_the_old_one_may_write_it_no_more(
    path: TelemetryPath, raw_box: RawBox, authority
):
    other = add_box(path.connection, "TD-02", "TD-02-a")
    now_s = round(time.time(), 3) - 100
    assert raw_box.receipt(raw_box.send(_sample(1.0, now_s))) is None
    path.connection.execute("UPDATE asset SET box_id = %s WHERE code = %s", [other, LAMP])
    deadline_s = time.monotonic() + 10
    refusal = None
    while refusal is None:
        assert time.monotonic() < deadline_s
        now_s += 1
        refusal = raw_box.receipt(raw_box.send(_sample(2.0, now_s)))
    assert refusal["reason"] == "foreign_asset"
    new_owner = RawBox(path.broker, "TD-02-a", authority)
    try:
        assert new_owner.receipt(new_owner.send(_sample(3.0, now_s + 1))) is None
    finally:
        new_owner.close()


def test_ingester_when_told_to_stop_with_messages_in_hand_then_stores_and_answers_them_first(
    path: TelemetryPath, raw_box: RawBox
):
    base_s = round(time.time(), 3) - 100
    raw_box.receipt(raw_box.send(_sample(0.0, base_s)))
    with _in_one_batch(path, raw_box, 5):
        sent = [raw_box.send(_sample(1.0, base_s + 1 + index)) for index in range(5)]
        stopped = Thread(target=path.ingester.stop)
        deadline_s = time.monotonic() + 10
        while path.ingester.metric("ingest_waiting_messages") < 5:
            assert time.monotonic() < deadline_s
            time.sleep(0.02)
        stopped.start()
    stopped.join()
    assert path.ingester.process is not None
    assert path.ingester.process.returncode == 0
    assert [raw_box.receipt(correlation) for correlation in sent] == [None] * 5
    assert path.query("SELECT count(*) FROM sample WHERE value = 1.0 AND time > to_timestamp(%s)", base_s) == [(6,)]


def _impossible(*records: dict[str, object]) -> bytes:
    return json.dumps([{"n": f"{LAMP}:current", "u": "A", "v": 1.0} | record for record in records]).encode()


@pytest.mark.parametrize(
    ("records", "reasons"),
    [
        ([{"t": 86_400}], {"time_in_future"}),
        ([{"t": 86_400}, {"t": -94_608_000}], {"time_in_future", "time_too_old"}),
        ([{"t": 86_400}, {"u": "mA"}], {"time_in_future", "wrong_unit"}),
        ([{"u": "mA"}, {"u": "m"}], {"wrong_unit"}),
        ([{"v": 1e308, "bv": 1e308}], {"not_finite"}),
        ([{"t": 86_400}, {}], None),
        ([{"u": "mA"}, {}], None),
    ],
)
def test_pack_when_nothing_of_it_is_stored_then_its_receipt_says_so(
    path: TelemetryPath, raw_box: RawBox, records: list[dict[str, object]], reasons: set[str] | None
):
    path.connection.execute("DELETE FROM sample")
    refusal = raw_box.receipt(raw_box.publish("telemetry", _impossible(*records)))
    assert refusal is None if reasons is None else refusal is not None and refusal["reason"] in reasons
    assert path.query("SELECT count(*) FROM sample") == [(0 if reasons else 1,)]


def test_wall_reader_when_it_would_hold_up_the_writers_then_may_not(database: str):
    with psycopg.connect(as_role(database, "wall_reader"), autocommit=True) as wall:
        for call in ("pg_advisory_lock(1)", "pg_advisory_xact_lock_shared(1)", "pg_try_advisory_lock(1, 2)"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                wall.execute(f"SELECT {call}")  # type: ignore[arg-type]
    with psycopg.connect(as_role(database, "ingest"), autocommit=True) as ingest:
        ingest.execute("SELECT pg_advisory_xact_lock_shared(1)")
