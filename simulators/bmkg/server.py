"""Serves what a simulated BMKG publishes over HTTP, with what a reader must mind: ETag, 304, 60 a minute, 429."""

import hashlib
import re
import threading
import time
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

from simulators.bmkg.publish import Quake, Weather, write_felt, write_list, write_quake, write_warning

PER_MINUTE = 60
_DOCUMENT = re.compile(r"/alerts/nowcast/(id|en)/([A-Z]{3}\d{11})_alert\.xml")
_LIST = re.compile(r"/alerts/nowcast/(id|en)(?:/rss\.xml)?")
Answer = tuple[str, bytes]


class BmkgSimulator:
    """Published while the `with` lasts.

    Args:
        port: TCP port on loopback; 0 takes a free one.
        clock: monotonic seconds, for the limit.
    """

    def __init__(self, port: int = 0, clock: Callable[[], float] = time.monotonic) -> None:
        self.warnings: list[Weather] = []
        self.quakes: list[Quake] = []
        self.broken: dict[str, tuple[int, bytes]] = {}  # path -> what is answered there in its place
        self.asked: deque[str] = deque(maxlen=1_000)
        self._clock = clock
        self._recent: deque[float] = deque(maxlen=PER_MINUTE)
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", port), self)
        self._thread = threading.Thread(target=self._server.serve_forever, name="bmkg", daemon=True)

    @property
    def url(self) -> str:
        """Root, without a slash."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        """Serve."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer(self, path: str, known: str) -> tuple[HTTPStatus | int, str, bytes, str]:
        """Give status, content type, body and ETag of a path.

        Args:
            path: asked for.
            known: the ETag that the reader has.
        """
        with self._lock:
            self.asked.append(path)
            if self._is_too_fast():
                return HTTPStatus.TOO_MANY_REQUESTS, "text/plain", b"60 permintaan per menit", ""
            if path in self.broken:
                status, body = self.broken[path]
                return status, "text/html", body, ""
            found = self._find(path)
        if found is None:
            return HTTPStatus.NOT_FOUND, "text/plain", b"", ""
        tag = f'"{hashlib.sha256(found[1]).hexdigest()[:16]}"'
        if tag == known:
            return HTTPStatus.NOT_MODIFIED, found[0], b"", tag
        return HTTPStatus.OK, *found, tag

    def _is_too_fast(self) -> bool:
        now = self._clock()
        if len(self._recent) == PER_MINUTE and now - self._recent[0] < 60.0:  # noqa: PLR2004 - seconds of a minute
            return True
        self._recent.append(now)
        return False

    def _find(self, path: str) -> Answer | None:
        if found := _LIST.fullmatch(path):
            newest = max((one.sent_at for one in self.warnings), default=datetime(2026, 1, 1, tzinfo=UTC))
            return "application/rss+xml", write_list(self.warnings, found[1], self.url, newest)
        if found := _DOCUMENT.fullmatch(path):
            named = [one for one in self.warnings if one.code == found[2]]
            return ("application/xml", write_warning(named[0], found[1])) if named else None
        if path == "/DataMKG/TEWS/autogempa.json" and self.quakes:
            return "application/json", write_quake(self.quakes[-1])
        if path == "/DataMKG/TEWS/gempadirasakan.json":
            return "application/json", write_felt(self.quakes)
        return None


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address: tuple[str, int], simulator: BmkgSimulator) -> None:
        self.simulator = simulator
        super().__init__(address, _Handler)


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        known = self.headers.get("If-None-Match", "")
        status, kind, body, tag = self.server.simulator.answer(self.path.split("?", 1)[0], known)
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        if tag:
            self.send_header("ETag", tag)
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            self.send_header("Retry-After", "60")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing: the reader says what it has read."""
