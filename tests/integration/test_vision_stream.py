"""Streams that misbehave: each is told, none ends the eye that reads it."""

import contextlib
import socket
import threading
import time

import av
import cv2
import pytest

from edge.errors import EdgeError
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
    for eye in eyes:
        eye.stop()
    assert all(eye.join(15) for eye in eyes)


def test_eye_when_packets_are_bad_then_damaged_pictures_are_counted_and_it_goes_on(watch):
    with PaintedCamera(driving) as camera:
        eye, watcher = watch(camera)
        camera.suffer(bad_packets=0.2)
        number = camera.number
        wait_for(lambda: camera.number > number + 60, 30)
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
