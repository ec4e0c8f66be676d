"""Keeps a wall showing: Chromium in kiosk mode, looked at every few seconds, reloaded when it shows nothing of use.

Standard library only. Chromium is spoken to over its DevTools pipe (file descriptors 3 and 4, JSON messages that end
with NUL), so that no port is open. Source: Chrome DevTools Protocol, domains Target, Page, Runtime; sd_notify(3).
"""

# ruff: noqa: INP001, T201, PLR0911 - a script on its own: systemd keeps what it prints, and each reason has its line

import base64
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

LOOK_EVERY_S = 10.0
ANSWER_S = 10.0
REPORT_EVERY_S = 60.0
# A browser that runs for weeks grows; a reload in the night costs a second.
RELOAD_EVERY_S = 6 * 3600.0
# Panels load for some seconds after a page has changed.
GRACE_S = 20.0
RELOADS_BEFORE_RESTART = 3
LOGIN_PATHS = ("/login", "/user/auth-tokens")
DRM = Path("/sys/class/drm")

_AWAY = """<!doctype html><meta charset="utf-8"><title>satulayar-away</title>
<body style="background:#000;color:#ccc;font:8vh sans-serif;display:grid;place-content:center;height:96vh;
text-align:center
">
<div id="t"></div><div style="font-size:4vh">sambungan terputus<br>connection lost</div><script>
const f=new Intl.DateTimeFormat('id-ID',{timeZone:'Asia/Jakarta',dateStyle:'full',timeStyle:'medium'});
const s=()=>{document.getElementById('t').textContent=f.format(new Date())+' WIB'};s();setInterval(s,1000);</script>"""
AWAY_PAGE = "data:text/html;base64," + base64.b64encode(_AWAY.encode()).decode()

# What the page says of itself. Grafana names its parts for tests; a panel with an error has this mark since 9.
_QUESTION = """(() => ({
  address: location.href, ready: document.readyState, title: document.title,
  panels: document.querySelectorAll('[data-viz-panel-key],[data-panelid],.panel-container').length,
  failed: document.querySelectorAll('[data-testid="data-testid Panel status error"]').length,
  framed: document.querySelectorAll('[data-testid="data-testid Nav toolbar"],header nav,.sidemenu').length > 0
}))()"""

# Chromium reads on descriptor 3 and writes on 4, whatever numbers the pipes have here; first out of each other's way.
_PIPED = """import fcntl, os, sys
reads, writes = (fcntl.fcntl(int(number), fcntl.F_DUPFD, 20) for number in sys.argv[1:3])
os.dup2(reads, 3)
os.dup2(writes, 4)
os.execvp(sys.argv[3], sys.argv[3:])
"""


@dataclass(frozen=True)
class Seen:
    """What a look at the page found; address is empty where the page did not answer."""

    address: str = ""
    ready: str = ""
    title: str = ""
    panels: int = 0
    failed: int = 0
    framed: bool = False


def judge(seen: Seen, wanted: str, age_s: float) -> str:
    """Say why the page must be loaded again; empty: it shows what it shall.

    Args:
        seen: what the page said.
        wanted: the address that it shall show.
        age_s: seconds since it was loaded.
    """
    if not seen.address:
        return "hung"
    if any(path in seen.address for path in LOGIN_PATHS) and not any(path in wanted for path in LOGIN_PATHS):
        return "session lost"
    if seen.title == "satulayar-away" or seen.address.startswith(("chrome-error:", "data:", "about:")):
        return "network"
    if age_s > RELOAD_EVERY_S:
        return "old"
    if age_s < GRACE_S:
        return ""
    if seen.ready != "complete":
        return "never loaded"
    if seen.panels and seen.failed * 2 > seen.panels:
        return "panels fail"
    if seen.framed and "kiosk" in wanted:
        return "kiosk lost"
    return ""


def screens(listed: dict[str, str], drm: Path = DRM) -> dict[str, int]:
    """Tell of each screen whether its output is connected and driven: 1, or 0.

    Args:
        listed: asset by output.
        drm: where the kernel says so.
    """
    found = {}
    for output, asset in listed.items():
        words = [_read(drm / output / name) for name in ("status", "enabled", "dpms")]
        found[asset] = int(words[0] == "connected" and words[1] == "enabled" and words[2] in ("On", ""))
    return found


def pack(wall: str, *, alive: bool, lit: dict[str, int], at_s: float) -> bytes:
    """Write the report as SenML (RFC 8428)."""
    records: list[dict[str, Any]] = [{"bt": round(at_s, 3), "n": f"{wall}:page_alive", "u": "1", "vb": alive}]
    records += [{"n": f"{asset}:screen_on", "u": "1", "vb": bool(on)} for asset, on in lit.items()]
    return json.dumps(records).encode()


class Chromium:
    """One Chromium and its DevTools pipe."""

    def __init__(self, program: str, scale: str, *, headless: bool = False) -> None:
        """Start it with an empty profile: nothing of yesterday comes back after a power cut."""
        self.profile = tempfile.mkdtemp(prefix="wall-")
        to_child, ours_out = os.pipe()
        ours_in, from_child = os.pipe()
        command = [
            program,
            f"--user-data-dir={self.profile}",
            "--remote-debugging-pipe",
            "--kiosk",
            f"--force-device-scale-factor={scale}",
            *("--no-first-run", "--noerrdialogs", "--disable-infobars", "--disable-session-crashed-bubble"),
            *("--disable-features=Translate", "--autoplay-policy=no-user-gesture-required", "--incognito"),
            *(["--headless=new", "--disable-gpu"] if headless else []),
            *(["--no-sandbox"] if os.geteuid() == 0 else []),
            "about:blank",
        ]
        self.process = subprocess.Popen(
            [sys.executable, "-c", _PIPED, str(to_child), str(from_child), *command],
            pass_fds=(to_child, from_child),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        os.close(to_child)
        os.close(from_child)
        self._in, self._out = ours_in, ours_out
        self._rest = b""
        self._number = 0
        self._session = ""

    def load(self, address: str) -> bool:
        """Show a page; False: the browser does not obey, or the page cannot be had."""
        answer = self.ask("Page.navigate", {"url": address})
        return answer is not None and "errorText" not in answer

    def look(self) -> Seen:
        """Ask the page what it shows."""
        answer = self.ask("Runtime.evaluate", {"expression": _QUESTION, "returnByValue": True})
        value = ((answer or {}).get("result") or {}).get("value")
        return Seen(**value) if isinstance(value, dict) else Seen()

    def ask(self, method: str, parameters: dict[str, Any]) -> dict[str, Any] | None:
        """Send a command to the page; None: no answer in time, or an error."""
        if not self._session and not self._attach():
            return None
        return self._send(method, parameters, self._session)

    def stop(self) -> None:
        """End it with all its children, and forget its profile."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(self.process.pid, number)
                self.process.wait(5)
                break
            except subprocess.TimeoutExpired:
                continue
            except ProcessLookupError:
                break
        self.process.wait()
        os.close(self._in)
        os.close(self._out)
        shutil.rmtree(self.profile, ignore_errors=True)

    def _attach(self) -> bool:
        deadline_s = time.monotonic() + ANSWER_S
        while time.monotonic() < deadline_s:
            targets = (self._send("Target.getTargets", {}) or {}).get("targetInfos", [])
            pages = [target["targetId"] for target in targets if target["type"] == "page"]
            if pages:
                answer = self._send("Target.attachToTarget", {"targetId": pages[0], "flatten": True})
                self._session = (answer or {}).get("sessionId", "")
                return bool(self._session)
            time.sleep(0.1)
        return False

    def _send(self, method: str, parameters: dict[str, Any], session: str = "") -> dict[str, Any] | None:
        self._number += 1
        order = {"id": self._number, "method": method, "params": parameters}
        if session:
            order["sessionId"] = session
        try:
            os.write(self._out, json.dumps(order).encode() + b"\0")
        except OSError:
            return None
        return self._wait_for(self._number)

    def _wait_for(self, number: int) -> dict[str, Any] | None:
        deadline_s = time.monotonic() + ANSWER_S
        while (left_s := deadline_s - time.monotonic()) > 0:
            line, found, rest = self._rest.partition(b"\0")
            if found:
                self._rest = rest
                message = json.loads(line)
                if message.get("id") == number:
                    return message.get("result")
                continue
            if not select.select([self._in], [], [], left_s)[0]:
                return None
            got = os.read(self._in, 65_536)
            if not got:
                return None
            self._rest += got
        return None


@dataclass
class Wall:
    """What is shown, since when, and how often it had to be loaded again.

    Attributes:
        pages: addresses that it turns through.
        turn_s: seconds for each.
        program: Chromium.
        scale: pixels per CSS pixel.
        headless: for tests.
    """

    pages: list
    turn_s: float = 60.0
    program: str = "chromium"
    scale: str = "2"
    headless: bool = False
    alive: bool = False
    last_reason: str = ""
    reloads: int = 0
    at: int = 0
    loaded_at_s: float = 0.0
    browser: Chromium | None = field(default=None, repr=False)

    @property
    def wanted(self) -> str:
        """The address that it shall show now."""
        return str(self.pages[self.at % len(self.pages)])

    def step(self) -> str:
        """Look once, and do what is to be done.

        Returns:
            why the page was loaded again; empty: it was not.
        """
        if self.browser is None or self.browser.process.poll() is not None:
            self._start()
            return "started"
        age_s = time.monotonic() - self.loaded_at_s
        reason = judge(self.browser.look(), self.wanted, age_s)
        self.alive = not reason
        if reason:
            self._reload(reason)
        elif len(self.pages) > 1 and age_s > self.turn_s:
            self.at += 1
            self._load()
        elif age_s >= GRACE_S:
            self.reloads = 0
        return reason

    def stop(self) -> None:
        """End the browser."""
        if self.browser:
            self.browser.stop()
            self.browser = None

    def _start(self) -> None:
        self.stop()
        self.browser = Chromium(self.program, self.scale, headless=self.headless)
        self.reloads = 0
        self._load()

    def _reload(self, reason: str) -> None:
        self.last_reason = reason
        self.reloads += 1
        print(f"reload {self.reloads}: {reason}", flush=True)
        # A page that hangs takes no orders, and one that was loaded thrice in vain needs a new browser.
        if reason == "hung" or (self.reloads >= RELOADS_BEFORE_RESTART and reason != "network"):
            self._start()
        else:
            self._load()

    def _load(self) -> None:
        self.loaded_at_s = time.monotonic()
        if self.browser and not self.browser.load(self.wanted):
            self.alive = False
            self.browser.load(AWAY_PAGE)


def notify(word: str) -> None:
    """Tell systemd, where it started us."""
    address = os.environ.get("NOTIFY_SOCKET")
    if address:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
            line.connect("\0" + address[1:] if address.startswith("@") else address)
            line.send(word.encode())


def report(environment: dict, content: bytes) -> None:
    """Publish a report; without a broker, or while it is away, nothing happens."""
    host, box = environment.get("WALL_BROKER"), environment.get("WALL_BOX")
    if not host or not box:
        return
    command = ["mosquitto_pub", "-V", "5", "-h", host, "-p", environment.get("WALL_PORT", "8883"), "-q", "1"]
    command += ["--cafile", environment["WALL_CA_FILE"], "--cert", environment["WALL_CERT_FILE"]]
    command += ["--key", environment["WALL_KEY_FILE"], "-i", box, "-t", f"sl/1/{box}/telemetry", "-s"]
    try:
        subprocess.run(command, input=content, timeout=10, check=False, stderr=subprocess.DEVNULL)
    except (OSError, subprocess.TimeoutExpired) as error:
        print(f"report dropped: {error}", flush=True)


def main() -> None:
    """Run until told to stop."""
    environment = dict(os.environ)
    pages = [page.strip() for page in environment.get("WALL_PAGES", "").split(",") if page.strip()]
    if not pages:
        sys.exit("wall.py: WALL_PAGES is empty; see wall.env.example")
    listed = dict(part.split("=", 1) for part in environment.get("WALL_SCREENS", "").split(",") if "=" in part)
    wall = Wall(pages, float(environment.get("WALL_TURN_S", "60")), scale=environment.get("WALL_SCALE", "2"))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    reported_at_s = -REPORT_EVERY_S
    name = environment.get("WALL_ASSET", "wall")
    try:
        notify("READY=1")
        while True:
            wall.step()
            notify("WATCHDOG=1")
            if time.monotonic() - reported_at_s >= REPORT_EVERY_S:
                report(environment, pack(name, alive=wall.alive, lit=screens(listed), at_s=time.time()))
                reported_at_s = time.monotonic()
            time.sleep(LOOK_EVERY_S)
    finally:
        wall.stop()


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError:
        return ""


if __name__ == "__main__":
    main()
