"""What a person may ask of the signals: a lease, a green wave, a withdrawal. Each is one transaction.

A request is written down, with its command and its line in the audit chain, before anything is sent; so what was
sent is known whatever dies afterwards, and the same `request_id` again finds what it came to.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from uuid import UUID

from cloud import errors
from cloud.db.connection import translated
from cloud.signals import store
from cloud.signals.checks import Asker, Junction, Wanted, check, check_free, check_rights, check_state
from cloud.signals.identity import new_id
from cloud.signals.line import Line
from cloud.signals.rules import Rule, refusal, tell
from cloud.signals.store import CorridorSite, Known, KnownCorridor, Saying

Connecting = Callable[[], AbstractAsyncContextManager[store.Line]]

# A withdrawal is worth hearing for as long as the longest lease may last.
WITHDRAW_FOR_S = 14_400.0


@dataclass(frozen=True, slots=True)
class WantedWave:
    """What is asked for at all junctions of a corridor."""

    corridor: str
    extra_green_s: int
    duration_s: int
    reason: str
    request_id: str


class Desk:
    """Takes requests.

    Args:
        connecting: gives a connection to the database, in autocommit.
        line: to the broker; None where this API has none.
        poke: told when something is to be sent.
        confirm_within_s: seconds from a request to its confirmation, after which it has failed.
    """

    def __init__(
        self, connecting: Connecting, line: Line | None, poke: Callable[[], None], confirm_within_s: float
    ) -> None:
        self._connecting = connecting
        self._line = line
        self._poke = poke
        self._confirm_within_s = confirm_within_s

    async def request(self, wanted: Wanted, asker: Asker) -> UUID:
        """Ask for a lease; the same request again gives the same lease.

        Raises:
            Ruled: the rule by which it is refused.
            Unavailable: the database is away.
        """
        figures = {"phase": wanted.phase, "extra_green_s": wanted.extra_green_s, "duration_s": wanted.duration_s}
        asked = figures | {"reason": wanted.reason, "site": wanted.site}
        async with self._refusals_noted(asker, wanted.site, asked), self._transaction() as connection:
            junction = await self._find(connection, wanted.site, asker)
            check(junction, wanted, asker)
            await store.run(connection, "lock_site", lock=store.SITE_LOCK, site_id=junction.site_id)
            known = await store.fetch(
                connection, Known, "known_request", requester=asker.account, request_id=wanted.request_id
            )
            if known:
                return _same(known[0], junction, wanted)
            self._require_line()
            lease_id = await self._add(connection, junction, wanted, asker, wave=None)
            await store.audit(connection, asker, "lease_requested", str(lease_id), **asked)
        self._poke()
        return lease_id

    async def request_wave(self, wanted: WantedWave, asker: Asker) -> UUID:
        """Ask for a lease of every junction of a corridor: all or none.

        Raises:
            Ruled: the rule by which it, or one of its junctions, is refused.
            Unavailable: the database is away.
        """
        figures = {"extra_green_s": wanted.extra_green_s, "duration_s": wanted.duration_s}
        asked = figures | {"reason": wanted.reason, "corridor": wanted.corridor}
        async with self._refusals_noted(asker, wanted.corridor, asked), self._transaction() as connection:
            sites = await store.fetch(connection, CorridorSite, "corridor_sites", corridor=wanted.corridor)
            if not sites:
                raise refusal("unknown_corridor", corridor=wanted.corridor)
            # In the order of their numbers, so that two corridors that share junctions never wait for each other.
            for site_id in sorted(place.site_id for place in sites):
                await store.run(connection, "lock_site", lock=store.SITE_LOCK, site_id=site_id)
            known = await store.fetch(
                connection,
                KnownCorridor,
                "known_corridor_request",
                requester=asker.account,
                request_id=wanted.request_id,
            )
            if known:
                return _same_wave(known[0], sites[0].corridor_id, wanted)
            self._require_line()
            wave = await self._add_wave(connection, sites, wanted, asker)
            await store.audit(connection, asker, "corridor_lease_requested", str(wave), **asked)
        self._poke()
        return wave

    async def withdraw(self, lease_id: UUID, asker: Asker, reason: str) -> None:
        """Withdraw a lease, and with it all of its corridor; one that is over already is left as it is.

        Args:
            lease_id: of one of them.
            asker: who, and from where.
            reason: why, for the audit; may be empty.

        Raises:
            Ruled: the rule by which this is refused.
            Unavailable: the database is away.
        """
        async with self._refusals_noted(asker, str(lease_id), {"asked": "withdraw"}), self._transaction() as connection:
            lease = await store.hold_lease(connection, lease_id)
            if lease is None:
                raise refusal("unknown_lease", lease=lease_id)
            check_rights(await self._find(connection, lease.site, asker), asker)
            if lease.requester != asker.account and lease.rank > asker.rank:
                raise refusal("withdraw_rank", holder=lease.requester)
            if lease.state in ("ended", "reverted", "refused"):
                return
            self._require_line()
            members = await self._members(connection, lease)
            for member in members:
                await add_withdrawal(connection, member, asker.account, asker.role, reason)
            await store.audit(
                connection,
                asker,
                "lease_withdrawn",
                str(lease_id),
                site=lease.site,
                **({"reason": reason} if reason else {}),
            )
        self._poke()

    async def why_not(self, site: str, asker: Asker) -> Rule | None:
        """Give the rule by which a request would be refused at this instant, as far as the room can know; None: none.

        Nothing is written by this. The box judges each request anew, against the controller.

        Raises:
            Ruled: there is no such junction.
            Unavailable: the database is away.
        """
        async with self._transaction() as connection:
            junction = await self._find(connection, site, asker)
            holder = await store.find_holder(connection, junction.site_id)
            state = await store.find_state(connection, site)
        try:
            check_rights(junction, asker)
            self._require_line()
            check_free(junction, holder, asker)
            if state is not None:
                check_state(site, state, datetime.now(UTC))
        except errors.Ruled as error:
            return Rule(error.rule, error.text_id, error.text_en)
        return None

    async def _add_wave(
        self, connection: store.Line, sites: list[CorridorSite], wanted: WantedWave, asker: Asker
    ) -> UUID:
        wave = new_id()
        figures = {"extra_green_s": wanted.extra_green_s, "duration_s": wanted.duration_s, "reason": wanted.reason}
        keys = {"requester": asker.account, "request_id": wanted.request_id}
        await store.run(connection, "add_corridor_lease", id=wave, corridor_id=sites[0].corridor_id, **figures, **keys)
        for place in sites:
            junction = await self._find(connection, place.site, asker)
            # A member's own request id: of the corridor's and the site's, so that it is free.
            one = Wanted(
                place.site, place.phase, wanted.extra_green_s, wanted.duration_s, wanted.reason, f"{wave}/{place.site}"
            )
            check(junction, one, asker)
            await self._add(connection, junction, one, asker, wave=wave)
        return wave

    async def _add(
        self, connection: store.Line, junction: Junction, wanted: Wanted, asker: Asker, *, wave: UUID | None
    ) -> UUID:
        """Write a lease down for a junction that is free, or held by a lower rank, whom it then supersedes."""
        holder = await store.find_holder(connection, junction.site_id)
        check_free(junction, holder, asker)
        lease_id = await store.add_lease(
            connection, junction, wanted, asker, wave=wave, confirm_within_s=self._confirm_within_s
        )
        if holder is not None:
            rule = tell("supersedes", site=junction.site, account=holder.requester)
            saying = Saying(lease_id, "supersedes", actor=asker.account)
            saying = replace(saying, rule=rule.code, text_id=rule.text_id, text_en=rule.text_en)
            await store.add_log(connection, saying)
        return lease_id

    @staticmethod
    async def _find(connection: store.Line, site: str, asker: Asker) -> Junction:
        junction = await store.find_junction(connection, site, asker)
        if junction is None:
            raise refusal("unknown_junction", site=site)
        return junction

    @staticmethod
    async def _members(connection: store.Line, lease: store.Lease) -> list[UUID]:
        if lease.corridor_lease_id is None:
            return [lease.lease_id]
        return await store.members(connection, lease.corridor_lease_id)

    def _require_line(self) -> None:
        if self._line is None:
            raise refusal("no_broker")
        if not self._line.is_connected:
            raise refusal("broker_away")

    @asynccontextmanager
    async def _refusals_noted(self, asker: Asker, subject: str, asked: Mapping[str, object]) -> AsyncIterator[None]:
        """Put into the audit chain what was asked for and refused, and by which rule."""
        try:
            yield
        except errors.Ruled as error:
            async with self._transaction() as connection:
                await store.audit(connection, asker, "lease_refused", subject, **asked, rule=error.rule)
            raise

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[store.Line]:
        with translated():
            async with self._connecting() as connection, connection.transaction():
                yield connection


async def add_withdrawal(
    connection: store.Line, lease_id: UUID, actor: str, role: str | None = None, reason: str = ""
) -> None:
    """Write down that a lease is to be withdrawn, and the command that says so to the box.

    Args:
        connection: to the database.
        lease_id: which.
        actor: who.
        role: theirs; None for the room itself.
        reason: why, in their own words; may be empty.
    """
    source = "watchdog" if role is None else "room"
    said = Saying(lease_id, "withdrawal_requested", source=source, actor=actor, text_id=reason, text_en=reason)
    await store.add_withdrawal(connection, lease_id, actor, role, WITHDRAW_FOR_S)
    await store.add_log(connection, said)
    if role is not None:
        await store.run(connection, "mark_withdrawn", lease_id=lease_id, account=actor)


def _same(known: Known, junction: Junction, wanted: Wanted) -> UUID:
    asked = (junction.site_id, wanted.phase, wanted.extra_green_s, wanted.duration_s, wanted.reason)
    if (known.site_id, known.phase, known.extra_green_s, known.duration_s, known.reason) != asked:
        raise refusal("request_id_used")
    return known.lease_id


def _same_wave(known: KnownCorridor, corridor_id: int, wanted: WantedWave) -> UUID:
    asked = (corridor_id, wanted.extra_green_s, wanted.duration_s, wanted.reason)
    if (known.corridor_id, known.extra_green_s, known.duration_s, known.reason) != asked:
        raise refusal("request_id_used")
    return known.corridor_lease_id
