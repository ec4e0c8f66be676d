"""Leases of signals: how soon a request is confirmed, what a dead box leaves behind, and what an advised lease does.

Everything is real but the junction: API, broker, ingester, database, the box's agent and SNMP. The junctions are
simulated controllers at the speed of the street. The effect is that of the shipped rush hour at Taman Dayu: the same
seeds with the advised lease and without it (`signals_child.py`). `python -m tests.bench signals`.
"""

import json
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from tests.bench.marks import Figure, at_least
from tests.bench.signals_path import measure_path

SEEDS = range(1, 11)
SECONDS = 900
RUN_TIMEOUT_S = 400
PROCESSES = 2

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Pair:
    """A seed without the lease and with it."""

    seed: int
    lease: str
    queue_without: float
    queue_with: float
    delay_without_s: float
    delay_with_s: float

    @property
    def queue_cut_pct(self) -> float:
        """By how much the mean queue of the crowded approach fell."""
        return 100 * (1 - self.queue_with / self.queue_without)

    @property
    def delay_cut_pct(self) -> float:
        """By how much the delay of the whole junction fell."""
        return 100 * (1 - self.delay_with_s / self.delay_without_s)


def measure(say: Say) -> Iterator[Figure]:
    """Give all figures of signals."""
    yield from measure_path(say)
    yield from measure_effect(say)


def measure_effect(say: Say) -> Iterator[Figure]:
    """Live through the rush hour of every seed twice."""
    say(f"rush hour at Taman Dayu, {len(SEEDS)} seeds of {SECONDS} s, with the advised lease and without")
    pairs: list[Pair] = []
    with ThreadPoolExecutor(PROCESSES) as pool:
        for pair in pool.map(_run_pair, SEEDS):
            pairs.append(pair)
            say(_row(pair))
    queues, delays = [pair.queue_cut_pct for pair in pairs], [pair.delay_cut_pct for pair in pairs]
    name = f"signals: advised lease, {len(SEEDS)} seeds"
    yield at_least(f"{name}, mean queue of the crowded approach less by", statistics.mean(queues), "%", 30)
    yield Figure(f"{name}, the same, standard deviation", statistics.stdev(queues), "%")
    yield Figure(f"{name}, the same, worst seed", min(queues), "%")
    yield at_least(f"{name}, delay of the whole junction less by", statistics.mean(delays), "%", 10)
    yield Figure(f"{name}, the same, standard deviation", statistics.stdev(delays), "%")
    yield Figure(f"{name}, the same, worst seed", min(delays), "%")


def _row(pair: Pair) -> str:
    return (
        f"seed {pair.seed:2}: {pair.lease or 'nothing advised':<16} "
        f"queue {pair.queue_without:5.1f} -> {pair.queue_with:5.1f} vehicles ({-pair.queue_cut_pct:+.0f} %), "
        f"delay {pair.delay_without_s / 3_600:5.1f} -> {pair.delay_with_s / 3_600:5.1f} veh·h "
        f"({-pair.delay_cut_pct:+.0f} %)"
    )


def _run_pair(seed: int) -> Pair:
    without, granted = (_run(seed, grants) for grants in ("none", "grant"))
    lease = granted["lease"] + (f" refused: {granted['refusal']}" if granted["refusal"] else "")
    return Pair(seed, lease, without["queue"], granted["queue"], without["delay_s"], granted["delay_s"])


def _run(seed: int, grants: str) -> dict[str, float | str]:
    order = [sys.executable, "-m", "tests.bench.signals_child", str(seed), str(SECONDS), grants]
    done = subprocess.run(order, check=True, capture_output=True, text=True, timeout=RUN_TIMEOUT_S)
    found: dict[str, float | str] = json.loads(done.stdout)
    return found
