"""`python -m tests.bench [part …]`: measure, print, and leave the figures in build/bench.json."""

import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.bench import (
    announcements,
    cameras,
    city,
    console,
    edge,
    evaluation,
    model,
    modules,
    ntcip,
    operations,
    provisioning,
    rollups,
    signals,
    telemetry,
    vision,
    wall,
)
from tests.bench.marks import Figure, merge_into, show

PARTS: dict[str, Callable[[Callable[[str], None]], Iterator[Figure]]] = {
    "telemetry": telemetry.measure,
    "edge": edge.measure,
    "rollups": rollups.measure,
    "city": city.measure,
    "cameras": cameras.measure,
    "signals": signals.measure,
    "ntcip": ntcip.measure,
    "vision": vision.measure,
    "model": model.measure,
    "evaluation": evaluation.measure,
    "provisioning": provisioning.measure,
    "wall": wall.measure,
    "operations": operations.measure,
    "modules": modules.measure,
    "console": console.measure,
    "announcements": announcements.measure,
}
RESULTS = Path("build/bench.json")


def main() -> int:
    """Run the named parts, or all; 1 when a mark is not met."""
    wanted = sys.argv[1:] or list(PARTS)
    unknown = [part for part in wanted if part not in PARTS]
    if unknown:
        sys.exit(f"there is no part {unknown[0]!r}; there are: {', '.join(PARTS)}")
    started_s = time.monotonic()
    figures: list[Figure] = []
    for part in wanted:
        print(f"{part}")
        for figure in PARTS[part](lambda line: print(f"  … {line}", file=sys.stderr)):
            figures.append(figure)
            print(show(figure), flush=True)
    merge_into(RESULTS, figures)
    missed = [figure for figure in figures if figure.met is False]
    print(f"{len(figures)} figures in {time.monotonic() - started_s:.0f} s, {len(missed)} marks missed; see {RESULTS}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
