"""What operators tell the engine: calls that they take, and keys that shall make no incident for a while."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from cloud.operations import store
from cloud.operations.acts import Person, Room
from cloud.operations.errors import refusal
from cloud.operations.kinds import Severity
from cloud.operations.opening import take
from cloud.operations.sign import Sign
from cloud.operations.spans import say_wib
from cloud.operations.store import Line, Place
from cloud.said import LONGEST

MAX_SHELF_D = 30


@dataclass(frozen=True, slots=True)
class Call:
    """What somebody reported to an operator.

    Attributes:
        kind: of incident.
        request_id: by which the same call is known again.
        place: code of a site or an asset.
        latitude: where there is no such code, or for a finer position.
        longitude: the same.
        title: in place of the kind's.
        text: what was said.
        severity: in place of the kind's.
    """

    kind: str
    request_id: str
    place: str = ""
    latitude: float | None = None
    longitude: float | None = None
    title: str = ""
    text: str = ""
    severity: Severity | None = None


class Reports:
    """Takes calls, and shelves keys.

    Args:
        room: kinds, connections, the audit.
    """

    def __init__(self, room: Room) -> None:
        self._room = room

    async def report(self, person: Person, call: Call) -> tuple[UUID, bool]:
        """Take a call; give its incident, and whether it is a new one or was open there already.

        Raises:
            Ruled: there is no such kind or place, or this account may not.
        """
        book = self._room.book
        if call.kind not in book.kinds:
            raise refusal("unknown_kind", kind=call.kind, kinds=", ".join(book.kinds))
        person.asker.require("incident.report")
        now = self._room.now()
        async with self._room.transaction() as line:
            place = await _find(line, call)
            ref = f"{person.account}/{call.request_id}"
            await _require_same(line, ref, call)
            sign = Sign(
                "call", ref, call.kind, now, place, call.severity, text=call.text, title=call.title,
                actor=person.account, address=person.address,
            )  # fmt: skip
            taken = await take(line, book, sign, now)
            assert taken.incident is not None  # noqa: S101 - a call is never shelved
            await self._room.audit(
                line, person, "incident_reported", str(taken.incident), kind=call.kind, site=place.site
            )
        return taken.incident, taken.how == "opened"

    async def shelve(self, person: Person, key: str, until: datetime, reason: str) -> None:
        """Let a key make no incident for a while.

        Raises:
            Ruled: it is no key, is shelved already, or the span is not right.
        """
        kind = self._room.book.kinds.get(key.partition(":")[0])
        if kind is None or not key.partition(":")[2]:
            raise refusal("key", key=key)
        person.asker.require("shelf.set", kind.agency)
        now = self._room.now()
        if not now < until <= now + timedelta(days=MAX_SHELF_D):
            raise refusal("shelf_span", days=MAX_SHELF_D)
        if not reason.strip():
            raise refusal("reason")
        async with self._room.transaction() as line:
            last = await store.one(line, "end_old_shelf", key=key, now=now)
            told = {"key": key, "until": until, "author": person.account, "reason": reason, "now": now}
            made = await store.one(line, "add_shelf", **told)
            if made is None:
                found = await store.one(line, "shelf_of", key=key, now=now)
                raise refusal(
                    "shelved", key=key, author=found[2] if found else "?", until=say_wib(found[1] if found else now)
                )
            if last is not None:
                await store.run(line, "carry_over", id=made[0], last=last[0])
            await self._room.audit(line, person, "shelved", key, until=until.isoformat(), reason=reason)

    async def lift(self, person: Person, key: str) -> None:
        """End a shelf; what it held and still lasts becomes an incident within a second.

        Raises:
            Ruled: there is none.
        """
        kind = self._room.book.kinds.get(key.partition(":")[0])
        person.asker.require("shelf.set", kind.agency if kind else None)
        async with self._room.transaction() as line:
            if await store.one(line, "lift_shelf", key=key, now=self._room.now()) is None:
                raise refusal("unknown_shelf", key=key)
            await self._room.audit(line, person, "unshelved", key)


async def _require_same(line: Line, ref: str, call: Call) -> None:
    """Refuse a call that comes under the number of another one; the same again is the same."""
    known = await store.one(line, "known_call", ref=ref)
    if known and (known[0], known[1]) != (call.kind, call.text[:LONGEST]):
        raise refusal("request_used")


async def _find(line: Line, call: Call) -> Place:
    """Find where a call is about."""
    place = await store.find_code(line, call.place) if call.place else Place()
    if place is None:
        raise refusal("unknown_place", place=call.place)
    if call.latitude is not None and call.longitude is not None:
        place = replace(place, latitude=call.latitude, longitude=call.longitude)
    if place.latitude is None and place.site_id is None:
        raise refusal("place")
    return place
