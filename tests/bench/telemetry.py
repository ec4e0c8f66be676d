"""The telemetry path against its own limit: what TimescaleDB takes straight, in the same run."""

import multiprocessing
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Self

import numpy as np
import psycopg

from cloud.db.places import make_temporary_home
from cloud.ingest.rows import Rows, sort_rows
from simulators import fleet
from tests.bench.marks import Figure, at_least, at_most
from tests.bench.stack import Stack, run_stack

Say = Callable[[str], None]

RUNS = 3
BATCH_ROWS = 20_000
LIVE_BOXES, LIVE_SAMPLES, LIVE_MESSAGES_PER_S = 650, 11, 650  # 7,150 samples/s
BACKLOG_S = 3_600
BACKLOG_PACK_S = 63  # seconds of a box in one replayed pack: 693 samples, as `senml.join` fills it


def measure(say: Say, *, backlog_s: int = BACKLOG_S) -> Iterator[Figure]:
    """Run every part and give its figures.

    Args:
        say: takes progress.
        backlog_s: seconds of a regency's data in the backlog.
    """
    with make_temporary_home() as home, run_stack(home) as stack:
        ingester = stack.ingester()
        ingester.start()
        ingester.wait_connected()
        try:
            yield from _throughput(stack, say)
            yield from _messages(stack, say)
            yield from _latency(stack, say)
            yield from _backlog(stack, say, backlog_s)
            yield from _disk(stack)
        finally:
            ingester.stop()


def _throughput(stack: Stack, say: Say) -> Iterator[Figure]:
    """(a) 50 samples a pack, against sorted binary COPY of as many rows."""
    load = fleet.Load(boxes=40, samples=50, prefix="WIDE")
    stack.register(load.names())
    line, packets = _open_line(stack, "wide", load, window=2_000), fleet.build_packets(load)
    fleet.flood(line, packets, len(packets))
    bare, path = [], []
    messages = 20_000
    for run in range(RUNS):
        say(f"samples: run {run + 1} of {RUNS}")
        bare.append(_bare_copy(stack, messages * load.samples))
        _empty(stack)
        path.append(_flood(line, packets, messages) * load.samples)
    line.close()
    ratios = [through / limit for through, limit in zip(path, bare, strict=True)]
    yield Figure("samples: straight sorted binary COPY", statistics.median(bare), "rows/s")
    yield at_least("samples: through broker and ingester, 50 a pack", statistics.median(path), "samples/s", 150_000)
    yield at_least("samples: ratio to straight COPY", statistics.median(ratios), "1", 0.5)


def _messages(stack: Stack, say: Say) -> Iterator[Figure]:
    """(b) 3 samples a message, each with a receipt."""
    load = fleet.Load(boxes=650, samples=3, prefix="SMALL")
    stack.register(load.names())
    line, packets = _open_line(stack, "small", load, window=2_000), fleet.build_packets(load)
    fleet.flood(line, packets, len(packets))
    rates = []
    messages = 30_000
    for run in range(RUNS):
        say(f"messages: run {run + 1} of {RUNS}")
        before = _count(stack)
        rates.append(_flood(line, packets, messages))
        stored = _count(stack) - before
        if stored != messages * load.samples:
            raise RuntimeError(f"{messages * load.samples} samples have receipts, {stored} are stored")
    line.close()
    yield at_least("messages: 3 samples each, all committed, with receipts", statistics.median(rates), "/s", 6_000)


def _latency(stack: Stack, say: Say) -> Iterator[Figure]:
    """(c) from the sample's time to visible in SQL, at the regency's size."""
    load = _live_load(stack)
    say("latency: 20 s of a regency")
    with _Watch(stack, load) as watch:
        tally = _pace(stack, load, 20.0)
    p50_ms, p99_ms = watch.percentiles_ms()
    yield Figure("latency: live rate meanwhile", tally.committed * load.samples / 20.0, "samples/s")
    yield Figure("latency: sensor's time to visible in SQL, p50", p50_ms, "ms")
    yield at_most("latency: sensor's time to visible in SQL, p99", p99_ms, "ms", 300)


def _backlog(stack: Stack, say: Say, backlog_s: int) -> Iterator[Figure]:
    """(d) an hour of the regency replayed while live data goes on."""
    load = _live_load(stack)
    messages = load.boxes * (backlog_s // BACKLOG_PACK_S)
    samples = messages * BACKLOG_PACK_S * LIVE_SAMPLES
    say(f"backlog: {samples / 1e6:.1f} M samples of {backlog_s} s in {messages} packs")
    before = _count(stack)
    context = multiprocessing.get_context("spawn")
    finished = context.Event()
    live = context.Process(target=_pace_until, args=(*_endpoint(stack), "live", load, finished))
    live.start()
    with _Watch(stack, load) as watch:
        took_s = _replay(stack, load, messages, backlog_s)
    finished.set()
    live.join(60)
    p50_ms, p99_ms = watch.percentiles_ms()
    stored = _count(stack) - before
    if stored < samples:
        raise RuntimeError(f"{samples} samples of backlog have receipts, {stored} are stored")
    yield Figure("backlog: samples replayed", samples, "1")
    yield Figure("backlog: time to drain", took_s, "s")
    yield Figure("backlog: rate beside live data", samples / took_s, "samples/s")
    yield Figure("backlog: live latency meanwhile, p50", p50_ms, "ms")
    yield at_most("backlog: live latency meanwhile, p99", p99_ms, "ms", 1_000)


def _disk(stack: Stack) -> Iterator[Figure]:
    """(e) what a sample takes on disk, index included."""
    with stack.connect() as connection:
        size, rows = connection.execute("SELECT hypertable_size('sample'), (SELECT count(*) FROM sample)").fetchone()
    yield Figure("disk: sample with its index, uncompressed", size / rows, "By")


def _bare_copy(stack: Stack, rows: int) -> float:
    """Copy as many rows into a hypertable like `sample`; give rows per second of COPY and commit alone."""
    with stack.connect() as connection:
        connection.execute("DROP TABLE IF EXISTS bare")
        connection.execute(
            "CREATE TABLE bare (time timestamptz NOT NULL, value float8 NOT NULL, series_id integer NOT NULL, "
            "UNIQUE (series_id, time))"
        )
        connection.execute(
            "SELECT create_hypertable('bare', by_range('time', INTERVAL '1 day'), create_default_indexes => false)"
        )
        payloads = list(_bare_payloads(rows))
        started_s = time.monotonic()
        for payload in payloads:
            with connection.cursor().copy("COPY bare (time, value, series_id) FROM STDIN (FORMAT binary)") as copy:
                copy.write(payload)
        took_s = time.monotonic() - started_s
        connection.execute("DROP TABLE bare")
    return rows / took_s


def _bare_payloads(rows: int, series: int = 2_000) -> Iterator[bytes]:
    start_s = time.time()
    for first in range(0, rows, BATCH_ROWS):
        index = np.arange(first, first + BATCH_ROWS)
        batch: Rows = sort_rows(
            (index % series + 1).tolist(), start_s + index // series * 0.01, (index % 7 + 0.5).tolist()
        )
        yield batch.copy_payload()


def _empty(stack: Stack) -> None:
    with stack.connect() as connection:
        connection.execute("TRUNCATE sample")


def _count(stack: Stack) -> int:
    with stack.connect() as connection:
        return int(connection.execute("SELECT count(*) FROM sample").fetchone()[0])


def _flood(line: fleet.Line, packets: list[fleet.Packet], messages: int) -> float:
    """Send messages and give their rate, from the first one's publication to the last one's receipt."""
    line.tally = fleet.Tally()
    started_s = time.monotonic()
    tally = fleet.flood(line, packets, messages)
    took_s = time.monotonic() - started_s
    if tally.committed != messages:
        raise RuntimeError(f"{tally.rejected} of {messages} messages were refused")
    return messages / took_s


def _live_load(stack: Stack) -> fleet.Load:
    load = fleet.Load(boxes=LIVE_BOXES, samples=LIVE_SAMPLES, prefix="LIVE", series=LIVE_SAMPLES)
    stack.register(load.names())
    return load


def _endpoint(stack: Stack) -> tuple[str, int, tuple[Path, Path, Path]]:
    identity = stack.authority.ensure("fleet")
    return stack.broker.host, stack.broker.service_port, (identity.certificate, identity.key, identity.authority)


def _open_line(stack: Stack, name: str, load: fleet.Load, window: int, first: int = 0) -> fleet.Line:
    return fleet.Line(*_endpoint(stack), f"fleet-{name}", window, prefix=load.prefix, first=first)


def _pace(stack: Stack, load: fleet.Load, seconds: float) -> fleet.Tally:
    line = _open_line(stack, "paced", load, window=5_000)
    tally = fleet.pace(line, fleet.build_packets(load), LIVE_MESSAGES_PER_S, seconds)
    line.close()
    return tally


def _pace_until(host: str, port: int, identity: tuple[Path, Path, Path], name: str, load: fleet.Load, finished) -> None:
    line = fleet.Line(host, port, identity, f"fleet-{name}", 20_000, prefix=load.prefix)
    packets = fleet.build_packets(load)
    while not finished.is_set():
        line.tally = fleet.Tally()
        fleet.pace(line, packets, LIVE_MESSAGES_PER_S, 1.0)
    line.close()


def _replay(stack: Stack, load: fleet.Load, messages: int, backlog_s: int) -> float:
    """Send the backlog as its boxes would and give the seconds until the last receipt."""
    packs = fleet.Load(
        boxes=load.boxes,
        samples=BACKLOG_PACK_S * LIVE_SAMPLES,
        kind="backlog",
        prefix=load.prefix,
        series=LIVE_SAMPLES,
        step_s=1.0,
    )
    line = _open_line(stack, "backlog", load, window=200, first=500_000_000)
    oldest_s = time.time() - backlog_s - 60.0
    started_s = time.monotonic()
    fleet.flood(line, fleet.build_packets(packs), messages, lambda turn: oldest_s + turn * BACKLOG_PACK_S)
    took_s = time.monotonic() - started_s
    line.close()
    return took_s


class _Watch:
    """Looks at single series in SQL, as a reader would, and notes how late each new sample becomes visible."""

    def __init__(self, stack: Stack, load: fleet.Load, probes: int = 20) -> None:
        names = [name for box in load.names()[:probes] for name in fleet.series_names(load, box)[:1]]
        self._assets = [name.rpartition(":")[0] for name in names]
        self._dsn = stack.cluster.dsn("satulayar")
        self._latencies_s: list[float] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def percentiles_ms(self) -> tuple[float, float]:
        ordered = sorted(self._latencies_s)
        return ordered[len(ordered) // 2] * 1e3, ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)] * 1e3

    def _run(self) -> None:
        newest: dict[int, float] = {}
        with psycopg.connect(self._dsn, autocommit=True) as connection:
            self._look(connection, newest)
            self._latencies_s.clear()  # what was there before this watch began
            while not self._stop.is_set():
                self._look(connection, newest)
                time.sleep(0.005)

    def _look(self, connection: psycopg.Connection, newest: dict[int, float]) -> None:
        rows = connection.execute(
            "SELECT series_id, extract(epoch FROM time)::float8 FROM sample "
            "WHERE series_id IN (SELECT s.id FROM series s JOIN asset a ON a.id = s.asset_id "
            "WHERE a.code = ANY(%s) AND s.quantity = 'fleet_00') AND time > now() - INTERVAL '30 s' ORDER BY time",
            (self._assets,),
        ).fetchall()
        now_s = time.time()
        for series, time_s in rows:
            if time_s > newest.get(series, 0.0):
                self._latencies_s.append(now_s - time_s)
                newest[series] = time_s
