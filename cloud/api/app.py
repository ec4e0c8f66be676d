"""Puts the API together."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from fastapi import FastAPI
from prometheus_client import CollectorRegistry

from cloud.api import figures, happenings, history, live_route, page_route, places, probes
from cloud.api.auth import Authenticator
from cloud.api.database import Database
from cloud.api.live import Live
from cloud.api.metrics import PoolAndStreams, Watch
from cloud.api.problems import add_handlers
from cloud.api.settings import ApiSettings

DESCRIPTION = """
What the sensors of a regency say: places and whether they are alive, series, newest samples, history, events.

Send `Authorization: Bearer <token>`; `satulayar-db token create NAME` prints one. Instants are ISO 8601 with an
offset, units are UCUM codes, errors are problem details (RFC 9457) whose `detail` says what to do. Lists come in
parts: while `next` is not null, ask again with `after=<next>`.
"""


def make_app(settings: ApiSettings) -> FastAPI:
    """Make the application; its connections are opened when it starts and closed when it ends.

    Args:
        settings: see `ApiSettings`.
    """
    # The pages that show OpenAPI load scripts from elsewhere: the document itself is at /openapi.json.
    app = FastAPI(
        title="Satulayar", version="0.1.0", description=DESCRIPTION, docs_url=None, redoc_url=None, lifespan=_lifespan
    )
    _equip(app, settings)
    add_handlers(app)
    for part in (page_route, probes, places, figures, history, happenings, live_route):
        app.include_router(part.router)
    app.add_middleware(Watch, registry=app.state.registry)
    return app


def _equip(app: FastAPI, settings: ApiSettings) -> None:
    database = Database(settings)
    app.state.settings = settings
    app.state.database = database
    app.state.live = Live(database, settings.max_streams)
    app.state.authenticator = Authenticator(database)
    app.state.registry = CollectorRegistry()
    app.state.registry.register(PoolAndStreams(database, app.state.live))


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    await app.state.database.open()
    listening = asyncio.create_task(app.state.live.run(), name="live")
    try:
        yield
    finally:
        listening.cancel()
        with suppress(asyncio.CancelledError):
            await listening
        await app.state.database.close()
