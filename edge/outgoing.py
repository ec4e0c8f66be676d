"""A message for the broker, and its MQTT 5 properties.

Source: MQTT 5.0 sections 3.3.2.3.5 (response topic), 3.3.2.3.6 (correlation data) and 3.3.2.3.7 (user property).
"""

from dataclasses import dataclass

from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message to publish.

    Attributes:
        topic: where.
        payload: what.
        retain: the broker keeps it as the topic's last.
        response_topic: where the receipt goes.
        correlation: ASCII text that the receipt repeats.
        content_type: of media.
        user: MQTT user properties.
        qos: 1; 0 for what is worth nothing when it comes late.
    """

    topic: str
    payload: bytes
    retain: bool = False
    response_topic: str = ""
    correlation: str = ""
    content_type: str = ""
    user: tuple[tuple[str, str], ...] = ()
    qos: int = 1

    def properties(self) -> Properties:
        """Write the properties for paho."""
        found = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
        if self.response_topic:
            found.ResponseTopic = self.response_topic
            found.CorrelationData = self.correlation.encode("ascii")
        if self.content_type:
            found.ContentType = self.content_type
        if self.user:
            found.UserProperty = list(self.user)
        return found
