"""What people do about an incident: each act is one transaction with its line in the log and in the audit chain."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

import psycopg

from cloud.operations import incident as steps
from cloud.operations import store
from cloud.operations.acts import (
    ACKNOWLEDGE,
    CANCEL,
    DISPATCH,
    NOTE,
    REOPEN,
    RESOLVE,
    TAKE_OVER,
    VERIFY,
    Act,
    Form,
    Person,
    Room,
    require_proof,
)
from cloud.operations.errors import refusal
from cloud.operations.incident import Incident
from cloud.operations.spans import say_wib
from cloud.signals.identity import new_id

Step = Callable[[Incident], Incident]


class Desk:
    """Takes acts.

    Args:
        room: where incidents are held.
    """

    def __init__(self, room: Room) -> None:
        self._room = room

    async def acknowledge(self, person: Person, identity: UUID, form: Form) -> None:
        """Take an incident up. Raises as `_change`."""
        await self._change(
            person, identity, form, ACKNOWLEDGE, lambda one: steps.acknowledge(one, person.account, self._room.now())
        )

    async def take_over(self, person: Person, identity: UUID, form: Form) -> None:
        """Become its owner in somebody's place. Raises as `_change`."""
        await self._change(person, identity, form, TAKE_OVER, lambda one: steps.take_over(one, person.account))

    async def note(self, person: Person, identity: UUID, form: Form) -> None:
        """Write something into its log. Raises as `_change`."""
        await self._change(person, identity, form, NOTE, lambda one: one, log_unchanged=True)

    async def resolve(self, person: Person, identity: UUID, form: Form) -> None:
        """Say that it is over; crews that are still on it are called back. Raises as `_change`."""
        async with self._room.holding(person, identity, form, RESOLVE) as held:
            if held is None:
                return
            after = steps.resolve(held.incident, person.account, held.now)
            await self._room.require_version(held, form)
            await require_proof(held)
            await self._room.recall_all(held)
            await self._room.save(held, after, person, form, RESOLVE)

    async def verify(self, person: Person, identity: UUID, form: Form) -> None:
        """Close it, by somebody who did not resolve it. Raises as `_change`."""
        async with self._room.holding(person, identity, form, VERIFY) as held:
            if held is None:
                return
            found = await store.fetch(held.line, _Account, "crew_accounts", incident_id=identity)
            crew = frozenset(one.account for one in found)
            after = steps.verify(held.incident, person.account, crew, held.now)
            await self._room.require_version(held, form)
            await self._room.save(held, after, person, form, VERIFY)

    async def reopen(self, person: Person, identity: UUID, form: Form) -> None:
        """Open it again. Raises as `_change`; and where its key is open elsewhere."""
        async with self._room.holding(person, identity, form, REOPEN) as held:
            if held is None:
                return
            other = await store.one(held.line, "number_of", key=held.incident.key)
            if other and held.incident.state in steps.OVER:
                raise refusal("key_open", incident=other[0])
            after = steps.reopen(held.incident, held.kind.clocks, held.now)
            await self._room.require_version(held, form)
            try:
                await self._room.save(held, after, person, form, REOPEN)
            except psycopg.errors.UniqueViolation as error:  # the engine has just opened one of the same key
                raise refusal("key_open", incident=held.incident.key) from error

    async def cancel(self, person: Person, identity: UUID, form: Form) -> None:
        """End it as nothing; crews are called back. Raises as `_change`."""
        async with self._room.holding(person, identity, form, CANCEL) as held:
            if held is None:
                return
            after = steps.cancel(held.incident, person.account, held.now)
            await self._room.require_version(held, form)
            await self._room.recall_all(held)
            await self._room.save(held, after, person, form, CANCEL)

    async def dispatch(self, person: Person, identity: UUID, crew: str, form: Form) -> None:
        """Send a crew. Raises as `_change`; and where there is no such crew, or it is on its way already."""
        async with self._room.holding(person, identity, form, DISPATCH) as held:
            if held is None:
                return
            after = steps.send_crew(held.incident, person.account, held.now)
            found = await store.fetch(held.line, _CrewRow, "crew_for", crew=crew)
            if not found:
                raise refusal("unknown_crew", crew=crew)
            where = {"incident_id": identity, "crew_id": found[0].id}
            sent = await store.one(held.line, "open_dispatch", **where)
            if sent:
                raise refusal("crew_sent", crew=crew, actor=sent[1], at=say_wib(sent[2]))
            await self._room.require_version(held, form)
            order = new_id()
            told = {"ordered_by": person.account, "now": held.now, "note": form.text}
            await store.run(held.line, "add_dispatch", id=order, **where, **told)
            held.detail.update(crew=crew, dispatch=str(order))
            await self._room.save(held, after, person, form, DISPATCH)

    async def _change(
        self, person: Person, identity: UUID, form: Form, act: Act, step: Step, *, log_unchanged: bool = False
    ) -> None:
        """Take a step.

        Raises:
            Ruled: by the rule that it names.
            Unavailable: the database is away.
        """
        async with self._room.holding(person, identity, form, act) as held:
            if held is None:
                return
            after = step(held.incident)
            if after is held.incident and not log_unchanged:
                return
            if not log_unchanged:
                await self._room.require_version(held, form)
            await self._room.save(held, after, person, form, act)


@dataclass(frozen=True, slots=True)
class _Account:
    account: str


@dataclass(frozen=True, slots=True)
class _CrewRow:
    id: int
    name: str
    agency: str
