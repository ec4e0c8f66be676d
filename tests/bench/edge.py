"""What a box costs: durable messages per second of the outbox, memory and processor of an agent at 200 points a second.

`python -m tests.bench.edge` prints the figures; `python -m tests.bench.edge --soak 600` runs the agent for so many
seconds and prints memory and open files over time, which must be flat.
"""

import asyncio
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import yaml

from edge.entries import Entry
from edge.outbox import Outbox
from provisioning.certificates import CertificateAuthority
from simulators.broker import LocalBroker
from tests.bench.marks import Figure, at_least, at_most, show
from tests.fix_edge import Box, Cloud, ModbusField, wait_for

APPENDERS = 64
PAYLOAD_BYTES = 200
POINTS_PER_S = 200
PROFILE_POINTS = 20
DEVICES = 10
PLAUSIBLE_TO = 1_000  # V and A of the catalogue; what is beyond would be dropped
RESIDENT_MAX = 90_000_000
SOAK_GROWTH_BYTES = 2_000_000
BUILD = Path("build")


def measure_outbox(seconds: float = 3.0) -> float:
    """Append 200-byte messages from 64 tasks, each waiting for its own sync; give durable messages per second.

    The outbox lies under build/, on the disk of the working tree, and not in a temporary file system.
    """
    BUILD.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=BUILD) as directory:
        return asyncio.run(_append_for(Path(directory), seconds))


async def _append_for(directory: Path, seconds: float) -> float:
    async with Outbox(directory, 1 << 30) as outbox:
        until_s = time.perf_counter() + seconds

        async def keep_on() -> None:
            while time.perf_counter() < until_s:
                await outbox.append(Entry("telemetry", b"x" * PAYLOAD_BYTES, 3))

        await asyncio.gather(*(keep_on() for _ in range(APPENDERS)))
        return outbox.statistics.messages / seconds


def measure_batches(batches: int = 50, size: int = 400) -> float:
    """Append batches of 400 messages one after the other; give durable messages per second."""
    BUILD.mkdir(exist_ok=True)

    async def main(directory: Path) -> float:
        async with Outbox(directory, 1 << 30) as outbox:
            began_s = time.perf_counter()
            for _ in range(batches):
                await outbox.append_many([Entry("telemetry", b"x" * PAYLOAD_BYTES, 3)] * size)
            return batches * size / (time.perf_counter() - began_s)

    with tempfile.TemporaryDirectory(dir=BUILD) as directory:
        return asyncio.run(main(Path(directory)))


def measure_agent(seconds: float = 30.0) -> dict[str, float]:
    """Run the real agent, polling 200 points a second that all change, against a real broker.

    Returns:
        `resident_bytes` and its peak, `processor_pct` of one core, `points_per_s` received behind the broker.
    """
    BUILD.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=BUILD) as directory:
        return _run_agent(Path(directory).absolute(), seconds)


def _run_agent(home: Path, seconds: float) -> dict[str, float]:
    with _agent(home) as (process, cloud):
        time.sleep(3)
        before, used = len(cloud.samples()), process.cpu_times()
        peak = 0
        until_s = time.monotonic() + seconds
        while time.monotonic() < until_s:
            peak = max(peak, process.memory_info().rss)
            time.sleep(0.2)
        after = process.cpu_times()
        return {
            "resident_bytes": process.memory_info().rss,
            "resident_peak_bytes": peak,
            "processor_pct": 100 * (after.user + after.system - used.user - used.system) / seconds,
            "points_per_s": (len(cloud.samples()) - before) / seconds,
        }


def soak(seconds: float, every_s: float = 30.0) -> bool:
    """Run the agent long; print memory and open files over time, and tell whether both stay flat.

    The first fifth is for warming up: caches, the page cache of SQLite, the first thinning of paho's buffers.
    """
    BUILD.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=BUILD) as directory, _agent(Path(directory).absolute()) as (process, cloud):
        rows: list[tuple[int, int]] = []
        began_s = time.monotonic()
        while time.monotonic() - began_s < seconds:
            time.sleep(every_s)
            rows.append((process.memory_info().rss, process.num_fds()))
            points = len(cloud.samples())
            cloud.messages.clear()
            cloud.properties.clear()
            at_s = time.monotonic() - began_s
            sys.stdout.write(f"{at_s:6.0f} s {rows[-1][0] / 1e6:6.1f} MB {rows[-1][1]:4} files {points:6} points\n")
            sys.stdout.flush()
    settled = rows[len(rows) // 5 :]
    grown = settled[-1][0] - settled[0][0]
    sys.stdout.write(f"grown by {grown / 1e6:.1f} MB, {settled[-1][1] - settled[0][1]} files since the first fifth\n")
    return grown < SOAK_GROWTH_BYTES and settled[-1][1] <= settled[0][1] and max(row[0] for row in rows) < RESIDENT_MAX


@contextmanager
def _agent(home: Path) -> Iterator[tuple[psutil.Process, Cloud]]:
    """The real agent at 200 points a second, with broker and cloud; running when this is entered."""
    authority = CertificateAuthority.open_or_create(home / "ca")
    with (
        _busy_field() as field,
        LocalBroker(home / "broker", authority) as broker,
        Cloud(authority.ensure("ingest"), broker.service_port, "BN-01-a") as cloud,
        Box(
            home / "box",
            "BN-01-a",
            authority.ensure("BN-01-a"),
            broker.port,
            _site(field.port),
            profiles_dir=_profiles(home),
            linger_s=0.1,
        ) as box,
    ):
        wait_for(cloud.samples)
        yield psutil.Process(box.process.pid), cloud


@contextmanager
def _busy_field() -> Iterator[ModbusField]:
    """A device whose every register changes at every poll."""
    field = ModbusField()
    access = field.access

    async def moving(*arguments: object) -> object:
        field.tables["input"] = [(value + 1) % PLAUSIBLE_TO for value in field.tables["input"]]
        return await access(*arguments)

    field.access = moving
    field.stop()
    field.start()
    try:
        yield field
    finally:
        field.close()


def _profiles(home: Path) -> Path:
    directory = home / "profiles"
    directory.mkdir()
    points = [
        {"quantity": quantity, "unit": unit, "table": "input", "address": address, "type": "u16", "interval_s": 1}
        for address, (quantity, unit) in enumerate([("voltage", "V"), ("current", "A")])
    ]
    names = [f"c{number}" for number in range(PROFILE_POINTS // 2)]
    profile = {
        "profile": "busy",
        "title": "Everything moves",
        "source": "made up for the bench",
        "parts": {"names": names, "stride": 2, "points": points},
    }
    (directory / "busy.yaml").write_text(yaml.safe_dump(profile))
    return directory


def _site(port: int) -> dict[str, object]:
    assets = [
        {"code": f"BN-01.x-{number}", "profile": "busy", "bus": "b", "unit": number} for number in range(1, DEVICES + 1)
    ]
    return {
        "site": {"code": "BN-01", "name": "Bench", "district": "Bangil", "latitude": -7.6, "longitude": 112.8},
        "box": "BN-01-a",
        "buses": {"b": {"host": "127.0.0.1", "port": port}},
        "assets": assets,
    }


def measure(say: Callable[[str], None]) -> Iterator[Figure]:
    """Give all figures of a box, as a part of the bench."""
    say(f"outbox with {APPENDERS} appenders")
    yield at_least("edge: outbox, durable messages, 64 appenders", measure_outbox(), "/s", 2_000)
    yield Figure("edge: outbox, durable messages, batches of 400", measure_batches(), "/s")
    say(f"agent at {POINTS_PER_S} points a second")
    found = measure_agent()
    yield at_least("edge: points received of 200 polled per second", found["points_per_s"], "/s", 0.98 * POINTS_PER_S)
    yield at_most("edge: resident memory at 200 points/s", found["resident_peak_bytes"] / 1e6, "MBy", 90)
    yield Figure("edge: processor at 200 points/s, of one core", found["processor_pct"], "%")


def main() -> None:
    """Print the figures, or soak."""
    if sys.argv[1:2] == ["--soak"]:
        raise SystemExit(not soak(float(sys.argv[2])))
    for figure in measure(lambda _: None):
        sys.stdout.write(show(figure) + "\n")


if __name__ == "__main__":
    main()
