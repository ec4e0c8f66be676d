"""A TCP line that can be cut, stalled, delayed and corrupted while it is in use.

    with Proxy("127.0.0.1", broker.port) as line:
        …                     # clients connect to line.port
        line.stall()          # nothing moves, connections stay open: a dead mobile link
        line.heal()

It knows nothing of what it carries. What it holds is bounded: a sender that is not read is held back by TCP,
as on a real line.
"""

import asyncio
import random
import socket
import struct
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

from simulators.errors import Unavailable

CHUNK_BYTES = 16_384
CHUNKS_HELD = 64  # per direction: at most 1 MiB is on its way while a line is delayed
START_TIMEOUT_S = 5.0
# SO_LINGER of zero seconds: closing sends a reset, as a broken line ends, and not an orderly goodbye.
RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class Proxy:
    """A line to one TCP port, run by a thread of its own; every method may be called from any thread.

    Args:
        target_host: whom to connect to for each client.
        target_port: its TCP port.
        port: where to listen; 0 takes a free one.
        host: the address to listen on.
        seed: of the choice of bytes to corrupt.
    """

    def __init__(
        self, target_host: str, target_port: int, port: int = 0, *, host: str = "127.0.0.1", seed: int = 0
    ) -> None:
        self.target = (target_host, target_port)
        self.host = host
        self.port = port
        self.connections_accepted = 0
        self.bytes_forwarded = 0
        self._random = random.Random(seed)  # noqa: S311 - a fault to repeat, not a secret
        self._delay_s = 0.0
        self._corrupt_probability = 0.0
        self._is_cut = False
        self._loop = asyncio.new_event_loop()
        self._flowing = asyncio.Event()
        self._writers: set[asyncio.StreamWriter] = set()
        self._thread = threading.Thread(target=self._run, name=f"proxy to {target_port}", daemon=True)
        self._stopping = asyncio.Event()
        self._started = threading.Event()
        self._start_error: OSError | None = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> Self:
        """Listen; afterwards ``port`` is known.

        Raises:
            Unavailable: the port is taken.
        """
        self._thread.start()
        if not self._started.wait(START_TIMEOUT_S) or self._start_error:
            raise Unavailable(f"cannot listen on {self.host}:{self.port}: {self._start_error}")
        return self

    def stop(self) -> None:
        """Break all connections and stop listening. A second call does nothing."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stopping.set)
            self._thread.join()

    def cut(self) -> None:
        """Break all connections with a reset, and every new one until ``heal``."""
        self._is_cut = True
        self.drop_connections()

    def drop_connections(self) -> None:
        """Break the connections there are; new ones go through."""
        self._in_loop(self._abort_all)

    def stall(self) -> None:
        """Let nothing through, in either direction, with connections open; new ones open and hang."""
        self._in_loop(self._flowing.clear)

    def delay(self, delay_ms: float) -> None:
        """Let everything arrive this much later, in each direction."""
        self._delay_s = delay_ms / 1000

    def corrupt(self, probability: float) -> None:
        """Change one byte in a chunk of up to 16 KiB with this probability (0 to 1)."""
        self._corrupt_probability = probability

    def heal(self) -> None:
        """End every fault. What was stalled goes on; what was cut has to connect again."""
        self._is_cut = False
        self._delay_s = 0.0
        self._corrupt_probability = 0.0
        self._in_loop(self._flowing.set)

    def _in_loop(self, action: Callable[[], None]) -> None:
        """Do ``action`` in the proxy's thread and wait until it is done."""
        done = threading.Event()
        self._loop.call_soon_threadsafe(action)
        self._loop.call_soon_threadsafe(done.set)
        done.wait(START_TIMEOUT_S)

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        self._flowing.set()
        try:
            server = await asyncio.start_server(self._carry, self.host, self.port, limit=CHUNK_BYTES)
        except OSError as error:
            self._start_error = error
            self._started.set()
            return
        self.port = server.sockets[0].getsockname()[1]
        self._started.set()
        await self._stopping.wait()
        server.close()
        self._flowing.set()
        self._abort_all()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Connect one client through, until either side or the line ends it."""
        self.connections_accepted += 1
        self._writers.add(writer)
        if self._is_cut:
            _abort(writer)
        try:
            there_reader, there = await asyncio.open_connection(*self.target, limit=CHUNK_BYTES)
        except OSError:
            _abort(writer)
            self._writers.discard(writer)
            return
        self._writers.add(there)
        if self._is_cut:
            _abort(there)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._pump(reader, there))
                group.create_task(self._pump(there_reader, writer))
        except* (OSError, asyncio.IncompleteReadError):
            pass  # a side broke the connection: so does the line, below
        finally:
            for end in (writer, there):
                _abort(end)
                self._writers.discard(end)

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one direction until its sender ends it; a closed sender closes the other side's reading."""
        held: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(CHUNKS_HELD)
        async with asyncio.TaskGroup() as group:
            group.create_task(self._take(reader, held))
            group.create_task(self._give(held, writer))

    async def _take(self, reader: asyncio.StreamReader, held: asyncio.Queue[tuple[float, bytes]]) -> None:
        chunk = b"-"
        while chunk:
            await self._flowing.wait()
            chunk = await reader.read(CHUNK_BYTES)
            await held.put((self._loop.time(), chunk))

    async def _give(self, held: asyncio.Queue[tuple[float, bytes]], writer: asyncio.StreamWriter) -> None:
        while True:
            taken_at, chunk = await held.get()
            await asyncio.sleep(max(0.0, taken_at + self._delay_s - self._loop.time()))
            await self._flowing.wait()
            if not chunk:
                writer.write_eof()
                return
            writer.write(self._damage(chunk))
            self.bytes_forwarded += len(chunk)
            await writer.drain()

    def _damage(self, chunk: bytes) -> bytes:
        if self._random.random() >= self._corrupt_probability:
            return chunk
        damaged = bytearray(chunk)
        damaged[self._random.randrange(len(chunk))] ^= self._random.randrange(1, 256)
        return bytes(damaged)

    def _abort_all(self) -> None:
        for writer in list(self._writers):
            _abort(writer)


def _abort(writer: asyncio.StreamWriter) -> None:
    transport = writer.transport
    connection: socket.socket | None = transport.get_extra_info("socket")
    if connection is not None and not transport.is_closing():
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
    transport.abort()
