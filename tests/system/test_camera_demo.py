"""The demonstration's cameras: a fallen tree ordered by command is an event with its picture in the API."""

import hashlib
import subprocess
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.fix_up import COMMAND, Up

# Before each of them: how surely the shipped model sees a tree depends on the light and the traffic.
CAMERAS = ("KRT-01.cam-1", "TD-01.cam-1", "TD-01.cam-2")
MORNING = ("--world-start", "2025-11-24T10:00+07:00")  # whatever the hour of the test: the cameras see by day


@pytest.mark.timeout(300)
def test_tree_when_ordered_by_command_then_an_event_with_its_picture_is_in_the_api(
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
