"""Receipts: the cloud's word that messages are committed, or refused for good.

A publisher asks for receipts with MQTT 5's Response Topic and Correlation Data (section 4.10.1): the correlation is
ASCII text of its own choosing, handed back as it was. A message of which single records were refused counts as
committed: sending it again would change nothing.
"""

from pydantic import BaseModel, ConfigDict, Field

from edge.contract.rejected import Reason


class Refusal(BaseModel):
    """One message that will never be stored.

    Attributes:
        id: its correlation.
        reason: why.
        detail: for a person.
    """

    model_config = ConfigDict(extra="ignore")

    id: str
    reason: Reason | str
    detail: str = ""


class Receipt(BaseModel):
    """What became of messages of one publisher.

    Attributes:
        committed: correlations of messages that the database holds.
        rejected: messages refused for good; they must not be sent again.
    """

    model_config = ConfigDict(extra="ignore")

    committed: list[str] = Field(default_factory=list)
    rejected: list[Refusal] = Field(default_factory=list)
