"""Two incidents that are the same trouble become one, and are taken apart again where they were not.

Nothing is lost of either: each source remembers the incident that it came to, and what comes for the key of a merged
incident goes where that was merged, and to itself again afterwards.
"""

from dataclasses import replace
from typing import cast
from uuid import UUID

import psycopg

from cloud.operations import incident as steps
from cloud.operations import store
from cloud.operations.acts import MERGE, UNMERGE, Form, Held, Person, Room
from cloud.operations.ending import settle
from cloud.operations.errors import refusal
from cloud.operations.incident import Incident, State
from cloud.operations.store import Entry, Line


class MergeDesk:
    """Merges incidents, and takes them apart.

    Args:
        room: where incidents are held.
    """

    def __init__(self, room: Room) -> None:
        self._room = room

    async def merge(self, person: Person, identity: UUID, into: UUID, form: Form) -> None:
        """Make it a part of another; its sources and its crews go there.

        Raises:
            Ruled: by the rule that it names.
            Unavailable: the database is away.
        """
        async with self._room.refusals_noted(person, identity, MERGE), self._room.transaction() as line:
            # In one order, so that two who merge crosswise never wait in a circle.
            both = {each: await self._room.hold(line, each) for each in sorted({identity, into})}
            one, other = both[identity], both[into]
            self._require(person, one, other)
            if await self._room.is_done(line, person, one, form, MERGE):
                return
            now = self._room.now()
            after = steps.merge(one, other, now)
            held = Held(line, one, self._room.kind_of(one), now, {"into": other.name})
            await self._room.require_version(held, form)
            await store.run(line, "move_sources", id=one.id, into=other.id)
            grown = steps.take_in(replace(other, count=other.count + one.count), one)
            if await store.run(line, "move_dispatches", incident_id=one.id, into=other.id):
                grown = steps.send_crew(grown, person.account, now)
            await self._room.recall_all(held)
            await self._room.save(held, after, person, form, MERGE)
            grown = await settle(line, self._room.book, replace(grown, condition_ended_at=None))
            await self._save_other(held, other, grown, person, form, "folded")

    async def unmerge(self, person: Person, identity: UUID, form: Form) -> None:
        """Take it out of the other one again, with what came for it meanwhile; crews stay. Raises as `merge`."""
        async with self._room.refusals_noted(person, identity, UNMERGE), self._room.transaction() as line:
            chain = await self._hold_chain(line, identity)
            one, others = chain[0], chain[1:]
            self._require(person, *chain)
            if await self._room.is_done(line, person, one, form, UNMERGE):
                return
            row = await store.one(line, "merged_from", id=identity)
            after = steps.unmerge(one, cast("State", row[0] if row else "open"))
            if not form.text.strip():
                raise refusal("reason")
            held = Held(line, one, self._room.kind_of(one), self._room.now(), {"from": others[0].name})
            await self._room.require_version(held, form)
            await self._require_free(held)
            await store.run(line, "bring_home", id=one.id)
            after = await settle(line, self._room.book, replace(after, condition_ended_at=None))
            try:
                await self._room.save(held, after, person, form, UNMERGE)
            except psycopg.errors.UniqueViolation as error:  # the engine has just opened one of the same key
                raise refusal("key_open", incident=one.key) from error
            for other in others:
                shrunk = replace(other, count=max(1, other.count - one.count))
                shrunk = await settle(line, self._room.book, shrunk)
                await self._save_other(held, other, shrunk, person, form, "taken_apart")

    async def _hold_chain(self, line: Line, identity: UUID) -> list[Incident]:
        """Hold an incident and those that it was merged into, in the order of the merges."""
        ways = [row.id for row in await store.fetch(line, store.Identity, "chain_of", id=identity)]
        held = {each: await self._room.hold(line, each) for each in sorted(ways or [identity])}
        again = [row.id for row in await store.fetch(line, store.Identity, "chain_of", id=identity)]
        if again != ways:  # somebody has merged one of them, or taken it apart, while we waited for it
            raise refusal("state", incident=held[identity].name, state=held[identity].state, act="unmerge")
        return [held[each] for each in ways]

    @staticmethod
    async def _require_free(held: Held) -> None:
        other = await store.one(held.line, "number_of", key=held.incident.key)
        if other:
            raise refusal("key_open", incident=other[0])

    @staticmethod
    def _require(person: Person, *incidents: Incident) -> None:
        person.asker.require(MERGE.right)
        for one in incidents:
            person.asker.require(MERGE.right, one.agency)

    async def _save_other(
        self, held: Held, before: Incident, after: Incident, person: Person, form: Form, action: str
    ) -> None:
        after = replace(after, look_at=steps.next_look(after, self._room.kind_of(before)))
        entry = Entry(action, person.account, person.address, form.text, {"incident": held.incident.name})
        await store.save(held.line, before, after, entry, held.now)
