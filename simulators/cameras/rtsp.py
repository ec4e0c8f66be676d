"""A small RTSP server: several cameras on one port, each with a main and a sub stream.

Our own because faults are its purpose: a stream that stutters, sends bad packets, changes its size, or refuses.
Source: RFC 2326 (RTSP 1.0): OPTIONS, DESCRIBE, SETUP, PLAY, GET_PARAMETER, TEARDOWN; RTP over TCP (10.12) and over UDP.
"""

import asyncio
import secrets
from typing import Self

import structlog

from simulators.cameras.rtsp_auth import Gate
from simulators.cameras.rtsp_message import MAX_HEADER_BYTES, Request, answer, describe, read_request, read_transport
from simulators.cameras.rtsp_session import SESSION_TIMEOUT_S, Session
from simulators.cameras.stream import Stream
from simulators.errors import Unavailable

_METHODS = "OPTIONS, DESCRIBE, SETUP, PLAY, GET_PARAMETER, SET_PARAMETER, TEARDOWN"
_LATE_S = 3.0  # a connection that takes no byte for so long is cut

log = structlog.get_logger()


class RtspServer:
    """Serves streams; use it in an `async with`.

    Args:
        port: 0 takes a free one, see `port` afterwards.
    """

    def __init__(self, streams: list[Stream], port: int = 0, host: str = "127.0.0.1") -> None:
        self.streams = {stream.path: stream for stream in streams}
        self._host, self.port = host, port
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        """Listen.

        Raises:
            Unavailable: the port is taken.
        """
        try:
            self._server = await asyncio.start_server(self._serve, self._host, self.port, limit=MAX_HEADER_BYTES)
        except OSError as error:
            raise Unavailable(f"port {self.port} for cameras is taken; free it or give another one") from error
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close every connection and stop."""
        if self._server is not None:
            self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def url(self, path: str) -> str:
        """Give the address of a stream, without credentials."""
        return f"rtsp://{self._host}:{self.port}{path}"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        connection = _Connection(self, reader, writer)
        try:
            await connection.run()
        except (OSError, ValueError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, TimeoutError) as error:
            log.debug("camera_connection_ended", reason=str(error))
        except asyncio.CancelledError:
            writer.transport.abort()  # the server stops; a task of the streams library must not end cancelled
        finally:
            await connection.close()


class _Connection:
    """One client's connection, with at most one session."""

    def __init__(self, server: RtspServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._server, self._reader, self._writer = server, reader, writer
        self._gate = Gate()
        self._session: Session | None = None

    async def run(self) -> None:
        """Answer requests until the client goes."""
        while True:
            async with asyncio.timeout(SESSION_TIMEOUT_S if self._patience_ends() else None):
                request = await read_request(self._reader)
            if request is None:
                return
            self._writer.write(await self._handle(request))
            async with asyncio.timeout(_LATE_S):
                await self._writer.drain()
            if self._session is not None and request.method == "PLAY":
                self._session.play()
            if request.method == "TEARDOWN":
                return

    def _patience_ends(self) -> bool:
        """Over TCP the connection itself shows that the client lives; over UDP it must say so."""
        return self._session is None or self._session.over_udp

    async def close(self) -> None:
        """End the session and the connection, also when the server stops in the middle of it."""
        try:
            if self._session is not None:
                await self._session.close()
            self._writer.close()
            async with asyncio.timeout(_LATE_S):
                await self._writer.wait_closed()
        except OSError:  # and TimeoutError, which is one: the client does not take what is still to be sent
            pass
        finally:
            self._writer.transport.abort()

    async def _handle(self, request: Request) -> bytes:
        if request.method == "OPTIONS":
            return answer(200, request, {"Public": _METHODS})
        stream = self._server.streams.get(request.path.removesuffix("/trackID=0"))
        if stream is None:
            return answer(404, request)
        return self._refusal(request, stream) or await self._carry_out(request, stream)

    def _refusal(self, request: Request, stream: Stream) -> bytes | None:
        if stream.faults.refuses:
            return answer(503, request)
        given = request.headers.get("authorization", "")
        if stream.login and not self._gate.admits(given, request.method, stream.login):
            return answer(401, request, {"WWW-Authenticate": self._gate.challenges()})
        return None

    async def _carry_out(self, request: Request, stream: Stream) -> bytes:
        match request.method:
            case "DESCRIBE":
                return self._describe(request, stream)
            case "SETUP":
                return await self._setup(request, stream)
            case "PLAY":
                return self._play(request, stream)
            case "GET_PARAMETER" | "SET_PARAMETER" | "TEARDOWN":
                return answer(200, request, self._session_header())
            case _:
                return answer(405, request, {"Allow": _METHODS})

    def _describe(self, request: Request, stream: Stream) -> bytes:
        address = self._writer.get_extra_info("sockname")[0]
        body = describe(address, stream.parameter_sets, stream.rate_hz)
        return answer(200, request, {"Content-Base": f"{request.uri.rstrip('/')}/"}, body)

    async def _setup(self, request: Request, stream: Stream) -> bytes:
        transport = read_transport(request.headers.get("transport", ""))
        if transport is None:
            return answer(461, request)
        if self._session is not None:
            await self._session.close()
        peer = self._writer.get_extra_info("peername")[0]
        self._session = Session(stream, self._writer, transport, secrets.randbits(32))
        header = await self._session.open(peer)
        return answer(200, request, {"Transport": header, **self._session_header()})

    def _play(self, request: Request, stream: Stream) -> bytes:
        if self._session is None:
            return answer(454, request)
        info = f"url={self._server.url(stream.path)}/trackID=0;seq={self._session.sequence}"
        return answer(200, request, {"Range": "npt=now-", "RTP-Info": info, **self._session_header()})

    def _session_header(self) -> dict[str, str]:
        return {"Session": f"{self._session.name};timeout={round(SESSION_TIMEOUT_S)}"} if self._session else {}
