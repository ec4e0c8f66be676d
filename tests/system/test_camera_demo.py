"""The demonstration: a fallen tree ordered by command is an event with its picture, an incident, and a verified end."""

import hashlib
import io
import subprocess
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import httpx
import pytest
from PIL import Image

from cloud.db import accounts
from cloud.db.connection import connect
from simulators.stack.people import PEOPLE
from tests.fix_up import COMMAND, Up

# Before each of them: how surely the shipped model sees a tree depends on the light and the traffic.
CAMERAS = ("KRT-01.cam-1", "TD-01.cam-1", "TD-01.cam-2")
MORNING = ("--world-start", "2025-11-24T10:00+07:00")  # whatever the hour of the test: the cameras see by day


@pytest.mark.timeout(540)
def test_tree_when_ordered_by_command_then_is_an_event_with_its_picture_and_an_incident_to_its_verified_end(
    start: Callable[..., Up],
) -> None:
    up = start(*MORNING)
    up.wait_until_up()
    api, bearer = up.state()["api_url"], {"Authorization": f"Bearer {up.token_file.read_text().strip()}"}

    def read(path: str, **query: str) -> Any:
        return httpx.get(api + path, params=query, headers=bearer).raise_for_status().json()

    up.wait_for(lambda: all((read(f"/v1/cameras/{code}")["frame_rate_hz"] or 0) > 1 for code in CAMERAS), 60)
    for code in CAMERAS:
        order = [*COMMAND, "fault", code, "tree", "--for", "10m", "--data", str(up.data)]
        subprocess.run(order, check=True, capture_output=True)
    fallen: list[Any] = []

    def is_told() -> bool:
        told = read("/v1/events", type="id.satulayar.obstacle.detected")["items"]
        fallen[:] = [one for one in told if one["evidence"] and "ended_at" not in one["payload"]["data"]]
        return bool(fallen)

    up.wait_for(is_told, 120)
    picture = fallen[0]["evidence"][0]
    assert picture["content_type"] == "image/jpeg"
    content = httpx.get(f"{api}/v1/media/{fallen[0]['id']}/{picture['sha256']}", headers=bearer).content
    assert content.startswith(b"\xff\xd8\xff")
    assert hashlib.sha256(content).hexdigest() == picture["sha256"]
    assert fallen[0]["severity"] == "critical"
    assert read(f"/v1/cameras/{fallen[0]['asset']}")["picture"] is not None
    _handle(up, fallen[0]["asset"].partition(".")[0])


def _handle(up: Up, site: str) -> None:
    """Carry the incident at a site from the queue to a crew on the spot and a verified end, by four accounts."""
    clients = _sign_in(up)
    operator, crew = clients["operator"], clients["regu-banjir"]

    def queue() -> Any:
        found = operator.get("/v1/incidents", params={"site": site, "kind": "fallen_tree"}).json()["items"]
        return found[0] if found and found[0]["picture_sha256"] else None

    up.wait_for(lambda: queue() is not None, 30)
    incident = f"/v1/incidents/{queue()['incident']}"
    proposed = operator.get(f"{incident}/crews").json()
    assert proposed[0]["suits"]
    assert operator.post(f"{incident}/dispatch", json={"crew": "Regu Banjir Kraton"}).json()["state"] == "dispatched"
    order = f"/v1/dispatches/{crew.get('/v1/crews/me/dispatches').json()[0]['dispatch']['id']}"
    assert crew.get(f"{order}/picture").content.startswith(b"\xff\xd8\xff")
    crew.post(f"{order}/arrived", json={"act_id": str(uuid4())}).raise_for_status()
    proof = io.BytesIO()
    Image.new("RGB", (640, 480), (80, 90, 80)).save(proof, "JPEG")
    where = {"latitude": -7.66, "longitude": 112.85}
    crew.put(f"{order}/photos/{uuid4()}", params=where, content=proof.getvalue()).raise_for_status()
    assert crew.post(f"{order}/done", json={"act_id": str(uuid4())}).json()["incident"]["state"] == "resolved"
    assert crew.post(f"{incident}/verify", json={}).status_code == 403
    assert clients["operator-2"].post(f"{incident}/verify", json={}).json()["state"] == "closed"


def _sign_in(up: Up) -> dict[str, httpx.Client]:
    """Make a token for some people of the demonstration."""
    made = {}
    with connect(up.state()["dsn"], "test", autocommit=True) as owner:
        for name in ("operator", "operator-2", "regu-banjir"):
            token = accounts.create_token(owner, name, PEOPLE[name][0], "test")
            bearer = {"Authorization": f"Bearer {token}"}
            # No idle connections, because nobody closes them.
            limits = httpx.Limits(max_keepalive_connections=0)
            made[name] = httpx.Client(base_url=up.state()["api_url"], headers=bearer, limits=limits)
    return made
