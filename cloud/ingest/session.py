"""One persistent MQTT 5 session, driven by its own thread, acknowledging nothing before it is told to.

Source: MQTT 5.0, sections 3.1.2.11 (session expiry, receive maximum), 4.6 (order of acknowledgements), 4.8.2 (shared
subscriptions). paho-mqtt offers its socket to an outside loop; this module is that loop, because paho's own reads one
packet per select and writes each acknowledgement from the thread that asks for it.
"""

import contextlib
import math
import random
import select
import socket
import ssl
import threading
import time
from collections import deque
from typing import Any

import paho.mqtt.client as mqtt
import structlog
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

from cloud.ingest.filters import BROKER_ERRORS, NEVER_RETAINED, is_no_report, must_be_cleared, why_refused
from cloud.ingest.inbox import Inbox
from cloud.ingest.messages import Inbound
from cloud.ingest.metrics import Metrics
from cloud.ingest.settings import Settings
from cloud.ingest.subscriber import Published, Subscriber

SWEEP_EVERY_S = 5.0
_KEEPALIVE_S = 20
_CONNECT_TIMEOUT_S = 10.0
_BACKOFF_S = (0.2, 15.0)  # first and longest wait before another try, each drawn at random below it
_STOP_WITHIN_S = 5.0
_FRUITLESS_READS = 2
_MOST_READS = 200  # messages read before acknowledgements get their turn

_log = structlog.get_logger()


class Session:
    """A connection to the broker that comes back by itself.

    Args:
        settings: broker, certificate, bounds.
        name: `live` or `backlog`; part of the client identifier.
        filters: topic filters to subscribe to with QoS 1.
        inbox: where messages go.
        metrics: counts messages and connections.
    """

    def __init__(self, settings: Settings, name: str, filters: list[str], inbox: Inbox, metrics: Metrics) -> None:
        self.name = name
        self._settings = settings
        self._filters = filters
        self._inbox = inbox
        self._metrics = metrics
        self._received = metrics.received.labels(name)
        self._backlog = name == "backlog"
        self._lane = inbox.backlog if self._backlog else inbox.live
        self._epoch = 0
        self._reads = 0
        self._granted = False
        self._subscribing: int | None = None
        self._sweep_at_s = 0.0 if name == "live" else math.inf  # one session sweeps for both
        self._connected = False
        self._reading = True
        self._stopping = threading.Event()
        self._stop_by_s = 0.0
        self._settled: deque[tuple[int, list[int], list[tuple[str, bytes]]]] = deque()
        self._wake_read, self._wake_write = socket.socketpair()
        for end in (self._wake_read, self._wake_write):
            end.settimeout(0)
        self._client = self._make_client()
        self._thread = threading.Thread(target=self._run, name=f"mqtt-{name}")

    def start(self) -> None:
        """Begin to connect and to receive."""
        self._thread.start()

    def settle(self, epoch: int, mids: list[int], publications: list[tuple[str, bytes]]) -> None:
        """Acknowledge messages and publish receipts; called by the writer after its commit.

        Args:
            epoch: the connection that the messages came by.
            mids: packet identifiers to acknowledge; those of an earlier connection are void.
            publications: (topic, payload), sent with QoS 0: a lost receipt means that the box sends again.
        """
        if not self._connected:
            return  # no connection: the broker will hand the messages over again, the boxes will send again
        self._settled.append((epoch, mids, publications))
        with contextlib.suppress(BlockingIOError):  # its buffer is full of earlier calls, so the thread is awake
            self._wake_write.send(b"\0")

    def pause(self) -> None:
        """Read no more; what has been read can still be settled."""
        self._reading = False

    def stop(self) -> None:
        """Send what is settled, disconnect and end the thread."""
        self._stop_by_s = time.monotonic() + _STOP_WITHIN_S
        self._stopping.set()
        with contextlib.suppress(BlockingIOError):
            self._wake_write.send(b"\0")
        self._thread.join()
        self._wake_read.close()
        self._wake_write.close()

    def _make_client(self) -> Subscriber:
        client = Subscriber(
            CallbackAPIVersion.VERSION2,
            client_id=f"ingest-{self._settings.instance}-{self.name}",
            protocol=MQTTProtocolVersion.MQTTv5,
            manual_ack=True,
        )
        client.tls_set(
            ca_certs=str(self._settings.ca_file),
            certfile=str(self._settings.cert_file),
            keyfile=str(self._settings.key_file),
            tls_version=ssl.PROTOCOL_TLS_CLIENT,
        )
        client.connect_timeout = _CONNECT_TIMEOUT_S
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_published = self._on_published
        # With this set, paho leaves writing to our loop, also when another thread publishes.
        client.on_socket_register_write = lambda *_: None
        return client

    def _run(self) -> None:
        longest_s = _BACKOFF_S[0]
        while not self._stopping.is_set():
            self._granted = self._connected = False
            self._settled.clear()
            reason = self._connect_and_serve()
            if self._stopping.is_set():
                break
            longest_s = _BACKOFF_S[0] if self._granted else min(longest_s * 2, _BACKOFF_S[1])
            self._metrics.connected.labels(self.name).set(0)
            _log.warning("broker_connection_lost", session=self.name, reason=reason, retry_within_s=longest_s)
            self._stopping.wait(random.uniform(0, longest_s))  # noqa: S311 - spreads reconnects, guards no secret

    def _connect_and_serve(self) -> str:
        """Hold one connection from CONNECT to its end, and say how it ended."""
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.SessionExpiryInterval = self._settings.session_expiry_s
        properties.ReceiveMaximum = self._settings.receive_maximum
        try:
            self._client.connect(
                self._settings.broker_host,
                self._settings.broker_port,
                _KEEPALIVE_S,
                clean_start=False,
                properties=properties,
            )
            return self._serve()
        except (OSError, ValueError) as error:
            return str(error) or type(error).__name__

    def _serve(self) -> str:
        misc_at_s = 0.0
        sock: Any
        while (sock := self._client.socket()) is not None:
            writers = [sock] if self._client.want_write() else []
            readers = [sock, self._wake_read] if self._reading and not self._lane.is_full else [self._wake_read]
            readable, _, _ = select.select(readers, writers, [], 0.5)
            if self._wake_read in readable:
                self._drain_wake()
            self._send_settled()
            if sock in readable and (fault := self._read(sock)):
                return fault
            if self._client.want_write() and (rc := self._client.loop_write()) != MQTTErrorCode.MQTT_ERR_SUCCESS:
                return mqtt.error_string(rc)
            if self._granted and time.monotonic() > self._sweep_at_s:
                self._sweep()
            if time.monotonic() > misc_at_s:
                misc_at_s = time.monotonic() + 1.0
                if (rc := self._client.loop_misc()) != MQTTErrorCode.MQTT_ERR_SUCCESS:
                    return mqtt.error_string(rc)
            if self._stopping.is_set() and self._all_sent():
                self._client.disconnect()
                self._client.loop_write()
                return "stopped"
        return "closed by the broker"

    def _read(self, sock: Any) -> str:
        """Read all that has come, up to a bound; an empty string when the connection still stands."""
        start = self._reads
        fruitless = 0
        # Twice, because paho puts a packet aside after a hundred reads even if the hundredth was its last.
        while fruitless < _FRUITLESS_READS and (self._reads - start < _MOST_READS or sock.pending()):
            before = self._reads
            if (rc := self._client.loop_read()) != MQTTErrorCode.MQTT_ERR_SUCCESS:
                return mqtt.error_string(rc)
            if self._client.socket() is None:
                return "closed by the broker"
            fruitless = 0 if self._reads > before or sock.pending() else fruitless + 1
        return ""

    def _all_sent(self) -> bool:
        late = time.monotonic() > self._stop_by_s
        return late or (not self._settled and not self._client.want_write())

    def _drain_wake(self) -> None:
        try:
            while len(self._wake_read.recv(4096)) == 4096:  # noqa: PLR2004 - the same buffer size
                pass
        except BlockingIOError:
            pass

    def _send_settled(self) -> None:
        while self._settled:
            epoch, mids, publications = self._settled.popleft()
            if epoch == self._epoch:
                for mid in mids:
                    self._client.ack(mid, 1)
            for topic, payload in publications:
                self._client.publish(topic, payload, qos=0)
            self._metrics.receipts.inc(len(publications))

    def _on_connect(self, client: mqtt.Client, _: Any, flags: Any, reason: Any, __: Any) -> None:
        if reason.is_failure:
            _log.error("broker_refused", session=self.name, reason=str(reason))
            return
        self._epoch += 1
        self._connected = True  # a kept session is handed over before the subscriptions are granted anew
        # A broker that kept the session hands over again what waits here. One that forgot it will not, so that is worth
        # keeping, but bounded: it may forget again and again while the database is away.
        self._lane.keep_newest(0 if flags.session_present else self._settings.receive_maximum)
        _, self._subscribing = client.subscribe(
            [(each, SubscribeOptions(qos=0 if each == BROKER_ERRORS else 1)) for each in self._filters]
        )
        self._metrics.connections.labels(self.name).inc()
        _log.info("broker_connected", session=self.name, session_present=flags.session_present)

    def _sweep(self) -> None:
        """Have the broker show what it keeps against the rules; `_on_published` clears each.

        A box may ask the broker to keep any message on any of its topics, and the ACL cannot tell. A plain subscription
        makes the broker hand over what it keeps; it is given up at once. What comes by it carries an identifier, so
        that a live message that slips in between is not taken for a second one. With QoS 0: what does not fit is
        dropped and comes with the next sweep.
        """
        self._sweep_at_s = time.monotonic() + SWEEP_EVERY_S
        marked = Properties(PacketTypes.SUBSCRIBE)  # type: ignore[no-untyped-call]
        marked.SubscriptionIdentifier = 1
        self._client.subscribe([(each, SubscribeOptions(qos=0)) for each in NEVER_RETAINED], properties=marked)
        self._client.unsubscribe(NEVER_RETAINED)

    def _clear(self, topic: str) -> None:
        self._client.publish(topic, b"", qos=0, retain=True)
        box = topic.split("/")[2]  # of those with a certificate: the broker lets nobody else publish there
        self._metrics.cleared.labels(box).inc()

    def _on_subscribe(self, _: Any, __: Any, mid: int, reasons: list[Any], ____: Any) -> None:
        if mid != self._subscribing:
            return
        refused = [topic for topic, reason in zip(self._filters, reasons, strict=False) if reason.is_failure]
        if refused:
            _log.error("subscription_refused", session=self.name, filters=refused, remedy="check the broker's ACL")
            return
        self._granted = True
        self._metrics.connected.labels(self.name).set(1)

    def _on_published(self, published: Published) -> None:
        self._reads += 1
        if published.topic == BROKER_ERRORS:
            self._metrics.refused_connections.labels(why_refused(published.payload)).inc()
            return
        if must_be_cleared(published):
            self._clear(published.topic)
        if is_no_report(published):
            return
        kept = self._inbox.put(
            Inbound(
                topic=published.topic,
                payload=published.payload,
                mid=published.mid,
                epoch=self._epoch,
                backlog=self._backlog,
                response_topic=published.response_topic,
                correlation=published.correlation.decode("ascii", errors="replace"),
                content_type=published.content_type,
                received_s=time.time(),
                retained=published.retained,
                sha256=published.sha256,
            )
        )
        if kept:
            self._received.inc()
