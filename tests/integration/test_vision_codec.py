"""A camera whose coding somebody changes in mid-stream: it goes on sending in the line that was announced as H.264.

Packets hold one NAL unit each (RFC 6184 section 5.6, RFC 7798 section 4.4.1): over TCP they may be 64 KiB.
"""

import contextlib
import re
import socket
import struct
import threading
import time
from fractions import Fraction

import av
import pytest

from edge.vision import eye, recording, stream_thread
from edge.vision.eye import Eye
from edge.vision.eyesight import Eyesight
from edge.vision.recording import Recording
from edge.vision.segments import segments_between
from edge.vision.stream import Address
from edge.vision.watcher import Watcher
from tests.fix_edge import wait_for
from tests.fix_vision import frame_of, place_of, road

HZ = 10
_CODERS = {"H264": "libx264", "H265": "libx265"}
_START = re.compile(rb"\x00\x00\x00?\x01")


class Encoder:
    """Codes pictures, with a key frame and its parameter sets each second."""

    def __init__(self, coding: str) -> None:
        self._coder = av.CodecContext.create(_CODERS[coding], "w")
        self._coder.width, self._coder.height, self._coder.pix_fmt = 320, 180, "yuv420p"
        self._coder.time_base, self._coder.framerate = Fraction(1, HZ), Fraction(HZ)
        more = {"x265-params": "keyint=10:min-keyint=10:bframes=0:repeat-headers=1:log-level=none"}
        self._coder.options = {"preset": "ultrafast", "tune": "zerolatency", "g": "10"} | (
            more if coding == "H265" else {}
        )

    def units(self, number: int) -> list[bytes]:
        frame = frame_of(road((number * 13 % 600, 200, (0, 0, 255)), seed=number)).reformat(320, 180)
        frame.pts = number
        coded = b"".join(bytes(packet) for packet in self._coder.encode(frame))
        return [unit for unit in _START.split(coded) if unit]


class Camera(threading.Thread):
    """An RTSP server whose coding changes while somebody watches; whoever asks anew is told the right one."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"rtsp://127.0.0.1:{self.socket.getsockname()[1]}/x"
        self.coding = "H264"
        self.clients = 0

    def run(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                line, _ = self.socket.accept()
                self.clients += 1
                threading.Thread(target=self._serve, args=(line,), daemon=True).start()

    def _serve(self, line: socket.socket) -> None:
        with line, contextlib.suppress(OSError), line.makefile("rb") as asked:
            method = b""
            while method != b"PLAY":
                method, number = asked.readline().split()[0], ""
                while b":" in (text := asked.readline()):
                    if text.lower().startswith(b"cseq"):
                        number = text.split(b":")[1].strip().decode()
                answer = f"RTSP/1.0 200 OK\r\nCSeq: {number}\r\nSession: 1\r\n"
                if method == b"SETUP":
                    answer += "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n"
                body = self._description() if method == b"DESCRIBE" else ""
                kind = f"Content-Type: application/sdp\r\nContent-Length: {len(body)}\r\n" if body else ""
                line.sendall(f"{answer}{kind}\r\n{body}".encode())
            self._play(line)

    def _description(self) -> str:
        return (
            "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=x\r\nt=0 0\r\nm=video 0 RTP/AVP 96\r\n"
            f"a=rtpmap:96 {self.coding}/90000\r\na=control:t0\r\n"
        )

    def _play(self, line: socket.socket) -> None:
        coding, coder, sent = "", None, 0
        for number in range(100_000):
            if coding != self.coding:
                coding = self.coding
                coder = Encoder(coding)
            units = coder.units(number)
            for at, unit in enumerate(units):
                marker = 0x80 if at == len(units) - 1 else 0
                packet = struct.pack(">BBHII", 0x80, 96 | marker, sent & 0xFFFF, number * 9_000, 7) + unit
                line.sendall(b"$" + struct.pack(">BH", 0, len(packet)) + packet)
                sent += 1
            time.sleep(1 / HZ)


@pytest.fixture
def camera():
    made = Camera()
    made.start()
    with made.socket:
        yield made


def test_eye_when_the_coding_changes_in_mid_stream_then_it_says_so_and_sees_the_new_one(camera, monkeypatch):
    monkeypatch.setattr(eye, "UNDECODED_S", 1.0)
    monkeypatch.setattr(eye, "HOPELESS_S", 4.0)
    monkeypatch.setattr(stream_thread, "RECONNECT_BASE_S", 0.1)
    watcher = Watcher(place_of(sub=camera.url), None, Eyesight(), (-7.65, 112.69))
    seeing = Eye("TD-01.cam-1", Address(camera.url), watcher, 5.0, lambda _: None)
    seeing.start()
    wait_for(lambda: seeing.state.decoded > 10, 20)
    camera.coding = "H265"
    wait_for(lambda: "sends another coding than the h264 that it announced; set" in seeing.state.reason, 30)
    wait_for(lambda: camera.clients > 1, 30)
    decoded = seeing.state.decoded
    wait_for(lambda: seeing.state.decoded > decoded + 10 and not seeing.state.reason, 30)
    seeing.stop()
    assert seeing.join(15)


def test_recording_when_the_coding_changes_in_mid_stream_then_what_plays_is_kept_and_the_rest_is_no_recording(
    camera, monkeypatch, tmp_path
):
    monkeypatch.setattr(recording, "UNKEPT_S", 1.0)
    monkeypatch.setattr(recording, "HOPELESS_S", 4.0)
    monkeypatch.setattr(stream_thread, "RECONNECT_BASE_S", 0.1)
    recorder = Recording("TD-01.cam-1", Address(camera.url), tmp_path, lambda _: None)
    recorder.start()
    wait_for(lambda: recorder.reason == "", 20)
    time.sleep(3)
    camera.coding = "H265"
    wait_for(lambda: "sends another coding than the h264 that it announced; set" in recorder.reason, 30)
    wait_for(lambda: camera.clients > 1, 40)
    wait_for(lambda: recorder.reason == "", 20)
    time.sleep(3)
    recorder.stop()
    assert recorder.join(15)
    now_ms = round(time.time() * 1000)
    played = {}
    for segment in segments_between(tmp_path, now_ms - 600_000, now_ms + 1_000):
        with av.open(str(segment.path)) as container:
            coding = container.streams.video[0].codec_context.name
            pictures = sum(1 for _ in container.decode(video=0))
        played.setdefault(coding, []).append((pictures, (segment.ended_ms - segment.began_ms) / 1000))
    assert set(played) == {"h264", "hevc"}
    for found in played.values():
        assert sum(pictures for pictures, _ in found) >= 10
        assert all(seconds <= pictures / HZ + 1.5 for pictures, seconds in found), found
