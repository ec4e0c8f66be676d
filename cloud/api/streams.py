"""Server-sent events: a response that never ends by itself, and drops whoever does not read it.

Source: WHATWG HTML, section 9.2 "Server-sent events".
"""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable

import structlog
from fastapi.sse import format_sse_event
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from cloud import errors
from cloud.api.live import Client, Live, describe

log = structlog.get_logger(__name__)

HEARTBEAT_S = 15.0
# The browser's own wait before it comes back, in milliseconds.
RETRY_MS = 2_000
RECHECK_S = 60.0

Recheck = Callable[[], Awaitable[object]]


class LiveResponse(StreamingResponse):
    """Streams what a client is given until it leaves, is dismissed, or is cut because it reads nothing (`wire`).

    Not FastAPI's own EventSourceResponse, which begins before the endpoint could refuse.

    Args:
        live: where the client is known.
        client: whose samples and events.
        recheck: raises when whoever asked may not any more.
    """

    media_type = "text/event-stream"

    def __init__(self, live: Live, client: Client, recheck: Recheck) -> None:
        self._live = live
        self._client = client
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        super().__init__(write_events(client, recheck), headers=headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Stream, and forget the client however that ends."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._live.leave(self._client)


async def write_events(client: Client, recheck: Recheck) -> AsyncIterator[bytes]:
    """Write a client's samples and events as they come, and a comment when nothing does.

    Args:
        client: whose.
        recheck: asked each minute; raises when whoever asked may not any more.
    """
    yield format_sse_event(comment="welcome", retry=RETRY_MS)
    checked_s = asyncio.get_running_loop().time()
    while not client.gone:
        quiet = await _is_quiet(client)
        if asyncio.get_running_loop().time() - checked_s > RECHECK_S:
            checked_s = asyncio.get_running_loop().time()
            await _check(client, recheck)
        if quiet:
            yield format_sse_event(comment="quiet")
        samples, events, leases, incidents = client.take()
        if samples:
            yield format_sse_event(event="latest", data_str=json.dumps(describe(client, samples)))
        for event in events:
            yield format_sse_event(event="event", id=str(event.id), data_str=event.model_dump_json())
        for lease in leases:
            yield format_sse_event(event="lease", data_str=lease.model_dump_json())
        for incident in incidents:
            yield format_sse_event(event="incident", data_str=incident.model_dump_json())
    yield format_sse_event(event="bye", data_str=json.dumps({"reason": client.gone}))


async def _is_quiet(client: Client) -> bool:
    try:
        async with asyncio.timeout(HEARTBEAT_S):
            await client.ready.wait()
    except TimeoutError:
        return True
    return False


async def _check(client: Client, recheck: Recheck) -> None:
    try:
        await recheck()
    except errors.Refused as error:
        client.dismiss(str(error))
    except errors.CloudError:
        # While the database is away nobody can be checked; the next minute will.
        log.warning("token_recheck_postponed")
