"""The demonstration's cameras: a fallen tree ordered by command is an event with its picture in the API."""

import hashlib
import subprocess
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.fix_up import COMMAND, Up

CAMERA = "TD-01.cam-1"
MORNING = ("--world-start", "2025-11-24T09:00+07:00")  # whatever the hour of the test: the cameras see by day


@pytest.mark.timeout(300)
def test_tree_when_ordered_by_command_then_an_event_with_its_picture_is_in_the_api(
    start: Callable[..., Up],
) -> None:
    up = start(*MORNING)
    up.wait_until_up()
    api, bearer = up.state()["api_url"], {"Authorization": f"Bearer {up.token_file.read_text().strip()}"}

    def read(path: str, **query: str) -> Any:
        return httpx.get(api + path, params=query, headers=bearer).raise_for_status().json()

    up.wait_for(lambda: (read(f"/v1/cameras/{CAMERA}")["frame_rate_hz"] or 0) > 1, 60)
    order = [*COMMAND, "fault", CAMERA, "tree", "--for", "10m", "--data", str(up.data)]
    subprocess.run(order, check=True, capture_output=True)
    fallen: list[Any] = []

    def is_told() -> bool:
        fallen[:] = read("/v1/events", asset=CAMERA, type="id.satulayar.obstacle.detected")["items"]
        return bool(fallen) and any(one["content_type"] == "image/jpeg" for one in fallen[0]["evidence"])

    up.wait_for(is_told, 90)
    picture = next(one for one in fallen[0]["evidence"] if one["content_type"] == "image/jpeg")
    content = httpx.get(f"{api}/v1/media/{fallen[0]['id']}/{picture['sha256']}", headers=bearer).content
    assert content.startswith(b"\xff\xd8\xff")
    assert hashlib.sha256(content).hexdigest() == picture["sha256"]
    assert fallen[0]["severity"] == "critical"
    assert read(f"/v1/cameras/{CAMERA}")["picture"]["event"] == fallen[0]["id"]
