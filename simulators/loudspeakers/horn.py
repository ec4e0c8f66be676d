"""One simulated network horn: RTP and RTCP over UDP, its status over HTTP, and what it played as WAV files.

Written from the standards and from what makers publish of their horns, not from our own sender, so that a mistake
there is found here: RFC 3550 (RTP, receiver reports), RFC 3551 (payload type 0), ITU-T G.711 (µ-law). Levels are as
those of a horn of 15 W: 121 dB at full scale a metre away, on a street of 62 dB.
"""

import asyncio
import json
import math
import struct
import time
import wave
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

RATE_HZ = 8_000
PLAYING_S = 0.3  # without sound for so long, the stream is over
WINDOW_S = 0.25  # of the microphone's level
FULL_SCALE_DB, STREET_DB = 121.0, 62.0
CLIPPING_DB = -3.0
MOST_STREAMS, MOST_STREAM_S = 20, 400.0
REPORT_S = 1.0
FAULTS = ("muted", "dead_amplifier", "clipping", "unplugged", "no_answer")
"""What may be wrong with it. `dead_amplifier`: it says that it plays and nothing is heard; `unplugged`: nothing of it
is on the network; `no_answer`: it plays, and does not say how it is."""


def _linear(code: int) -> int:
    """Decode µ-law by the standard's formula, in its own way."""
    inverted = 255 - code
    segment, step = inverted // 16 % 8, inverted % 16
    size = ((2 * step + 33) << segment + 2) - 132
    return -size if inverted >= 128 else size  # noqa: PLR2004 - the sign bit


_LINEAR = [_linear(code) for code in range(256)]


@dataclass
class Stream:
    """What one sender sent, as it was played.

    Attributes:
        began_at_s: seconds since 1970.
        samples: 16 bits, by their place in the stream; gaps are silent.
        arrivals: for each packet its number and its arrival, monotonic.
    """

    ssrc: int
    began_at_s: float
    first_ts: int
    first_number: int
    samples: list[int] = field(default_factory=list)
    arrivals: list[tuple[int, float]] = field(default_factory=list)
    highest: int = 0
    packets: int = 0
    jitter: float = 0.0
    transit: float | None = None
    is_over: bool = False


class _Port(asyncio.DatagramProtocol):
    def __init__(self, take: Callable[[bytes, tuple[Any, ...]], None]) -> None:
        self._take = take

    def datagram_received(self, data: bytes, addr: tuple[Any, ...]) -> None:
        self._take(data, addr)


class SimulatedHorn:
    """A horn.

    Args:
        code: its asset.
        directory: where WAV files go; None keeps what was played in memory only.
        host: to listen on.
    """

    def __init__(self, code: str, directory: Path | None = None, host: str = "127.0.0.1") -> None:
        self.code = code
        self._directory = directory
        self._host = host
        self._transports: list[asyncio.DatagramTransport] = []
        self._http: asyncio.Server | None = None
        self._levels: deque[tuple[float, float]] = deque(maxlen=100)
        self._last_s = -math.inf
        self._faults: frozenset[str] = frozenset()
        self.streams: deque[Stream] = deque(maxlen=MOST_STREAMS)
        self.rtp_port = self.http_port = 0
        self.on_frame: Callable[[bytes], None] = lambda _: None

    @property
    def is_playing(self) -> bool:
        """Whether sound comes just now."""
        return time.monotonic() - self._last_s < PLAYING_S

    async def start(self, rtp_port: int = 0, http_port: int = 0) -> None:
        """Begin to listen, on a port and the one behind it.

        Raises:
            OSError: a port is taken.
        """
        self._http = await asyncio.start_server(self._answer, self._host, http_port)
        self.http_port = self._http.sockets[0].getsockname()[1]
        await self._listen(rtp_port)

    async def stop(self) -> None:
        """End."""
        self._hang_up()
        if self._http is not None:
            self._http.close()
            await self._http.wait_closed()
        self._finish()

    async def set_faults(self, faults: frozenset[str]) -> None:
        """Have exactly these faults from now on."""
        was, self._faults = self._faults, faults
        if "unplugged" in faults and "unplugged" not in was:
            self._hang_up()
        elif "unplugged" in was and "unplugged" not in faults:
            await self._listen(self.rtp_port)

    def status(self) -> dict[str, Any]:
        """Say how it is, as the document that it serves."""
        playing = self.is_playing
        return {
            "device": "simulated horn, 15 W (simulasi)",
            "audio": {"state": "playing" if playing else "idle", "muted": "muted" in self._faults},
            "amplifier": {"clipping": playing and (self._level_dbfs() > CLIPPING_DB or "clipping" in self._faults)},
            "microphone": {"level_db": round(self._heard_db(), 1)},
        }

    async def _listen(self, port: int) -> None:
        loop = asyncio.get_running_loop()
        for attempt in range(50):
            rtp, _ = await loop.create_datagram_endpoint(lambda: _Port(self._take), local_addr=(self._host, port))
            self.rtp_port = rtp.get_extra_info("sockname")[1]
            behind = (self._host, self.rtp_port + 1)
            try:
                rtcp, _ = await loop.create_datagram_endpoint(lambda: _Port(self._take_report), local_addr=behind)
            except OSError:
                rtp.close()
                if port or attempt == 49:  # noqa: PLR2004 - the last
                    raise
                continue
            self._transports = [rtp, rtcp]
            return

    def _hang_up(self) -> None:
        for transport in self._transports:
            transport.close()
        self._transports = []

    def _take(self, datagram: bytes, _: tuple[Any, ...]) -> None:
        if len(datagram) < 12 or datagram[0] >> 6 != 2 or datagram[1] & 0x7F != 0:  # noqa: PLR2004 - RTP version 2, PCMU
            return
        number, stamp, ssrc = struct.unpack_from("!HII", datagram, 2)
        payload = datagram[12 + 4 * (datagram[0] & 0x0F) :]
        stream = self._stream(ssrc, stamp, number)
        now_s = time.monotonic()
        self._last_s = now_s
        self._note(stream, number, stamp, now_s)
        linear = [_LINEAR[code] for code in payload]
        self._levels.append((now_s, sum(sample * sample for sample in linear) / max(1, len(linear))))
        self._place(stream, (stamp - stream.first_ts) & 0xFFFFFFFF, linear)
        self.on_frame(payload)

    def _stream(self, ssrc: int, stamp: int, number: int) -> Stream:
        if self.streams and self.streams[-1].ssrc == ssrc:
            return self.streams[-1]
        self._finish()
        self.streams.append(Stream(ssrc, time.time(), stamp, number, highest=number))
        return self.streams[-1]

    @staticmethod
    def _note(stream: Stream, number: int, stamp: int, now_s: float) -> None:
        stream.packets += 1
        extended = stream.highest + ((number - stream.highest + 32_768) % 65_536 - 32_768)
        stream.highest = max(stream.highest, extended)
        if len(stream.arrivals) < MOST_STREAM_S * 50:
            stream.arrivals.append((extended - stream.first_number, now_s))
        transit = now_s * RATE_HZ - stamp
        if stream.transit is not None:
            stream.jitter += (abs(transit - stream.transit) - stream.jitter) / 16  # RFC 3550 section 6.4.1
        stream.transit = transit

    @staticmethod
    def _place(stream: Stream, offset: int, linear: list[int]) -> None:
        if offset > MOST_STREAM_S * RATE_HZ:
            return
        missing = offset + len(linear) - len(stream.samples)
        stream.samples.extend([0] * max(0, missing))
        stream.samples[offset : offset + len(linear)] = linear

    def _take_report(self, datagram: bytes, sender: tuple[Any, ...]) -> None:
        """Answer a sender report with a receiver report."""
        if len(datagram) < 8 or datagram[1] != 200 or not self.streams or not self._transports:  # noqa: PLR2004 - SR
            return
        (ssrc,) = struct.unpack_from("!I", datagram, 4)
        stream = self.streams[-1]
        if stream.ssrc != ssrc:
            return
        expected = stream.highest - stream.first_number + 1
        lost = max(0, expected - stream.packets) & 0x7FFFFF
        block = struct.pack("!IIIIII", ssrc, lost, stream.highest & 0xFFFFFFFF, int(stream.jitter), 0, 0)
        self._transports[1].sendto(struct.pack("!BBHI", 0x81, 201, 7, 0x484F524E) + block, sender)

    def _level_dbfs(self) -> float:
        now_s = time.monotonic()
        recent = [power for at_s, power in self._levels if now_s - at_s < WINDOW_S]
        mean = sum(recent) / len(recent) if recent else 0.0
        return 10 * math.log10(mean / 32_768**2) if mean else -100.0

    def _heard_db(self) -> float:
        is_silent = not self.is_playing or self._faults & {"muted", "dead_amplifier"}
        own = 0.0 if is_silent else 10 ** ((FULL_SCALE_DB + self._level_dbfs()) / 10)
        return 10 * math.log10(own + 10 ** (STREET_DB / 10))

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, TimeoutError):
            async with asyncio.timeout(5):
                await reader.readuntil(b"\r\n\r\n")
                if not self._faults & {"unplugged", "no_answer"}:
                    body = json.dumps(self.status()).encode()
                    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
                    writer.write(head.encode() + b"Connection: close\r\n\r\n" + body)
                    await writer.drain()
        writer.close()

    def _finish(self) -> None:
        """Write the last stream down."""
        if not self.streams or self.streams[-1].is_over:
            return
        stream = self.streams[-1]
        stream.is_over = True
        if self._directory is None:
            return
        self._directory.mkdir(parents=True, exist_ok=True)
        name = time.strftime("%Y%m%dT%H%M%S", time.gmtime(stream.began_at_s))
        with wave.open(str(self._directory / f"{self.code}-{name}.wav"), "wb") as file:
            file.setparams((1, 2, RATE_HZ, 0, "NONE", "not compressed"))
            file.writeframes(struct.pack(f"<{len(stream.samples)}h", *stream.samples))
        for old in sorted(self._directory.glob(f"{self.code}-*.wav"))[:-MOST_STREAMS]:
            old.unlink(missing_ok=True)

    def finish_if_quiet(self) -> None:
        """Write down what ended; to be called from time to time."""
        if not self.is_playing:
            self._finish()
