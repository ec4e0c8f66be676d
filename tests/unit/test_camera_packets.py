"""RTP packets, credentials and messages of the simulated cameras, against what the standards say."""

import hashlib
import random
import struct
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.cameras.encoder import AccessUnit, Encoder, parameter_sets, split_annex_b
from simulators.cameras.rtp import MAX_PAYLOAD_BYTES, Packetizer
from simulators.cameras.rtsp_auth import Gate, Login
from simulators.cameras.rtsp_message import Transport, describe, read_transport
from simulators.cameras.stream import MAX_WAITING, Stream, StreamFaults, damage

LOGIN = Login("tester", "rahasia")


def reassembled(packets):
    """Put NAL units together again as RFC 6184 section 5.8 says."""
    units = []
    for packet in packets:
        payload = packet[12:]
        if payload[0] & 0x1F != 28:
            units.append(payload)
        elif payload[1] & 0x80:
            units.append(bytes((payload[0] & 0xE0 | payload[1] & 0x1F,)) + payload[2:])
        else:
            units[-1] += payload[2:]
    return units


@given(st.lists(st.binary(min_size=2, max_size=6_000).map(lambda body: b"\x65" + body), min_size=1, max_size=4))
def test_nal_units_of_any_length_come_out_of_their_packets_whole(units):
    packets = list(Packetizer(7).packets(AccessUnit(tuple(units), 90_000, 1.0, key=True)))
    assert reassembled(packets) == units
    assert all(len(packet) <= MAX_PAYLOAD_BYTES + 12 for packet in packets)


def test_only_the_last_packet_of_a_picture_carries_the_marker_and_numbers_run_on():
    packetizer = Packetizer(0xFFFF)
    picture = AccessUnit((b"\x67abc", b"\x65" + bytes(4_000)), 123, 1.0, key=True)
    packets = list(packetizer.packets(picture)) + list(packetizer.packets(picture))
    markers = [bool(packet[1] & 0x80) for packet in packets]
    numbers = [struct.unpack("!H", packet[2:4])[0] for packet in packets]
    assert markers == [False, False, False, True] * 2
    assert numbers == [(0xFFFF + step) & 0xFFFF for step in range(8)]


def test_a_senders_report_says_the_cameras_clock_as_ntp_time():
    report = Packetizer(5).report(1_700_000_000.5, 45_000)
    seconds, fraction, timestamp = struct.unpack("!III", report[8:20])
    assert seconds - 2_208_988_800 == 1_700_000_000
    assert fraction == 1 << 31
    assert timestamp == 45_000
    assert len(report) % 4 == 0


def test_a_coded_picture_begins_with_its_parameter_sets_when_a_key_frame_is_wanted():
    encoder = Encoder(64, 48, 10)
    grey = np.full((48, 64, 3), 90, np.uint8)
    first, second, third = (encoder.encode(grey, 9_000 * n, 0.0, key=n == 2) for n in range(3))
    assert [picture.key for picture in (first, second, third)] == [True, False, True]
    assert third.parameter_sets() == parameter_sets(64, 48, 10)


def test_a_stream_is_split_at_its_start_codes():
    assert split_annex_b(b"\x00\x00\x00\x01\x67a\x00\x00\x01\x68b\x00\x00\x00\x01\x65c") == [b"ga", b"hb", b"ec"]


def test_digest_credentials_are_checked_as_rfc_2617_computes_them():
    gate = Gate()
    nonce = gate.challenges().split('nonce="')[1].split('"')[0]
    uri = "rtsp://127.0.0.1/TST-01.cam-1/sub"
    ha1 = hashlib.md5(b"tester:camera:rahasia").hexdigest()  # noqa: S324 - what the RFC says
    ha2 = hashlib.md5(f"DESCRIBE:{uri}".encode()).hexdigest()  # noqa: S324 - the same
    response = hashlib.md5(f"{ha1}:{nonce}:{ha2}".encode()).hexdigest()  # noqa: S324 - the same
    header = f'Digest username="tester", realm="camera", nonce="{nonce}", uri="{uri}", response="{response}"'
    assert gate.admits(header, "DESCRIBE", LOGIN)
    assert not gate.admits(header, "PLAY", LOGIN)
    assert not gate.admits(header, "DESCRIBE", replace(LOGIN, password="other"))
    assert not Gate().admits(header, "DESCRIBE", LOGIN), "a nonce of another connection"


@pytest.mark.parametrize("header", ["", "Basic", "Basic %%%", "Digest", 'Digest username="tester"', "Bearer x"])
def test_malformed_credentials_are_refused(header):
    assert not Gate().admits(header, "DESCRIBE", LOGIN)


def test_a_password_is_not_in_the_representation_of_a_login():
    assert "rahasia" not in repr(LOGIN)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("RTP/AVP/TCP;unicast;interleaved=2-3", Transport(2, None)),
        ("RTP/AVP/UDP;unicast;client_port=5000-5001", Transport(None, (5000, 5001))),
        ("RTP/AVP;multicast;client_port=1-2,RTP/AVP/TCP;unicast;interleaved=0-1", Transport(0, None)),
        ("RTP/SAVP;unicast;client_port=5000-5001", None),
        ("", None),
    ],
)
def test_transport_is_read(text, wanted):
    assert read_transport(text) == wanted


def test_a_description_names_profile_and_parameter_sets():
    text = describe("127.0.0.1", parameter_sets(64, 48, 10), 10)
    assert "m=video 0 RTP/AVP 96\r\n" in text
    assert "profile-level-id=42c0" in text
    assert "sprop-parameter-sets=Z" in text


def test_a_damaged_packet_keeps_its_header():
    chance = random.Random(1)
    packet = bytes(range(100))
    spoiled = [damage(packet, 1.0, chance) for _ in range(50)]
    assert all(one[:12] == packet[:12] and one != packet for one in spoiled)
    assert damage(packet, 0.0, chance) == packet


def picture(at_s, *, key=False):
    return AccessUnit((b"\x65x" if key else b"\x41x",), round(at_s * 90_000), at_s, key)


def test_a_client_that_does_not_read_is_dropped_and_holds_no_more_than_the_bound():
    stream, dropped = Stream("/a/sub", None, 10, ()), []
    viewer = stream.join(lambda: dropped.append(True))
    for number in range(MAX_WAITING + 5):
        stream.publish(picture(number / 10, key=number == 0))
    assert dropped
    assert len(viewer._waiting) == MAX_WAITING


def test_a_client_that_joins_gets_nothing_before_a_key_frame():
    stream = Stream("/a/sub", None, 10, ())
    viewer = stream.join(lambda: None)
    stream.publish(picture(0.0))
    assert not viewer._waiting
    stream.publish(picture(0.1, key=True))
    assert len(viewer._waiting) == 1


def test_a_stream_that_stutters_for_longer_than_it_holds_pictures_still_sends_bursts():
    stream = Stream("/a/sub", None, 10, ())
    viewer = stream.join(lambda: None)
    stream.suffer(StreamFaults(stutter_s=20.0))
    for number in range(450):
        stream.publish(picture(number / 10, key=True))
    assert len(viewer._waiting) == MAX_WAITING, "two bursts of the last pictures before each"


def test_a_stuttering_stream_sends_bursts_with_holes_and_then_recovers():
    stream = Stream("/a/sub", None, 10, ())
    viewer = stream.join(lambda: None)
    stream.publish(picture(0.0, key=True))
    stream.suffer(StreamFaults(stutter_s=1.0))
    lengths = []
    for number in range(1, 31):
        stream.publish(picture(number / 10))
        lengths.append(len(viewer._waiting))
    assert max(np.diff(lengths)) > 4
    assert lengths[-1] < 24
    stream.suffer(StreamFaults())
    before = len(viewer._waiting)
    stream.publish(picture(9.0))
    assert len(viewer._waiting) > before
