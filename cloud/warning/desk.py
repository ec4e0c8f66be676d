"""What the room does to warn: issues, updates and cancels a warning, sets the stage of the city. Each one transaction.

Nothing here decides. A person issues, with a reason, and the audit chain has it before anybody is told.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, TypeVar
from uuid import UUID

from psycopg.rows import class_row
from pydantic import ValidationError
from shapely import Polygon, box
from shapely.validation import explain_validity

from cloud import errors
from cloud.db.connection import translated
from cloud.db.queries import load
from cloud.signals import store as signal_store
from cloud.signals.checks import Asker
from cloud.signals.desk import Connecting
from cloud.signals.identity import new_id
from cloud.warning.cap import Alert, Info, MessageType, Reference, Ring
from cloud.warning.cap_xml import read_alert, write_alert
from cloud.warning.errors import CapFault
from cloud.warning.row import draw_circle, make_row
from cloud.warning.rules import refusal

Row = TypeVar("Row")
Line = signal_store.Line
OwnStatus = Literal["Actual", "Exercise", "Test"]

MOST_HOURS = 72
# Beyond the outermost site; a warning for a place with no site of ours is still for a place near one.
MARGIN_DEGREES = 0.5
LEAST_AREA = 1e-8  # square degrees: a square of about ten metres
ISSUE, SET_STAGE = "warning.issue", "stage.set"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A warning that somebody wants to issue.

    Attributes:
        infos: what is said, Indonesian first, English second; each with the same areas.
        reason: why, for the audit; the public does not see it.
        request_id: chosen by whoever asks; the same again is the same warning.
    """

    status: OwnStatus
    infos: tuple[Info, ...]
    reason: str
    request_id: str


@dataclass(frozen=True, slots=True)
class _Earlier:
    id: UUID
    sender: str
    identifier: str
    sent_at: datetime
    status: OwnStatus
    message_type: MessageType
    superseded_by: UUID | None
    expires_at: datetime | None
    document: bytes
    is_over: bool | None


@dataclass(frozen=True, slots=True)
class _Reference:
    sender: str
    identifier: str
    sent: datetime


@dataclass(frozen=True, slots=True)
class _Known:
    id: UUID
    document: bytes


@dataclass(frozen=True, slots=True)
class _Message:
    """A message as its document says it."""

    alert: Alert
    document: bytes


@dataclass(frozen=True, slots=True)
class Region:
    """The rectangle that holds all sites, in degrees."""

    south: float
    west: float
    north: float
    east: float


class WarningDesk:
    """Takes what the room wants to warn of.

    Args:
        connecting: gives a connection to the database, in autocommit.
        sender: our name as a sender of CAP; empty where none is set, and then nothing can be issued.
        sender_name: the same for people.
    """

    def __init__(self, connecting: Connecting, sender: str, sender_name: str) -> None:
        self._connecting = connecting
        self._sender = sender
        self._sender_name = sender_name

    async def issue(self, wanted: Wanted, asker: Asker) -> UUID:
        """Issue a new warning; the same request again gives the same one.

        Raises:
            Ruled: the rule by which it is refused.
            Unavailable: the database is away.
        """
        async with self._refusals_noted(asker, "warning_issue", wanted.reason), self._transaction() as line:
            self._check(asker)
            message = self._compose(wanted, "Alert", ())
            known = await _known(line, asker, wanted)
            if known:
                return _same(known, message)
            await _check_infos(line, message.alert.infos)
            return await _write(line, message, wanted, asker)

    async def update(self, warning: UUID, wanted: Wanted, asker: Asker) -> UUID:
        """Issue what is now true in place of an earlier warning, which this one refers to.

        Raises:
            Ruled: it is over, was changed already, or would turn an exercise into something real.
            Unavailable: the database is away.
        """
        return await self._follow(warning, wanted, asker, "Update")

    async def cancel(self, warning: UUID, wanted: Wanted, asker: Asker) -> UUID:
        """Cancel a warning: what it warned of is not to be expected any more, or never was. Raises as `update`."""
        return await self._follow(warning, wanted, asker, "Cancel")

    async def set_stage(self, stage: int, reason: str, asker: Asker) -> bool:
        """Set the stage of the regency, 1 to 5; tell whether that changed anything.

        Raises:
            Ruled: this role may not.
            Unavailable: the database is away.
        """
        async with self._refusals_noted(asker, "stage_set", reason), self._transaction() as line:
            if SET_STAGE not in asker.rights:
                raise refusal("role_stage", role=asker.role)
            await line.execute(load("warnings")["lock_stage"])
            who = {"account": asker.account, "address": asker.address}
            cursor = await line.execute(load("warnings")["set_stage"], {"stage": stage, "reason": reason} | who)
            is_new = await cursor.fetchone() is not None
            if is_new:
                await signal_store.audit(line, asker, "stage_set", str(stage), reason=reason)
        return is_new

    async def _follow(self, warning: UUID, wanted: Wanted, asker: Asker, kind: MessageType) -> UUID:
        noted = self._refusals_noted(asker, f"warning_{kind.lower()}", wanted.reason)
        async with noted, self._transaction() as line:
            self._check(asker)
            found = await _fetch(line, _Earlier, "warning_for_change", id=warning)
            if not found:
                raise refusal("unknown_warning", warning=warning)
            earlier = await _fetch(line, _Reference, "earlier_of", id=warning)
            message = self._compose(wanted, kind, tuple(_refer(one) for one in earlier))
            known = await _known(line, asker, wanted)
            if known:
                return _same(known, message)
            _check_earlier(found[0], wanted)
            await _check_infos(line, message.alert.infos, may_be_over=kind == "Cancel")
            made = await _write(line, message, wanted, asker)
            keys = {"sender": found[0].sender, "identifier": found[0].identifier}
            await line.execute(load("warnings")["supersede"], keys | {"later": made})
            return made

    def _check(self, asker: Asker) -> None:
        if ISSUE not in asker.rights:
            raise refusal("role_warning", role=asker.role)
        if not self._sender:
            raise refusal("no_sender")

    def _compose(self, wanted: Wanted, kind: MessageType, references: tuple[Reference, ...]) -> _Message:
        """Write the document, and read it back: what is published is what a reader of it finds."""
        try:
            alert = Alert(
                identifier=str(new_id()),
                sender=self._sender,
                sent=datetime.now(UTC).replace(microsecond=0),
                status=wanted.status,
                message_type=kind,
                scope="Public",
                references=references,
                infos=tuple(info.model_copy(update={"sender_name": self._sender_name}) for info in wanted.infos),
            )
            document = write_alert(alert)
            return _Message(read_alert(document), document)
        except (ValidationError, CapFault) as error:
            raise refusal("not_cap", fault=str(error).splitlines()[0][:300]) from error

    @asynccontextmanager
    async def _refusals_noted(self, asker: Asker, asked: str, reason: str) -> AsyncIterator[None]:
        """Put into the audit chain what was asked for and refused, and by which rule."""
        try:
            yield
        except errors.Ruled as error:
            async with self._transaction() as line:
                told = {"reason": reason, "rule": error.rule}
                await signal_store.audit(line, asker, "warning_refused", asked, **told)
            raise

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[Line]:
        with translated():
            async with self._connecting() as connection, connection.transaction():
                yield connection


async def _known(line: Line, asker: Asker, wanted: Wanted) -> _Known | None:
    """Find what an earlier request with the same id made."""
    keys = {"account": asker.account, "request_id": wanted.request_id}
    found = await _fetch(line, _Known, "known_warning_request", **keys)
    return found[0] if found else None


async def _write(line: Line, message: _Message, wanted: Wanted, asker: Asker) -> UUID:
    """Keep a message, and tell the audit; the same request at the same instant gives the one that was quicker."""
    alert = message.alert
    ours = {"account": asker.account, "reason": wanted.reason, "request_id": wanted.request_id}
    row = make_row(alert, message.document, "regency", **ours)
    cursor = await line.execute(load("warnings")["add_warning"], row)
    if await cursor.fetchone() is None:
        known = await _known(line, asker, wanted)
        if known is None:
            raise refusal("request_id_used")
        return _same(known, message)
    word = {"Alert": "warning_issued", "Update": "warning_updated", "Cancel": "warning_cancelled"}[alert.message_type]
    told = {"status": wanted.status, "headline": wanted.infos[0].headline, "reason": wanted.reason}
    await signal_store.audit(line, asker, word, str(row["id"]), **told)
    made: UUID = row["id"]
    return made


def _check_earlier(earlier: _Earlier, wanted: Wanted) -> None:
    if earlier.superseded_by is not None or earlier.message_type == "Cancel":
        raise refusal("superseded")
    if earlier.is_over:
        raise refusal("over")
    if earlier.status != wanted.status:
        raise refusal("status_kept", before=earlier.status)


async def _check_infos(line: Line, infos: tuple[Info, ...], *, may_be_over: bool = False) -> None:
    now = datetime.now(UTC)
    for info in infos:
        last = now + timedelta(hours=MOST_HOURS)
        if not may_be_over and (info.expires is None or not now < info.expires <= last):
            raise refusal("expired", most=MOST_HOURS)
        if info.onset and info.expires and info.onset >= info.expires:
            raise refusal("onset")
    regions = await _fetch(line, Region, "region")
    rings = [ring for area in infos[0].areas for ring in area.polygons]
    for number, ring in enumerate(rings, 1):
        _check_ring(number, ring, regions[0] if regions else None)
    circles = [circle for area in infos[0].areas for circle in area.circles]
    for number, circle in enumerate(circles, len(rings) + 1):
        if regions and not draw_circle(circle).intersects(rectangle(regions[0], MARGIN_DEGREES)):
            raise refusal("elsewhere", number=number)


def _check_ring(number: int, ring: Ring, region: Region | None) -> None:
    shape = Polygon([(longitude, latitude) for latitude, longitude in ring])
    if not shape.is_valid or shape.area < LEAST_AREA:
        raise refusal("polygon", number=number, why="no area" if shape.is_valid else explain_validity(shape))
    if region is not None and not shape.intersects(rectangle(region, MARGIN_DEGREES)):
        raise refusal("elsewhere", number=number)


def rectangle(region: Region, margin_degrees: float) -> Polygon:
    """Draw a region, wider by a margin on every side; longitude is x."""
    return box(
        region.west - margin_degrees,
        region.south - margin_degrees,
        region.east + margin_degrees,
        region.north + margin_degrees,
    )


def _refer(one: _Reference) -> Reference:
    return Reference(sender=one.sender, identifier=one.identifier, sent=one.sent)


def _same(known: _Known, message: _Message) -> UUID:
    """Give the warning that an earlier request made, if it published the same."""
    if _published(read_alert(known.document)) != _published(message.alert):
        raise refusal("request_id_used")
    return known.id


def _published(alert: Alert) -> tuple[object, ...]:
    """Take what is said, apart from when: how long it holds instead of until when."""
    infos = [
        (
            info.model_copy(update={"effective": None, "expires": None}),
            info.expires - info.effective if info.expires and info.effective else None,
        )
        for info in alert.infos
    ]
    return (alert.status, alert.message_type, alert.references, infos)


async def _fetch(line: Line, row: type[Row], name: str, **parameters: Any) -> list[Row]:
    async with line.cursor(row_factory=class_row(row)) as cursor:
        await cursor.execute(load("warnings")[name], parameters)
        return await cursor.fetchall()
