"""Streams that misbehave: each is told, none ends the eye that reads it."""

import contextlib
import re
import socket
import struct
import threading
import time
from base64 import b64encode

import av
import cv2
import pytest

from edge.errors import EdgeError
from edge.vision import eye, stream, stream_thread
from edge.vision.eye import Eye
from edge.vision.eyesight import Eyesight
from edge.vision.recording import Recording
from edge.vision.segments import segments_between
from edge.vision.stream import Address, Stream
from edge.vision.watcher import Watcher
from tests.fix_edge import wait_for
from tests.fix_vision import PaintedCamera, driving, place_of


@pytest.fixture
def watch(colour_pool):
    """Let an eye look at a camera; it is closed at the end."""
    eyes = []

    def begin(camera, detect_hz=5.0):
        watcher = Watcher(place_of(sub=camera.url), colour_pool, Eyesight(), (-7.65, 112.69))
        eyes.append(Eye("TD-01.cam-1", Address(camera.url), watcher, detect_hz, lambda _: None))
        eyes[-1].start()
        wait_for(lambda: eyes[-1].state.decoded > 3, 20)
        return eyes[-1], watcher

    yield begin
    for one in eyes:
        one.stop()
    assert all(one.join(15) for one in eyes)


def test_eye_when_packets_are_bad_then_damaged_pictures_are_counted_and_it_goes_on(watch):
    with PaintedCamera(driving) as camera:
        eye, watcher = watch(camera)
        camera.suffer(bad_packets=0.2)
        whole = eye.state.broken
        wait_for(lambda: eye.state.broken > whole + 5, 30)
        camera.suffer()
        pictures = watcher.pictures
        wait_for(lambda: watcher.pictures > pictures + 20, 40)
        wait_for(lambda: not eye.state.reason, 5)


def test_eye_when_the_size_changes_in_mid_stream_then_it_sees_the_new_one(watch):
    with PaintedCamera(driving) as camera:
        eye, watcher = watch(camera)
        camera.paint = lambda n: cv2.resize(driving(n), (480, 270))
        wait_for(lambda: eye.state.size == (480, 270), 30)
        pictures = watcher.pictures
        wait_for(lambda: watcher.pictures > pictures + 10, 30)


def test_eye_when_the_camera_takes_more_pictures_than_are_wanted_then_some_are_left_out(watch):
    with PaintedCamera(driving, hz=15.0) as camera:
        eye, watcher = watch(camera, detect_hz=3.0)
        decoded, pictures = eye.state.decoded, watcher.pictures
        wait_for(lambda: eye.state.decoded > decoded + 60, 30)
        assert watcher.pictures - pictures < 0.4 * (eye.state.decoded - decoded)


def test_eye_when_the_cameras_clock_is_off_then_its_pictures_have_the_boxs_time_and_the_offset_is_known(watch):
    with PaintedCamera(driving) as camera:
        camera.suffer(clock_off_s=120.0)
        eye, _ = watch(camera)
        wait_for(lambda: eye.state.clock_off_s is not None and abs(eye.state.clock_off_s - 120) < 3, 30)
        assert abs(eye.state.taken_at_s - time.time()) < 3


def test_recording_when_the_size_changes_in_mid_stream_then_another_segment_begins(tmp_path):
    with PaintedCamera(driving) as camera:
        recording = Recording("TD-01.cam-1", Address(camera.url), tmp_path, lambda _: None)
        recording.start()
        wait_for(lambda: recording.reason == "", 20)
        number = camera.number
        wait_for(lambda: camera.number > number + 15)
        camera.paint = lambda n: cv2.resize(driving(n), (480, 270))
        wait_for(lambda: recording.segments >= 1, 30)
        number = camera.number
        wait_for(lambda: camera.number > number + 25)
        recording.stop()
        assert recording.join(15)
    now_ms = round(time.time() * 1000)
    found = segments_between(tmp_path, now_ms - 600_000, now_ms + 1_000)
    widths = []
    for segment in found:
        with av.open(str(segment.path)) as container:
            widths.append({frame.width for frame in container.decode(video=0)})
    assert widths == [{640}, {480}]


def test_eye_when_pictures_become_too_large_then_they_are_refused_with_their_size_and_none_is_decoded(watch):
    with PaintedCamera(driving) as camera:
        eye, _ = watch(camera)
        camera.paint = lambda n: cv2.resize(driving(n), (2560, 1664))
        wait_for(lambda: "sends 2560x1664 pixels" in eye.state.reason, 30)
        assert eye.state.size == (640, 360)


_SETS = (bytes.fromhex("6742c01edb0280bfe5c04400000300040000030328f162ea"), bytes.fromhex("68ce3c80"))
_SDP = (
    "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=x\r\nt=0 0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n"
    f"a=fmtp:96 packetization-mode=1;sprop-parameter-sets={','.join(b64encode(one).decode() for one in _SETS)}\r\n"
    "a=control:t0\r\nm=audio 0 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\na=control:t1\r\n"
)


class Talker(threading.Thread):
    """An RTSP server whose pictures are none, or stop after a moment while its sound goes on."""

    def __init__(self, picture_s: float) -> None:
        super().__init__(daemon=True)
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"rtsp://127.0.0.1:{self.socket.getsockname()[1]}/x"
        self.picture_s = picture_s
        self.clients = 0

    def run(self):
        with contextlib.suppress(OSError):
            while True:
                line, _ = self.socket.accept()
                self.clients += 1
                threading.Thread(target=self._serve, args=(line,), daemon=True).start()

    def _serve(self, line):
        with line, contextlib.suppress(OSError), line.makefile("rb") as asked:
            channel, is_playing = 0, False
            while not is_playing:
                head = {}
                method = asked.readline().split()[0]
                while b":" in (text := asked.readline()):
                    head[text.split(b":")[0].lower()] = text.split(b":")[1].strip().decode()
                answer = f"RTSP/1.0 200 OK\r\nCSeq: {head[b'cseq']}\r\nSession: 1\r\n"
                if method == b"SETUP":
                    answer += f"Transport: RTP/AVP/TCP;unicast;interleaved={channel}-{channel + 1}\r\n"
                    channel += 2
                body = _SDP if method == b"DESCRIBE" else ""
                kind = f"Content-Type: application/sdp\r\nContent-Length: {len(body)}\r\n" if body else ""
                line.sendall(f"{answer}{kind}\r\n{body}".encode())
                is_playing = method == b"PLAY"
            self._play(line)

    def _play(self, line):
        began_s = time.monotonic()
        for number in range(100_000):
            passed_s = time.monotonic() - began_s
            pictures = [(0, 96 | 0x80, 90_000, b"\x41" + b"\x9a" * 200)] if passed_s < self.picture_s else []
            for way, kind, hz, content in [*pictures, (2, 0, 8_000, b"\x7f" * 160)]:
                packet = struct.pack(">BBHII", 0x80, kind, number & 0xFFFF, int(passed_s * hz), 7 + way) + content
                line.sendall(b"$" + struct.pack(">BH", way, len(packet)) + packet)
            time.sleep(0.02)


@pytest.mark.parametrize(
    ("picture_s", "undecoded_s", "word"),
    [(2.5, 30.0, "no picture came|nothing came|no pictures"), (1e9, 2.0, "cannot be decoded")],
    ids=["sound", "broken"],
)
def test_eye_when_no_picture_comes_of_what_is_sent_then_it_says_so_and_connects_anew(
    monkeypatch, picture_s, undecoded_s, word
):
    monkeypatch.setattr(stream, "READ_TIMEOUT_S", 1.5)
    monkeypatch.setattr(eye, "UNDECODED_S", undecoded_s / 2)
    monkeypatch.setattr(eye, "HOPELESS_S", undecoded_s)
    monkeypatch.setattr(stream_thread, "RECONNECT_BASE_S", 0.1)
    talker = Talker(picture_s)
    talker.start()
    watcher = Watcher(place_of(sub=talker.url), None, Eyesight(), (-7.65, 112.69))
    seeing = Eye("TD-01.cam-1", Address(talker.url), watcher, 5.0, lambda _: None)
    with talker.socket:
        seeing.start()
        wait_for(lambda: talker.clients > 1, 20)
        assert re.search(word, seeing.state.reason)
        seeing.stop()
        assert seeing.join(5)


class Liar(threading.Thread):
    """An RTSP server that announces a description of 1.5 GB, and sends for as long as somebody reads."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.sent_bytes = 0

    def run(self):
        line, _ = self.socket.accept()
        answer = "RTSP/1.0 200 OK\r\nCSeq: {}\r\n{}\r\n"
        with line, contextlib.suppress(OSError):
            for number, more in ((1, "Public: DESCRIBE\r\n"), (2, "Content-Length: 1500000000\r\n")):
                line.recv(65_536)
                line.sendall(answer.format(number, more).encode())
            while True:
                line.sendall(b"a" * 65_536)
                self.sent_bytes += 65_536


def test_stream_when_a_server_announces_gigabytes_then_it_is_refused_before_they_are_read():
    liar = Liar()
    liar.start()
    with liar.socket, pytest.raises(EdgeError):
        Stream(Address(f"rtsp://127.0.0.1:{liar.socket.getsockname()[1]}/x"))
    assert liar.sent_bytes < 64 << 20
