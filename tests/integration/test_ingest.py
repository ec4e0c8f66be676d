"""The ingester on real parts: what is stored, what is refused, and what is answered."""

import contextlib
import json
import socket
import ssl
import subprocess
import time
from datetime import UTC, datetime

import pytest
from uuid6 import uuid7

from cloud.db.locks import ROLLUP_LOCK
from edge.contract.events import Event, EventDetail
from edge.contract.limits import MAX_PACK_BYTES
from edge.contract.status import Status
from provisioning.certificates import CertificateAuthority
from simulators.broker import find_mosquitto
from tests.fix_database import add_asset, add_box
from tests.fix_ingest import BOX, RawBox, TelemetryPath

LAMP = "TD-01.lamp-1:"
T0_S = round(time.time()) - 1_000.25


def _pack(value: float = 1.5, *, time_s: float | None = None, **fields: object) -> list[dict]:
    return [{"bn": LAMP, "bt": time_s or round(time.time(), 3), "n": "current", "u": "A", "v": value} | fields]


def _event(**changes: object) -> bytes:
    event = Event(
        id=uuid7(), source=f"sl/1/{BOX}", type="id.satulayar.lamp.failed", subject="TD-01.lamp-1",
        time=datetime.now(UTC), data=EventDetail(severity="minor", message_en="Lamp draws no current"),
    )  # fmt: skip
    return json.dumps(json.loads(event.payload()) | changes).encode()


def test_pack_when_published_then_is_a_row_and_has_a_receipt(path: TelemetryPath, raw_box: RawBox):
    assert raw_box.receipt(raw_box.send(_pack(1.37, time_s=T0_S))) is None
    assert path.stored() == [("TD-01.lamp-1", "current", T0_S, 1.37)]


def test_pack_when_sent_by_mosquitto_pub_then_arrives_as_a_row(path: TelemetryPath, authority):
    identity = authority.ensure(BOX)
    subprocess.run(
        [str(find_mosquitto("mosquitto_pub")), "-h", path.broker.host, "-p", str(path.broker.port), "--cafile",
         str(identity.authority), "--cert", str(identity.certificate), "--key", str(identity.key), "-q", "1",
         "-t", f"sl/1/{BOX}/telemetry", "-m", '[{"n":"TD-01.mast-1:wind_speed","u":"m/s","v":4.5}]'],
        check=True, timeout=20,
    )  # fmt: skip
    path.wait("SELECT value FROM sample", lambda rows: rows == [(4.5,)])


def test_pack_when_sent_twice_then_is_stored_once_and_counted(path: TelemetryPath, raw_box: RawBox):
    pack = _pack(time_s=T0_S)
    assert [raw_box.receipt(raw_box.send(pack)) for _ in range(3)] == [None] * 3
    assert len(path.stored()) == 1
    assert path.ingester.metric("ingest_samples_duplicate_total") == 2


def test_pack_when_it_repeats_itself_then_the_first_value_stays(path: TelemetryPath, raw_box: RawBox):
    first, second = _pack(1.0, time_s=T0_S), _pack(2.0, time_s=T0_S)
    raw_box.receipt(raw_box.send([*first, *second]))
    assert [row[3] for row in path.stored()] == [1.0]


def test_values_when_not_numbers_then_truth_is_one_and_words_have_their_table(path: TelemetryPath, raw_box: RawBox):
    raw_box.receipt(raw_box.send([{"bn": LAMP, "n": "commanded_on", "vb": True}, {"n": "mode", "vs": "astronomical"}]))
    assert [row[1:4:2] for row in path.stored()] == [("commanded_on", 1.0)]
    assert path.query("SELECT value FROM sample_text") == [("astronomical",)]
    path.wait("SELECT value FROM series_latest ORDER BY 1", lambda rows: rows == [(1.0,), (None,)])


def test_unit_when_left_out_then_is_the_catalogues(path: TelemetryPath, raw_box: RawBox):
    raw_box.receipt(raw_box.send([{"n": f"{LAMP}voltage", "v": 220.0}, {"n": f"{LAMP}flicker", "u": "Hz", "v": 2.0}]))
    assert path.query("SELECT quantity, unit FROM series ORDER BY 1") == [("flicker", "Hz"), ("voltage", "V")]


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"{not json", "not_senml"),
        (b"[" * 100_000, "not_senml"),
        (b'[{"n":"x","a":' + b"[" * 50_000 + b"]" * 50_000 + b',"v":1}]', "not_json"),
        (b'[{"n":"x","v":NaN}]', "not_json"),
        (b'[{"n":"x","v":-1e999}]', "not_senml"),
        (b'[{"n":"x\\u0000y","v":1}]', "bad_name"),
        (b'[{"n":"lampu jalan","v":1}]', "bad_name"),
        (b'[{"n":"-x","v":1}]', "bad_name"),
        (b'[{"n":"words","vs":"a\\u0000b"}]', "bad_text"),
        (b'[{"n":"octets","vd":"aGkgCg"}]', "unsupported_value"),
        (b'[{"bn":"TD-01.lamp-1:","n":"current","u":"mA","v":1370}]', "wrong_unit"),
        (b'[{"n":"late","bt":915148800,"v":1}]', "time_too_old"),
        (b'[{"n":"soon","t":31536000,"v":1}]', "time_in_future"),
        (b'[{"n":"old","t":-94608000,"v":1}]', "time_too_old"),
        (b'[{"n":"unit","u":"a\\u0000b","v":1}]', "wrong_unit"),
        (b'[{"n":"unit","u":"' + b"m" * 41 + b'","v":1}]', "wrong_unit"),
        (b'[{"n":"XX-99.lamp-1:current","u":"A","v":1}]', "foreign_asset"),
        (b'[{"n":"XX-99-a:cpu_load","u":"%","v":1}]', "foreign_asset"),
        (b"[" + b",".join(b'{"n":"days","t":-%d,"v":1}' % (86_400 * day) for day in range(40)) + b"]", "too_many_days"),
        (b'[{"n":"big","bv":1e308,"v":1e308}]', "not_finite"),
        (b"[" + b'{"n":"x","v":1},' * 1000 + b'{"n":"x","v":1}]', "too_many_samples"),
        (b" " * (MAX_PACK_BYTES + 1), "too_large"),
    ],
)  # fmt: skip
def test_bad_pack_when_published_then_is_kept_with_its_reason_and_disturbs_nothing(
    lasting_path: TelemetryPath, lasting_box: RawBox, payload, reason
):
    lamp = f"{lasting_box.name.removesuffix('-a')}.lamp-1"
    payload = payload.replace(b"TD-01.lamp-1", lamp.encode())
    before = lasting_path.ingester.metric("ingest_rejected_total")
    lasting_box.receipt(lasting_box.send(_pack(1.0, bn=f"{lamp}:")))
    bad, good = lasting_box.publish("telemetry", payload), lasting_box.send(_pack(2.0, bn=f"{lamp}:"))
    assert lasting_box.receipt(good) is None
    refusal = lasting_box.receipt(bad)
    assert refusal is None or refusal["reason"] == reason
    rows = lasting_path.query(
        "SELECT reason, detail, count, length(payload) FROM rejected_message WHERE box = %s", lasting_box.name
    )
    assert [(row[0], row[2]) for row in rows] == [(reason, 1)]
    assert rows[0][1]
    assert rows[0][3] == min(len(payload), 65_536)
    assert [row[3] for row in lasting_path.stored() if row[0] == lamp] == [1.0, 2.0]
    assert lasting_path.ingester.metric("ingest_rejected_total") == before + 1


def test_bad_record_when_in_a_good_pack_then_only_it_is_refused(path: TelemetryPath, raw_box: RawBox):
    records = [*_pack(1.0), {"n": "voltage", "u": "mV", "v": 1}, {"n": "voltage", "u": "V", "v": 220}]
    assert raw_box.receipt(raw_box.send(records)) is None
    assert [row[3] for row in path.stored()] == [1.0, 220.0]
    assert path.query("SELECT reason, count FROM rejected_message") == [("wrong_unit", 1)]


def test_times_when_some_are_impossible_then_only_these_are_refused(path: TelemetryPath, raw_box: RawBox):
    now_s = round(time.time(), 3)
    raw_box.send([{"n": f"{LAMP}current", "bt": now_s, "v": 1}, {"n": f"{LAMP}current", "t": 86_400, "v": 2}])
    raw_box.receipt(raw_box.send([{"n": f"{LAMP}current", "bt": now_s, "t": -1, "v": 3}]))
    assert [row[3] for row in path.stored()] == [3.0, 1.0]
    assert path.query("SELECT reason, count FROM rejected_message") == [("time_in_future", 1)]


def test_box_when_unknown_then_is_refused_until_it_is_registered(path: TelemetryPath, authority):
    stranger = RawBox(path.broker, "XX-99-a", authority)
    try:
        refusal = stranger.receipt(stranger.send(_pack()))
        assert refusal is not None
        assert refusal["reason"] == "unknown_box"
        add_box(path.connection, "XX-99", "XX-99-a")
        time.sleep(1.1)  # an unknown box asks the database once a second at most
        assert stranger.receipt(stranger.send([{"n": "cpu_load", "u": "%", "v": 5}])) is None
    finally:
        stranger.close()
    assert path.stored()[0][:2] == ("XX-99-a", "cpu_load")


def test_asset_of_another_box_when_written_then_is_refused(path: TelemetryPath, raw_box: RawBox):
    other = add_box(path.connection, "BGL-01", "BGL-01-a")
    add_asset(path.connection, other, "BGL-01.gauge-1")
    refusal = raw_box.receipt(raw_box.send([{"n": "BGL-01.gauge-1:water_level", "u": "m", "v": 9.9}]))
    assert refusal is not None
    assert refusal["reason"] == "foreign_asset"
    assert path.stored() == []


def test_series_when_beyond_the_limit_then_are_refused_and_the_others_stored(path: TelemetryPath, raw_box: RawBox):
    path.query("UPDATE box SET series_limit = 3 RETURNING id")
    assert raw_box.receipt(raw_box.send([{"n": f"{LAMP}q{index}", "v": index} for index in range(5)])) is None
    assert len(path.stored()) == 3
    assert path.query("SELECT reason, count FROM rejected_message") == [("too_many_series", 2)]
    assert path.query("SELECT count(*) FROM series") == [(3,)]


def test_receipt_when_asked_for_at_another_box_then_is_not_sent_there(path: TelemetryPath, raw_box: RawBox, authority):
    add_box(path.connection, "BGL-01", "BGL-01-a")
    victim = RawBox(path.broker, "BGL-01-a", authority)
    try:
        raw_box.publish("telemetry", json.dumps(_pack()).encode(), respond_to="sl/1/BGL-01-a/receipts")
        raw_box.receipt(raw_box.send(_pack(2.0)))
        time.sleep(0.3)
        assert victim.receipts == {}
    finally:
        victim.close()


@pytest.mark.parametrize("odd", ["sl/1/BGL-01-a/+/receipts", "sl/1/BGL-01-a/#", "#", "sl/1/BGL-01-a/commands"])
def test_receipt_when_asked_for_in_odd_ways_then_nobody_else_is_cut_off(
    path: TelemetryPath, raw_box: RawBox, authority: CertificateAuthority, odd: str
):
    connections = path.ingester.metric("ingest_connections_total")
    add_box(path.connection, "BGL-01", "BGL-01-a")
    asker = RawBox(path.broker, "BGL-01-a", authority)
    try:
        # Newer brokers cut off who names a wildcard there (MQTT 5, 3.3.2.3.5); at QoS 0 it is not sent again.
        asker.publish("telemetry", json.dumps(_pack()).encode(), respond_to=odd, qos=0)
        assert raw_box.receipt(raw_box.send(_pack(2.0))) is None
        time.sleep(0.3)
        assert asker.receipts == {}
    finally:
        asker.close()
    assert path.ingester.metric("ingest_connections_total") == connections


def test_messages_when_the_ingester_was_away_then_every_one_is_acknowledged_when_it_is_back(
    path: TelemetryPath, raw_box: RawBox, make_ingester
):
    path.ingester.stop()
    base_s = round(time.time(), 3) - 100
    sent = [raw_box.send(_pack(1.0, time_s=base_s + index / 100)) for index in range(500)]
    second = make_ingester("test")
    assert {raw_box.receipt(correlation) for correlation in sent} == {None}
    second.stop()
    third = make_ingester("test")
    time.sleep(1.0)
    assert third.metric("ingest_messages_received_total") == 0  # nothing was left without its acknowledgement


def test_age_when_the_database_is_busy_then_is_seen_in_the_metrics(path: TelemetryPath, raw_box: RawBox):
    path.connection.execute("SELECT pg_advisory_lock(%s)", (ROLLUP_LOCK,))
    raw_box.send(_pack(1.0))
    time.sleep(1.5)
    assert path.ingester.metric("ingest_oldest_unacknowledged_age_seconds") > 1
    assert path.ingester.metric("ingest_waiting_messages") >= 1
    path.connection.execute("SELECT pg_advisory_unlock(%s)", (ROLLUP_LOCK,))


def test_event_when_published_twice_then_is_stored_once_with_its_asset(path: TelemetryPath, raw_box: RawBox):
    raw_box.receipt(raw_box.send(_pack()))
    payload = _event()
    assert [raw_box.receipt(raw_box.publish("events", payload)) for _ in range(2)] == [None, None]
    rows = path.query("SELECT type, severity, a.code FROM event LEFT JOIN asset a ON a.id = asset_id")
    assert rows == [("id.satulayar.lamp.failed", "minor", "TD-01.lamp-1")]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [({"id": None}, "not_cloudevent"), ({"source": "sl/1/BGL-01-a"}, "not_cloudevent"),
     ({"type": "Lamp"}, "not_cloudevent"),
     ({"time": "2999-01-01T00:00:00Z"}, "time_in_future"), ({"time": "yesterday"}, "not_cloudevent"),
     ({"data": {"message_en": "a\0b"}}, "bad_text")],
)  # fmt: skip
def test_bad_event_when_published_then_is_refused_with_its_reason(
    lasting_path: TelemetryPath, lasting_box: RawBox, changes, reason
):
    refusal = lasting_box.receipt(
        lasting_box.publish("events", _event(**{"source": f"sl/1/{lasting_box.name}"} | changes))
    )
    assert refusal is not None
    assert refusal["reason"] == reason
    assert lasting_path.query("SELECT count(*) FROM event") == [(0,)]


def test_status_when_of_an_older_session_then_its_will_changes_nothing(path: TelemetryPath, raw_box: RawBox):
    first, second = uuid7(), uuid7()
    for session, state in ((first, "online"), (second, "online"), (first, "offline")):
        raw_box.publish("status", Status(state=state, session=session, at=datetime.now(UTC)).payload())
        raw_box.receipt(raw_box.send(_pack()))
    assert path.query("SELECT online, session FROM box") == [(True, str(second))]
    raw_box.publish("status", Status(state="offline", session=second, at=datetime.now(UTC)).payload())
    path.wait("SELECT online FROM box", lambda rows: rows == [(False,)])


def test_box_when_only_its_retained_status_is_seen_then_is_not_taken_for_heard(path: TelemetryPath, raw_box: RawBox):
    status = Status(state="online", session=uuid7(), at=datetime.now(UTC)).payload()
    raw_box.publish("status", status, retain=True)
    path.wait("SELECT last_seen_at IS NOT NULL FROM box", lambda rows: rows == [(True,)])
    path.ingester.stop()
    path.connection.execute("UPDATE box SET last_seen_at = NULL, online = NULL")
    path.ingester.start()
    path.wait("SELECT online FROM box", lambda rows: rows == [(True,)])
    time.sleep(1.2)
    assert path.query("SELECT last_seen_at FROM box") == [(None,)]


def test_latest_when_an_older_sample_comes_then_does_not_go_back(path: TelemetryPath, raw_box: RawBox):
    now_s = round(time.time(), 3)
    raw_box.receipt(raw_box.send(_pack(2.0, time_s=now_s)))
    path.wait("SELECT value FROM series_latest", lambda rows: rows == [(2.0,)])
    raw_box.receipt(raw_box.send(_pack(1.0, time_s=now_s - 60), kind="backlog"))
    time.sleep(1.2)
    assert path.query("SELECT value FROM series_latest") == [(2.0,)]
    assert len(path.stored()) == 2


def test_ingester_when_told_to_stop_then_drains_and_the_next_one_goes_on(
    path: TelemetryPath, raw_box: RawBox, make_ingester
):
    base_s = round(time.time(), 3) - 100
    first = [raw_box.send(_pack(1.0, time_s=base_s + index / 100)) for index in range(300)]
    assert path.ingester.stop() == 0
    second = [raw_box.send(_pack(2.0, time_s=base_s + 10 + index / 100)) for index in range(300)]
    make_ingester("test")
    assert {raw_box.receipt(correlation) for correlation in [*first, *second]} == {None}
    assert len(path.stored()) == 600


def test_ingesters_when_two_share_the_load_then_each_message_is_stored_once(
    path: TelemetryPath, raw_box: RawBox, make_ingester
):
    other = make_ingester("second")
    base_s = round(time.time(), 3) - 100
    sent = [raw_box.send(_pack(1.0, time_s=base_s + index / 100)) for index in range(400)]
    assert {raw_box.receipt(correlation) for correlation in sent} == {None}
    assert len(path.stored()) == 400
    shares = [each.metric("ingest_messages_received_total") for each in (path.ingester, other)]
    assert min(shares) > 50
    assert sum(each.metric("ingest_samples_duplicate_total") for each in (path.ingester, other)) == 0


def test_ingester_when_killed_then_what_it_held_is_stored_by_the_next_one(
    path: TelemetryPath, raw_box: RawBox, make_ingester
):
    base_s = round(time.time(), 3) - 100
    sent = [raw_box.send(_pack(1.0, time_s=base_s + index / 100)) for index in range(300)]
    path.ingester.kill()
    make_ingester("test")
    deadline_s = time.monotonic() + 10
    while len(path.stored()) < len(sent):
        assert time.monotonic() < deadline_s
        time.sleep(0.1)
    assert len(path.stored()) == len(sent)


def _knock(path: TelemetryPath, context: ssl.SSLContext) -> None:
    """Connect to the broker and wait for its word; with TLS 1.3 a refusal comes after the client's handshake."""
    with (
        socket.create_connection((path.broker.host, path.broker.port)) as raw,
        context.wrap_socket(raw, server_hostname="localhost") as line,
    ):
        line.send(b"x")
        line.recv(1)


def test_connection_when_refused_by_the_broker_then_is_counted_with_its_reason(path: TelemetryPath, tmp_path):
    refused = {"no_certificate": None, "bad_certificate": CertificateAuthority.open_or_create(tmp_path / "other")}
    for reason, foreign in refused.items():
        context = ssl.create_default_context(cafile=str(path.broker.authority.certificate_file))
        if foreign is not None:
            identity = foreign.ensure(BOX)
            context.load_cert_chain(identity.certificate, identity.key)
        with contextlib.suppress(OSError):  # an alert, a reset or just the end, as the line's timing has it
            _knock(path, context)
        deadline_s = time.monotonic() + 20
        while not path.ingester.metric(f'broker_connections_refused_total{{reason="{reason}"}}'):
            assert time.monotonic() < deadline_s, reason
            time.sleep(0.1)


def test_batch_when_only_part_of_it_was_stored_before_then_the_rest_is_stored(path: TelemetryPath, raw_box: RawBox):
    base_s = round(time.time(), 3) - 10
    raw_box.receipt(raw_box.send(_pack(1.0, time_s=base_s)))
    raw_box.receipt(raw_box.send([*_pack(1.0, time_s=base_s), *_pack(2.0, time_s=base_s + 1)]))
    assert [row[3] for row in path.stored()] == [1.0, 2.0]
    assert path.ingester.metric("ingest_samples_duplicate_total") == 1


def test_latest_when_another_ingester_knows_nothing_newer_then_the_database_does_not_go_back(
    path: TelemetryPath, raw_box: RawBox, make_ingester
):
    now_s = round(time.time(), 3)
    raw_box.receipt(raw_box.send(_pack(2.0, time_s=now_s)))
    path.wait("SELECT value FROM series_latest", lambda rows: rows == [(2.0,)])
    path.ingester.stop()
    make_ingester("test")
    raw_box.receipt(raw_box.send(_pack(1.0, time_s=now_s - 60)))
    time.sleep(1.2)
    assert path.query("SELECT value FROM series_latest") == [(2.0,)]


def test_latest_when_its_ingester_died_before_writing_it_then_the_next_one_repairs_it(
    path: TelemetryPath, raw_box: RawBox, make_ingester
):
    raw_box.receipt(raw_box.send(_pack(2.0)))
    path.wait("SELECT value FROM series_latest", lambda rows: rows == [(2.0,)])
    path.ingester.kill()
    path.connection.execute("DELETE FROM series_latest")
    make_ingester("other")
    path.wait("SELECT value FROM series_latest", lambda rows: rows == [(2.0,)])


def test_sample_when_older_than_the_finished_rollups_then_its_hour_is_reported(path: TelemetryPath, raw_box: RawBox):
    now_s = round(time.time(), 3)
    path.connection.execute("UPDATE rollup_state SET complete_until = now() - INTERVAL '60 s'")
    raw_box.receipt(raw_box.send(_pack(1.0, time_s=now_s)))
    assert path.query("SELECT count(*) FROM rollup_late") == [(0,)]
    raw_box.receipt(raw_box.send(_pack(1.0, time_s=now_s - 7_200), kind="backlog"))
    hour_s = (now_s - 7_200) // 3_600 * 3_600
    series = path.query("SELECT id FROM series")[0][0]
    assert path.query("SELECT extract(epoch FROM hour)::float8, series_ids FROM rollup_late") == [(hour_s, [series])]


def test_batch_when_the_rollup_job_holds_its_lock_then_waits_for_it(path: TelemetryPath, raw_box: RawBox):
    raw_box.receipt(raw_box.send(_pack(1.0)))
    path.connection.execute("SELECT pg_advisory_lock(%s)", (ROLLUP_LOCK,))
    waiting = raw_box.send(_pack(2.0))
    time.sleep(1.0)
    assert waiting not in raw_box.receipts
    path.connection.execute("SELECT pg_advisory_unlock(%s)", (ROLLUP_LOCK,))
    assert raw_box.receipt(waiting) is None


def test_message_when_the_database_itself_refuses_it_then_it_alone_is_refused(path: TelemetryPath, raw_box: RawBox):
    raw_box.receipt(raw_box.send(_pack(1.0)))
    path.connection.execute("ALTER TABLE sample ADD CONSTRAINT no_devil CHECK (value <> 666)")
    path.connection.execute("SELECT pg_advisory_lock(%s)", (ROLLUP_LOCK,))  # so that all come in one batch
    sent = [raw_box.send(_pack(value, time_s=T0_S + value)) for value in (2.0, 666.0, 3.0, 4.0)]
    path.connection.execute("SELECT pg_advisory_unlock(%s)", (ROLLUP_LOCK,))
    refusals = [raw_box.receipt(correlation) for correlation in sent]
    assert [refusal and refusal["reason"] for refusal in refusals] == [None, "refused_by_database", None, None]
    assert sorted(row[3] for row in path.stored()) == [1.0, 2.0, 3.0, 4.0]
