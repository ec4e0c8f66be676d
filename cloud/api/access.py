"""What routers depend on: the parts of the running application, and who may pass."""

from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from psycopg.types.json import Jsonb

from cloud import errors
from cloud.api.auth import Authenticator, Principal
from cloud.api.database import Database
from cloud.api.live import Live
from cloud.api.refusals import refusal
from cloud.api.session_cookie import SAFE, read_cookie, require_own_page
from cloud.api.sessions import Sessions
from cloud.api.settings import ApiSettings
from cloud.api.thumbnails import Thumbnails
from cloud.cameras.desk import CameraDesk
from cloud.cameras.live import LiveViews
from cloud.db import access_rules
from cloud.db.tokens import ROLES, Role
from cloud.operations.acts import Person
from cloud.operations.operations import Operations
from cloud.requests.desk import RequestDesk
from cloud.signals.room import Room
from cloud.warning.desk import WarningDesk

_bearer = HTTPBearer(auto_error=False, description="A token of `satulayar-db token create`.")
Credentials = Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]

LOOPBACK = {"127.0.0.1", "::1"}


def _database(request: Request) -> Database:
    database: Database = request.app.state.database
    return database


def _live(request: Request) -> Live:
    live: Live = request.app.state.live
    return live


def _settings(request: Request) -> ApiSettings:
    settings: ApiSettings = request.app.state.settings
    return settings


def _sessions(request: Request) -> Sessions:
    sessions: Sessions = request.app.state.sessions
    return sessions


def _room(request: Request) -> Room:
    room: Room = request.app.state.room
    return room


def _thumbnails(request: Request) -> Thumbnails:
    thumbnails: Thumbnails = request.app.state.thumbnails
    return thumbnails


def _camera_desk(request: Request) -> CameraDesk:
    desk: CameraDesk = request.app.state.camera_desk
    return desk


def _live_views(request: Request) -> LiveViews:
    views: LiveViews = request.app.state.live_views
    return views


def _request_desk(request: Request) -> RequestDesk:
    desk: RequestDesk = request.app.state.request_desk
    return desk


def _warning_desk(request: Request) -> WarningDesk:
    desk: WarningDesk = request.app.state.warning_desk
    return desk


def _operations(request: Request) -> Operations:
    operations: Operations = request.app.state.operations
    return operations


UsedCameraDesk = Annotated[CameraDesk, Depends(_camera_desk)]
UsedLiveViews = Annotated[LiveViews, Depends(_live_views)]
UsedDatabase = Annotated[Database, Depends(_database)]
UsedLive = Annotated[Live, Depends(_live)]
UsedRequestDesk = Annotated[RequestDesk, Depends(_request_desk)]
UsedOperations = Annotated[Operations, Depends(_operations)]
UsedRoom = Annotated[Room, Depends(_room)]
UsedSessions = Annotated[Sessions, Depends(_sessions)]
UsedSettings = Annotated[ApiSettings, Depends(_settings)]
UsedThumbnails = Annotated[Thumbnails, Depends(_thumbnails)]
UsedWarningDesk = Annotated[WarningDesk, Depends(_warning_desk)]


def address_of(request: Request) -> str:
    """Name the client's address; empty over a Unix socket."""
    return request.client.host if request.client else ""


async def identify_at_all(request: Request, credentials: Credentials) -> Principal:
    """Find out who asks, by token or else by session; one whose password is the first one, too.

    Raises:
        Unauthenticated: no token was given and nobody is signed in, or neither is valid any more.
        TooMany: a token is not valid, and this address has sent many such.
        Forbidden: a change was asked for by a page that is none of ours.
    """
    if credentials is not None:
        authenticator: Authenticator = request.app.state.authenticator
        principal = await authenticator.identify(credentials.credentials, address_of(request))
    elif cookie := read_cookie(request):
        sessions: Sessions = request.app.state.sessions
        principal = await sessions.identify(cookie)
        require_own_page(request, principal)
    else:
        raise refusal("token_missing")
    request.state.account = principal.account
    return principal


async def identify(principal: Annotated[Principal, Depends(identify_at_all)]) -> Principal:
    """Find out who asks.

    Raises:
        Unauthenticated, TooMany, Forbidden: as `identify_at_all`; and with a first password nothing else is allowed.
    """
    if principal.session and principal.session.password_is_first:
        raise access_rules.refusal("first_password")
    return principal


async def check_again(request: Request, credentials: Credentials, least: Role) -> None:
    """Refuse to go on with a stream: whoever asked for it may have been signed out or locked, or have another role.

    Raises:
        Unauthenticated, TooMany, Forbidden: as `identify`, and the role is too low.
    """
    Require(least)(await identify(await identify_at_all(request, credentials)))


AnyPrincipal = Annotated[Principal, Depends(identify)]
NewPrincipal = Annotated[Principal, Depends(identify_at_all)]


class Right:
    """Dependency that lets pass whose role may order something, see the table role_right.

    Whose agency must be looked at is known to the route only: `principal.require(action, agency)`.

    Args:
        action: such as `incident.dispatch`.
    """

    def __init__(self, action: str) -> None:
        self._action = action

    async def __call__(self, request: Request, principal: AnyPrincipal, database: UsedDatabase) -> Principal:
        """Let a principal pass.

        Raises:
            Forbidden: its role may not; an order that was refused is in the audit.
        """
        try:
            principal.require(self._action)
        except errors.Ruled as refused:
            if request.method not in SAFE:
                detail = {"rule": refused.rule, "right": self._action, "address": address_of(request)}
                entry = {"actor": principal.account, "action": "refused", "subject": request.url.path}
                await database.execute("accounts", "add_audit", entry | {"detail": Jsonb(detail)})
            raise
        return principal


def _who_acts(request: Request, principal: AnyPrincipal) -> Person:
    """Say who acts, and from where: both are kept in the log."""
    return Person(principal, address_of(request))


WhoActs = Annotated[Person, Depends(_who_acts)]


class Require:
    """Dependency that lets only a role and the ones above it pass.

    Args:
        role: the least that is needed.
    """

    def __init__(self, role: Role) -> None:
        self._role = role

    def __call__(self, principal: AnyPrincipal) -> Principal:
        """Let a principal pass.

        Raises:
            Forbidden: its role is too low.
        """
        if ROLES.index(principal.role) < ROLES.index(self._role):
            raise refusal("role_too_low", role=self._role, account=principal.account, held=principal.role)
        return principal


def _is_crew(principal: AnyPrincipal) -> Principal:
    """Let crews pass, and those who run them; a viewer changes nothing.

    Raises:
        Forbidden: a viewer.
    """
    if principal.role in ("viewer", "module_owner"):
        raise refusal("role_too_low", role="crew", account=principal.account, held=principal.role)
    return principal


def _may_watch(principal: Annotated[Principal, Depends(Require("viewer"))]) -> Principal:
    """Let those see what cameras saw who are of the control room; who brings figures to the wall is not.

    Raises:
        Forbidden: a module's owner.
    """
    if not principal.is_of_the_room:
        raise refusal("not_of_the_room", account=principal.account)
    return principal


Crew = Annotated[Principal, Depends(_is_crew)]
Watcher = Annotated[Principal, Depends(_may_watch)]
Viewer = Annotated[Principal, Depends(Require("viewer"))]
Operator = Annotated[Principal, Depends(Require("operator"))]
Admin = Annotated[Principal, Depends(Require("admin"))]


async def may_read_metrics(request: Request, credentials: Credentials, settings: UsedSettings) -> None:
    """Let those read /metrics whom the settings allow, and everybody who has a token.

    Raises:
        Unauthenticated: neither.
    """
    near = settings.metrics_open_to == "loopback" and _is_near(request)
    if not near and settings.metrics_open_to != "everybody":
        await identify(await identify_at_all(request, credentials))


def _is_near(request: Request) -> bool:
    """Tell whether somebody on this machine asks for himself: a proxy there asks for the world."""
    forwarded = any(name in request.headers for name in ("x-forwarded-for", "forwarded"))
    return address_of(request) in LOOPBACK and not forwarded
