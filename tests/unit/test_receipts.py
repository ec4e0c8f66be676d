"""Receipts: each publisher hears of each of its messages once, in messages of a bounded size."""

import json

import pytest

from cloud.ingest.batch import Batch
from cloud.ingest.messages import Inbound, Refusal
from cloud.ingest.receipts import receipts
from cloud.ingest.rows import Rows
from edge.contract.limits import MAX_CORRELATION_BYTES
from edge.contract.rejected import Reason, Rejected

LARGEST_BYTES = 80_000  # what a box must be ready to read at once


def _message(correlation: str, box: str = "TD-01-a", response_topic: str | None = "") -> Inbound:
    topic = f"sl/1/{box}/receipts" if response_topic == "" else response_topic
    return Inbound(
        topic=f"sl/1/{box}/telemetry",
        payload=b"[]",
        mid=1,
        epoch=1,
        backlog=False,
        response_topic=topic,
        correlation=correlation,
        content_type="",
        received_s=0.0,
    )


def _batch(messages: list[Inbound], refusals: list[Refusal] | None = None) -> Batch:
    return Batch(messages, Rows.empty(), refusals=refusals or [])


def test_receipts_when_many_then_each_is_bounded_and_each_message_told_once() -> None:
    messages = [_message(f"{number:01000d}") for number in range(500)]
    found = receipts(_batch(messages))
    assert len(found) > 1
    assert max(len(payload) for _, payload in found) <= LARGEST_BYTES
    told = [correlation for _, payload in found for correlation in json.loads(payload)["committed"]]
    assert told == [message.correlation for message in messages]


@pytest.mark.parametrize("letter", ["x", "é", "\N{GRINNING FACE}", '"', "\x01"])
def test_refusals_when_many_with_long_details_then_each_receipt_is_bounded(letter: str) -> None:
    messages = [_message(str(number)) for number in range(500)]
    refusals = [Refusal(message, Rejected(Reason.NOT_JSON, letter * 500)) for message in messages]
    found = receipts(_batch(messages, refusals))
    assert max(len(payload) for _, payload in found) <= LARGEST_BYTES
    told = [refusal["id"] for _, payload in found for refusal in json.loads(payload)["rejected"]]
    assert told == [message.correlation for message in messages]


@pytest.mark.parametrize(
    "message",
    [
        _message("a", response_topic=None),
        _message("a", response_topic="sl/1/BGL-01-a/receipts"),
        _message("a", response_topic="sl/1/TD-01-a/commands"),
        _message("a", response_topic="sl/1/TD-01-a/#"),
        _message("a" * (MAX_CORRELATION_BYTES + 1)),
        _message("\N{REPLACEMENT CHARACTER}"),
        _message("a\nb"),
    ],
)
def test_receipt_when_asked_for_in_a_way_that_is_not_allowed_then_none_is_sent(message: Inbound) -> None:
    assert receipts(_batch([message])) == []
