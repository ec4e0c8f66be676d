"""What Grafana's contact point sends: taken when it is signed, once, and in bounds."""

import hashlib
import hmac
import json
import time
from typing import Any

import httpx
import pytest

from cloud.api.app import make_app
from cloud.api.settings import ApiSettings
from cloud.db.connection import Connection
from tests.fix_database import as_role

SECRET = "shared-secret"
ALERT = {
    "status": "firing",
    "fingerprint": "c6eadffa33fcdf37",
    "startsAt": "2026-11-22T13:00:00+07:00",
    "endsAt": "0001-01-01T00:00:00Z",
    "labels": {"alertname": "Sungai mencapai Siaga 2", "category": "water", "severity": "major"},
    "annotations": {"summary": "KRT-01.gauge-1 mencapai Siaga 2."},
    "values": {"A": 2.1},
}


def body(*alerts: dict[str, Any]) -> bytes:
    return json.dumps({"receiver": "Konsol Satulayar", "alerts": list(alerts), "version": "1"}).encode()


def signed(content: bytes, *, at_s: float | None = None, secret: str = SECRET) -> dict[str, str]:
    at = str(int(time.time() if at_s is None else at_s))
    digest = hmac.new(secret.encode(), at.encode() + b":" + content, hashlib.sha256).hexdigest()
    return {"X-Grafana-Alerting-Signature": digest, "X-Grafana-Alerting-Signature-Timestamp": at}


async def post(database: str, content: bytes, headers: dict[str, str], secret: str | None = SECRET) -> httpx.Response:
    app = make_app(ApiSettings(dsn=as_role(database, "api"), alerts_secret=secret))  # type: ignore[arg-type]
    transport = httpx.ASGITransport(app=app)
    client = httpx.AsyncClient(transport=transport, base_url="http://api")
    async with app.router.lifespan_context(app), client:
        return await client.post("/v1/alerts/grafana", content=content, headers=headers)


def send(*arguments: Any, **options: Any) -> httpx.Response:
    import asyncio  # noqa: PLC0415

    return asyncio.run(post(*arguments, **options))


def test_notification_when_signed_then_is_kept_once_and_shown_on_the_wall(database: str, owner: Connection) -> None:
    content = body(ALERT, ALERT | {"fingerprint": "other"})
    for _ in range(2):
        answer = send(database, content, signed(content))
        assert (answer.status_code, answer.json()) == (200, {"stored": 2})
    rows = owner.execute("SELECT status, rule, severity, ends_at FROM wall.grafana_alert").fetchall()
    assert rows == [("firing", "Sungai mencapai Siaga 2", "major", None)] * 2


def test_notification_when_it_ends_then_that_is_a_row_of_its_own(database: str, owner: Connection) -> None:
    ended = ALERT | {"status": "resolved", "endsAt": "2026-11-22T14:00:00+07:00"}
    for alert in (ALERT, ended):
        content = body(alert)
        assert send(database, content, signed(content)).status_code == 200
    rows = owner.execute("SELECT status, ends_at IS NULL FROM wall.grafana_alert ORDER BY id").fetchall()
    assert rows == [("firing", True), ("resolved", False)]


CONTENT = body(ALERT)
WRONG = {
    "nothing": {},
    "another secret": signed(CONTENT, secret="guessed"),
    "another body": signed(body()),
    "an old one": signed(CONTENT, at_s=time.time() - 600),
    "an instant that no clock has": {
        "X-Grafana-Alerting-Signature": "x",
        "X-Grafana-Alerting-Signature-Timestamp": "9" * 5_000,
    },
    "a wrong signature beside the secret": signed(CONTENT, secret="x") | {"Authorization": f"Bearer {SECRET}"},
    "a wrong bearer": {"Authorization": "Bearer guessed"},
}


@pytest.mark.parametrize("headers", WRONG.values(), ids=list(WRONG))
def test_notification_when_not_proven_then_is_refused(
    database: str, owner: Connection, headers: dict[str, str]
) -> None:
    answer = send(database, CONTENT, headers)
    assert answer.status_code == 401
    assert owner.execute("SELECT count(*) FROM grafana_alert").fetchone() == (0,)


def test_notification_when_grafana_cannot_sign_then_the_secret_itself_is_enough(database: str) -> None:
    assert send(database, CONTENT, {"Authorization": f"Bearer {SECRET}"}).status_code == 200


def test_notification_when_no_secret_is_set_then_says_what_to_set(database: str) -> None:
    answer = send(database, CONTENT, signed(CONTENT), secret=None)
    assert answer.status_code == 503
    assert "SATULAYAR_API_ALERTS_SECRET" in answer.text


@pytest.mark.parametrize("content", [b"{", b"[]", b'{"alerts": [{"status": "firing"}]}'])
def test_notification_when_malformed_then_is_refused_with_its_place(database: str, content: bytes) -> None:
    assert send(database, content, signed(content)).status_code in (400, 422)


def test_notification_when_it_has_hundreds_of_alarms_then_is_taken_and_beyond_the_bound_refused(database: str) -> None:
    many = body(*(ALERT | {"fingerprint": f"f{n}", "annotations": {"summary": "x" * 800}} for n in range(400)))
    assert len(many) > 65_536
    assert send(database, many, signed(many)).json() == {"stored": 400}
    huge = b" " * 4_194_305
    assert send(database, huge, signed(huge)).status_code == 413
