"""The wall unit: what it judges, what it reports, and a real Chromium that loses its page, its session, its network."""

import contextlib
import importlib.util
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from cloud.db.wall import pulse
from edge.contract.senml import decode
from provisioning.certificates import CertificateAuthority
from simulators.broker import find_mosquitto
from tests.fix_ingest import BOX, TelemetryPath

SCRIPT = Path("firmware-config/wall/wall.py")
UNIT = Path("firmware-config/wall/satulayar-wall.service")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest.fixture(scope="module")
def wall() -> ModuleType:
    sys.path.insert(0, str(SCRIPT.parent.resolve()))
    spec = importlib.util.spec_from_file_location("satulayar_wall", SCRIPT)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["satulayar_wall"] = module
    spec.loader.exec_module(module)
    sys.path.pop(0)
    return module


FILES = {f"WALL_{name}_FILE": "/dev/null" for name in ("CA", "CERT", "KEY")}
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
        ({"address": WANTED, "ready": "complete", "status": 401}, 1, "session lost"),
        ({"address": WANTED, "ready": "complete", "status": 502}, 1, "server says 502"),
        ({"address": WANTED, "ready": "complete"}, 5, ""),
        ({"address": WANTED, "ready": "complete"}, 60, "no panels"),
        ({"address": "https://g.example/?orgId=1", "ready": "complete", "panels": 3}, 60, "elsewhere"),
        ({"address": "https://sso.example/d/satulayar-dinding", "ready": "complete", "panels": 1}, 1, "elsewhere"),
        ({"address": WANTED.replace("?", "/dinding?orgId=1&"), "ready": "complete", "panels": 16}, 60, ""),
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


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({}, ""),
        ({"WALL_BROKER": "127.0.0.1", "WALL_BOX": "RK-01-a"}, "report dropped: WALL_CA_FILE is not set"),
        ({"WALL_BROKER": "127.0.0.1", "WALL_PORT": "9", "WALL_BOX": "RK-01-a", **FILES}, "report dropped: "),
    ],
)
def test_report_when_something_is_missing_or_away_then_is_dropped_with_a_word(
    wall: ModuleType, capfd: pytest.CaptureFixture[str], given: dict[str, str], told: str
) -> None:
    wall.report(given, b"[]")
    said = capfd.readouterr().out
    assert said.startswith(told)
    assert len(said) > len("report dropped: ") or not told


def test_pages_when_they_lead_on_or_need_a_login_themselves_then_are_left_alone(wall: ModuleType) -> None:
    list_of_boards = "https://g.example/playlists/play/x?kiosk"
    shown = wall.Seen(address="https://g.example/d/other/x?kiosk", ready="complete", panels=4)
    assert wall.judge(shown, list_of_boards, 60) == ""
    login = "https://g.example/login"
    assert wall.judge(wall.Seen(address=login, ready="complete"), login, 60) == ""


def test_unit_file_when_the_browser_hangs_in_every_way_then_its_watchdog_waits_longer(wall: ModuleType) -> None:
    said = dict(line.split("=", 1) for line in UNIT.read_text().splitlines() if "=" in line and line[0] != "#")
    # A look, two ends of a browser, asking for its page, two loads, a broker that does not answer, the pause.
    longest_s = 6 * sys.modules["chromium"].ANSWER_S + 10 + wall.LOOK_EVERY_S
    assert int(said["WatchdogSec"]) > longest_s
    assert (said["Type"], said["Restart"], said["StartLimitIntervalSec"]) == ("notify", "always", "0")
    # The display's socket is in /tmp, and namespaces are the browser's own sandbox.
    assert not {"PrivateTmp", "RestrictNamespaces", "MemoryDenyWriteExecute"} & said.keys()


GRAFANA = '<title>Dinding</title><div data-viz-panel-key="panel-1">x</div>'
PAGES = {
    "well": (200, GRAFANA),
    "hang": (200, GRAFANA + "<script>setTimeout(() => {for(;;){}}, 50)</script>"),
    "unauthorized": (401, "<title>401</title>please sign in"),
    "gateway": (502, "<title>502</title>bad gateway"),
    "alert": (200, GRAFANA + "<script>setTimeout(() => alert('x'), 50)</script>"),
}


class Site:
    """A Grafana's face: a page that is well, or whatever it is told to be."""

    def __init__(self) -> None:
        self.mode = "well"
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if site.mode == "login" and self.path != "/login":
                    self.send_response(302)
                    self.send_header("Location", "/login")
                    self.end_headers()
                    return
                status, body = PAGES.get(site.mode, PAGES["well"])
                self.send_response(status)
                self.send_header("Content-Type", "text/html")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                with contextlib.suppress(ConnectionError):  # the browser was ended meanwhile
                    self.wfile.write(body.encode())

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
    monkeypatch.setattr(wall, "GRACE_S", 0.3)
    monkeypatch.setattr(wall, "REST_S", 0.3)
    supervised = wall.Wall([site.url], program=CHROMIUM, scale="1", headless=True)
    supervised.step()
    until(supervised, "", alive=True)
    yield supervised
    supervised.stop()


@pytest.mark.timeout(110)
@pytest.mark.parametrize(
    ("mode", "reason"),
    [
        ("login", "session lost"),
        ("gateway", "server says 502"),
    ],
)
def test_wall_when_something_else_is_served_then_says_so_on_a_page_of_its_own_until_it_is_well(
    wall: ModuleType, site: Site, shown: Any, mode: str, reason: str
) -> None:
    browser = shown.browser
    site.mode = mode
    browser.load(site.url)
    deadline_s = time.monotonic() + 60
    while (found := shown.step()) != reason:
        assert time.monotonic() < deadline_s, found
    assert not shown.alive  # from the first look on
    # Neither reloads nor a new browser help: the page of its own, and no login form.
    deadline_s = time.monotonic() + 60
    while shown.browser.look().title != "satulayar-away":
        assert time.monotonic() < deadline_s, shown
        shown.step()
    assert shown.browser is not browser
    assert not shown.alive
    site.mode = "well"
    until(shown, "", alive=True)


@pytest.mark.timeout(110)
@pytest.mark.parametrize("mode", ["hang", "alert"])
def test_wall_when_its_page_hangs_then_gets_a_new_browser(
    wall: ModuleType, site: Site, shown: Any, monkeypatch: pytest.MonkeyPatch, mode: str
) -> None:
    browser = shown.browser
    site.mode = mode
    with monkeypatch.context() as sooner:
        sooner.setattr(sys.modules["chromium"], "ANSWER_S", 1.0)
        browser.load(site.url)
        until(shown, "hung", alive=False)
    site.mode = "well"
    until(shown, "", alive=True)
    assert shown.browser is not browser
    assert browser.process.returncode is not None


@pytest.mark.timeout(110)
@pytest.mark.parametrize("kill", ["renderer", "browser"])
def test_wall_when_its_browser_crashes_then_gets_a_new_one(
    wall: ModuleType, shown: Any, monkeypatch: pytest.MonkeyPatch, kill: str
) -> None:
    browser = shown.browser
    if kill == "browser":
        browser.process.kill()
        browser.process.wait()
        assert shown.step() == "started"
    else:
        with monkeypatch.context() as sooner:
            sooner.setattr(sys.modules["chromium"], "ANSWER_S", 1.0)
            assert browser.ask("Page.crash", {}) is None
            until(shown, "hung", alive=False)
    until(shown, "", alive=True)
    assert shown.browser is not browser


@pytest.mark.timeout(110)
def test_wall_when_the_network_is_away_then_says_so_and_comes_back_by_itself(site: Site, shown: Any) -> None:
    browser = shown.browser
    shown.pages = ["http://127.0.0.1:9/d/wall?kiosk"]
    browser.load(shown.wanted)
    until(shown, "network", alive=False)
    for _ in range(5):  # for a night, too, without a new browser each time
        assert shown.step() == "network"
    assert any(shown.browser.look().title == "satulayar-away" for _ in range(200))
    shown.pages = [site.url]
    until(shown, "", alive=True)
    assert shown.browser is browser


def test_browser_when_it_is_ended_then_takes_its_children_with_it(wall: ModuleType, tmp_path: Path) -> None:
    program = tmp_path / "browser"
    program.write_text(f"#!/bin/sh\n(trap '' TERM; touch {tmp_path}/born; exec sleep 60) &\nexec sleep 60\n")
    program.chmod(0o755)
    browser = wall.Chromium(str(program), "1")
    deadline_s = time.monotonic() + 30
    while not (tmp_path / "born").exists():
        assert time.monotonic() < deadline_s
        time.sleep(0.02)
    assert len(living(browser.process.pid)) >= 2
    browser.stop()
    deadline_s = time.monotonic() + 5
    while living(browser.process.pid):  # who has been killed takes a moment to go
        assert time.monotonic() < deadline_s
        time.sleep(0.02)


def until(shown: Any, reason: str, *, alive: bool) -> None:
    """Look again until a look gives a reason, and the wall says of itself what it shall."""
    deadline_s = time.monotonic() + 60
    while (found := shown.step()) != reason or shown.alive is not alive:
        assert time.monotonic() < deadline_s, (found, shown)


_RUN = """import functools, importlib.util, pathlib, sys
sys.path.insert(0, str(pathlib.Path(sys.argv[1]).parent))
spec = importlib.util.spec_from_file_location("satulayar_wall", sys.argv[1])
wall = importlib.util.module_from_spec(spec)
sys.modules["satulayar_wall"] = wall
spec.loader.exec_module(wall)
wall.LOOK_EVERY_S, wall.GRACE_S, wall.REPORT_EVERY_S = 0.1, 0.3, 0.5
wall.Wall = functools.partial(wall.Wall, program=sys.argv[2], headless=True)
wall.screens = functools.partial(wall.screens, drm=pathlib.Path(sys.argv[3]))
wall.main()
"""
_REGISTER = """
WITH put AS (
    INSERT INTO asset (code, name, kind, site_id, box_id, expected_interval_s)
    SELECT 'TD-01.' || part.kind || '-1', part.name, part.kind, box.site_id, box.id, 60
    FROM box, (VALUES ('wall', 'Dinding'), ('screen', 'Layar 1')) AS part (kind, name)
) SELECT 1
"""
Rows = list[tuple[str, str]]


@pytest.mark.timeout(110)
def test_screen_when_it_goes_dark_then_is_dark_on_the_wall_though_its_unit_is_heard(
    path: TelemetryPath, authority: CertificateAuthority, site: Site, tmp_path: Path
) -> None:
    if CHROMIUM is None:
        pytest.skip("no chromium on PATH: apt-get install chromium")
    output = tmp_path / "drm" / "card1-HDMI-A-1"
    output.mkdir(parents=True)
    for name, word in {"status": "connected", "enabled": "enabled", "dpms": "On"}.items():
        (output / name).write_text(f"{word}\n")
    path.query(_REGISTER)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        systemd.settimeout(60)
        with running(path, authority, site.url, tmp_path) as unit:
            assert [systemd.recv(99), systemd.recv(99)] == [b"READY=1", b"WATCHDOG=1"]
            threading.Thread(target=drain, args=(systemd,), daemon=True).start()
            see(path, [("TD-01.screen-1", "ok"), ("TD-01.wall-1", "ok")])
            (output / "dpms").write_text("Off\n")
            see(path, [("TD-01.screen-1", "dark"), ("TD-01.wall-1", "ok")])
            site.mode = "unauthorized"
            browser = browser_of(unit)
            os.killpg(browser, signal.SIGKILL)
            see(path, [("TD-01.screen-1", "dark"), ("TD-01.wall-1", "blank")])
            rules = path.query("SELECT asset FROM wall.alarm_trouble WHERE value = 1 ORDER BY asset")
            assert rules == [("TD-01.screen-1",), ("TD-01.wall-1",)]
            browser = browser_of(unit)
    assert unit.returncode == 0
    assert living(browser) == []


@contextlib.contextmanager
def running(
    path: TelemetryPath, authority: CertificateAuthority, page: str, home: Path
) -> Iterator[subprocess.Popen[bytes]]:
    """The unit as a process of its own, as systemd starts it, only quicker."""
    identity = authority.ensure(BOX)
    environment = {
        "PATH": f"{os.environ['PATH']}:{find_mosquitto('mosquitto_pub').parent}",
        "NOTIFY_SOCKET": str(home / "notify"),
        "WALL_PAGES": page,
        "WALL_BOX": BOX,
        "WALL_ASSET": "TD-01.wall-1",
        "WALL_SCREENS": "card1-HDMI-A-1=TD-01.screen-1",
        "WALL_BROKER": path.broker.host,
        "WALL_PORT": str(path.broker.port),
        "WALL_CA_FILE": str(identity.authority),
        "WALL_CERT_FILE": str(identity.certificate),
        "WALL_KEY_FILE": str(identity.key),
    }
    command = [sys.executable, "-c", _RUN, str(SCRIPT), str(CHROMIUM), str(home / "drm")]
    unit = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    try:
        yield unit
    finally:
        unit.terminate()
        unit.wait(30)


def drain(systemd: socket.socket) -> None:
    """Read what the unit says of itself, as systemd does, until the socket is closed."""
    with contextlib.suppress(OSError):
        while systemd.recv(99):
            pass


def see(path: TelemetryPath, wanted: Rows) -> None:
    """Wait until the wall's panel of screens says this."""
    deadline_s = time.monotonic() + 60
    while True:
        pulse(path.connection)
        found = path.query("SELECT asset, state FROM wall.screen ORDER BY asset")
        if found == wanted:
            return
        assert time.monotonic() < deadline_s, found
        time.sleep(0.1)


def living(group: int) -> list[str]:
    """Give the processes of a group that still run; one that waits to be reaped does not."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            name, _, rest = path.read_text().rpartition(")")
            state, _, its_group = rest.split()[:3]
            found += [f"{name}) {state}"] * (int(its_group) == group and state not in "ZX")
    return found


def browser_of(unit: "subprocess.Popen[bytes]") -> int:
    """Give the process that the unit has started, the leader of its group; reports are processes for a moment, too."""
    deadline_s = time.monotonic() + 30
    while True:
        for child in Path(f"/proc/{unit.pid}/task/{unit.pid}/children").read_text().split():
            with contextlib.suppress(ProcessLookupError):
                if os.getpgid(int(child)) == int(child):
                    return int(child)
        assert time.monotonic() < deadline_s
        time.sleep(0.05)
