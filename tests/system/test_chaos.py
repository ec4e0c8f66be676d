"""A small run of the chaos harness: `make chaos` is the long one."""

import random

import pytest

from cloud.db.places import make_temporary_home
from tests.chaos.harness import run_chaos


@pytest.mark.timeout(300)
def test_path_when_parts_are_killed_and_lines_cut_then_loses_nothing_and_stores_nothing_twice():
    seed = random.randrange(1_000_000)
    said: list[str] = [f"SEED={seed}"]
    with make_temporary_home() as home:
        outcome = run_chaos(
            home, faults=8, seed=seed, boxes=2, rate=20.0, light_rate=100.0, every_s=1.5, say=said.append
        )  # fmt: skip
    assert outcome.good, [*said, outcome]
    assert outcome.generated > 1_000
    assert outcome.events > 0
