"""Boxes, broker, ingesters and database as processes; faults at random; then the count."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from simulators.proxy import Proxy
from tests.bench.stack import Ingester, Stack, run_stack
from tests.chaos import box as chaos_box
from tests.chaos import light
from tests.chaos.faults import Fault, line_faults, wreak

Say = Callable[[str], None]
DRAIN_S = 60.0  # without any progress


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was generated against what is stored.

    Attributes:
        generated: samples that a box was told are durable.
        stored: samples in the database.
        lost: samples of the ledgers that are not stored.
        duplicated: samples or events stored more than once.
        unexplained: samples stored that nobody sent, beyond one message per kill of a box.
        events: events in the ledgers.
        events_lost: of these, not stored.
        messages_per_s: sent during the faults.
        resent: samples that arrived again and were stored once.
        details: the first losses, for a person.
    """

    generated: int
    stored: int
    lost: int
    duplicated: int
    unexplained: int
    events: int
    events_lost: int
    messages_per_s: float
    resent: int
    details: list[str]

    @property
    def good(self) -> bool:
        """Tell whether nothing is lost, nothing twice and nothing invented."""
        return not (self.lost or self.duplicated or self.unexplained or self.events_lost)


class Boxes:
    """Real boxes as processes, each behind a line of its own."""

    def __init__(self, stack: Stack, count: int, rate: float) -> None:
        self._stack = stack
        self._rate = rate
        self.names = [f"CHAOS-{number:02d}-a" for number in range(count)]
        self.lines = {name: Proxy("127.0.0.1", stack.broker.port).start() for name in self.names}
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self.kills = 0
        for name in self.names:
            stack.authority.ensure(name)
            self.home(name).mkdir()

    def home(self, name: str) -> Path:
        """The folder of a box."""
        return self._stack.home / name

    def start(self, name: str) -> None:
        """Start a box's process."""
        environment = os.environ | {"CHAOS_CERTIFICATES": str(self._stack.authority.directory)}
        arguments = [str(self.home(name)), name, str(self.lines[name].port), str(self._rate)]
        with (self.home(name) / "log").open("ab") as log:
            self._processes[name] = subprocess.Popen(
                [sys.executable, "-m", "tests.chaos.box", *arguments], env=environment, stdout=log, stderr=log
            )

    def kill(self, name: str) -> None:
        """End a box's process with SIGKILL."""
        self.kills += 1
        self._processes[name].kill()
        self._processes[name].wait()

    def finish(self, patience_s: float) -> list[str]:
        """Have all boxes stop numbering and empty their outboxes; give those that could not.

        How long an hour's backlog takes depends on the machine. A box has failed when nothing moves any more.

        Args:
            patience_s: how long no box's outbox may shrink before the rest is given up.
        """
        for process in self._processes.values():
            process.send_signal(signal.SIGTERM)
        least, moved_s = None, time.monotonic()
        while (busy := self._busy()) and time.monotonic() - moved_s < patience_s:
            left = sum(self._left(name) for name in busy)
            if least is None or left < least:
                least, moved_s = left, time.monotonic()
            time.sleep(0.2)
        return busy

    def _busy(self) -> list[str]:
        return [name for name, process in self._processes.items() if process.poll() is None]

    def _left(self, name: str) -> int:
        try:
            return int((self.home(name) / "left").read_text())
        except (FileNotFoundError, ValueError):
            return sys.maxsize // len(self.names)  # not said yet, or being written at this instant

    def stop(self) -> None:
        """End everything."""
        for process in self._processes.values():
            process.kill()
            process.wait()
        for line in self.lines.values():
            line.stop()


def run_chaos(
    home: Path, *, faults: int, seed: int, boxes: int, rate: float, light_rate: float, every_s: float, say: Say
) -> Outcome:
    """Run it.

    Args:
        home: folder for everything.
        faults: how many.
        seed: of the dice.
        boxes: real boxes.
        rate: messages per second of each.
        light_rate: messages per second of the light boxes together.
        every_s: mean time between faults.
        say: told what happens.
    """
    with run_stack(home) as stack:
        fleet_boxes = Boxes(stack, boxes, rate)
        stack.register([*fleet_boxes.names, *light.LOAD.names()])
        to_broker = Proxy("127.0.0.1", stack.broker.service_port).start()
        to_database = Proxy("127.0.0.1", stack.cluster.port).start()
        ingesters = [_ingester(stack, name, to_broker, to_database) for name in ("one", "two")]
        for ingester in ingesters:
            ingester.start()
        for ingester in ingesters:
            ingester.wait_connected()
        sender = _start_light(stack, light_rate)
        started_s = time.monotonic()
        try:
            for name in fleet_boxes.names:
                fleet_boxes.start(name)
            wreak(
                _faults(stack, fleet_boxes, ingesters, to_broker, to_database),
                faults,
                random.Random(seed),
                say,
                every_s,
            )
            took_s = time.monotonic() - started_s
            say("mended; boxes empty their outboxes")
            sender.send_signal(signal.SIGTERM)
            late = fleet_boxes.finish(DRAIN_S)
            sender.wait(DRAIN_S)
            resent = int(sum(ingester.metric("ingest_samples_duplicate_total") for ingester in ingesters))
            return _count(stack, fleet_boxes, took_s, resent, [f"{name} could not empty its outbox" for name in late])
        finally:
            sender.kill()
            sender.wait()
            fleet_boxes.stop()
            for ingester in ingesters:
                ingester.stop()
            to_broker.stop()
            to_database.stop()


def _ingester(stack: Stack, name: str, to_broker: Proxy, to_database: Proxy) -> Ingester:
    dsn = stack.cluster.dsn("satulayar", port=to_database.port)
    log = stack.home / f"ingest-{name}.log"
    return Ingester(name, dsn, ("127.0.0.1", to_broker.port), stack.authority, log)


def _start_light(stack: Stack, rate: float) -> subprocess.Popen[bytes]:
    stack.authority.ensure("fleet")
    arguments = [
        str(stack.home / "light.json"),
        str(stack.authority.directory),
        str(stack.broker.service_port),
        str(rate),
    ]
    return subprocess.Popen([sys.executable, "-m", "tests.chaos.light", *arguments])


def _faults(stack: Stack, boxes: Boxes, ingesters: list[Ingester], to_broker: Proxy, to_database: Proxy) -> list[Fault]:
    faults = [
        Fault("database killed", 4, stack.cluster.kill, stack.cluster.start, 3.0),
        Fault("broker killed", 4, stack.broker.kill, stack.broker.start, 3.0),
        *line_faults("ingesters-to-broker line", to_broker, 2, corruptible=True),
        *line_faults("ingesters-to-database line", to_database, 2, corruptible=False),
    ]
    faults += [Fault(f"ingester-{each.name} killed", 3, each.kill, each.start, 3.0) for each in ingesters]
    for name in boxes.names:
        share = 1 / len(boxes.names)
        faults.append(Fault(f"{name} killed", 6 * share, partial(boxes.kill, name), partial(boxes.start, name), 2.0))
        faults += line_faults(f"{name} line", boxes.lines[name], 3 * share, corruptible=True)
    return faults


def _count(stack: Stack, boxes: Boxes, took_s: float, resent: int, details: list[str]) -> Outcome:
    """Compare the ledgers with the tables."""
    generated = stored_count = lost = unexplained = messages = 0
    expected_events: set[str] = set()
    with stack.connect() as connection:
        for name in boxes.names:
            numbers, events = _read_ledger(boxes.home(name) / "ledger")
            expected_events |= events
            messages += len(numbers) + len(events)
            for index in range(chaos_box.SERIES):
                stored = _stored(connection, f"{name.rsplit('-', 1)[0]}.det-1", f"chaos_{index}")
                generated += len(numbers)
                stored_count += len(stored)
                missing = numbers - stored
                lost += len(missing)
                unexplained += max(0, len(stored - numbers) - boxes.kills)
                details += [f"lost: {name} series {index} number {int(v)} at {t} µs" for t, v in sorted(missing)[:5]]
        for name, times_us in json.loads((stack.home / "light.json").read_text()).items():
            messages += len(times_us)
            for index in range(light.LOAD.samples):
                stored = {
                    time_us
                    for time_us, _ in _stored(connection, f"{name.rsplit('-', 1)[0]}.det-1", f"fleet_{index:02d}")
                }
                generated += len(times_us)
                stored_count += len(stored)
                missing_times = set(times_us) - stored
                lost += len(missing_times)
                unexplained += len(stored - set(times_us))
                details += [f"lost: {name} series {index} at {t} µs" for t in sorted(missing_times)[:5]]
        duplicated, stored_events = _duplicates(connection)
    return Outcome(
        generated, stored_count, lost, duplicated, unexplained, len(expected_events),
        len(expected_events - stored_events), messages / took_s, resent, details,
    )  # fmt: skip


def _read_ledger(path: Path) -> tuple[set[tuple[int, float]], set[str]]:
    numbers: set[tuple[int, float]] = set()
    events: set[str] = set()
    for line in path.read_text().splitlines():
        parts = line.split(" ")
        if len(parts) != 3:
            continue  # the box was killed within the line
        if parts[0] == "s":
            numbers.add((int(parts[2]), float(parts[1])))
        else:
            events.add(parts[2])
    return numbers, events


def _stored(connection, asset: str, quantity: str) -> set[tuple[int, float]]:
    rows = connection.execute(
        "SELECT (extract(epoch FROM time) * 1000000)::bigint, value FROM sample JOIN series s ON s.id = series_id "
        "JOIN asset a ON a.id = s.asset_id WHERE a.code = %s AND s.quantity = %s",
        (asset, quantity),
    )
    return set(rows.fetchall())


def _duplicates(connection) -> tuple[int, set[str]]:
    """Count what is there twice; the unique index forbids it, so look past the index as well."""
    connection.execute("SET enable_indexscan = off; SET enable_indexonlyscan = off; SET enable_bitmapscan = off")
    samples = connection.execute(
        "SELECT coalesce(sum(n - 1), 0) FROM (SELECT count(*) AS n FROM sample GROUP BY series_id, time) AS each"
    ).fetchone()[0]
    events = connection.execute(
        "SELECT coalesce(sum(n - 1), 0) FROM (SELECT count(*) AS n FROM event GROUP BY box_id, id) AS each"
    ).fetchone()[0]
    ids = {str(row[0]) for row in connection.execute("SELECT id FROM event")}
    return int(samples + events), ids
