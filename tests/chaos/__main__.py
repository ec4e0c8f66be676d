"""`python -m tests.chaos`: FAULTS=60 faults in about three minutes; fails when a sample is lost or there twice."""

import os
import random
import sys
import time
from pathlib import Path

from cloud.db.places import make_temporary_home
from tests.bench.marks import Figure, merge_into, show
from tests.chaos.harness import run_chaos

RESULTS = Path("build/chaos.json")


def main() -> int:
    """Run it with the seed SEED, or one that is printed."""
    faults = int(os.environ.get("FAULTS", "60"))
    seed = int(os.environ.get("SEED", random.randrange(1_000_000)))
    print(f"seed {seed}: repeat with SEED={seed} FAULTS={faults} make chaos", flush=True)
    started_s = time.monotonic()
    with make_temporary_home() as home:
        outcome = run_chaos(
            home, faults=faults, seed=seed, boxes=6, rate=60.0, light_rate=700.0, every_s=2.6,
            say=lambda line: print(f"{time.monotonic() - started_s:7.1f} s {line}", flush=True),
        )  # fmt: skip
        for detail in outcome.details[:20]:
            print(detail)
        if not outcome.good:
            print(f"the evidence is kept in {_keep(home)}")
    figures = [
        Figure("chaos: faults", faults, "1"),
        Figure("chaos: messages sent while things broke", outcome.messages_per_s, "/s"),
        Figure("chaos: samples generated", outcome.generated, "1"),
        Figure("chaos: samples that came again and were stored once", outcome.resent, "1"),
        Figure("chaos: samples lost", outcome.lost, "1", "= 0", outcome.lost == 0),
        Figure("chaos: samples or events duplicated", outcome.duplicated, "1", "= 0", outcome.duplicated == 0),
        Figure("chaos: samples stored that nobody sent", outcome.unexplained, "1", "= 0", outcome.unexplained == 0),
        Figure("chaos: events generated", outcome.events, "1"),
        Figure("chaos: events lost", outcome.events_lost, "1", "= 0", outcome.events_lost == 0),
    ]
    for figure in figures:
        print(show(figure))
    merge_into(RESULTS, figures)
    return 0 if outcome.good else 1


def _keep(home: Path) -> Path:
    kept = Path("build") / f"chaos-{int(time.time())}"
    kept.mkdir(parents=True)
    for path in [*home.glob("*.log"), *home.glob("*/ledger"), *home.glob("*/log"), *home.glob("*/*.log")]:
        target = kept / path.relative_to(home)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes())
    return kept


if __name__ == "__main__":
    sys.exit(main())
