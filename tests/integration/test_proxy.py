"""The line for tests really breaks the way lines break."""

import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from simulators.proxy import Proxy

MakeProxy = Callable[[int], Proxy]


@pytest.fixture
def echo_port() -> Iterator[int]:
    """A TCP port that sends back whatever it gets."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        threads: list[threading.Thread] = []

        def serve() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                threads.append(threading.Thread(target=echo, args=(connection,)))
                threads[-1].start()

        acceptor = threading.Thread(target=serve)
        acceptor.start()
        yield listening.getsockname()[1]
        listening.shutdown(socket.SHUT_RDWR)
    acceptor.join()
    for thread in threads:
        thread.join(5)


def echo(connection: socket.socket) -> None:
    with connection:
        try:
            while chunk := connection.recv(65536):
                connection.sendall(chunk)
        except OSError:
            return


def connect(line: Proxy) -> socket.socket:
    return socket.create_connection(("127.0.0.1", line.port), timeout=5)


def try_anew(line: Proxy) -> bytes:
    """Connect and ask; where a line is broken, either of the two fails, as the kernel's timing has it."""
    with connect(line) as connection:
        return ask(connection, b"x")


def ask(connection: socket.socket, text: bytes) -> bytes:
    connection.sendall(text)
    return connection.recv(65536)


def test_line_when_sound_then_carries_both_ways(echo_port: int, make_proxy: MakeProxy) -> None:
    with connect(make_proxy(echo_port)) as connection:
        assert ask(connection, b"level 2.41 m") == b"level 2.41 m"


def test_line_when_much_is_sent_then_all_arrives_in_order(echo_port: int, make_proxy: MakeProxy) -> None:
    sent = bytes(range(256)) * 40_000
    with connect(make_proxy(echo_port)) as connection:
        sender = threading.Thread(target=connection.sendall, args=(sent,))
        sender.start()
        received = bytearray()
        while len(received) < len(sent):
            received += connection.recv(1 << 20)
        sender.join()
    assert received == sent


def test_line_when_sender_closes_then_other_side_sees_the_end(echo_port: int, make_proxy: MakeProxy) -> None:
    with connect(make_proxy(echo_port)) as connection:
        connection.sendall(b"last words")
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(100) == b"last words"
        assert connection.recv(100) == b""


def test_line_when_cut_then_old_and_new_connections_break(echo_port: int, make_proxy: MakeProxy) -> None:
    line = make_proxy(echo_port)
    with connect(line) as before:
        ask(before, b"x")
        line.cut()
        with pytest.raises(ConnectionResetError):
            before.recv(1)
    with pytest.raises(OSError, match=r"reset|Broken pipe"):
        try_anew(line)


def test_line_when_healed_after_a_cut_then_new_connections_work(echo_port: int, make_proxy: MakeProxy) -> None:
    line = make_proxy(echo_port)
    line.cut()
    line.heal()
    with connect(line) as connection:
        assert ask(connection, b"back") == b"back"


def test_line_when_stalled_then_nothing_moves_until_healed(echo_port: int, make_proxy: MakeProxy) -> None:
    line = make_proxy(echo_port)
    with connect(line) as connection:
        ask(connection, b"x")
        line.stall()
        connection.settimeout(0.3)
        with pytest.raises(TimeoutError):
            ask(connection, b"held")
        line.heal()
        connection.settimeout(5)
        assert connection.recv(100) == b"held"


def test_line_when_stalled_then_a_sender_is_held_back(echo_port: int, make_proxy: MakeProxy) -> None:
    line = make_proxy(echo_port)
    with connect(line) as connection:
        ask(connection, b"x")
        line.stall()
        connection.settimeout(0.5)
        with pytest.raises(TimeoutError):
            connection.sendall(bytes(64 << 20))
        line.cut()


def test_line_when_delayed_then_an_answer_takes_twice_as_long(echo_port: int, make_proxy: MakeProxy) -> None:
    line = make_proxy(echo_port)
    with connect(line) as connection:
        ask(connection, b"x")
        line.delay(100)
        started_at = time.monotonic()
        ask(connection, b"x")
        assert 0.2 <= time.monotonic() - started_at < 1.0


def test_line_when_corrupting_then_one_byte_differs(echo_port: int, make_proxy: MakeProxy) -> None:
    line = make_proxy(echo_port)
    with connect(line) as connection:
        line.corrupt(1.0)
        answer = ask(connection, bytes(1000))
    assert len(answer) == 1000
    assert 1 <= sum(byte != 0 for byte in answer) <= 2  # once on the way there, once on the way back


def test_line_when_target_is_down_then_the_connection_breaks(make_proxy: MakeProxy) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        line = make_proxy(unused.getsockname()[1])
        with pytest.raises(OSError, match=r"reset|Broken pipe"):
            try_anew(line)
