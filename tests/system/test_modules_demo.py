"""The demonstration shows the public services live: each by its own kind of source, all on the wall."""

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from tests.fix_up import Up

# Street lighting is computed from samples, which come after the modules: by itself it would run two minutes later.
AT_ONCE = {"complaints", "flood_posts", "hospital_beds", "population", "revenue", "social_aid"}


@pytest.mark.timeout(540)
def test_up_when_it_runs_then_public_services_have_figures_and_are_not_stale(start: Callable[[], Up]) -> None:
    up = start()
    up.wait_until_up()

    def ask(query: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(up.state()["dsn"]) as connection:
            return connection.execute(query).fetchall()  # type: ignore[call-overload,no-any-return]

    fresh = "SELECT DISTINCT module FROM wall.module_figure WHERE NOT stale"
    up.wait_for(lambda: {name for (name,) in ask(fresh)} >= AT_ONCE, 60)
    assert {name for (name,) in ask("SELECT module FROM wall.module_state")} == AT_ONCE | {"street_lighting"}
    assert (
        ask("SELECT module, fault_en FROM wall.module_state WHERE state = 'failed' AND module <> 'street_lighting'")
        == []
    )
    dsn = str(up.state()["dsn"]).replace("user=satulayar", "user=modules")
    command = [sys.executable, "-m", "cloud.modules", "run", "street_lighting", "--dsn", dsn]
    up.wait_for(lambda: subprocess.run(command, capture_output=True, check=False).returncode == 0, 60)
    assert {name for (name,) in ask(fresh)} == AT_ONCE | {"street_lighting"}
