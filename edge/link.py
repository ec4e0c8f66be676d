"""One MQTT 5 connection of a box, from TLS to the last word: paho driven by the event loop.

Sources: MQTT 5.0 sections 3.1.2.5 (will), 3.1.2.11.2 (session expiry), 3.3.2.3.5 and .6 (response topic and
correlation data), 4.9 (receive maximum). Each connection is a client of its own: the outbox is the durable state, so
nothing that paho might still hold from a connection before is worth having. This is the one place that knows paho.
"""

import asyncio
import socket
import ssl
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from edge.broker import Broker
from edge.daemon_thread import in_daemon_thread
from edge.errors import EdgeError, Refused, Unavailable
from edge.outgoing import Outgoing

MAX_UNACKNOWLEDGED = 100  # paho's cost per acknowledgement grows with its window (half the rate at 1,000)
RESERVED = 2  # of these, kept free for the status, which must go out when everything else waits
MISC_INTERVAL_S = 0.5
FAILURE_CODES_FROM = 128  # MQTT 5 section 2.4: reason codes from 0x80 on are failures


class Link:
    """A connection that is either open, or closed for good with its reason in `closed`."""

    def __init__(self, broker: Broker, will: Outgoing, on_message: Callable[[str, bytes], None]) -> None:
        """Prepare; `open` connects.

        Args:
            broker: where to.
            will: what the broker publishes when the box is lost.
            on_message: called in the event loop with topic and payload.
        """
        self._broker = broker
        self._on_message = on_message
        self._loop = asyncio.get_running_loop()
        self.closed: asyncio.Future[EdgeError] = self._loop.create_future()
        self._connack: asyncio.Future[tuple[ReasonCode, int]] = self._loop.create_future()
        self._suback: asyncio.Future[list[ReasonCode]] = self._loop.create_future()
        self._unacknowledged: set[int] = set()
        self._limit = MAX_UNACKNOWLEDGED
        self._writing = False
        self._socket: Any = None
        self._descriptor = -1
        self._misc: asyncio.Task[None] | None = None
        self.refusals = 0  # messages that the broker acknowledged with a failure; they come again for want of a receipt
        self.heard_s = self._loop.time()  # monotonic, when the broker last sent anything
        self.on_room: Callable[[], None] = lambda: None
        self._client = self._make_client(will)

    async def open(self, topics: list[str]) -> None:
        """Connect and subscribe; returns when the broker has granted both.

        Raises:
            Unavailable: no answer, or the line broke.
            Refused: the broker said no.
            Misconfigured: the certificates are unusable.
        """
        with ExitStack() as undo:
            undo.callback(self.abort, Unavailable("not opened"))
            try:
                async with asyncio.timeout(self._broker.connect_timeout_s):
                    await self._connect()
                    self._attach()
                    await self._be_let_in()
                    await self._subscribe(topics)
            except TimeoutError as error:
                raise Unavailable(f"broker did not answer within {self._broker.connect_timeout_s} s") from error
            undo.pop_all()

    @property
    def is_open(self) -> bool:
        """Tell whether messages can go out; never true for a line that is known to be dead."""
        return self._socket is not None and not self.closed.done()

    @property
    def has_room(self) -> bool:
        """Tell whether another message may be published without paho having to queue it."""
        return self.is_open and len(self._unacknowledged) < self._limit

    @property
    def is_drained(self) -> bool:
        """Tell whether all bytes have been given to the system."""
        return not self._client.want_write()

    @property
    def unacknowledged(self) -> int:
        """Count the messages that the broker has not acknowledged."""
        return len(self._unacknowledged)

    def publish(self, message: Outgoing) -> bool:
        """Send a message; tell whether it was taken. Ask `has_room` before."""
        if not self.is_open:
            return False
        info = self._client.publish(
            message.topic, message.payload, qos=message.qos, retain=message.retain, properties=message.properties()
        )
        if info.rc != mqtt.MQTT_ERR_SUCCESS:
            return False
        if message.qos:
            self._unacknowledged.add(info.mid)
        self._want_write()
        return True

    async def close(self, timeout_s: float) -> None:
        """Wait for the broker's acknowledgements, then say goodbye: the will is not published."""
        try:
            async with asyncio.timeout(timeout_s):
                while self.is_open and self._unacknowledged:  # noqa: ASYNC110 - it may also close meanwhile
                    await asyncio.sleep(0.02)
        except TimeoutError:
            pass
        if self.is_open:
            self._client.disconnect()
            self._client.loop_write()
        self.abort(Unavailable("closed by the box"))

    def abort(self, reason: EdgeError) -> None:
        """Drop the connection at once; the broker will publish the will."""
        if self._misc:
            self._misc.cancel()
        self._detach()
        if not self.closed.done():
            self.closed.set_result(reason)
        sock = self._client.socket()
        if sock is not None:
            sock.close()

    async def _be_let_in(self) -> None:
        reason, receive_maximum = await self._or_closed(self._connack)
        if reason.is_failure:
            raise Refused(f"broker refused the connection: {reason}")
        self._limit = max(1, min(MAX_UNACKNOWLEDGED, receive_maximum) - RESERVED)

    async def _subscribe(self, topics: list[str]) -> None:
        self._client.subscribe([(topic, SubscribeOptions(qos=1)) for topic in topics])
        self._want_write()
        granted = await self._or_closed(self._suback)
        if any(code.value >= FAILURE_CODES_FROM for code in granted):
            raise Refused(f"broker refused the subscriptions {topics}: {[str(code) for code in granted]}")

    async def _connect(self) -> None:
        context = self._broker.tls()
        if context is not None:
            self._client.tls_set_context(context)
        self._client.connect_timeout = self._broker.connect_timeout_s
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.ReceiveMaximum = MAX_UNACKNOWLEDGED
        await in_daemon_thread("link-dial", lambda: self._dial(properties))

    def _dial(self, properties: Properties) -> None:
        """Open the socket and shake hands; blocks, so it runs in a thread of its own."""
        broker = self._broker
        try:
            self._client.connect(broker.host, broker.port, broker.keepalive_s, clean_start=True, properties=properties)
        except ssl.SSLCertVerificationError as error:
            raise Refused(f"broker's certificate is not accepted: {error.verify_message}") from error
        except ssl.SSLError as error:
            raise Refused(f"TLS failed: {error.reason or error}") from error
        except (OSError, socket.gaierror) as error:
            raise Unavailable(f"{broker.host}:{broker.port} cannot be reached: {error}") from error

    def _make_client(self, will: Outgoing) -> mqtt.Client:
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=self._broker.client_id,
            protocol=mqtt.MQTTv5,
            reconnect_on_failure=False,
        )
        client.max_inflight_messages_set(MAX_UNACKNOWLEDGED)
        client.max_queued_messages_set(MAX_UNACKNOWLEDGED)
        client.will_set(will.topic, will.payload, qos=1, retain=True)
        client.on_connect = self._connected
        client.on_subscribe = self._subscribed
        client.on_publish = self._published
        client.on_message = lambda _client, _data, message: self._on_message(message.topic, bytes(message.payload))
        client.on_disconnect = self._disconnected
        # before paho closes it: a closed descriptor cannot be taken out of the loop, and its number comes back
        client.on_socket_close = lambda _client, _data, _socket: self._detach()
        return client

    async def _or_closed(self, awaited: asyncio.Future[Any]) -> Any:
        """Wait for an answer, or raise why the line closed before it came."""
        await asyncio.wait((awaited, self.closed), return_when=asyncio.FIRST_COMPLETED)
        if awaited.done():
            return awaited.result()
        raise self.closed.result()

    def _attach(self) -> None:
        self._socket = self._client.socket()
        if self._socket is None:
            raise Unavailable("broker closed the line during the handshake")
        self._descriptor = self._socket.fileno()
        self._loop.add_reader(self._descriptor, self._read)
        self._misc = self._loop.create_task(self._tend(), name="link-keepalive")
        self._want_write()

    def _detach(self) -> None:
        if self._descriptor >= 0:
            self._loop.remove_reader(self._descriptor)
            self._loop.remove_writer(self._descriptor)
        self._socket, self._descriptor, self._writing = None, -1, False

    def _read(self) -> None:
        while self.is_open:
            if not self._survives(self._client.loop_read):
                return
            self.heard_s = self._loop.time()
            # TLS may hold a decrypted packet that the system's poll knows nothing of
            pending = getattr(self._socket, "pending", None)
            if pending is None or not pending():
                break
        self._want_write()

    def _write(self) -> None:
        self._survives(self._client.loop_write)
        self._want_write()

    def _survives(self, step: Callable[[], int]) -> bool:
        """Let paho take one step; tell whether the line is still good.

        This is the outermost step of the loop's callbacks, fed with whatever bytes the other side sends.
        """
        try:
            if step() == mqtt.MQTT_ERR_SUCCESS:
                return True
            self._lost("line broke")
        except Exception as error:  # noqa: BLE001 - paho raises as it comes on bytes that are no MQTT: the line is useless
            self._lost(f"line carries nonsense: {error!r}")
        return False

    def _want_write(self) -> None:
        if self._descriptor < 0:
            return
        wanted = self._client.want_write()
        if wanted and not self._writing:
            self._loop.add_writer(self._descriptor, self._write)
        elif not wanted and self._writing:
            self._loop.remove_writer(self._descriptor)
        self._writing = wanted

    async def _tend(self) -> None:
        """Keep the connection alive, and notice when it is not."""
        while self.is_open:
            await asyncio.sleep(MISC_INTERVAL_S)
            if not self._survives(self._client.loop_misc) or self._client.socket() is None:
                self._lost("keep alive was not answered")
            self._want_write()

    def _lost(self, reason: str) -> None:
        self._detach()
        if not self.closed.done():
            self.closed.set_result(Unavailable(reason))

    def _connected(self, _client: Any, _data: Any, _flags: Any, reason: ReasonCode, properties: Any) -> None:
        if not self._connack.done():
            self._connack.set_result((reason, getattr(properties, "ReceiveMaximum", 65_535)))

    def _subscribed(self, _client: Any, _data: Any, _mid: int, codes: list[ReasonCode], _properties: Any) -> None:
        if not self._suback.done():
            self._suback.set_result(codes)

    def _published(self, _client: Any, _data: Any, mid: int, reason: ReasonCode, _properties: Any) -> None:
        if reason.is_failure:
            self.refusals += 1
        self._unacknowledged.discard(mid)
        self.on_room()

    def _disconnected(self, _client: Any, _data: Any, _flags: Any, reason: ReasonCode, _properties: Any) -> None:
        if not self.closed.done():
            self._detach()
            self.closed.set_result(Unavailable(f"disconnected: {reason}"))
