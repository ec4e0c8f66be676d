"""Commands to a box and the states they go through.

A command carries its own expiry beside MQTT's Message Expiry Interval (MQTT 5 section 3.3.2.3.3): the broker drops
what waits too long, the box refuses what arrives too late.
"""

from typing import Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

CommandState = Literal["accepted", "refused", "applied", "confirmed", "failed", "expired"]


class Command(BaseModel):
    """A request to a box.

    Attributes:
        id: UUIDv7; the same command twice is carried out once.
        action: what to do, for example `siren.test`.
        asset: the asset it is for; the box itself when absent.
        arguments: the action's own.
        issued_at: when the room sent it.
        expires_at: from when on it must not be started.
        actor: who asked, for the box's own log.
    """

    model_config = ConfigDict(extra="ignore")

    id: UUID
    action: str = Field(pattern=r"^[a-z]+(\.[a-z_]+)*$", max_length=80)
    asset: str | None = Field(default=None, max_length=80)
    arguments: dict[str, Any] = Field(default_factory=dict, max_length=50)
    issued_at: AwareDatetime
    expires_at: AwareDatetime
    actor: str = Field(max_length=120)


class Result(BaseModel):
    """One state of a command, as reported by the box.

    Attributes:
        command: the command's id.
        state: what became of it.
        at: when, by the box's clock.
        reason: for refused and failed, the rule or fault by its name.
        detail: the same for a person.
    """

    model_config = ConfigDict(extra="ignore")

    command: UUID
    state: CommandState
    at: AwareDatetime
    reason: str = Field(default="", max_length=80)
    detail: str = Field(default="", max_length=500)
