"""Receipts for a committed batch: one message per publisher, whatever it sent.

A receipt may go only into the subtree of the box that asked for it, else a box could have the ingester write to
another one.
"""

from collections.abc import Callable, Iterable
from typing import TypeVar

import msgspec

from cloud.ingest.batch import Batch
from cloud.ingest.messages import Inbound
from edge.contract.limits import MAX_CORRELATION_BYTES
from edge.contract.receipts import Receipt, Refusal
from edge.contract.topics import parse
from edge.contract.topics import receipts as receipts_of

Item = TypeVar("Item")

_encoder = msgspec.json.Encoder()
_MAX_BYTES = 60_000  # of the correlations or refusals of one receipt message: far below the broker's packet limit


def receipts(batch: Batch) -> list[tuple[str, bytes]]:
    """Build the receipts of a batch: (topic, payload) each."""
    refused = {id(refusal.message): refusal.rejected for refusal in batch.refusals if refusal.whole}
    committed: dict[str, list[str]] = {}
    rejected: dict[str, list[Refusal]] = {}
    for message in batch.messages:
        topic = message.response_topic
        if topic is None or not _may_answer(message, topic):
            continue
        why = refused.get(id(message))
        if why is None:
            committed.setdefault(topic, []).append(message.correlation)
        else:
            rejected.setdefault(topic, []).append(
                Refusal(id=message.correlation, reason=why.reason.value, detail=why.detail)
            )
    return list(_payloads(committed, rejected))


def _payloads(committed: dict[str, list[str]], rejected: dict[str, list[Refusal]]) -> Iterable[tuple[str, bytes]]:
    for topic, ids in committed.items():
        for part in _parts(ids, len):
            yield topic, _encoder.encode({"committed": part})
    for topic, refusals in rejected.items():
        for group in _parts(refusals, lambda refusal: len(refusal.model_dump_json().encode())):
            yield topic, Receipt(rejected=group).model_dump_json().encode()


def _parts(items: list[Item], size: Callable[[Item], int]) -> Iterable[list[Item]]:
    """Divide what one publisher gets into messages of a bounded size."""
    part: list[Item] = []
    total = 0
    for item in items:
        if part and total + size(item) > _MAX_BYTES:
            yield part
            part, total = [], 0
        part.append(item)
        total += size(item)
    if part:
        yield part


def _may_answer(message: Inbound, topic: str) -> bool:
    """Tell whether the response topic is the publisher's own, and the correlation is text within its limit.

    Exactly its own: the broker lets wildcards pass in a response topic, and publishing to one ends the connection.
    """
    found = parse(message.topic)
    correlation = message.correlation
    return (
        found is not None
        and topic == receipts_of(found.box)
        and len(correlation) <= MAX_CORRELATION_BYTES
        and correlation.isascii()
        and correlation.isprintable()
    )
