"""Simulated cameras over RTSP, played by FFmpeg's client as PyAV carries it."""

import socket
import time

import av
import numpy as np
import pytest

from simulators.cameras.encoder import Encoder
from simulators.cameras.recorded import RecordedCamera, pictures
from simulators.cameras.rtsp_auth import Login
from simulators.errors import Misconfigured

OPTIONS = {"rtsp_transport": "tcp", "timeout": "8000000", "analyzeduration": "200000", "probesize": "30000"}


def frames(url, count, **options: str):
    with av.open(url, options=OPTIONS | options, timeout=15) as container:
        found = []
        for frame in container.decode(video=0):
            found.append(frame)
            if len(found) == count:
                return found
    raise AssertionError(f"the stream ended after {len(found)} pictures")


def wait_until(condition, seconds=15.0):
    deadline_s = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline_s, "it did not come about"
        time.sleep(0.02)


@pytest.mark.parametrize("transport", ["tcp", "udp"])
def test_ffmpeg_plays_a_stream_with_its_credentials(camera_stand, transport):
    found = frames(camera_stand.url(), 12, rtsp_transport=transport)
    assert {(frame.width, frame.height) for frame in found} == {camera_stand.size}
    times = [frame.time for frame in found if frame.time is not None]
    assert times == sorted(times)
    pixels = np.stack([frame.to_ndarray(format="gray") for frame in found])
    assert np.ptp(pixels.astype(int), axis=0).max() > 80, "nothing moves"


def test_a_client_that_goes_is_forgotten(camera_stand):
    frames(camera_stand.url(), 3)
    wait_until(lambda: camera_stand.viewers == 0)


def test_three_clients_see_one_camera(camera_stand):
    with av.open(camera_stand.url(), options=OPTIONS) as one, av.open(camera_stand.url(), options=OPTIONS) as two:
        assert next(one.decode(video=0)) is not None
        assert next(two.decode(video=0)) is not None
        assert len(frames(camera_stand.url(), 3)) == 3
        assert camera_stand.viewers >= 2


@pytest.mark.parametrize("login", [None, Login("tester", "salah"), Login("lain", "rahasia banget")])
def test_wrong_credentials_are_refused(camera_stand, login):
    with pytest.raises(av.error.HTTPUnauthorizedError):
        frames(camera_stand.url(login), 1)


def test_an_unknown_camera_is_not_found(camera_stand):
    with pytest.raises(av.error.HTTPNotFoundError):
        frames(camera_stand.url(path="/TST-01.cam-9/sub"), 1)


def test_a_refusing_stream_throws_out_who_watches_and_comes_back(camera_stand):
    with av.open(camera_stand.url(), options=OPTIONS) as container:
        assert next(container.decode(video=0)) is not None
        camera_stand.suffer(refuses=True)
        wait_until(lambda: camera_stand.viewers == 0)
    with pytest.raises(av.error.HTTPServerError):
        frames(camera_stand.url(), 1)
    camera_stand.suffer()
    assert len(frames(camera_stand.url(), 2)) == 2


def test_a_silent_stream_keeps_its_connection_and_goes_on_later(camera_stand):
    with av.open(camera_stand.url(), options=OPTIONS) as container:
        decoded = container.decode(video=0)
        assert next(decoded) is not None
        camera_stand.suffer(silent=True)
        time.sleep(1.0)  # longer than twenty pictures take: the silence itself is what is waited for
        assert camera_stand.viewers == 1
        camera_stand.suffer()
        assert next(decoded) is not None


def test_a_changed_size_arrives_in_the_running_stream(camera_stand):
    with av.open(camera_stand.url(), options=OPTIONS) as container:
        decoded = container.decode(video=0)
        assert next(decoded).width == 192
        camera_stand.size = (128, 80)
        assert any(frame.width == 128 for _, frame in zip(range(200), decoded, strict=False))


def test_damaged_packets_spoil_pictures_but_end_no_stream(camera_stand):
    camera_stand.suffer(bad_packets=0.3)
    wait_until(lambda: camera_stand.stream.faults.bad_packets > 0)
    spoiled = 0
    with av.open(camera_stand.url(), options=OPTIONS | {"err_detect": "explode"}) as container:
        for packet in container.demux(video=0):
            try:
                packet.decode()
            except av.error.FFmpegError:
                spoiled += 1
            if spoiled:
                break
    camera_stand.suffer()
    wait_until(lambda: not camera_stand.stream.faults.bad_packets)
    assert len(frames(camera_stand.url(), 5)) == 5


def test_a_client_that_stops_reading_is_dropped_while_others_go_on(camera_stand):
    camera_stand.size = (1280, 720)
    lazy = _playing(camera_stand)
    wait_until(lambda: camera_stand.viewers == 1)
    assert len(frames(camera_stand.url(), 5)) == 5
    lazy.close()
    wait_until(lambda: camera_stand.viewers == 0)


def _playing(stand):
    """Ask for a stream over TCP and read nothing of it."""
    import base64  # noqa: PLC0415 - only here

    who = base64.b64encode(b"tester:rahasia banget").decode()
    line = socket.create_connection(("127.0.0.1", stand.port), timeout=5)
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    url = f"rtsp://127.0.0.1:{stand.port}{stand.stream.path}"
    for number, request in enumerate(
        (f"SETUP {url}/trackID=0 RTSP/1.0\r\nTransport: RTP/AVP/TCP;unicast;interleaved=0-1", f"PLAY {url} RTSP/1.0")
    ):
        line.sendall(f"{request}\r\nCSeq: {number}\r\nAuthorization: Basic {who}\r\n\r\n".encode())
        assert line.recv(200).startswith(b"RTSP/1.0 200")
    return line


@pytest.mark.parametrize(
    "nonsense", [b"GET / HTTP/1.1\r\n\r\n", b"\x00" * 40_000, b"$\x00\xff\xff", b"PLAY rtsp://x/ RTSP/1.0\r\n\r\n"]
)
def test_nonsense_on_the_port_ends_that_connection_only(camera_stand, nonsense):
    with socket.create_connection(("127.0.0.1", camera_stand.port), timeout=10) as line:
        line.sendall(nonsense)
        line.shutdown(socket.SHUT_WR)
        while line.recv(4_096):
            pass
    assert len(frames(camera_stand.url(), 2)) == 2


@pytest.fixture
def recording(tmp_path):
    """Two seconds of a moving bar as H.264 in a container."""
    path = tmp_path / "jalan.mp4"
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=10)
        video.width, video.height, video.pix_fmt = 96, 64, "yuv420p"
        for number in range(20):
            picture = np.full((64, 96, 3), 40, np.uint8)
            picture[:, number * 4 :][:, :8] = 220
            container.mux(video.encode(av.VideoFrame.from_ndarray(picture, format="bgr24")))
        container.mux(video.encode())
    return path


def test_a_recorded_file_gives_its_pictures_with_parameter_sets(recording):
    found = list(pictures(recording))
    assert len(found) == 20
    assert found[0].key
    assert found[0].parameter_sets()
    assert found[10].at_s == pytest.approx(1.0, abs=0.11)


def test_a_file_that_is_no_h264_is_refused_with_the_remedy(tmp_path):
    (tmp_path / "x.mp4").write_bytes(b"nonsense" * 100)
    with pytest.raises(Misconfigured, match="cannot be played"):
        RecordedCamera("TST-01.cam-1", tmp_path / "x.mp4", None)


def test_encoder_keeps_up_with_its_size():
    coded = Encoder(640, 360, 10).encode(np.zeros((360, 640, 3), np.uint8), 0, 0.0)
    assert coded.key
