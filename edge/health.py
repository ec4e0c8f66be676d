"""The health endpoint on loopback: whether the agent's own loops are alive, never whether the cloud is.

`/healthz` is for the container's HEALTHCHECK, `/status` and the signed `/commissioning` for a person at the box. The
paths are served by hand: a web framework would cost the box 20 MB for three answers.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

from edge.errors import Misconfigured
from edge.pulse import Pulse

MAX_REQUEST_BYTES = 4_096
REQUEST_TIMEOUT_S = 5.0
_PHRASES = {200: "OK", 404: "Not Found", 405: "Method Not Allowed", 503: "Service Unavailable"}


class HealthServer:
    """A tiny HTTP/1.1 server; one answer per connection."""

    def __init__(
        self,
        host: str,
        port: int,
        pulse: Pulse,
        describe: Callable[[], dict[str, Any]],
        disk: Callable[[], str],
        commission: Callable[[], Awaitable[dict[str, Any]]],
    ) -> None:
        """Prepare.

        Args:
            host: an address of loopback.
            port: TCP port.
            pulse: the loops.
            describe: gives the content of `/status`.
            commission: gives the content of `/commissioning`; raises Misconfigured when it cannot be signed.
            disk: says how the disk is; it never makes the answer a bad one, for a restart mends no disk.
        """
        self._host = host
        self._port = port
        self._pulse = pulse
        self._describe = describe
        self._disk = disk
        self._commission = commission

    async def run(self) -> None:
        """Serve until cancelled.

        Raises:
            Misconfigured: the port is taken.
        """
        try:
            server = await asyncio.start_server(self._serve, self._host, self._port, limit=MAX_REQUEST_BYTES)
        except OSError as error:
            raise Misconfigured(f"health port {self._host}:{self._port}: {error.strerror}; see health_port") from error
        async with server:
            await server.serve_forever()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(REQUEST_TIMEOUT_S):
                request = await reader.readuntil(b"\r\n\r\n")
                writer.write(_answer(*await self._respond(request)))
                await writer.drain()
        except (TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError):
            pass  # whoever asked has gone or does not speak HTTP
        finally:
            writer.close()

    async def _respond(self, request: bytes) -> tuple[int, dict[str, Any]]:
        words = request.split(b"\r\n", 1)[0].split()
        if len(words) < 2 or words[0] not in (b"GET", b"HEAD"):  # noqa: PLR2004 - method and path
            return 405, {"error": "only GET is understood"}
        path = words[1].partition(b"?")[0]
        if path == b"/healthz":
            stuck = self._pulse.stuck()
            late = {loop: round(late_s, 1) for loop, late_s in stuck.items()}
            return (503 if stuck else 200), {"alive": not stuck, "overdue_s": late, "disk": self._disk()}
        if path == b"/status":
            return 200, self._describe()
        if path == b"/commissioning":
            try:
                return 200, await self._commission()
            except Misconfigured as error:
                return 503, {"error": str(error)}
        return 404, {"error": "there are /healthz, /status and /commissioning"}


def _answer(code: int, content: dict[str, Any]) -> bytes:
    body = json.dumps(content, indent=2, default=str).encode() + b"\n"
    head = (
        f"HTTP/1.1 {code} {_PHRASES[code]}\r\ncontent-type: application/json\r\n"
        f"content-length: {len(body)}\r\nconnection: close\r\n\r\n"
    )
    return head.encode() + body
