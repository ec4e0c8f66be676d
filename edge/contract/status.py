"""The retained status of a box: whether it is online, what it runs, how its assets answer.

The last will is the same message with state `offline` and the same session, composed when the box connects; so an
offline message counts only for the session that it names.
"""

from typing import Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from edge.contract.events import first_fault
from edge.contract.limits import MAX_STATUS_BYTES
from edge.contract.rejected import Reason, Rejected

AssetHealth = Literal["ok", "failing", "unknown"]


class Status(BaseModel):
    """Status of a box.

    Attributes:
        state: online or offline.
        session: changes with every connection of the box.
        at: when this was composed, by the box's clock.
        version: the agent's version.
        hardware_id: the computer in the slot, if known.
        assets: health per asset code.
        outbox_messages: messages without a receipt.
        disk: how the disk under the outbox is: `ok`, `low` (telemetry is thinned), `full`, `read_only` or `failing`;
            empty where the box does not say.
    """

    model_config = ConfigDict(extra="ignore")

    state: Literal["online", "offline"]
    session: UUID
    at: AwareDatetime
    version: str = Field(default="", max_length=80)
    hardware_id: str = Field(default="", max_length=120)
    assets: dict[str, AssetHealth] = Field(default_factory=dict, max_length=1_000)
    outbox_messages: int = Field(default=0, ge=0)
    disk: str = Field(default="", max_length=20)

    def payload(self) -> bytes:
        """Write the status as it goes on the wire."""
        return self.model_dump_json().encode()


def decode_status(payload: bytes) -> Status | Rejected:
    """Read a status; a wrong one is a value."""
    if len(payload) > MAX_STATUS_BYTES:
        return Rejected(Reason.TOO_LARGE, f"{len(payload)} bytes; a status has at most {MAX_STATUS_BYTES}")
    try:
        return Status.model_validate_json(payload)
    except ValidationError as error:
        return Rejected(Reason.NOT_STATUS, first_fault(error))
