"""Receipts for a committed batch: one message per publisher, whatever it sent.

A receipt may go only into the subtree of the box that asked for it, else a box could have the ingester write to
another one.
"""

from collections.abc import Iterable

import msgspec

from cloud.ingest.batch import Batch
from cloud.ingest.messages import Inbound
from edge.contract.limits import MAX_CORRELATION_BYTES
from edge.contract.receipts import Receipt, Refusal

_encoder = msgspec.json.Encoder()
_MAX_IDS = 500  # of one receipt message, so that none of them outgrows the broker's packet limit


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
        for start in range(0, len(ids), _MAX_IDS):
            yield topic, _encoder.encode({"committed": ids[start : start + _MAX_IDS]})
    for topic, refusals in rejected.items():
        for start in range(0, len(refusals), _MAX_IDS):
            yield topic, Receipt(rejected=refusals[start : start + _MAX_IDS]).model_dump_json().encode()


def _may_answer(message: Inbound, topic: str) -> bool:
    """Tell whether the response topic lies below the topic's own box, and the correlation is in its limit."""
    own = message.topic.split("/", 3)[:3]
    return (
        topic.split("/", 3)[:3] == own
        and topic.endswith("/receipts")
        and len(message.correlation) <= MAX_CORRELATION_BYTES
    )
