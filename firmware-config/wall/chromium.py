"""One Chromium in kiosk mode, and what its page says of itself.

It is spoken to over its DevTools pipe (file descriptors 3 and 4, JSON messages that end with NUL), so that no port is
open. Source: Chrome DevTools Protocol, domains Target, Page, Runtime.
"""

# ruff: noqa: INP001, T201 - beside a script on its own: systemd keeps what it prints

import contextlib
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from typing import Any

ANSWER_S = 10.0

# What the page says of itself. Grafana names its parts for tests (packages/grafana-e2e-selectors): a panel with an
# error has this mark since 10.2, panels their key or number since 9. The status is that of the document itself.
_QUESTION = """(() => ({
  address: location.href, ready: document.readyState, title: document.title,
  status: (performance.getEntriesByType('navigation')[0] || {}).responseStatus || 0,
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
    status: int = 0
    panels: int = 0
    failed: int = 0
    framed: bool = False


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
        self._signal(signal.SIGTERM)
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            print("the browser does not end, and is killed", flush=True)
        # Its children may outlive it; nothing of an old browser may lie over the new one.
        self._signal(signal.SIGKILL)
        self.process.wait()
        os.close(self._in)
        os.close(self._out)
        shutil.rmtree(self.profile, ignore_errors=True)

    def _signal(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, number)

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
