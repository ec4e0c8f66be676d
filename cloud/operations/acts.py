"""Who acts, what each act needs, and how an incident is held for one: the ground that the desks stand on.

Whoever acts holds the row: of two who take an incident up at the same instant one wins, and the other is told who. An
act has an id made by whoever asks, so that a double click, or a second try after a lost line, is one act; a form that
names the version it was filled from is refused where somebody has changed the incident since.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Protocol
from uuid import UUID

import psycopg
from psycopg.types.json import Jsonb

from cloud import errors
from cloud.db.connection import translated
from cloud.operations import incident as steps
from cloud.operations import store
from cloud.operations.book import Book, BookReader
from cloud.operations.errors import refusal
from cloud.operations.incident import Incident
from cloud.operations.kinds import Kind
from cloud.operations.spans import say_wib
from cloud.operations.store import Entry, Line

Connecting = Callable[[], AbstractAsyncContextManager[Line]]


class Asker(Protocol):
    """Who asks, as the API or a command knows them."""

    @property
    def account(self) -> str:
        """Name of the account."""

    @property
    def role(self) -> str:
        """Its role."""

    def require(self, action: str, agency: str | None = None) -> None:
        """Raise where this account may not order something of an agency."""


@dataclass(frozen=True, slots=True)
class Person:
    """Who acts, and from where."""

    asker: Asker
    address: str | None

    @property
    def account(self) -> str:
        """Name of the account."""
        return self.asker.account


@dataclass(frozen=True, slots=True)
class Form:
    """What every act carries.

    Attributes:
        text: a reason or a remark.
        version: of the incident that the form was filled from; None: whatever it is now.
        act_id: made by whoever asks; None: not known again.
    """

    text: str = ""
    version: int | None = None
    act_id: UUID | None = None


ACT_IDS = "incident_log_act_id_key"


@dataclass(frozen=True, slots=True)
class Act:
    """One sort of act: its name in the log, the right it needs, whether it needs words."""

    name: str
    right: str
    needs_text: bool = False


ACKNOWLEDGE = Act("acknowledged", "incident.acknowledge")
TAKE_OVER = Act("taken_over", "incident.acknowledge", needs_text=True)
RESOLVE = Act("resolved", "incident.resolve", needs_text=True)
VERIFY = Act("verified", "incident.verify")
REOPEN = Act("reopened", "incident.verify", needs_text=True)
CANCEL = Act("cancelled", "incident.cancel", needs_text=True)
MERGE = Act("merged", "incident.merge")
UNMERGE = Act("unmerged", "incident.merge", needs_text=True)
NOTE = Act("noted", "incident.acknowledge", needs_text=True)
DISPATCH = Act("dispatched", "incident.dispatch")
RECALL = Act("recalled", "incident.dispatch", needs_text=True)


@dataclass(frozen=True, slots=True)
class _Known:
    incident_id: UUID
    action: str
    actor: str


@dataclass(frozen=True, slots=True)
class Held:
    """An incident that is held for an act."""

    line: Line
    incident: Incident
    kind: Kind
    now: datetime
    detail: dict[str, Any] = field(default_factory=dict)


class Room:
    """Holds incidents for acts, and writes down what came of them.

    Args:
        connecting: gives a connection to the database, in autocommit.
        reader: of kinds and rules.
        clock: aware UTC.
    """

    def __init__(
        self, connecting: Connecting, reader: BookReader, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._connecting = connecting
        self._reader = reader
        self.now = clock

    @property
    def book(self) -> Book:
        """Kinds and rules as they are now."""
        return self._reader.book

    @asynccontextmanager
    async def holding(
        self, person: Person, identity: UUID, form: Form, act: Act, *, of_agency: bool = True
    ) -> AsyncIterator[Held | None]:
        """Hold an incident for an act that this person may do; None where it was done before.

        Args:
            person: who acts.
            identity: of the incident.
            form: what came with the act.
            act: which.
            of_agency: whether the account must be of the incident's agency; a crew needs its order only.

        Raises:
            Ruled: there is none, or this account may not, or words are missing.
        """
        async with self.refusals_noted(person, identity, act), self.transaction() as line:
            incident = await self.hold(line, identity)
            person.asker.require(act.right, incident.agency if of_agency else None)
            if await self.is_done(line, person, incident, form, act):
                yield None
                return
            if act.needs_text and not form.text.strip():
                raise refusal("reason")
            yield Held(line, incident, self.kind_of(incident), self.now())

    async def hold(self, line: Line, identity: UUID) -> Incident:
        """Hold an incident to the end of the transaction; refused where there is none."""
        found = await store.incidents(line, "hold", id=identity)
        if not found:
            raise refusal("unknown_incident", incident=identity)
        return found[0]

    @staticmethod
    async def is_done(line: Line, person: Person, incident: Incident, form: Form, act: Act) -> bool:
        """Tell whether this very act was done before."""
        if form.act_id is None:
            return False
        known = await store.fetch(line, _Known, "known_act", act_id=form.act_id)
        if known and (known[0].incident_id, known[0].action, known[0].actor) != (incident.id, act.name, person.account):
            raise refusal("act_used")
        return bool(known)

    @staticmethod
    async def require_version(held: Held, form: Form) -> None:
        """Refuse a form that was filled before somebody changed the incident."""
        if form.version is None or form.version == held.incident.version:
            return
        last = await store.one(held.line, "last_act", id=held.incident.id)
        actor, at = last or (steps.ENGINE, held.incident.changed_at)
        raise refusal("stale", actor=actor, at=say_wib(at))

    async def save(self, held: Held, after: Incident, person: Person, form: Form, act: Act) -> None:
        """Write down what came of an act: the incident, its log, the audit."""
        after = replace(after, look_at=steps.next_look(after, held.kind))
        entry = Entry(act.name, person.account, person.address, form.text, held.detail, form.act_id)
        try:
            await store.save(held.line, held.incident, after, entry, held.now)
        except psycopg.errors.UniqueViolation as error:
            if error.diag.constraint_name == ACT_IDS:  # the same id on another incident in this very instant
                raise refusal("act_used") from error
            raise
        told = {"text": form.text} | held.detail if form.text else held.detail
        await self.audit(held.line, person, f"incident_{act.name}", held.incident.name, **told)

    async def recall_all(self, held: Held) -> None:
        """Call back the crews that are still on an incident."""
        found = await store.fetch(held.line, _Name, "recall_all", incident_id=held.incident.id, now=held.now)
        if found:
            held.detail["recalled"] = [one.name for one in found]

    def kind_of(self, incident: Incident) -> Kind:
        """Find its kind; of one that is in the file no more the first, whose clocks at least are some."""
        kinds = self.book.kinds
        return kinds.get(incident.kind) or next(iter(kinds.values()))

    @staticmethod
    async def audit(line: Line, person: Person, action: str, subject: str, **detail: Any) -> None:
        """Append to the audit chain."""
        told = {"address": person.address} | detail
        entry = {"actor": person.account, "action": action, "subject": subject, "detail": Jsonb(told)}
        await store.run(line, "add_audit", **entry)

    @asynccontextmanager
    async def refusals_noted(self, person: Person, identity: UUID, act: Act) -> AsyncIterator[None]:
        """Put into the audit chain who wanted to do what he may not."""
        try:
            yield
        except errors.Forbidden as error:
            rule = error.rule if isinstance(error, errors.Ruled) else ""
            async with self.transaction() as line:
                await self.audit(line, person, "incident_refused", str(identity), act=act.name, rule=rule)
            raise

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Line]:
        """Open a transaction of its own."""
        with translated():
            async with self._connecting() as line, line.transaction():
                yield line


@dataclass(frozen=True, slots=True)
class _Name:
    name: str


async def require_proof(held: Held) -> None:
    """Refuse the end of what must be seen, where nobody has sent a photo from there."""
    if not held.kind.proof:
        return
    row = await store.one(held.line, "has_proof", incident_id=held.incident.id)
    if row != (True,):
        raise refusal("proof_missing")
