"""Light boxes for chaos: many messages a second from one process that is never killed.

It keeps what has no receipt in memory and sends it again on a new connection, as a real box does from its outbox.
SIGTERM ends the sending; it then waits for the last receipt and writes down all that it ever sent.
"""

import json
import signal
import sys
import time
from pathlib import Path

from simulators import fleet

LOAD = fleet.Load(boxes=50, samples=3, prefix="LIGHT", series=3)
RESEND_AFTER_S = 5.0


def run(report: Path, certificates: Path, port: int, rate: float) -> None:
    """Send until SIGTERM; write `{"<box>": [times in µs, …]}` of everything that has its receipt."""
    stopping: list[int] = []
    signal.signal(signal.SIGTERM, lambda *_: stopping.append(1))
    packets = fleet.build_packets(LOAD)
    sent: list[tuple[int, float]] = []
    open_messages: dict[int, float] = {}
    line: Resender | None = None
    started_s = time.monotonic()
    while not stopping or open_messages:
        try:
            if line is None:
                line = Resender(port, certificates, packets, sent, open_messages)
            due = int((time.monotonic() - started_s) * rate) - len(sent)
            if not stopping and due > 0 and len(open_messages) < 20_000:
                line.send_new(min(due, 200))
            line.resend_old()
            line.read(0.005)
        except OSError:
            line = None
            time.sleep(0.2)
    names = LOAD.names()
    times: dict[str, list[int]] = {}
    for index, time_s in sent:
        times.setdefault(names[index], []).append(round(time_s * 1e6))
    report.write_text(json.dumps(times))


class Resender(fleet.Line):
    """A line that numbers messages over reconnections."""

    def __init__(self, port: int, certificates: Path, packets, sent, open_messages) -> None:
        files = (certificates / "issued" / "fleet.crt", certificates / "issued" / "fleet.key", certificates / "ca.crt")
        super().__init__("127.0.0.1", port, files, "fleet-light", 5_000, prefix=LOAD.prefix)
        self._packets = packets
        self._sent = sent
        self._open = open_messages
        for number in self._open:
            self._open[number] = 0.0

    def send_new(self, count: int) -> None:
        """Send messages that are new, each with its own time."""
        for _ in range(count):
            number = len(self._sent)
            self._sent.append((number % len(self._packets), round(time.time(), 6)))
            self._open[number] = 0.0

    def resend_old(self) -> None:
        """Send what was never sent on this connection, or has waited too long for its receipt."""
        now_s = time.monotonic()
        due = [number for number, sent_s in self._open.items() if now_s - sent_s > RESEND_AFTER_S][:500]
        frames = bytearray()
        for number in due:
            index, time_s = self._sent[number]
            self._mid = self._mid % 65_535 + 1
            frames += self._packets[index].stamp(self._mid, number, time_s)
            self._open[number] = now_s
        if frames:
            self._send(frames)

    def _answered(self, correlation: str) -> None:
        self._open.pop(int(correlation), None)


if __name__ == "__main__":
    run(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4]))
