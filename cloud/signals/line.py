"""The room's line to the message broker: publishes commands, and knows at any instant whether it can.

It also hears single topics at QoS 0, of which nothing is kept: live pictures of cameras.

One paho client and one thread per connection. A client is thrown away with its connection, so that nothing that
waited in it is sent later, after its sender was told that it was not: a command is sent now or not at all.

Source: MQTT 5, sections 3.3.2.3.3 (Message Expiry Interval) and 3.4.2.1 (reason code 16: no matching subscribers).
"""

import asyncio
import math
import random
import ssl
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
import structlog
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from cloud import errors

log = structlog.get_logger(__name__)

QOS = 1
KEEPALIVE_S = 10
CONNECT_TIMEOUT_S = 5.0
PUBACK_TIMEOUT_S = 2.0
RECONNECT_S = (0.5, 10.0)
MAX_WAITING = 500
NO_SUBSCRIBERS = 16


@dataclass(frozen=True, slots=True)
class BrokerAddress:
    """Where the broker is, and who we are: the certificate's CN must be `api`.

    Attributes:
        port: of the listener for services.
    """

    host: str
    port: int
    ca_file: Path
    cert_file: Path
    key_file: Path


_Word = bool | errors.Unavailable
Take = Callable[[str, bytes, Mapping[str, str]], None]


class _Socket(ssl.SSLSocket):
    """Closes itself when its handshake fails: paho forgets it then, and it would stay open until collected."""

    def do_handshake(self, block: bool = False) -> None:  # noqa: FBT001, FBT002 - as it is in ssl
        """Shake hands; errors as the base class."""
        try:
            super().do_handshake(block)
        except OSError:
            self.close()
            raise


def _make_context(address: BrokerAddress) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(address.ca_file))
    context.load_cert_chain(address.cert_file, address.key_file)
    context.sslsocket_class = _Socket
    return context


class Line:
    """Publishes with QoS 1 and waits for the broker's word.

    Args:
        address: of the broker.
        client_id: unique among those who use the same certificate.
    """

    def __init__(self, address: BrokerAddress, client_id: str) -> None:
        self._address = address
        self._client_id = client_id
        self._client: mqtt.Client | None = None
        self._stopping = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        # Touched in the event loop only: a lock would be taken by paho's callbacks while they hold paho's own, which
        # its publish wants in turn.
        self._waiting: dict[int, asyncio.Future[bool]] = {}
        self._heard: dict[str, Take] = {}  # by topic; touched in the event loop only
        self._thread = threading.Thread(target=self._run, name="broker-line", daemon=True)
        self.fault = "not yet connected"

    @property
    def is_connected(self) -> bool:
        """Whether the broker has accepted us and has not been lost since."""
        return self._client is not None

    def start(self) -> None:
        """Begin to connect, and keep on; to be called in the event loop that will publish."""
        self._loop = asyncio.get_running_loop()
        self._thread.start()

    def stop(self) -> None:
        """Disconnect and end the thread."""
        self._stopping.set()
        self._thread.join(CONNECT_TIMEOUT_S + 1)

    async def publish(self, topic: str, payload: bytes, expires_in_s: float) -> bool:
        """Publish a message and wait until the broker has it.

        Args:
            topic: where to.
            payload: what.
            expires_in_s: after which the broker drops it; whole seconds, rounded up.

        Returns:
            Whether anybody was there to get it, now or when they come back.

        Raises:
            Unavailable: there is no connection, or the broker did not answer in time.
        """
        properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
        properties.MessageExpiryInterval = max(1, math.ceil(expires_in_s))
        client = self._client
        if client is None or len(self._waiting) >= MAX_WAITING:
            raise errors.Unavailable(f"no line to the broker: {self.fault}")
        mid = client.publish(topic, payload, QOS, properties=properties).mid
        # Its acknowledgement cannot be taken in before this: that waits for its turn in this loop.
        told: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting[mid] = told
        try:
            async with asyncio.timeout(PUBACK_TIMEOUT_S):
                return await told
        except TimeoutError as error:
            raise errors.Unavailable(f"the broker did not acknowledge within {PUBACK_TIMEOUT_S:g} s") from error
        finally:
            if self._waiting.get(mid) is told:
                del self._waiting[mid]

    def send(self, topic: str, payload: bytes) -> None:
        """Send what is worth nothing later, at QoS 0: where there is no line it is gone."""
        client = self._client
        if client is not None:
            client.publish(topic, payload, 0)

    def subscribe(self, topic: str, take: Take) -> None:
        """Hear a topic from now on, also after a connection was lost; to be called in the event loop.

        Args:
            topic: without wildcards.
            take: given topic, payload and user properties of each message, in the event loop.
        """
        self._heard[topic] = take
        if self._client is not None:
            self._client.subscribe(topic, 0)

    def unsubscribe(self, topic: str) -> None:
        """Hear a topic no more."""
        if self._heard.pop(topic, None) is not None and self._client is not None:
            self._client.unsubscribe(topic)

    def _run(self) -> None:
        pause_s = RECONNECT_S[0]
        while not self._stopping.is_set():
            was_connected = self._hold_connection(self._make_client())
            pause_s = RECONNECT_S[0] if was_connected else min(pause_s * 2, RECONNECT_S[1])
            if not self._stopping.is_set():
                log.warning("broker_lost", error=self.fault, retry_within_s=pause_s)
            self._stopping.wait(random.uniform(0.5, 1.0) * pause_s)  # noqa: S311 - spreads, guards no secret

    def _hold_connection(self, client: mqtt.Client) -> bool:
        """Connect and stay until the connection is lost; say whether there was one."""
        lost = threading.Event()
        client.on_disconnect = lambda _c, _u, _f, reason, _p: self._on_disconnect(reason, lost)
        try:
            client.connect(self._address.host, self._address.port, KEEPALIVE_S, clean_start=True)
        except (OSError, ValueError) as error:
            self.fault = str(error) or type(error).__name__
            return False
        # Not loop_forever in this thread: without paho's own thread, its publish would write from the caller's.
        client.loop_start()
        while not lost.wait(0.1) and not self._stopping.is_set():
            pass
        client.disconnect()
        client.loop_stop()
        return self._lose(client)

    def _make_client(self) -> mqtt.Client:
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            self._client_id,
            protocol=MQTTProtocolVersion.MQTTv5,
            reconnect_on_failure=False,
        )
        client.tls_set_context(_make_context(self._address))
        client.connect_timeout = CONNECT_TIMEOUT_S
        client.on_connect = self._on_connect
        client.on_publish = self._on_publish
        client.on_message = lambda _c, _u, message: self._in_loop(lambda: self._hear(message))
        return client

    def _on_connect(self, client: mqtt.Client, _: Any, __: Any, reason: Any, ___: Any) -> None:
        if reason.is_failure:
            self.fault = f"the broker refuses us: {reason}"
            return
        self._client = client
        self._in_loop(self._subscribe_all)
        self.fault = ""
        log.info("broker_connected", host=self._address.host, port=self._address.port)

    def _subscribe_all(self) -> None:
        if self._client is not None and self._heard:
            self._client.subscribe([(topic, 0) for topic in self._heard])

    def _hear(self, message: mqtt.MQTTMessage) -> None:
        take = self._heard.get(message.topic)
        if take is not None:
            take(message.topic, bytes(message.payload), dict(getattr(message.properties, "UserProperty", ())))

    def _on_publish(self, _: mqtt.Client, __: Any, mid: int, reason: Any, ___: Any) -> None:
        word: _Word = reason.value != NO_SUBSCRIBERS
        if reason.is_failure:
            word = errors.Unavailable(f"the broker refuses the command: {reason}")
        self._in_loop(lambda: self._tell(mid, word))

    def _on_disconnect(self, reason: Any, lost: threading.Event) -> None:
        self.fault = self.fault or str(reason)
        lost.set()

    def _lose(self, client: mqtt.Client) -> bool:
        """Forget a connection and tell everybody who waits for its answer; say whether it was up."""
        was_up = self._client is client
        self._client = None
        self._in_loop(self._tell_all_lost)
        return was_up

    def _in_loop(self, work: Callable[[], None]) -> None:
        with suppress(RuntimeError):  # the loop has been closed: nobody waits any more
            if self._loop is not None:
                self._loop.call_soon_threadsafe(work)

    def _tell_all_lost(self) -> None:
        for mid in list(self._waiting):
            self._tell(mid, errors.Unavailable("the broker was lost before it acknowledged"))

    def _tell(self, mid: int, word: _Word) -> None:
        told = self._waiting.pop(mid, None)
        if told is None or told.done():
            return
        if isinstance(word, bool):
            told.set_result(word)
        else:
            told.set_exception(word)
