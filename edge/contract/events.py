"""Events: something a box noticed at an instant.

Source: CloudEvents 1.0.2, sections 3.1 (attributes) and JSON event format 3. The identity is a UUIDv7 (RFC 9562
section 5.7), made on the box, so that an event sent twice is stored once.
"""

from typing import Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from edge.contract.limits import MAX_EVENT_BYTES
from edge.contract.rejected import Reason, Rejected

Severity = Literal["info", "minor", "major", "critical"]
TYPE_PREFIX = "id.satulayar."


class EventDetail(BaseModel):
    """What the event says: `data` of the CloudEvent.

    Attributes:
        severity: how the box judges it; the room decides the priority.
        message_id: one sentence in Indonesian for the operator.
        message_en: the same in English.
        ended_at: set when the condition has gone and this event reports its end.
        values: figures that led to it, by quantity, in the catalogue's units.
    """

    model_config = ConfigDict(extra="ignore")

    severity: Severity = "info"
    message_id: str = Field(default="", max_length=500)
    message_en: str = Field(default="", max_length=500)
    ended_at: AwareDatetime | None = None
    values: dict[str, float | bool | str] = Field(default_factory=dict, max_length=100)


class Event(BaseModel):
    """A CloudEvent in structured JSON.

    Attributes:
        id: UUIDv7 made by the box.
        source: `sl/1/{box}`.
        type: `id.satulayar.<noun>.<past participle>`, for example `id.satulayar.lamp.failed`.
        subject: the asset it is about; the box itself when absent.
        time: when it was noticed.
        data: severity, sentences, figures.
    """

    model_config = ConfigDict(extra="ignore")

    specversion: Literal["1.0"] = "1.0"
    id: UUID
    source: str = Field(min_length=1, max_length=200)
    type: str = Field(pattern=r"^[a-z0-9]+(\.[a-z0-9_]+)+$", max_length=120)
    subject: str | None = Field(default=None, max_length=200, pattern=r"^[A-Za-z0-9][A-Za-z0-9\-:./_]*$")
    time: AwareDatetime
    datacontenttype: Literal["application/json"] = "application/json"
    data: EventDetail = Field(default_factory=EventDetail)

    def payload(self) -> bytes:
        """Write the event as it goes on the wire."""
        return self.model_dump_json(exclude_none=True).encode()


def decode_event(payload: bytes) -> Event | Rejected:
    """Read an event; a wrong one is a value that says what is wrong and where."""
    if len(payload) > MAX_EVENT_BYTES:
        return Rejected(Reason.TOO_LARGE, f"{len(payload)} bytes; an event has at most {MAX_EVENT_BYTES}")
    try:
        return Event.model_validate_json(payload)
    except ValidationError as error:
        return Rejected(Reason.NOT_CLOUDEVENT, first_fault(error))


def first_fault(error: ValidationError) -> str:
    """Say where the first fault of a message is, without repeating the message."""
    fault: Any = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(str(part) for part in fault["loc"]) or "the document"
    return f"{where}: {fault['msg']}"[:500]
