"""The lean reader of PUBLISH reads what paho reads."""

import inspect
import struct

import paho.mqtt.client as mqtt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from paho.mqtt import _packet
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from cloud.ingest.subscriber import read_publish

TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0", exclude_categories=("Cs",)), max_size=30)


@st.composite
def _publishes(draw) -> tuple[int, bytes]:
    properties = Properties(PacketTypes.PUBLISH)
    for name, values in {
        "ResponseTopic": TEXT, "CorrelationData": st.binary(max_size=200), "ContentType": TEXT,
        "MessageExpiryInterval": st.integers(0, 2**32 - 1), "PayloadFormatIndicator": st.integers(0, 1),
        "TopicAlias": st.integers(1, 65_535), "SubscriptionIdentifier": st.integers(1, 268_435_455),
        "UserProperty": st.lists(st.tuples(TEXT | st.just("sha256"), TEXT), min_size=1, max_size=3),
    }.items():  # fmt: skip
        if draw(st.booleans()):
            setattr(properties, name, draw(values))
    topic, qos = draw(TEXT).encode(), draw(st.integers(0, 1))
    mid = struct.pack("!H", draw(st.integers(1, 65_535))) if qos else b""
    return 0x30 | qos << 1 | draw(st.integers(0, 1)), struct.pack(
        "!H", len(topic)
    ) + topic + mid + properties.pack() + draw(st.binary(max_size=50))


@given(_publishes())
def test_publish_when_read_by_both_then_reads_alike(publish):
    header, packet = publish
    ours, theirs = read_publish(header, packet), _packet.decode_publish(header, bytearray(packet), mqtt.MQTTv5)
    assert (ours.topic.encode(), ours.payload, ours.mid) == (theirs.topic, bytes(theirs.payload), theirs.mid)
    assert ours.retained == theirs.retain
    assert ours.response_topic == getattr(theirs.properties, "ResponseTopic", None)
    assert ours.correlation == getattr(theirs.properties, "CorrelationData", b"")
    assert ours.content_type == getattr(theirs.properties, "ContentType", "")
    assert ours.swept == hasattr(theirs.properties, "SubscriptionIdentifier")
    assert ours.sha256 == dict(getattr(theirs.properties, "UserProperty", ())).get("sha256", "")


@given(st.integers(0x30, 0x3F), st.binary(max_size=60))
def test_publish_when_any_bytes_then_raises_nothing_but_what_it_says(header, packet):
    try:
        read_publish(header, packet)
    except (IndexError, ValueError):
        return


@pytest.mark.parametrize("header", [0x34, 0x36])
def test_publish_when_of_a_quality_never_subscribed_to_then_is_refused(header):
    with pytest.raises(ValueError, match="QoS"):
        read_publish(header, b"\0\1a\0\1\0")


def test_paho_when_upgraded_then_still_hands_publish_to_the_method_we_replace():
    source = inspect.getsource(mqtt.Client._packet_handle)
    assert "self._handle_publish()" in source
    assert "self._in_packet" in inspect.getsource(mqtt.Client._handle_publish)
