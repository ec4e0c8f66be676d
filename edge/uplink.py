"""The uplink: keeps one connection to the broker, and says the truth about it.

It connects, subscribes, publishes the retained status, lets `Dispatch` send, and hands receipts and commands to
those who understand them. When the line goes, it waits (exponentially, with full jitter) and begins again with a new
session. Nothing that it is given can be lost here: the outbox has it.
"""

import asyncio
import uuid
from collections.abc import Callable, Mapping
from typing import Any

import structlog

from edge.backoff import Backoff
from edge.broker import Broker
from edge.clock import Clock
from edge.contract import topics
from edge.contract.status import Status
from edge.dispatch import Dispatch, Pace
from edge.entries import Row
from edge.errors import EdgeError, Unavailable
from edge.link import Link
from edge.outbox import Outbox
from edge.outgoing import Outgoing
from edge.pulse import Pulse
from edge.receipt_desk import ReceiptDesk

STABLE_S = 10.0  # a line that lived shorter does not prove that connecting helps
STATUS_SPACING_S = 1.0
HEARD_S = 3.0  # a box with a junction publishes each second, and the broker acknowledges each message
_log = structlog.get_logger()


class Uplink:
    """The one connection of a box."""

    def __init__(
        self,
        broker: Broker,
        outbox: Outbox,
        *,
        compose: Callable[[], Status],
        on_command: Callable[[bytes], None],
        pace: Pace,
        clock: Clock,
        pulse: Pulse,
        backoff: Backoff,
        status_interval_s: float = 60.0,
        hear: Mapping[str, Callable[[str, bytes], None]] | None = None,
    ) -> None:
        """Prepare; `run` connects.

        Args:
            broker: where to; its `client_id` is the box name.
            outbox: what is to be sent.
            compose: gives the present status; session and state are filled in here.
            on_command: takes a command's payload, at once.
            pace: limits of the lanes.
            clock: measures waiting.
            pulse: where the loop shows that it lives.
            backoff: delays between attempts.
            status_interval_s: how often the retained status is renewed.
            hear: what else is heard, by the kind of topic: given what follows the kind, and the payload, at once.
        """
        self._broker = broker
        self._box = broker.client_id
        self._compose = compose
        self._on_command = on_command
        self._clock = clock
        self._pulse = pulse
        self._backoff = backoff
        self._status_interval_s = status_interval_s
        self._hear = hear or {}
        self._link: Link | None = None
        self._session = uuid.uuid4()
        self._status_due = asyncio.Event()
        self._reason = ""
        self.connections = 0
        self.refusals = 0  # messages that the broker acknowledged with a failure, on connections that have ended
        self.dispatch = Dispatch(self._box, outbox, pace, clock)
        self.receipts = ReceiptDesk(outbox, self.dispatch, clock)

    @property
    def is_connected(self) -> bool:
        """Tell whether the broker has let the box in and the line is not known to be dead."""
        return self._link is not None and self._link.is_open

    @property
    def is_heard(self) -> bool:
        """Tell whether the broker has just been heard: a dead line counts as open until its keep alive is missed."""
        link = self._link
        return link is not None and link.is_open and self._clock.monotonic_s() - link.heard_s <= HEARD_S

    @property
    def reason(self) -> str:
        """Why there is no connection; empty when there is."""
        return "" if self.is_connected else self._reason

    def offer(self, row: Row) -> None:
        """Take an entry that has just become durable."""
        self.dispatch.offer(row)

    def show(self, message: Outgoing) -> bool:
        """Send something that is worth nothing later, if the line takes it at once; tell whether it did."""
        link = self._link
        return link is not None and link.is_open and link.is_drained and link.publish(message)

    def renew_status(self) -> None:
        """Publish the status soon: an asset's health has changed."""
        self._status_due.set()

    async def run(self) -> None:
        """Connect and stay connected until cancelled."""
        while True:
            self._pulse.tick("uplink", 2 * self._broker.connect_timeout_s)
            try:
                await self._one_connection()
            except EdgeError as error:
                self._say_lost(error)
            delay_s = self._backoff.next_s()
            self._pulse.tick("uplink", delay_s)
            await asyncio.sleep(delay_s)

    async def close(self, timeout_s: float) -> None:
        """Send what waits, say offline, and hang up; to be called when `run` has been cancelled or not yet.

        Args:
            timeout_s: for all of it.
        """
        link = self._link
        if link is None or not link.is_open:
            return
        try:
            async with asyncio.timeout(timeout_s / 2):
                while self.dispatch.has_live and link.is_open:
                    await self.dispatch.send(link)
                    await asyncio.sleep(0.02)
        except TimeoutError:
            pass
        link.publish(self._status_message("offline"))
        await link.close(timeout_s / 2)

    async def _one_connection(self) -> None:
        """Live through one connection; ends by raising why it ended."""
        self._session = uuid.uuid4()
        link = Link(self._broker, self._status_message("offline"), self._take)
        more = [f"{topics.ROOT}/{self._box}/{kind}/+" for kind in self._hear]
        await link.open([topics.receipts(self._box), topics.commands(self._box), *more])
        self.connections += 1
        opened_s = self._clock.monotonic_s()
        _log.info("uplink_connected", broker=self._broker.host, session=str(self._session))
        self._link, self._reason = link, ""
        link.on_room = self.dispatch.wake.set
        self.dispatch.begin()
        try:
            await self._serve(link)
        finally:
            self.refusals += link.refusals
            if self._clock.monotonic_s() - opened_s >= STABLE_S:
                self._backoff.reset()

    async def _serve(self, link: Link) -> None:
        tasks = [
            asyncio.create_task(self._send(link), name="uplink-send"),
            asyncio.create_task(self._keep_status(link), name="uplink-status"),
            asyncio.create_task(self.receipts.run(), name="uplink-receipts"),
        ]
        try:
            await _until_one_fails([*tasks, link.closed])
        except EdgeError:  # and when cancelled the link stays open: `close` has something to say on it
            link.abort(Unavailable("abandoned"))
            self._link = None
            raise
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            if self._link is None:
                self.dispatch.end()

    async def _send(self, link: Link) -> None:
        wake = self.dispatch.wake
        while True:
            wake.clear()
            try:
                wait_s = await self.dispatch.send(link)
            except Unavailable as error:
                _log.warning("outbox_unread", reason=str(error))
                wait_s = 1.0
            self._pulse.tick("uplink", wait_s)
            try:
                async with asyncio.timeout(wait_s):
                    await wake.wait()
            except TimeoutError:
                continue

    async def _keep_status(self, link: Link) -> None:
        """Publish the retained status: now, on every change, and from time to time."""
        while True:
            self._status_due.clear()
            link.publish(self._status_message("online"))
            await asyncio.sleep(STATUS_SPACING_S)
            try:
                async with asyncio.timeout(self._status_interval_s):
                    await self._status_due.wait()
            except TimeoutError:
                continue

    def _status_message(self, state: str) -> Outgoing:
        status = self._compose().model_copy(update={"state": state, "session": self._session})
        if state == "offline":
            status.assets = {}  # a will has room for 65,535 bytes, and an absent box knows nothing of its assets
        return Outgoing(topics.status(self._box), status.payload(), retain=True)

    def _take(self, topic: str, payload: bytes) -> None:
        """Take a message from the line; nothing in it may break the line."""
        if topic == topics.receipts(self._box):
            self.receipts.take(payload)
        elif topic == topics.commands(self._box):
            self._on_command(payload)
        elif (parsed := topics.parse(topic)) is not None and parsed.kind in self._hear:
            self._hear[parsed.kind](parsed.rest, payload)

    def _say_lost(self, error: EdgeError) -> None:
        """Log a loss once: the same reason again and again says nothing new."""
        reason = f"{type(error).__name__}: {error}"
        if reason != self._reason:
            _log.warning("uplink_lost", reason=reason)
        self._reason = reason


async def _until_one_fails(parts: list[asyncio.Future[Any]]) -> None:
    """Wait for the first part of a connection that ends, and raise why it did."""
    done, _ = await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
    for part in done:
        found: Any = part.exception() or part.result()
        if isinstance(found, BaseException):
            raise found
    raise Unavailable("a part of the uplink ended")
