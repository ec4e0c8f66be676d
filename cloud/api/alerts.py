"""What Grafana's contact point sends: POST /v1/alerts/grafana. Kept once each until operations makes incidents of it.

Source: Grafana documentation, "Configure webhook notifications" (12.0 to 13.3): the body, and the signature, which is
the HMAC-SHA256 in hexadecimal of the timestamp header, a colon and the body. Before 11.6 Grafana cannot sign; there the
secret itself comes as a bearer token, which says who sent it but not that nobody changed it on the way.
"""

import hashlib
import hmac
import time
from datetime import UTC, datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Header, Request
from psycopg.types.json import Jsonb
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from cloud.api.access import UsedDatabase, UsedSettings
from cloud.api.refusals import refusal

router = APIRouter(prefix="/v1/alerts", tags=["alerts"])

PATH = "/v1/alerts/grafana"
# A notification of some hundred alarms, the night without mains, has about a kilobyte for each.
MAX_BODY_BYTES = 4_194_304
# A signature that is older was recorded and is being replayed, or a clock is wrong.
MAX_AGE_S = 300

_YEAR_ONE = 1  # Grafana's "not ended" is the first instant of year 1
_MOST_DIGITS = 12  # of seconds since 1970
_Words = dict[Annotated[str, Field(max_length=200)], Annotated[str, Field(max_length=4_000)]]


class Alert(BaseModel):
    """One alarm of a notification."""

    model_config = ConfigDict(extra="ignore")

    status: Literal["firing", "resolved"]
    fingerprint: Annotated[str, Field(min_length=1, max_length=100)]
    startsAt: AwareDatetime  # noqa: N815 - Grafana's name
    endsAt: AwareDatetime | None = None  # noqa: N815 - Grafana's name
    labels: _Words = {}
    annotations: _Words = {}


class Notification(BaseModel):
    """What comes in one request."""

    model_config = ConfigDict(extra="ignore")

    alerts: Annotated[list[Alert], Field(max_length=10_000)]


class Taken(BaseModel):
    """What became of it."""

    stored: int


@router.post("/grafana")
async def take_alerts(
    request: Request,
    database: UsedDatabase,
    settings: UsedSettings,
    authorization: Annotated[str, Header()] = "",
    signature: Annotated[str, Header(alias="X-Grafana-Alerting-Signature")] = "",
    signed_at: Annotated[str, Header(alias="X-Grafana-Alerting-Signature-Timestamp")] = "",
) -> Taken:
    """Take a notification of Grafana's alert rules; one that was taken before is taken again without effect."""
    secret = settings.read_alerts_secret()
    if secret is None:
        raise refusal("no_alerts_secret")
    body = await request.body()
    if not (_is_signed(secret, body, signature, signed_at) or _bears(secret, authorization, signature)):
        raise refusal("signature_invalid")
    rows = [_row(alert) for alert in _read(body).alerts]
    # Grafana repeats what is still true every few hours; that is nothing new.
    await database.execute("alerts", "put_alerts", {"rows": Jsonb(rows)})
    return Taken(stored=len(rows))


def _is_signed(secret: str, body: bytes, signature: str, signed_at: str) -> bool:
    if (
        not signature
        or not signed_at.isdecimal()
        or len(signed_at) > _MOST_DIGITS
        or abs(time.time() - int(signed_at)) > MAX_AGE_S
    ):
        return False
    wanted = hmac.new(secret.encode(), signed_at.encode() + b":" + body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(wanted.encode(), signature.encode())


def _bears(secret: str, authorization: str, signature: str) -> bool:
    """Tell whether an unsigned notification comes with the secret itself. A wrong signature is never overlooked."""
    return not signature and hmac.compare_digest(authorization.encode(), f"Bearer {secret}".encode())


def _read(body: bytes) -> Notification:
    try:
        return Notification.model_validate_json(body)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the document"
        raise refusal("alerts_malformed", where=where, fault=first["msg"]) from error


def _row(alert: Alert) -> dict[str, object]:
    ended_at = alert.endsAt if alert.endsAt and alert.endsAt.year > _YEAR_ONE else None
    return {
        "fingerprint": alert.fingerprint.replace("\0", ""),
        "status": alert.status,
        "starts_at": _storable(alert.startsAt).isoformat(),
        "ends_at": ended_at.isoformat() if ended_at else None,
        "labels": _clean(alert.labels),
        "annotations": _clean(alert.annotations),
    }


def _storable(at: datetime) -> datetime:
    return at if at.year > _YEAR_ONE else datetime(1970, 1, 1, tzinfo=UTC)


def _clean(words: dict[str, str]) -> dict[str, str]:
    """Leave out NUL, which PostgreSQL's text cannot hold."""
    return {name.replace("\0", ""): text.replace("\0", "") for name, text in words.items()}
