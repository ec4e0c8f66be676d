"""A fleet of light boxes: thousands of publishers on one connection, packs encoded ahead of time.

It exists to load the path, so it must cost as little as it can: MQTT 5 packets are built once per box and only the
packet identifier, the correlation and the time are written into them. What arrives is counted by receipts, as a real
box counts it, and no more messages are under way than real boxes would have.

Source: MQTT 5.0, sections 3.1 CONNECT, 3.3 PUBLISH, 3.4 PUBACK, 3.8 SUBSCRIBE.
"""

import select
import socket
import ssl
import struct
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from edge.contract import senml, topics

SEQUENCE_DIGITS = 9
_BT = b"0000000000.000000"  # seconds since 1970 with microseconds: as many characters until the year 2286
_SMALLEST_BURST = 32  # messages; fewer at a time would cost a TLS record each
_decoder = msgspec.json.Decoder(dict[str, list[Any]])


@dataclass(frozen=True, slots=True)
class Load:
    """What a fleet sends.

    Attributes:
        boxes: how many.
        samples: in each message.
        kind: `telemetry` or `backlog`.
        prefix: of the boxes' names, `FLEET` gives `FLEET-0001-a`.
        series: distinct quantities per box; samples beyond them are further instants.
        step_s: between two instants of a message.
    """

    boxes: int
    samples: int
    kind: str = "telemetry"
    prefix: str = "FLEET"
    series: int = 50
    step_s: float = 0.02

    def names(self) -> list[str]:
        """List the boxes' names."""
        return [f"{self.prefix}-{number:04d}-a" for number in range(self.boxes)]


@dataclass(slots=True)
class Packet:
    """A PUBLISH of one box with the places that change."""

    buffer: bytearray
    mid_at: int
    correlation_at: int
    time_at: int

    def stamp(self, mid: int, sequence: int, time_s: float) -> bytearray:
        """Write identifier, correlation and time into the packet and give it."""
        buffer = self.buffer
        buffer[self.mid_at : self.mid_at + 2] = mid.to_bytes(2, "big")
        buffer[self.correlation_at : self.correlation_at + SEQUENCE_DIGITS] = b"%09d" % sequence
        buffer[self.time_at : self.time_at + len(_BT)] = b"%017.6f" % time_s
        return buffer


@dataclass(slots=True)
class Tally:
    """What became of a fleet's messages.

    Attributes:
        published: messages written.
        committed: messages with a receipt.
        rejected: messages refused for good.
        latencies_s: from the sample's time to the arrival of its receipt.
    """

    published: int = 0
    committed: int = 0
    rejected: int = 0
    latencies_s: list[float] = field(default_factory=list)


def build_packets(load: Load) -> list[Packet]:
    """Encode one packet per box."""
    return [_build_packet(load, name) for name in load.names()]


def series_names(load: Load, box: str) -> list[str]:
    """List the SenML names that a box of the fleet writes."""
    asset = f"{box.rsplit('-', 1)[0]}.det-1"
    return [f"{asset}:fleet_{number:02d}" for number in range(min(load.series, load.samples))]


class Line:
    """One TLS connection that publishes for many boxes and reads their receipts.

    Args:
        host: of the broker.
        port: of its listener for services.
        identity: certificate, key and authority files.
        client_id: unique at the broker.
        window: messages without a receipt at most.
        prefix: of the boxes it publishes for; receipts of other boxes pass it by.
        first: number of its first message; lines that publish for the same boxes must not share numbers.
    """

    def __init__(
        self,
        host: str,
        port: int,
        identity: tuple[Path, Path, Path],
        client_id: str,
        window: int,
        *,
        prefix: str,
        first: int = 0,
    ) -> None:
        certificate, key, authority = identity
        context = ssl.create_default_context(cafile=str(authority))
        context.load_cert_chain(certificate, key)
        raw = socket.create_connection((host, port))
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket = context.wrap_socket(raw, server_hostname=host)
        self._window = window
        self._received = bytearray()
        self._sent_at_s: dict[int, float] = {}
        self._mid = 0
        self._sequence = first
        self._own = f"{topics.ROOT}/{prefix}-".encode()
        self._flying = 0
        self.tally = Tally()
        self._socket.sendall(_connect_packet(client_id) + _subscribe_packet(f"{topics.ROOT}/+/receipts"))
        self._socket.setblocking(False)  # noqa: FBT003 - the standard library's signature

    def room(self) -> int:
        """Count the messages that may still be sent before a receipt or an acknowledgement is needed."""
        return self._window - max(len(self._sent_at_s), self._flying)

    def publish(self, packets: list[Packet], time_s: float) -> None:
        """Send one message of each given box, all with samples of `time_s` (seconds since 1970)."""
        frames = bytearray()
        for packet in packets:
            self._mid = self._mid % 65_535 + 1
            self._sequence += 1
            self._sent_at_s[self._sequence] = time_s
            frames += packet.stamp(self._mid, self._sequence, time_s)
        self._flying += len(packets)
        self.tally.published += len(packets)
        self._send(frames)

    def _send(self, frames: bytearray) -> None:
        view = memoryview(frames)
        while view:
            try:
                view = view[self._socket.send(view) :]
            except (ssl.SSLWantWriteError, ssl.SSLWantReadError):
                self.read(0.001)
                select.select([], [self._socket], [], 0.05)

    def read(self, wait_s: float) -> None:
        """Take in acknowledgements and receipts, waiting at most so long for the first."""
        if not self._socket.pending():
            select.select([self._socket], [], [], wait_s)
        try:
            while True:
                chunk = self._socket.recv(262_144)
                if not chunk:
                    raise ConnectionError("the broker closed the fleet's connection")
                self._received += chunk
        except (ssl.SSLWantReadError, BlockingIOError):
            pass
        self._digest()

    def close(self) -> None:
        """Disconnect."""
        self._socket.close()

    def _digest(self) -> None:
        taken = 0
        for kind, start, end in _packets(self._received):
            taken = end
            if kind == 0x40:  # noqa: PLR2004 - PUBACK
                self._flying -= 1
            elif kind == 0x30:  # noqa: PLR2004 - PUBLISH with QoS 0
                self._count_receipt(start, end)
            elif kind == 0xE0:  # noqa: PLR2004 - DISCONNECT
                raise ConnectionError(f"the broker disconnected the fleet, reason {self._received[start]:#x}")
        del self._received[:taken]

    def _count_receipt(self, start: int, end: int) -> None:
        topic_bytes = int.from_bytes(self._received[start : start + 2], "big")
        properties_at = start + 2 + topic_bytes
        if not self._received.startswith(self._own, start + 2):
            return
        payload = bytes(self._received[properties_at + 1 + self._received[properties_at] : end])
        receipt = _decoder.decode(payload)
        for correlation in receipt.get("committed", ()):
            self._answered(correlation)
        for refusal in receipt.get("rejected", ()):
            self._sent_at_s.pop(int(refusal["id"]), None)
            self.tally.rejected += 1

    def _answered(self, correlation: str) -> None:
        sent_s = self._sent_at_s.pop(int(correlation), None)
        if sent_s is not None:
            self.tally.committed += 1
            self.tally.latencies_s.append(time.time() - sent_s)


def flood(line: Line, packets: list[Packet], messages: int, clock: Callable[[int], float] | None = None) -> Tally:
    """Send messages as fast as receipts allow, then wait for the last.

    Args:
        line: the connection.
        packets: one per box, used in turn.
        messages: how many in all.
        clock: gives the time of the samples of a round, seconds since 1970; the wall clock when absent.
    """
    sent = 0
    while line.tally.committed + line.tally.rejected < messages:
        room = min(line.room(), messages - sent)
        may_send = room >= min(_SMALLEST_BURST, messages - sent) > 0
        if may_send:
            turn, start = divmod(sent, len(packets))
            chosen = packets[start : start + room]
            line.publish(chosen, time.time() if clock is None else clock(turn))
            sent += len(chosen)
        line.read(0.0 if may_send else 0.05)  # waits for receipts, or it would take a core from what it measures
    return line.tally


def pace(line: Line, packets: list[Packet], rate: float, seconds: float) -> Tally:
    """Send messages evenly at `rate` per second for so long, then wait up to 10 s for the last receipts."""
    started_s = time.monotonic()
    sent = 0
    while (elapsed_s := time.monotonic() - started_s) < seconds:
        due = int(elapsed_s * rate) - sent
        if due > 0:
            start = sent % len(packets)
            chosen = packets[start : start + due]
            line.publish(chosen, time.time())
            sent += len(chosen)
        line.read(0.002)
    patience_s = time.monotonic() + 10.0
    while line.tally.committed + line.tally.rejected < sent and time.monotonic() < patience_s:
        line.read(0.05)
    return line.tally


def _build_packet(load: Load, box: str) -> Packet:
    names = series_names(load, box)
    samples = [
        (names[index % len(names)], 1e9 + index // len(names) * load.step_s, None, 20.0 + index % 7 + index / 100)
        for index in range(load.samples)
    ]
    payload = senml.encode_samples(samples).replace(b'"bt":1000000000.0', b'"bt":' + _BT, 1)
    topic = f"{topics.ROOT}/{box}/{load.kind}".encode()
    response = topics.receipts(box).encode()
    properties = b"\x08" + struct.pack("!H", len(response)) + response
    properties += b"\x09" + struct.pack("!H", SEQUENCE_DIGITS)
    head = struct.pack("!H", len(topic)) + topic + b"\0\0" + _length(len(properties) + SEQUENCE_DIGITS) + properties
    body = head + b"0" * SEQUENCE_DIGITS + payload
    fixed = b"\x32" + _length(len(body))
    buffer = bytearray(fixed + body)
    correlation_at = len(fixed) + len(head)
    return Packet(buffer, len(fixed) + 2 + len(topic), correlation_at, buffer.index(_BT, correlation_at))


def _length(number: int) -> bytes:
    """Write a variable byte integer (MQTT 5 section 1.5.5)."""
    written = bytearray()
    while True:
        number, low = divmod(number, 128)
        written.append(low | (0x80 if number else 0))
        if not number:
            return bytes(written)


def _packets(received: bytearray) -> Iterator[tuple[int, int, int]]:
    """List whole packets as (type, start of body, end)."""
    at = 0
    while at + 2 <= len(received):
        length, shift, body = 0, 0, at + 1
        while body < len(received):
            byte = received[body]
            length |= (byte & 0x7F) << shift
            shift += 7
            body += 1
            if not byte & 0x80:
                break
        else:
            return
        if body + length > len(received):
            return
        yield received[at] & 0xF0, body, body + length
        at = body + length


def _connect_packet(client_id: str) -> bytes:
    properties = b"\x21\xff\xff"  # Receive Maximum 65,535
    body = b"\0\4MQTT\5\2\0\0" + _length(len(properties)) + properties
    body += struct.pack("!H", len(client_id)) + client_id.encode()
    return b"\x10" + _length(len(body)) + body


def _subscribe_packet(topic_filter: str) -> bytes:
    body = b"\0\1\0" + struct.pack("!H", len(topic_filter)) + topic_filter.encode() + b"\0"
    return b"\x82" + _length(len(body)) + body
