"""The wall unit: what it judges, what it reports, and a real Chromium that loses its page, its session, its network."""

import importlib.util
import json
import shutil
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from edge.contract.senml import decode

SCRIPT = Path("firmware-config/wall/wall.py")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest.fixture(scope="module")
def wall() -> ModuleType:
    spec = importlib.util.spec_from_file_location("satulayar_wall", SCRIPT)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["satulayar_wall"] = module
    spec.loader.exec_module(module)
    return module


WANTED = "https://g.example/d/satulayar-dinding?kiosk"


@pytest.mark.parametrize(
    ("seen", "age_s", "reason"),
    [
        ({"address": WANTED, "ready": "complete", "panels": 16}, 60, ""),
        ({}, 60, "hung"),
        ({"address": "https://g.example/login", "ready": "complete"}, 60, "session lost"),
        ({"address": "chrome-error://chromewebdata/"}, 60, "network"),
        ({"address": "data:text/html", "title": "satulayar-away"}, 1, "network"),
        ({"address": WANTED, "ready": "loading"}, 5, ""),
        ({"address": WANTED, "ready": "loading"}, 60, "never loaded"),
        ({"address": WANTED, "ready": "complete", "panels": 16, "failed": 9}, 60, "panels fail"),
        ({"address": WANTED, "ready": "complete", "panels": 16, "failed": 3}, 60, ""),
        ({"address": WANTED, "ready": "complete", "panels": 16, "framed": True}, 60, "kiosk lost"),
        ({"address": WANTED, "ready": "complete", "panels": 16}, 7 * 3600, "old"),
    ],
)
def test_page_when_looked_at_then_is_reloaded_for_a_reason(
    wall: ModuleType, seen: dict[str, Any], age_s: float, reason: str
) -> None:
    assert wall.judge(wall.Seen(**seen), WANTED, age_s) == reason


def test_screens_when_one_is_dark_then_is_told(wall: ModuleType, tmp_path: Path) -> None:
    for output, words in {
        "HDMI-A-1": ("connected", "enabled", "On"),
        "HDMI-A-2": ("connected", "enabled", "Off"),
    }.items():
        (tmp_path / output).mkdir()
        for name, word in zip(("status", "enabled", "dpms"), words, strict=True):
            (tmp_path / output / name).write_text(f"{word}\n")
    listed = {"HDMI-A-1": "RK-01.screen-1", "HDMI-A-2": "RK-01.screen-2", "HDMI-A-3": "RK-01.screen-3"}
    assert wall.screens(listed, tmp_path) == {"RK-01.screen-1": 1, "RK-01.screen-2": 0, "RK-01.screen-3": 0}


def test_report_when_sent_then_is_a_pack_that_the_contract_reads(wall: ModuleType) -> None:
    content = wall.pack("RK-01.wall-1", alive=True, lit={"RK-01.screen-1": 0}, at_s=1_763_800_000.0)
    decoded = decode(content)
    assert isinstance(decoded, list)
    assert [record["n"] for record in json.loads(content)] == ["RK-01.wall-1:page_alive", "RK-01.screen-1:screen_on"]


class Site:
    """A Grafana's face: a page that is well, or whatever it is told to be."""

    def __init__(self) -> None:
        self.mode = "well"
        self.served = 0
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                site.served += self.path == "/d/wall?kiosk"
                if site.mode == "login" and self.path != "/login":
                    self.send_response(302)
                    self.send_header("Location", "/login")
                    self.end_headers()
                    return
                script = "<script>setTimeout(() => {for(;;){}}, 50)</script>" if site.mode == "hang" else ""
                body = f"<title>Dinding</title><div data-panelid=1>x</div>{script}".encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.block_on_close = False
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/d/wall?kiosk"


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site()
    thread = threading.Thread(target=site.server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield site
    site.server.shutdown()
    site.server.server_close()
    thread.join()


@pytest.fixture
def shown(wall: ModuleType, site: Site, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    if CHROMIUM is None:
        pytest.skip("no chromium on PATH: apt-get install chromium")
    monkeypatch.setattr(wall, "ANSWER_S", 8.0)
    supervised = wall.Wall([site.url], program=CHROMIUM, scale="1", headless=True)
    yield supervised
    supervised.stop()


@pytest.mark.timeout(110)
def test_wall_when_session_page_and_browser_are_lost_then_shows_again(site: Site, shown: Any) -> None:
    assert shown.step() == "started"
    assert [until(shown, ""), shown.alive] == ["", True]
    site.mode = "login"
    shown.browser.load(site.url)
    assert until(shown, "session lost") == "session lost"
    assert not shown.alive
    site.mode = "well"
    assert [until(shown, ""), shown.alive] == ["", True]
    shown.browser.process.kill()
    shown.browser.process.wait()
    assert shown.step() == "started"
    assert [until(shown, ""), shown.alive] == ["", True]


@pytest.mark.timeout(110)
def test_wall_when_the_network_is_away_then_says_so_and_comes_back_by_itself(site: Site, shown: Any) -> None:
    port = site.server.server_address[1]
    shown.pages = [f"http://127.0.0.1:{port}/d/wall?kiosk"]
    shown.step()
    assert until(shown, "") == ""
    shown.pages = ["http://127.0.0.1:9/d/wall?kiosk"]
    shown.browser.load(shown.wanted)
    assert until(shown, "network") == "network"
    assert any(shown.browser.look().title == "satulayar-away" for _ in range(200))
    shown.pages = [site.url]
    assert [until(shown, ""), shown.alive] == ["", True]


def until(shown: Any, reason: str) -> str:
    """Look again until a look gives a reason, at most thirty times."""
    found = "?"
    for _ in range(30):
        found = shown.step()
        if found == reason:
            break
    return found
