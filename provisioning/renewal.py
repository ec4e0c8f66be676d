"""Renews boxes' certificates over the connection that they have.

A box makes a new key, keeps it to itself, and reports an event with a request for a certificate; the broker lets it
speak under its own name only, so the topic says who asks. The answer is a command with the certificate. Both ways are
those of everything else: the event is kept in the box's outbox until it is stored, the command expires.

    box    event    id.satulayar.certificate.requested   values.request: the request (PKCS #10, PEM)
    room   command  certificate.install                  arguments.certificate: certificate and authorities, PEM
"""

import datetime as dt
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self
from uuid import UUID, uuid5

import paho.mqtt.client as mqtt
import structlog
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from edge.contract import topics
from edge.contract.commands import Command
from edge.contract.events import TYPE_PREFIX, Event, decode_event
from provisioning.certificates import CertificateAuthority
from provisioning.errors import Misconfigured, Refused
from provisioning.lock_out import BrokerLine

REQUESTED = f"{TYPE_PREFIX}certificate.requested"
INSTALL = "certificate.install"
SERVICE = "identity"
"""Our CN at the broker: reads events, writes commands."""
# A box asks again daily until it has its certificate; more often than this only by a fault.
LEAST_PAUSE = dt.timedelta(minutes=10)
ANSWER_EXPIRES = dt.timedelta(hours=1)
REMEMBERED = 10_000  # boxes
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Answered:
    """The last request of a box and what was said to it."""

    event: UUID
    at: dt.datetime
    command: Command | None


class RenewalDesk:
    """Judges requests; knows nothing of the line.

    Args:
        authority: signs.
        now: tells the time.
    """

    def __init__(self, authority: CertificateAuthority, now: Callable[[], dt.datetime]) -> None:
        self._authority = authority
        self._now = now
        self._answered = OrderedDict[str, _Answered]()

    def take(self, topic: str, payload: bytes) -> Command | None:
        """Answer an event; None where it asks for nothing or is refused.

        The same event twice gets the same answer: the line may repeat it, and two certificates are one too many.
        """
        parsed = topics.parse(topic)
        event = decode_event(payload)
        if parsed is None or parsed.kind != "events" or not isinstance(event, Event) or event.type != REQUESTED:
            return None
        box, now_at = parsed.box, self._now()
        last = self._answered.get(box)
        if last and last.event == event.id:
            return last.command
        if last and now_at - last.at < LEAST_PAUSE:
            _log.warning("certificate_refused", box=box, reason="asked again too soon")
            return None
        command = self._answer(box, event, now_at)
        self._answered[box] = _Answered(event.id, now_at, command)
        self._answered.move_to_end(box)
        if len(self._answered) > REMEMBERED:
            self._answered.popitem(last=False)
        return command

    def _answer(self, box: str, event: Event, now_at: dt.datetime) -> Command | None:
        try:
            self._authority.require_in_good_standing(box)
            certificate = self._authority.sign_request(str(event.data.values.get("request", "")).encode(), box)
        except (Refused, Misconfigured) as error:
            _log.error("certificate_refused", box=box, reason=str(error))
            return None
        _log.info("certificate_renewed", box=box)
        return Command(
            id=uuid5(event.id, INSTALL),
            action=INSTALL,
            arguments={"certificate": certificate.decode(), "request": str(event.id)},
            issued_at=now_at,
            expires_at=now_at + ANSWER_EXPIRES,
            actor=SERVICE,
        )


class RenewalService:
    """Answers requests for as long as the `with` lasts."""

    def __init__(self, line: BrokerLine, authority: CertificateAuthority, client_id: str = "identity-1") -> None:
        self._line = line
        self._desk = RenewalDesk(authority, lambda: dt.datetime.now(dt.UTC))
        self.ready = threading.Event()
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=client_id, protocol=mqtt.MQTTv5)
        self._client.tls_set_context(line.tls())
        self._client.on_connect = lambda client, _userdata, _flags, reason, _properties: self._join(client, reason)
        self._client.on_disconnect = lambda *_: _log.warning("broker_lost")
        self._client.on_subscribe = lambda *_: self.ready.set()
        self._client.on_message = lambda _client, _userdata, message: self._take(message)

    def __enter__(self) -> Self:
        """Connect; the client comes back by itself when the line is cut."""
        lasting = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        lasting.SessionExpiryInterval = 86_400
        self._client.connect_async(self._line.host, self._line.port, clean_start=False, properties=lasting)
        self._client.loop_start()
        return self

    def __exit__(self, *_: object) -> None:
        """Disconnect."""
        self._client.disconnect()
        self._client.loop_stop()

    def _join(self, client: mqtt.Client, reason: ReasonCode) -> None:
        if reason.is_failure:
            _log.error("broker_refused", reason=str(reason))
            return
        _log.info("broker_joined")
        client.subscribe(f"{topics.ROOT}/+/events", qos=1)

    def _take(self, message: mqtt.MQTTMessage) -> None:
        command = self._desk.take(message.topic, bytes(message.payload))
        if command is None:
            return
        expiring = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
        expiring.MessageExpiryInterval = int(ANSWER_EXPIRES.total_seconds())
        box = message.topic.split("/")[2]
        payload = command.model_dump_json().encode()
        self._client.publish(topics.commands(box), payload, qos=1, properties=expiring)
