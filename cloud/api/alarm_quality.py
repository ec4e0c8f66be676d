"""How good the alarms are: how many come to an operator, which stand, which chatter: /v1/alarm-quality.

Source: ANSI/ISA-18.2-2016, clause 16.3 and table 7; EEMUA 191.
"""

from datetime import datetime

from fastapi import APIRouter
from pydantic import BaseModel, Field

from cloud.api.access import UsedDatabase, Viewer
from cloud.api.incidents import FILE

router = APIRouter(prefix="/v1", tags=["incidents"])


class AgencyAlarms(BaseModel):
    """Alarms of an agency's desk in the last 24 hours: what opened, came again, grew worse or was escalated."""

    agency: str
    operators: int = Field(description="Accounts that its roster names at the first level; 1 where it names none.")
    per_operator_h: float = Field(description="An hour and operator; about 6 is bearable, 12 the most.")
    last_hour_per_operator: float
    busiest_10min: float = Field(description="Of an operator, in the busiest ten minutes; more than 10 is a flood.")
    standing: int = Field(description="Incidents that have lasted for a day and more; fewer than 5.")
    chattering: int = Field(description="Keys that came again three times and more; none.")
    top_ten_pct: float | None = Field(description="Share of the ten most frequent keys; null where there were none.")


class OperatorAlarms(BaseModel):
    """Alarms of one account, over all the agencies whose desk it sits at."""

    account: str
    per_h: float
    last_hour: float
    agencies: list[str]


class FrequentKey(BaseModel):
    """A key that was put before people often."""

    key: str
    agency: str
    kind: str
    title_id: str
    title_en: str
    alarms_24h: int
    reopened_24h: int
    last_at: datetime
    shelved_until: datetime | None


class AlarmQuality(BaseModel):
    """By agency, by account, and the ten keys with most alarms."""

    agencies: list[AgencyAlarms]
    operators: list[OperatorAlarms]
    worst: list[FrequentKey]


@router.get("/alarm-quality")
async def read_quality(_: Viewer, database: UsedDatabase) -> AlarmQuality:
    """Tell how good the alarms of the last 24 hours were."""
    agencies = await database.fetch(AgencyAlarms, FILE, "alarm_quality")
    operators = await database.fetch(OperatorAlarms, FILE, "alarm_operators")
    return AlarmQuality(
        agencies=agencies, operators=operators, worst=await database.fetch(FrequentKey, FILE, "alarm_worst")
    )
