"""The queue between network and writer: order, bounds, and what a reconnection leaves."""

from dataclasses import replace

from cloud.ingest import inbox as module
from cloud.ingest.inbox import Inbox, Lane
from cloud.ingest.messages import Inbound


def _message(payload: bytes = b"x", *, backlog: bool = False, received_s: float = 0.0) -> Inbound:
    return Inbound("sl/1/TD-01-a/telemetry", payload, 1, 1, backlog, None, "", "", received_s)


def test_take_when_both_lanes_wait_then_live_comes_first_and_backlog_is_rationed():
    inbox = Inbox(batch_bytes=100, backlog_bytes=2, linger_s=0)
    for index in range(5):
        inbox.put(_message(b"%d" % index, backlog=True))
    inbox.put(_message(b"live"))
    assert [message.payload for message in inbox.take(0)] == [b"live", b"0", b"1"]
    assert inbox.depth() == 3


def test_take_when_one_message_is_larger_than_a_batch_then_it_still_comes():
    inbox = Inbox(batch_bytes=10, backlog_bytes=10, linger_s=0)
    inbox.put(_message(b"x" * 50))
    inbox.put(_message())
    assert [len(message.payload) for message in inbox.take(0)] == [50]


def test_lane_when_its_bytes_are_many_then_is_full_until_they_are_taken(monkeypatch):
    monkeypatch.setattr(module, "FULL_BYTES", 100)
    lane = Lane()
    lane.put(_message(b"x" * 100))
    assert lane.is_full
    lane.take(1)
    assert not lane.is_full


def test_inbox_when_a_lane_is_full_then_drops_what_promised_nothing_and_keeps_the_rest(monkeypatch):
    monkeypatch.setattr(module, "FULL_BYTES", 5_000)
    inbox = Inbox(batch_bytes=100, backlog_bytes=100, linger_s=0)
    unpromised = [inbox.put(replace(_message(), mid=0)) for _ in range(10_000)]
    assert 0 < sum(unpromised) < 10
    assert inbox.put(_message())
    assert inbox.put(replace(_message(backlog=True), mid=0))


def test_has_batch_when_a_quarter_of_a_batch_waits_in_a_lane_then_is_true():
    inbox = Inbox(batch_bytes=100, backlog_bytes=40, linger_s=0)
    inbox.put(_message(b"x" * 24))
    inbox.put(_message(b"x" * 9, backlog=True))
    assert not inbox.has_batch()
    inbox.put(_message(b"x", backlog=True))
    assert inbox.has_batch()


def test_lane_when_the_broker_forgot_the_session_then_keeps_the_newest_within_the_bound():
    lane = Lane()
    for index in range(10):
        lane.put(_message(b"%d" % index))
    lane.keep_newest(3)
    assert [message.payload for message in lane.take(1_000)] == [b"7", b"8", b"9"]


def test_oldest_age_when_messages_wait_then_is_the_first_ones():
    inbox = Inbox(100, 100, 0)
    assert inbox.oldest_age_s(50.0) == 0
    inbox.put(_message(received_s=40.0))
    inbox.put(_message(received_s=10.0, backlog=True))
    assert inbox.oldest_age_s(50.0) == 40.0
