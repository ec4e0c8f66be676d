"""Puts the API together."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from fastapi import FastAPI
from prometheus_client import CollectorRegistry

from cloud.announcements.desk import AnnouncementDesk
from cloud.announcements.speech import Speech
from cloud.announcements.voice import Voices
from cloud.api import (
    account_route,
    accounts,
    alarm_quality,
    alerts,
    announcements,
    camera_requests,
    cameras,
    claims,
    crew_page,
    crews,
    evidence,
    figures,
    happenings,
    history,
    incident_acts,
    incidents,
    junctions,
    leases,
    live_route,
    module_figures,
    modules,
    openid_route,
    overview,
    page_route,
    places,
    probes,
    registry_route,
    session_route,
    shelves,
    sirens,
    uploads,
    visits,
    warnings,
)
from cloud.api.auth import Authenticator
from cloud.api.box_proof import BoxProofs
from cloud.api.database import Database
from cloud.api.guard import Guard
from cloud.api.live import Live
from cloud.api.metrics import BrokerLine, PoolAndStreams, Watch
from cloud.api.module_desk import ModuleDesk
from cloud.api.module_tokens import ModuleTokens
from cloud.api.openid import Provider
from cloud.api.openid_people import read_people
from cloud.api.problems import add_handlers
from cloud.api.sessions import Sessions
from cloud.api.settings import ApiSettings
from cloud.api.thumbnails import Thumbnails
from cloud.cameras.desk import CameraDesk
from cloud.cameras.live import LiveViews
from cloud.cameras.sharing import Sharing
from cloud.cameras.uploads import Uploads
from cloud.console.app import mount_console
from cloud.operations.book import BookReader
from cloud.operations.operations import Operations
from cloud.requests.desk import RequestDesk
from cloud.requests.errands import Errands
from cloud.signals.line import Line
from cloud.signals.room import Room
from cloud.warning.desk import WarningDesk

DESCRIPTION = """
What the sensors of a regency say: places and whether they are alive, series, newest samples, history, events with
their pictures and clips. Its signals: junctions as they are, advice, leases of their timing with who, why and when. Its
cameras: how they are, how much of them is recorded, clips and live views.

Send `Authorization: Bearer <token>`; `satulayar-db token create NAME` prints one. Instants are ISO 8601 with an
offset, units are UCUM codes, errors are problem details (RFC 9457) whose `detail` says what to do. Lists come in
parts: while `next` is not null, ask again with `after=<next>`.
"""


PARTS = (
    *(
        page_route,
        probes,
        session_route,
        openid_route,
        accounts,
        account_route,
        places,
        overview,
        figures,
        history,
        happenings,
        evidence,
        live_route,
        junctions,
        leases,
    ),
    *(alerts, incidents, incident_acts, crews, shelves, alarm_quality),
    *(cameras, camera_requests, uploads),
    *(warnings, sirens, announcements),
    *(module_figures, modules),
    *(crew_page, claims, visits, registry_route),
)


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
    for part in PARTS:
        app.include_router(part.router)
    mount_console(app, simulated=settings.simulated, tiles=settings.map_tiles)
    app.add_middleware(Guard)
    app.add_middleware(Watch, registry=app.state.registry)
    return app


def _equip(app: FastAPI, settings: ApiSettings) -> None:
    database = Database(settings)
    app.state.settings = settings
    app.state.database = database
    app.state.live = Live(database, settings.max_streams)
    app.state.authenticator = Authenticator(database)
    app.state.sessions = Sessions(database, settings)
    client = settings.read_openid()
    app.state.openid = Provider(client) if client else None
    app.state.openid_people = read_people(settings.openid_people)
    app.state.registry = CollectorRegistry()
    app.state.room = _make_room(settings, database)
    app.state.thumbnails = Thumbnails()
    app.state.warning_desk = WarningDesk(database.pool.connection, settings.cap_sender, settings.cap_sender_name)
    app.state.operations = Operations(database.pool.connection, BookReader(settings.operations_folder))
    _equip_requests(app, database, app.state.room.line)
    app.state.speech = Speech(settings.speech_program, settings.speech_model)
    app.state.module_desk = ModuleDesk(settings.dsn)
    app.state.module_tokens = ModuleTokens(database)
    app.state.box_proofs = BoxProofs(settings.box_ca_file, settings.box_crl_file)
    app.state.uploads = Uploads(database.pool.connection, settings.media_box_day_bytes)
    app.state.registry.register(PoolAndStreams(database, app.state.live))
    app.state.registry.register(BrokerLine(app.state.room))


def _equip_requests(app: FastAPI, database: Database, line: Line | None) -> None:
    app.state.errands = Errands(database.pool.connection, line)
    app.state.request_desk = RequestDesk(database.pool.connection, line, app.state.errands.poke)
    app.state.camera_desk = CameraDesk(app.state.request_desk)
    app.state.live_views = LiveViews(line)
    app.state.sharing = Sharing(database.pool.connection, line)
    app.state.announcement_desk = AnnouncementDesk(app.state.request_desk)
    app.state.voices = Voices(app.state.announcement_desk, line)


def _make_room(settings: ApiSettings, database: Database) -> Room:
    line = Line(settings.broker, f"api-{secrets.token_hex(4)}") if settings.broker else None
    return Room(database.pool.connection, database.listening, line, settings.confirm_within_s)


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    await app.state.database.open()
    running = [
        asyncio.create_task(app.state.live.run(), name="live"),
        asyncio.create_task(app.state.room.run(), name="room"),
        asyncio.create_task(app.state.errands.run(), name="errands"),
        asyncio.create_task(app.state.voices.run(), name="voices"),
        asyncio.create_task(app.state.sharing.run(), name="sharing"),
    ]
    try:
        yield
    finally:
        await app.state.voices.close()
        for task in running:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        await app.state.database.close()
