"""Keeps a wall showing: Chromium in kiosk mode, looked at every few seconds, reloaded when it shows nothing of use.

Standard library only, and `chromium.py` beside it. Source: sd_notify(3); drm(7) for what the kernel says of outputs.
"""

# ruff: noqa: INP001, T201, PLR0911 - a script on its own: systemd keeps what it prints, and each reason has its line

import base64
import json
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from chromium import Chromium, Seen

LOOK_EVERY_S = 10.0
REPORT_EVERY_S = 60.0
# A browser that runs for weeks grows; a reload in the night costs a second.
RELOAD_EVERY_S = 6 * 3600.0
# Panels load for some seconds after a page has changed.
GRACE_S = 20.0
RELOADS_BEFORE_RESTART = 3
# What neither a reload nor a new browser has mended is somebody else's to mend: until then no login form on the wall.
REST_S = 60.0
LOGIN_PATHS = ("/login", "/user/auth-tokens")
DRM = Path("/sys/class/drm")
REFUSED, UNAUTHORIZED, FORBIDDEN = 400, 401, 403

AWAY = "satulayar-away"
_WORDS = {
    "network": ("sambungan terputus", "connection lost"),
    "session lost": ("sesi Grafana berakhir: hubungi administrator", "the session has ended: call the administrator"),
}
_OTHER_WORDS = ("dinding tidak dapat ditampilkan", "the wall cannot be shown")
_AWAY = """<!doctype html><meta charset="utf-8"><title>satulayar-away</title>
<body style="background:#000;color:#ccc;font:8vh sans-serif;display:grid;place-content:center;height:96vh;
text-align:center
">
<div id="t"></div><div style="font-size:4vh">{0}<br>{1}</div><script>
const f=new Intl.DateTimeFormat('id-ID',{{timeZone:'Asia/Jakarta',dateStyle:'full',timeStyle:'medium'}});
const s=()=>document.getElementById('t').textContent=f.format(new Date())+' WIB';s();setInterval(s,1000);</script>"""


def judge(seen: Seen, wanted: str, age_s: float) -> str:
    """Say why the page must be loaded again; empty: it shows what it shall.

    Args:
        seen: what the page said.
        wanted: the address that it shall show.
        age_s: seconds since it was loaded.
    """
    if not seen.address:
        return "hung"
    if seen.title == AWAY or seen.address.startswith(("chrome-error:", "data:", "about:")):
        return "network"
    if reason := _refused(seen, wanted):
        return reason
    if age_s > RELOAD_EVERY_S:
        return "old"
    if age_s < GRACE_S:
        return ""
    if seen.ready != "complete":
        return "never loaded"
    if "/d/" in urlsplit(wanted).path and not seen.panels:
        return "no panels"
    if seen.panels and seen.failed * 2 > seen.panels:
        return "panels fail"
    if seen.framed and "kiosk" in wanted:
        return "kiosk lost"
    return ""


def _refused(seen: Seen, wanted: str) -> str:
    """Say whether somebody else's page is there instead: a login, a proxy's error, a home page."""
    if any(path in seen.address for path in LOGIN_PATHS) and not any(path in wanted for path in LOGIN_PATHS):
        return "session lost"
    if seen.status in (UNAUTHORIZED, FORBIDDEN):
        return "session lost"
    if seen.status >= REFUSED:
        return f"server says {seen.status}"
    is_at, shall_be = urlsplit(seen.address), urlsplit(wanted)
    # Grafana writes a dashboard's title behind its uid. What is no dashboard may lead on: a list, a short link.
    before, is_board, behind = shall_be.path.partition("/d/")
    moved = is_board and not is_at.path.startswith(f"{before}/d/{behind.split('/')[0]}")
    return "elsewhere" if moved or is_at.hostname != shall_be.hostname else ""


def away_page(reason: str) -> str:
    """Give the page that is shown where the wall cannot be: the time, and what is wrong."""
    text = _AWAY.format(*_WORDS.get(reason, _OTHER_WORDS))
    return "data:text/html;base64," + base64.b64encode(text.encode()).decode()


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


@dataclass
class Wall:
    """What is shown, since when, and how often it had to be loaded again.

    Attributes:
        pages: addresses that it turns through.
        turn_s: seconds for each.
        program: Chromium.
        scale: pixels per CSS pixel.
        headless: for tests.
        alive: whether the page was seen well since it was last loaded.
        rests_until_s: until when the page of its own stays.
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
    rests_until_s: float = 0.0
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
            self._load()
            return "started"
        if time.monotonic() < self.rests_until_s:
            return self.last_reason
        age_s = time.monotonic() - self.loaded_at_s
        reason = judge(self.browser.look(), self.wanted, age_s)
        if reason:
            self.alive = False
            self._reload(reason)
        elif age_s >= GRACE_S:
            self.alive, self.reloads = True, 0
            if len(self.pages) > 1 and age_s > self.turn_s:
                self.at += 1
                self._load()
        return reason

    def stop(self) -> None:
        """End the browser."""
        if self.browser:
            self.browser.stop()
            self.browser = None

    def _start(self) -> None:
        self.stop()
        self.alive = False
        self.browser = Chromium(self.program, self.scale, headless=self.headless)

    def _reload(self, reason: str) -> None:
        self.last_reason = reason
        self.reloads += 1
        print(f"reload {self.reloads}: {reason}", flush=True)
        # A page that hangs takes no orders, and one that was loaded thrice in vain needs a new browser.
        if reason == "hung" or (self.reloads == RELOADS_BEFORE_RESTART and reason != "network"):
            self._start()
        if self.reloads > RELOADS_BEFORE_RESTART and reason != "network":
            self._rest(reason)
        else:
            self._load()

    def _rest(self, reason: str) -> None:
        # Loaded long ago: the next look finds the page of its own, calls it "network", and tries again.
        self.rests_until_s = time.monotonic() + REST_S
        if self.browser:
            self.browser.load(away_page(reason))

    def _load(self) -> None:
        self.loaded_at_s = time.monotonic()
        if self.browser and not self.browser.load(self.wanted):
            self.alive = False
            self.browser.load(away_page("network"))


def notify(word: str) -> None:
    """Tell systemd, where it started us."""
    address = os.environ.get("NOTIFY_SOCKET")
    if address:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
            line.connect("\0" + address[1:] if address.startswith("@") else address)
            line.send(word.encode())


def report(environment: dict, content: bytes) -> None:
    """Publish a report. What is missing or away costs the report and never the wall."""
    host, box = environment.get("WALL_BROKER"), environment.get("WALL_BOX")
    if not host or not box:
        return
    try:
        command = ["mosquitto_pub", "-V", "5", "-h", host, "-p", environment.get("WALL_PORT", "8883"), "-q", "1"]
        command += ["--cafile", environment["WALL_CA_FILE"], "--cert", environment["WALL_CERT_FILE"]]
        command += ["--key", environment["WALL_KEY_FILE"], "-i", box, "-t", f"sl/1/{box}/telemetry", "-s"]
        done = subprocess.run(command, input=content, timeout=10, check=False, stderr=subprocess.PIPE)
    except KeyError as error:
        print(f"report dropped: {error.args[0]} is not set; see wall.env.example", flush=True)
    except (OSError, subprocess.TimeoutExpired) as error:
        print(f"report dropped: {error}", flush=True)
    else:
        if done.returncode:
            print(f"report dropped: {done.stderr.decode(errors='replace').strip()[:200]}", flush=True)


def main() -> None:
    """Run until told to stop."""
    environment = dict(os.environ)
    pages = [page.strip() for page in environment.get("WALL_PAGES", "").split(",") if page.strip()]
    if not pages:
        sys.exit("wall.py: WALL_PAGES is empty; see wall.env.example")
    listed = dict(part.split("=", 1) for part in environment.get("WALL_SCREENS", "").split(",") if "=" in part)
    wall = Wall(pages, float(environment.get("WALL_TURN_S", "60")), scale=environment.get("WALL_SCALE", "2"))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    # The first report when the first page has had its time: a wall that is just starting is not dark.
    reported_at_s = time.monotonic()
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
