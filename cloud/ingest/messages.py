"""A message on its way through the ingester."""

from dataclasses import dataclass

from edge.contract.rejected import Rejected


@dataclass(slots=True)
class Inbound:
    """One message as the broker handed it over.

    Attributes:
        topic: as published.
        payload: as published.
        mid: the broker's packet identifier, valid within `epoch` only.
        epoch: counts the connections of a session; an acknowledgement for an earlier one is void.
        backlog: True when it came through the session for replayed data.
        response_topic: where its publisher wants a receipt; None when it asked for none.
        correlation: what the receipt must carry.
        content_type: MQTT content type, of media.
        sha256: digest of the payload as its publisher gives it, hex; empty where it gives none.
        received_s: when it came, seconds since 1970.
        retained: True when the broker kept it, so that its coming says nothing of its sender.
    """

    topic: str
    payload: bytes
    mid: int
    epoch: int
    backlog: bool
    response_topic: str | None
    correlation: str
    content_type: str
    received_s: float
    retained: bool = False
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A message, or some records of it, that will not be stored.

    Attributes:
        message: the whole message.
        rejected: why.
        count: records refused; 1 for a whole message.
        whole: True when nothing of the message is stored.
    """

    message: Inbound
    rejected: Rejected
    count: int = 1
    whole: bool = True
