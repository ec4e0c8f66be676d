"""An HTTPS server that speaks the part of balena's API v7 that provisioning calls.

`/v7/{resource}` with OData; `/device/register` and the API keys beside it. What openBalena answers is answered here:
`{"d": […]}` to reads, 201 with the row to writes, 401, 404, 409 and 429 with Retry-After as plain text.

Source: open-balena-api (`register.ts`, `rate-limiting`), the SDK's own calls.
"""

import json
import re
import secrets
import ssl
import threading
import time
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from simulators.balena.faults import Faults
from simulators.balena.model import Edition
from simulators.balena.odata import BadQuery, Row, read_literal, split
from simulators.balena.seed import push_release, seed
from simulators.balena.store import Conflict, NotFound, Store

MAX_BODY_BYTES = 1_048_576
_RESOURCE = re.compile(r"/v7/(?P<name>[a-z_]+)(?:\((?P<key>[^)]*)\))?(?P<count>/\$count)?")
_DEVICE_KEY = re.compile(r"/api-key/device/(\d+)/device-key")


class BalenaSimulator:
    """The API, served on loopback while the `with` lasts.

    Args:
        certificate: PEM file of the server; for `localhost` and 127.0.0.1.
        key: its key.
        token: the one API key that is let in; a random one when absent.
        organization: handle of the organization that is there.
        edition: balenaCloud, or an openBalena, which lacks some fields.
        port: TCP port; 0 takes a free one.
    """

    def __init__(
        self,
        certificate: Path,
        key: Path,
        *,
        token: str | None = None,
        organization: str = "pasuruan",
        edition: Edition = "cloud",
        port: int = 0,
    ) -> None:
        self.store = Store(edition)
        self.faults = Faults()
        self.token = token or secrets.token_hex(16)
        self.device_keys: dict[str, int] = {}
        self.requests = 0
        self._lock = threading.Lock()
        seed(self.store, organization)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self._server = _Server(("127.0.0.1", port), context, self)
        self._thread = threading.Thread(target=self._server.serve_forever, name="balena", daemon=True)

    @property
    def url(self) -> str:
        """Root of the API."""
        return f"https://localhost:{self._server.server_address[1]}/"

    def __enter__(self) -> Self:
        """Serve."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def rows(self, name: str) -> list[Row]:
        """Give all rows of a resource."""
        with self._lock:
            return [dict(row) for row in self.store.select(name, None, None)]

    def push(self, slug: str, version: str) -> Row:
        """Push a release to a fleet; it becomes the one that the fleet runs."""
        with self._lock:
            return push_release(self.store, self.store.select("application", {"slug": slug}, None)[0], version)

    def by_hand(self, name: str, where: Row, body: Row) -> None:
        """Change rows as somebody does in the dashboard."""
        with self._lock:
            self.store.change(name, self.store.select(name, where, None), body)

    def answer(self, method: str, target: str, body: Row) -> tuple[int, Any]:
        """Carry out one request; give status and content."""
        parts = urlsplit(target)
        with self._lock:
            self.requests += 1
            try:
                return self._route(method, parts.path, parts.query, body)
            except BadQuery as error:
                return HTTPStatus.BAD_REQUEST, str(error)
            except Conflict as error:
                return HTTPStatus.CONFLICT, str(error)
            except NotFound as error:
                return HTTPStatus.NOT_FOUND, str(error)

    def _route(self, method: str, path: str, query: str, body: Row) -> tuple[int, Any]:
        if match := _RESOURCE.fullmatch(path):
            options = dict(part.split("=", 1) for part in query.split("&") if "=" in part)
            options = {name: value.replace("%20", " ").replace("+", " ") for name, value in options.items()}
            return self._odata(method, match, options, body)
        if match := _DEVICE_KEY.fullmatch(path):
            return HTTPStatus.OK, self._device_key(int(match[1]), body.get("apiKey"))
        if path == "/device/register" and method == "POST":
            return HTTPStatus.CREATED, self._register(body)
        if path == "/download-config" and method == "POST":
            return HTTPStatus.OK, self._boot_config(body)
        if path == "/actor/v1/whoami":
            return HTTPStatus.OK, {"id": 1, "actorType": "user", "actorTypeId": 1, "username": "office"}
        raise NotFound(f"Not Found: {path}")

    def _odata(self, method: str, match: re.Match[str], options: dict[str, str], body: Row) -> tuple[int, Any]:
        name = match["name"]
        if method == "POST":
            return HTTPStatus.CREATED, self._created(name, body)
        rows = self.store.select(name, _read_key(match["key"]), options.get("$filter"))
        if method == "GET":
            return HTTPStatus.OK, {"d": len(rows) if match["count"] else self._shown(name, rows, options)}
        if match["key"] is None and "$filter" not in options:
            raise BadQuery("a change of everything is refused here")
        if method == "PATCH":
            self.store.change(name, rows, body)
        else:
            self.store.remove(name, rows)
        return HTTPStatus.OK, ""

    def _created(self, name: str, body: Row) -> Row:
        row = self.store.create(name, body)
        if name == "device":
            for service in self.store.select("service", {"application": row["belongs_to__application"]}, None):
                self.store.create("service_install", {"device": row["id"], "installs__service": service["id"]})
        return self.store.show(name, row, None, None)

    def _shown(self, name: str, rows: list[Row], options: dict[str, str]) -> list[Row]:
        for order in reversed(split(options.get("$orderby", ""), ",")):
            field, _, direction = order.strip().partition(" ")
            rows = sorted(rows, key=lambda row: (row.get(field) is None, row.get(field)), reverse=direction == "desc")
        first = int(options.get("$skip", 0))
        last = first + int(options.get("$top", len(rows)))
        return [self.store.show(name, row, options.get("$select"), options.get("$expand")) for row in rows[first:last]]

    def _register(self, body: Row) -> Row:
        types = self.store.select("device_type", {"slug": body.get("device_type")}, None)
        if not types or "uuid" not in body:
            raise BadQuery("UUID and a known device type must be specified")
        fields = {"uuid": body["uuid"], "belongs_to__application": body.get("application")}
        row = self._created("device", fields | {"is_of__device_type": types[0]["id"]})
        return {"id": row["id"], "uuid": row["uuid"], "api_key": self._device_key(row["id"], body.get("api_key"))}

    def _boot_config(self, body: Row) -> Row:
        """Write what an image of a fleet gets; source: open-balena-api, `device-config.ts`."""
        found = self.store.select("application", body.get("appId"), None) if isinstance(body.get("appId"), int) else []
        if not found:
            raise NotFound("Application not found")
        return {
            "applicationId": found[0]["id"],
            "applicationName": found[0]["app_name"],
            "deviceType": body.get("deviceType"),
            "userId": 1,
            "username": "office",
            "appUpdatePollInterval": 900_000,
            "listenPort": 48_484,
            "vpnPort": 443,
            "apiEndpoint": self.url.rstrip("/"),
            "vpnEndpoint": "vpn.localhost",
            "registryEndpoint": "registry2.localhost",
            "deltaEndpoint": "https://delta.localhost",
            "mixpanelToken": "",
            "apiKey": secrets.token_hex(16),
        }

    def _device_key(self, device_id: int, key: str | None) -> str:
        if not self.store.select("device", device_id, None):
            raise NotFound("Device not found")
        key = key or secrets.token_hex(16)
        self.device_keys[key] = device_id
        return key


def _read_key(text: str | None) -> int | Row | None:
    if text is None:
        return None
    if "=" not in text:
        return int(read_literal(text))
    return {field.strip(): read_literal(value) for field, _, value in (part.partition("=") for part in text.split(","))}


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, address: tuple[str, int], context: ssl.SSLContext, simulator: BalenaSimulator) -> None:
        super().__init__(address, _Handler)
        self.context = context
        self.simulator = simulator

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Shake hands in the connection's own thread, so that a silent client holds nobody up."""
        request.settimeout(30)
        try:
            with self.context.wrap_socket(request, server_side=True) as wrapped:
                super().finish_request(wrapped, client_address)
        except OSError:
            return  # the client went away, or does not trust us: its own affair


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Header and body go out in one packet; else the body waits 40 ms for an acknowledgement.
    wbufsize = 65_536
    disable_nagle_algorithm = True
    server: _Server

    def do_GET(self) -> None:
        """Answer any method."""
        simulator = self.server.simulator
        length = int(self.headers.get("Content-Length", 0))
        if length > MAX_BODY_BYTES:
            self._send(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too large")
            return
        body = json.loads(self.rfile.read(length) or b"{}")
        time.sleep(simulator.faults.delay_s)
        wait_s = simulator.faults.admit()
        ordered = simulator.faults.next_status()
        if self.headers.get("Authorization") != f"Bearer {simulator.token}":
            self._send(HTTPStatus.UNAUTHORIZED, "Unauthorized")
        elif wait_s:
            self._send(HTTPStatus.TOO_MANY_REQUESTS, "Too Many Requests", {"Retry-After": str(round(wait_s))})
        elif ordered:
            self._send(ordered, HTTPStatus(ordered).phrase, {"Retry-After": "0"} if ordered in (429, 503) else {})
        else:
            self._carry_out(body)

    do_POST = do_PATCH = do_DELETE = do_GET  # noqa: N815 - http.server's names

    def _carry_out(self, body: Row) -> None:
        status, content = self.server.simulator.answer(self.command, self.path, body)
        if self.command != "GET" and self.server.simulator.faults.loses_answer():
            self.close_connection = True
            return
        self._send(status, content)

    def _send(self, status: int, content: Any, headers: dict[str, str] | None = None) -> None:
        text = content if isinstance(content, str) else json.dumps(content)
        payload = text.encode()
        self.send_response(status)
        kind = "text/plain" if isinstance(content, str) else "application/json"
        for name, value in {"Content-Type": kind, "Content-Length": str(len(payload)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(payload)

    def log_message(self, *_: Any) -> None:
        """Say nothing; the counts are in the simulator."""
