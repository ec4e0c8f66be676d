"""The live stream's one ear per process: it listens to the database and tells every client what it asked for.

The ingester notifies `sample_latest` after each flush and `event` after each event, the database `lease` and `incident`
after each change of one. However often it does, the
newest samples are read at most twice a second, once for all clients; incidents are read at once, by a task of their
own. A client holds, per series, only the newest
sample it has not been given yet, and a bounded number of events: a slow one gets fewer, never older, values.
"""

import asyncio
import random
from collections import deque
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import structlog

from cloud import errors
from cloud.api.database import Database, Line
from cloud.api.incident_models import Incident
from cloud.api.models import Event
from cloud.api.refusals import refusal
from cloud.api.signal_models import Lease
from cloud.stopping import is_stopping
from edge.contract.cameras import CLIP_DELIVERED

log = structlog.get_logger(__name__)

FLUSH_EVERY_S = 0.5
QUIET_S = 15.0  # after which the line is asked whether it is alive
ANSWER_S = 5.0
RECONNECT_S = (0.5, 10.0)
# Two ingesters may commit in another order than they began, and `received_at` is when they began.
OVERLAP = timedelta(seconds=3)
_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
MAX_EVENTS_WAITING = 100
# Pages of one browser, or screens of one wall, that are live at a time.
MAX_PER_HOLDER = 12
MAX_EVENT_IDS = 1_000


@dataclass(frozen=True, slots=True)
class Moved:
    """A newest sample."""

    series_id: int
    time: datetime
    value: float | None
    text: str | None
    received_at: datetime


@dataclass(eq=False, slots=True)
class Client:
    """One who listens.

    Attributes:
        names: of the series it asked for, by id.
        assets: codes of the assets whose events it wants; None: of all.
        holder: session or token by which it asks.
        samples: newest sample by series that it was not given yet; bounded by `names`.
        events: events that it was not given yet; the oldest give way.
        leases: leases that have changed, by id; bounded by what is open.
        incidents: incidents that have changed, by id; the oldest give way.
        wants_incidents: whether it is told of them.
        is_of_the_room: whether it is told who was given which clip.
        ready: set when there is something to give, or when it must go.
        gone: why it must go; empty while it need not.
    """

    names: Mapping[int, str]
    assets: frozenset[str] | None
    holder: str = ""
    samples: dict[int, Moved] = field(default_factory=dict)
    events: deque[Event] = field(default_factory=lambda: deque(maxlen=MAX_EVENTS_WAITING))
    leases: dict[UUID, Lease] = field(default_factory=dict)
    incidents: dict[UUID, Incident] = field(default_factory=dict)
    wants_incidents: bool = False
    is_of_the_room: bool = True
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    gone: str = ""

    def take(self) -> tuple[list[Moved], list[Event], list[Lease], list[Incident]]:
        """Take what waits."""
        changed = list(self.incidents.values())
        taken = list(self.samples.values()), list(self.events), list(self.leases.values()), changed
        self.samples.clear()
        self.events.clear()
        self.leases.clear()
        self.incidents.clear()
        if not self.gone:
            self.ready.clear()
        return taken

    def dismiss(self, reason: str) -> None:
        """Tell it to go, and why."""
        self.gone = reason
        self.ready.set()


class Live:
    """Listens to the database while the API runs.

    Args:
        database: to listen to.
        max_clients: the most clients at a time.
    """

    def __init__(self, database: Database, max_clients: int) -> None:
        self._database = database
        self._max_clients = max_clients
        self._clients: set[Client] = set()
        self._told: dict[int, datetime] = {}
        self._since = _LONG_AGO
        self._event_ids: deque[UUID] = deque(maxlen=MAX_EVENT_IDS)
        self._lease_ids: deque[UUID] = deque(maxlen=MAX_EVENT_IDS)
        self._incident_ids: deque[UUID] = deque(maxlen=MAX_EVENT_IDS)
        self._moved = asyncio.Event()
        self._incidents_moved = asyncio.Event()
        self.notifications = 0
        self.reconnections = 0

    @property
    def clients(self) -> int:
        """How many listen."""
        return len(self._clients)

    def join(self, names: Mapping[int, str], assets: Iterable[str] | None, holder: str = "") -> Client:
        """Add a client.

        Args:
            names: of the series that it wants, by id.
            assets: codes of the assets whose events it wants; None: of all.
            holder: session or token by which it asks: nobody takes all there are.

        Raises:
            Crowded: there are as many as there may be.
            TooMany: of this holder.
        """
        if len(self._clients) >= self._max_clients:
            raise refusal("too_many_streams", open=self._max_clients)
        if holder and sum(client.holder == holder for client in self._clients) >= MAX_PER_HOLDER:
            raise refusal("too_many_own_streams", most=MAX_PER_HOLDER)
        client = Client(names, None if assets is None else frozenset(assets), holder)
        self._clients.add(client)
        return client

    def leave(self, client: Client) -> None:
        """Forget a client."""
        self._clients.discard(client)

    def dismiss_all(self, reason: str) -> None:
        """Tell every client to go: the server stops, and a stream would never end by itself."""
        for client in self._clients:
            client.dismiss(reason)

    async def run(self) -> None:
        """Listen and tell until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._listen_on_and_on(), name="live-listen")
            tasks.create_task(self._tell_on_and_on(), name="live-tell")
            tasks.create_task(self._tell_incidents_on_and_on(), name="live-incidents")

    async def _listen_on_and_on(self) -> None:
        pause_s = RECONNECT_S[0]
        while not is_stopping():
            try:
                async with self._database.listening() as line:
                    pause_s = RECONNECT_S[0]
                    await self._listen(line)
            except (errors.CloudError, TimeoutError) as error:
                log.warning("database_lost", error=str(error), retry_in_s=pause_s)
            self.reconnections += 1
            # Spread out, so that many processes do not come back in the same instant.
            await asyncio.sleep(pause_s * random.uniform(0.5, 1.0))  # noqa: S311 - no secret hangs on it
            pause_s = min(pause_s * 2, RECONNECT_S[1])

    async def _listen(self, line: Line) -> None:
        await line.execute("LISTEN sample_latest")
        await line.execute("LISTEN event")
        await line.execute("LISTEN lease")
        await line.execute("LISTEN incident")
        self._moved.set()  # whatever moved while nobody listened
        while not is_stopping():
            async for notification in line.notifies(timeout=QUIET_S):
                self._note(notification)
            async with asyncio.timeout(ANSWER_S):
                await line.execute("SELECT 1")

    def _note(self, notification: psycopg.Notify) -> None:
        self.notifications += 1
        known = {"event": self._event_ids, "lease": self._lease_ids, "incident": self._incident_ids}
        ids = known.get(notification.channel)
        if ids is not None:
            with suppress(ValueError):  # somebody tries NOTIFY by hand
                ids.append(UUID(notification.payload))
        (self._incidents_moved if ids is self._incident_ids else self._moved).set()

    async def _tell_on_and_on(self) -> None:
        while not is_stopping():
            await self._moved.wait()
            self._moved.clear()
            try:
                await self._tell()
            except errors.CloudError as error:
                log.warning("live_read_failed", error=str(error))
            await asyncio.sleep(FLUSH_EVERY_S)

    async def _tell_incidents_on_and_on(self) -> None:
        """Tell of incidents as soon as they change: a person waits for them, and there are few."""
        while not is_stopping():
            await self._incidents_moved.wait()
            self._incidents_moved.clear()
            ids = {self._incident_ids.popleft() for _ in range(len(self._incident_ids))}
            clients = [client for client in self._clients if client.wants_incidents]
            if not ids or not clients:
                continue
            try:
                changed = await self._database.fetch(Incident, "operations_desk", "shown", ids=list(ids))
            except errors.CloudError as error:
                log.warning("live_read_failed", error=str(error))
                continue
            for client in clients:
                _give_incidents(client, changed)

    async def _tell(self) -> None:
        ids = [self._event_ids.popleft() for _ in range(len(self._event_ids))]
        lease_ids = {self._lease_ids.popleft() for _ in range(len(self._lease_ids))}
        if not self._clients:
            self._told.clear()
            self._since = _LONG_AGO
            return
        for event in await self._read_events(ids):
            self._give_event(event)
        for lease in await self._read_leases(list(lease_ids)):
            self._give_lease(lease)
        moved = await self._database.fetch(Moved, "api", "moved", since=self._since - OVERLAP)
        fresh = [sample for sample in moved if self._told.get(sample.series_id) != sample.time]
        self._told.update((sample.series_id, sample.time) for sample in fresh)
        self._since = max([self._since, *(sample.received_at for sample in fresh)])
        for client in self._clients:
            _give_samples(client, fresh)

    async def _read_events(self, ids: list[UUID]) -> list[Event]:
        return await self._database.fetch(Event, "api", "events_by_id", ids=ids) if ids else []

    async def _read_leases(self, ids: list[UUID]) -> list[Lease]:
        return await self._database.fetch(Lease, "signals", "leases_by_id", ids=ids) if ids else []

    def _give_lease(self, lease: Lease) -> None:
        """Give a lease to whoever follows everything, or anything at its site."""
        for client in self._clients:
            if client.assets is None or any(code.startswith(f"{lease.site}.") for code in client.assets):
                client.leases[lease.id] = lease
                client.ready.set()

    def _give_event(self, event: Event) -> None:
        for client in self._clients:
            if event.type == CLIP_DELIVERED and not client.is_of_the_room:
                continue
            if client.assets is None or event.asset in client.assets:
                client.events.append(event)
                client.ready.set()


def _give_samples(client: Client, samples: Iterable[Moved]) -> None:
    for sample in samples:
        if sample.series_id in client.names:
            client.samples[sample.series_id] = sample
    if client.samples:
        client.ready.set()


def _give_incidents(client: Client, incidents: Iterable[Incident]) -> None:
    for incident in incidents:
        client.incidents[incident.id] = incident
        if len(client.incidents) > MAX_EVENTS_WAITING:
            client.incidents.pop(next(iter(client.incidents)))
        client.ready.set()


def describe(client: Client, samples: Iterable[Moved]) -> list[dict[str, Any]]:
    """Write samples as the stream tells them."""
    return [
        {
            "series_id": sample.series_id,
            "series": client.names[sample.series_id],
            "time": sample.time.isoformat(),
            "value": sample.value,
            "text": sample.text,
        }
        for sample in samples
    ]
