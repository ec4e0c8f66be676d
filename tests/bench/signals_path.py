"""From a request in the API to a controller that was read back, over every real part; and what a lost link leaves.

Twelve controllers live at the speed of the street; two real boxes poll and lease them. A lost link is measured on the
controller's own clock, to the instant at which it obeys nobody any more; its own pattern runs from the end of that
cycle on, for a transition never cuts a phase.
"""

import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.bench.marks import Figure, at_least, at_most
from tests.bench.signals_stack import BOXES, SITES, Bench, running, sites_of
from tests.fix_edge import wait_for
from tests.fix_streets import OWN_PATTERN, Fall

OPERATORS = 3  # who ask at the same time; more do not sit in a room
ROUNDS = 9
CYCLE_S = 100.0
PATIENCE_S = 2 * CYCLE_S

Say = Callable[[str], None]


def measure_path(say: Say) -> Iterator[Figure]:
    """Ask for leases and withdraw them, then lose a box and a line in the middle of leases."""
    with tempfile.TemporaryDirectory() as directory, running(Path(directory)) as bench:
        yield from _measure_requests(bench, say)
        yield from _measure_lost_links(bench, say)


def _measure_requests(bench: Bench, say: Say) -> Iterator[Figure]:
    say(f"{OPERATORS} operators ask for {ROUNDS} leases at each of {len(SITES)} junctions, at the speed of the street")
    with ThreadPoolExecutor(OPERATORS) as pool:
        rounds = list(pool.map(lambda first: list(_ask_often(bench, SITES[first::OPERATORS])), range(OPERATORS)))
    took_s = sorted(took for one in rounds for took, state in one if state == "confirmed")
    others = [state for one in rounds for _, state in one if state != "confirmed"]
    asked = len(SITES) * ROUNDS
    say(f"{len(took_s)} of {asked} confirmed; others: {', '.join(sorted(others)) or 'none'}")
    yield at_least("signals: leases confirmed, of those asked for", len(took_s) / asked, "1", 0.99)
    yield Figure("signals: request to confirmed read-back, p50", took_s[len(took_s) // 2], "s")
    yield at_most("signals: request to confirmed read-back, p99", took_s[int(0.99 * len(took_s))], "s", 3)
    yield Figure("signals: request to confirmed read-back, slowest", took_s[-1], "s")


def _ask_often(bench: Bench, sites: list[str]) -> Iterator[tuple[float, str]]:
    """Go round the junctions; give how long each request took, and how it ended."""
    asked: dict[str, str] = {}
    for site in sites * ROUNDS:
        if site in asked:  # withdrawn a round ago: over by now, unless its pattern ran already and ends with its cycle
            wait_for(lambda lease=asked[site]: not _is_open(bench, lease), PATIENCE_S)
        began_s = time.monotonic()
        lease = bench.ask(site)
        yield time.monotonic() - began_s, lease.get("rule") or lease["state"]
        if "id" in lease:
            asked[site] = lease["id"]
            bench.client.post(f"/v1/leases/{lease['id']}/withdraw").raise_for_status()


def _is_open(bench: Bench, lease: str) -> bool:
    found = bench.client.get(f"/v1/leases/{lease}").json()
    return bool(found["open"] or (found["applied_at"] and not found["reverted_at"]))


def _measure_lost_links(bench: Bench, say: Say) -> Iterator[Figure]:
    """Kill one box and stall the line of the other at the same time, each in the middle of a lease."""
    dead, unheard = sites_of(BOXES[0])[0], sites_of(BOXES[1])[0]
    for site in (dead, unheard):
        wait_for(lambda site=site: bench.ask(site).get("state") == "confirmed", PATIENCE_S)
    wait_for(lambda: _runs_leased(bench, dead) and _runs_leased(bench, unheard), PATIENCE_S)
    say("a box that dies in the middle of a lease, and another whose line stalls")
    backup_s = float(bench.streets.controllers[dead].backup_time_s)
    bench.streets.falls.clear()
    bench.boxes[BOXES[0]].kill()
    killed_s = bench.streets.controllers[dead].now_s
    bench.line.stall()
    stalled_s = bench.streets.controllers[unheard].now_s
    fall, other = _wait_fall(bench, dead), _wait_fall(bench, unheard)
    yield at_most(
        "signals: box killed, last write to command gone", (fall.fell_s - fall.written_s) / backup_s, "backup times", 1
    )
    yield at_most("signals: box killed, kill to command gone", (fall.fell_s - killed_s) / backup_s, "backup times", 1)
    yield at_most(
        "signals: line stalled, stall to command gone", (other.fell_s - stalled_s) / backup_s, "backup times", 1
    )
    yield Figure("signals: the same", other.fell_s - stalled_s, "s")
    ended = bench.boxes[BOXES[1]].log.count('"link_lost"')
    yield at_least("signals: leases ended by the box itself for it", float(ended), "1", 1)
    yield at_most(
        "signals: own pattern runs after the command is gone", _own_again_s(bench, dead, fall), "s", CYCLE_S + 10
    )


def _runs_leased(bench: Bench, site: str) -> bool:
    return bench.streets.controllers[site].pattern != OWN_PATTERN


def _wait_fall(bench: Bench, site: str) -> Fall:
    wait_for(lambda: site in bench.streets.falls, PATIENCE_S)
    return bench.streets.falls[site]


def _own_again_s(bench: Bench, site: str, fall: Fall) -> float:
    controller = bench.streets.controllers[site]
    wait_for(lambda: controller.pattern == OWN_PATTERN, PATIENCE_S)
    return controller.now_s - fall.fell_s
