"""All services in one process: what is asked for over HTTP, what lies in a database or a folder, and what is pushed."""

import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

import structlog

from simulators.services import complaints, hospitals, revenue

WIB = timezone(timedelta(hours=7))
NOTE = "angka simulasi, bukan hasil pengukuran"
COMPLAINTS_TOKEN = "simulated"  # noqa: S105 - of a simulated service
_BEDS, _SHEET, _COMPLAINTS = "/aplicaresws/rest/bed/read", "/realisasi.csv", "/api/v1/pengaduan/rekap"

_POLL_S = 0.05  # within which it stops

log = structlog.get_logger()


def local_now() -> datetime:
    """Give the regency's time."""
    return datetime.now(UTC).astimezone(WIB)


class ServiceServer:
    """Serves the services' HTTP.

    Args:
        port: on loopback; 0 takes a free one.
        now: the regency's time; tests hold it.
    """

    def __init__(self, port: int = 0, now: Callable[[], datetime] = local_now) -> None:
        self._server = ThreadingHTTPServer(("127.0.0.1", port), _handler(now))
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(_POLL_S,), name="services")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _handler(now: Callable[[], datetime]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            place = urlsplit(self.path)
            query = {name: values[-1] for name, values in parse_qs(place.query).items()}
            try:
                kind, body = _answer(place.path, query, self.headers.get("Authorization", ""), now())
            except (ValueError, KeyError) as error:
                self._send(400, "text/plain", str(error))
                return
            self._send(200 if kind else int(body), kind or "text/plain", body)

        def _send(self, status: int, kind: str, text: str) -> None:
            octets = text.encode()
            self.send_response(status)
            self.send_header("Content-Type", f"{kind}; charset=utf-8")
            self.send_header("Content-Length", str(len(octets)))
            self.send_header("X-Catatan", NOTE)
            self.end_headers()
            self.wfile.write(octets)

        def log_message(self, *_: Any) -> None:
            """Say nothing: a line a request would be all that the log has."""

    return Handler


def _answer(path: str, query: dict[str, str], authorization: str, now: datetime) -> tuple[str, str]:
    """Give (content type, body); without a type the body is a status."""
    if path == _BEDS:
        return "application/json", json.dumps(hospitals.beds(now))
    if path == _SHEET:
        return "text/csv", revenue.sheet(now, query.get("dari", ""), query.get("sampai", ""))
    if path == _COMPLAINTS:
        if authorization != f"Bearer {COMPLAINTS_TOKEN}":
            return "", "401"
        number, size = int(query.get("halaman", "1")), int(query.get("per_halaman", "20"))
        return "application/json", json.dumps(complaints.page(now, number, size))
    return "", "404"
