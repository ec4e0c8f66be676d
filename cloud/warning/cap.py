"""The Common Alerting Protocol: warnings as the world exchanges them.

Source: OASIS Standard CAP 1.2 (1 July 2010), section 3.2 for every element, 3.3.2 for instants, 3.3.3 for character
data, 1.1 of the same for the name space. Elements that are not named here (resources, signatures, what others add)
are left alone when a document is read; the document itself is kept as it came.
"""

import re
from datetime import datetime, timedelta, timezone
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, field_validator, model_validator

NAMESPACE = "urn:oasis:names:tc:emergency:cap:1.2"
MEDIA_TYPE = "application/cap+xml"
WIB = timezone(timedelta(hours=7), "WIB")
_FIRST_YEAR, _LAST_YEAR = 2000, 2199
LEAST_RING = 4  # three corners, and the first one again

Status = Literal["Actual", "Exercise", "System", "Test", "Draft"]
MessageType = Literal["Alert", "Update", "Cancel", "Ack", "Error"]
Scope = Literal["Public", "Restricted", "Private"]
Category = Literal[
    "Geo", "Met", "Safety", "Security", "Rescue", "Fire", "Health", "Env", "Transport", "Infra", "CBRNE", "Other"
]
ResponseType = Literal["Shelter", "Evacuate", "Prepare", "Execute", "Avoid", "Monitor", "Assess", "AllClear", "None"]
Urgency = Literal["Immediate", "Expected", "Future", "Past", "Unknown"]
Severity = Literal["Extreme", "Severe", "Moderate", "Minor", "Unknown"]
Certainty = Literal["Observed", "Likely", "Possible", "Unlikely", "Unknown"]

# XML 1.0 (fifth edition), section 2.2: what no document can carry.
_UNWRITABLE = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def _writable(text: str) -> str:
    if _UNWRITABLE.search(text):
        raise ValueError("holds a control character, which no XML document can carry; leave it out")
    return text.strip()


def _sane(at: datetime) -> datetime:
    if not _FIRST_YEAR <= at.year <= _LAST_YEAR:
        raise ValueError(f"is in the year {at.year}: a clock is wrong")
    return at


Instant = Annotated[AwareDatetime, AfterValidator(_sane)]
Text = Annotated[str, Field(max_length=20_000), AfterValidator(_writable)]
Line = Annotated[str, Field(max_length=500), AfterValidator(_writable)]
# No spaces, commas, < or &: names of messages are joined by commas and spaces in `references`.
Token = Annotated[str, Field(pattern=r"^[^\s,<&]+$", max_length=300), AfterValidator(_writable)]
Latitude = Annotated[float, Field(ge=-90, le=90)]
Longitude = Annotated[float, Field(ge=-180, le=180)]
Point = tuple[Latitude, Longitude]
Ring = Annotated[tuple[Point, ...], Field(min_length=LEAST_RING, max_length=20_000)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Reference(_Part):
    """An earlier message that this one speaks of."""

    sender: Token
    identifier: Token
    sent: Instant


class Circle(_Part):
    """A centre in degrees (WGS 84) and a radius in kilometres."""

    centre: Point
    radius_km: Annotated[float, Field(ge=0, le=20_100)]


class Named(_Part):
    """A value with the name of the list that it is from: eventCode, parameter, geocode."""

    name: Line
    value: Text


class Area(_Part):
    """Where: in words, and as rings and circles. Rings are (latitude, longitude), the last point the first again."""

    description: Text
    polygons: tuple[Ring, ...] = ()
    circles: tuple[Circle, ...] = ()
    geocodes: tuple[Named, ...] = ()

    @field_validator("polygons")
    @classmethod
    def _closed(cls, polygons: tuple[Ring, ...]) -> tuple[Ring, ...]:
        if any(ring[0] != ring[-1] for ring in polygons):
            raise ValueError("a polygon ends where it begins: repeat its first point at the end")
        return polygons


class Info(_Part):
    """What is said, in one language."""

    language: Line = "en-US"
    categories: Annotated[tuple[Category, ...], Field(min_length=1, max_length=12)]
    event: Line
    responses: Annotated[tuple[ResponseType, ...], Field(max_length=9)] = ()
    urgency: Urgency
    severity: Severity
    certainty: Certainty
    event_codes: Annotated[tuple[Named, ...], Field(max_length=50)] = ()
    effective: Instant | None = None
    onset: Instant | None = None
    expires: Instant | None = None
    sender_name: Line = ""
    headline: Line = ""
    description: Text = ""
    instruction: Text = ""
    web: Annotated[str, Field(max_length=2_000), AfterValidator(_writable)] = ""
    contact: Line = ""
    parameters: Annotated[tuple[Named, ...], Field(max_length=200)] = ()
    areas: Annotated[tuple[Area, ...], Field(max_length=500)] = ()

    @field_validator("certainty", mode="before")
    @classmethod
    def _once_very_likely(cls, certainty: object) -> object:
        # Section 3.2.2: deprecated, "should be treated as Likely".
        return "Likely" if certainty == "Very Likely" else certainty


class Alert(_Part):
    """A CAP message."""

    identifier: Token
    sender: Token
    sent: Instant
    status: Status
    message_type: MessageType
    scope: Scope
    source: Line = ""
    restriction: Line = ""
    addresses: Text = ""
    codes: Annotated[tuple[Line, ...], Field(max_length=50)] = ()
    note: Text = ""
    references: Annotated[tuple[Reference, ...], Field(max_length=500)] = ()
    incidents: Text = ""
    infos: Annotated[tuple[Info, ...], Field(max_length=20)] = ()

    @model_validator(mode="after")
    def _says_of_what(self) -> Self:
        if self.message_type in {"Update", "Cancel"} and not self.references:
            raise ValueError(f"an {self.message_type} says in `references` which message it is about")
        return self

    @property
    def reference(self) -> Reference:
        """How a later message speaks of this one."""
        return Reference(sender=self.sender, identifier=self.identifier, sent=self.sent)

    def info_in(self, language: str) -> Info | None:
        """Give what is said in a language (`id`, `en`), however its region is written; None if nothing is."""
        return next((info for info in self.infos if info.language.lower().split("-")[0] == language), None)


def write_instant(at: datetime) -> str:
    """Write an instant as section 3.3.2 wants it: whole seconds, an offset, never `Z`; in WIB, where people read it."""
    return at.astimezone(WIB).replace(microsecond=0).isoformat()
