"""A large answer and whoever reads it: slowly is well, not at all is not. No database: the line alone is tested."""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator

import pytest
import uvicorn
from starlette.responses import Response

from cloud.api.wire import Bounds, bounded_by

ANSWER_BYTES = 2_000_000


@pytest.fixture
def port() -> Iterator[int]:
    """Serve two megabytes to everybody, with a second of patience."""
    config = uvicorn.Config(
        Response(b"a" * ANSWER_BYTES), port=0, log_config=None, http=bounded_by(Bounds(9, 5.0, 1.0)), lifespan="off"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, name="readers")
    thread.start()
    while not server.started:
        time.sleep(0.01)
    listening = server.servers[0].sockets[0]
    # Connections inherit it: without, the kernel takes megabytes before the program notices that nobody reads.
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65_536)
    yield listening.getsockname()[1]
    server.should_exit = True
    thread.join(15)


def read(port: int, bytes_a_read: int, pause_s: float, slow_reads: int) -> int:
    """Read in small pieces, at the end all that is left; give how much came."""
    with socket.socket() as line:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16_384)
        line.settimeout(20)
        line.connect(("127.0.0.1", port))
        line.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        came = 0
        with contextlib.suppress(ConnectionResetError):
            while part := line.recv(bytes_a_read if slow_reads > 0 else 65_536):
                came += len(part)
                if slow_reads > 0:
                    time.sleep(pause_s)
                slow_reads -= 1
        return came


def test_answer_when_it_is_read_slowly_then_comes_whole_though_it_takes_longer_than_a_pause_may(port: int) -> None:
    began_s = time.monotonic()
    assert read(port, 100_000, 0.1, slow_reads=40) > ANSWER_BYTES
    assert time.monotonic() - began_s > 2


def test_answer_when_next_to_nothing_of_it_is_read_then_its_line_is_cut(port: int) -> None:
    assert read(port, 5, 0.1, slow_reads=40) < ANSWER_BYTES
