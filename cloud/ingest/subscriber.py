"""paho's client with a lean reader of PUBLISH packets.

paho 2.2 builds a `Properties` object of five dictionaries and a message object for each packet: of 174 µs that a
message of three samples cost the ingester, 97 µs were spent there (2026-11-22, 2 cores). This subclass replaces that
one step, `_handle_publish`, and leaves all else (connecting, TLS, keepalive, subscribing, acknowledging) to paho. The
method is paho's own affair, so a unit test compares both readers on every property and fails when paho changes it.

Source: MQTT 5.0, sections 3.3.2 (PUBLISH variable header) and 2.2.2.2 (properties).
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import paho.mqtt.client as mqtt
from paho.mqtt.enums import MQTTErrorCode

_RESPONSE_TOPIC, _CORRELATION, _CONTENT_TYPE = 0x08, 0x09, 0x03
_USER_PROPERTY = 0x26
_SHA256 = -1  # no identifier of MQTT's: where the one user property that we read is kept
_FIXED_BYTES = {0x01: 1, 0x02: 4, 0x23: 2}  # payload format, message expiry, topic alias
_STRINGS = {_RESPONSE_TOPIC, _CORRELATION, _CONTENT_TYPE}
_SUBSCRIPTION = 0x0B


class Published(NamedTuple):
    """What of a PUBLISH packet the ingester needs.

    Attributes:
        topic: as published.
        payload: as published.
        mid: packet identifier, 0 with QoS 0.
        response_topic: MQTT 5 property, None where absent.
        correlation: MQTT 5 property, empty where absent.
        content_type: MQTT 5 property, empty where absent.
        retained: True for what the broker kept, and hands over because of a subscription.
        sha256: user property of that name, empty where absent; of several the last one.
        swept: True when it came by a subscription that has an identifier.
    """

    topic: str
    payload: bytes
    mid: int
    response_topic: str | None
    correlation: bytes
    content_type: str
    retained: bool
    sha256: str
    swept: bool


class Subscriber(mqtt.Client):
    """A paho client that hands PUBLISH packets of QoS 0 and 1 to `on_published`."""

    on_published: Callable[[Published], None] | None = None

    def _handle_publish(self) -> MQTTErrorCode:
        packet: Any = self._in_packet
        try:
            published = read_publish(packet["command"], bytes(packet["packet"]))
        except (IndexError, ValueError):
            return MQTTErrorCode.MQTT_ERR_PROTOCOL
        if self.on_published is not None:
            self.on_published(published)
        return MQTTErrorCode.MQTT_ERR_SUCCESS


def read_publish(header: int, packet: bytes) -> Published:
    """Take a PUBLISH packet apart.

    Args:
        header: first byte of the fixed header.
        packet: all that follows the remaining length.

    Raises:
        IndexError: the packet ends too early.
        ValueError: a string is not UTF-8, a property is unknown, or the QoS is one that is never subscribed to.
    """
    qos = header >> 1 & 3
    if qos > 1:
        raise ValueError("only QoS 0 and 1 are subscribed to")
    at = 2 + (packet[0] << 8 | packet[1])
    topic = packet[2:at].decode()
    mid = 0
    if qos:
        mid = packet[at] << 8 | packet[at + 1]
        at += 2
    length, at = _variable(packet, at)
    end = at + length
    if end > len(packet):
        raise IndexError("the properties end behind the packet")
    found = _properties(packet, at, end) if length else {}
    response = found.get(_RESPONSE_TOPIC)
    return Published(
        topic,
        packet[end:],
        mid,
        None if response is None else response.decode(),
        found.get(_CORRELATION, b""),
        found.get(_CONTENT_TYPE, b"").decode(),
        bool(header & 1),
        found.get(_SHA256, b"").decode(),
        _SUBSCRIPTION in found,
    )


def _properties(packet: bytes, at: int, end: int) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    while at < end:
        identifier = packet[at]
        at += 1
        if identifier in _STRINGS:
            start = at + 2
            at = start + (packet[at] << 8 | packet[at + 1])
            found[identifier] = packet[start:at]
        elif identifier in _FIXED_BYTES:
            at += _FIXED_BYTES[identifier]
        elif identifier == _USER_PROPERTY:
            key = at + 2
            value = key + (packet[at] << 8 | packet[at + 1]) + 2
            at = value + (packet[value - 2] << 8 | packet[value - 1])
            if packet[key : value - 2] == b"sha256":
                found[_SHA256] = packet[value:at]
        elif identifier == _SUBSCRIPTION:
            start = at
            _, at = _variable(packet, at)
            found[identifier] = packet[start:at]
        else:
            raise ValueError(f"property {identifier:#x} does not belong to PUBLISH")
    if at != end:
        raise IndexError("a property ends behind the properties")
    return found


def _variable(packet: bytes, at: int) -> tuple[int, int]:
    """Read a variable byte integer (section 1.5.5): (value, where it ends)."""
    value = shift = 0
    while True:
        byte = packet[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if not byte & 0x80:
            return value, at
        shift += 7
        if shift > 21:  # noqa: PLR2004 - four bytes of seven bits
            raise ValueError("a variable byte integer has at most four bytes")
