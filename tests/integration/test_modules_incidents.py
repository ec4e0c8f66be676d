"""Trouble with a service's figures is one incident for as long as it lasts: the real engine on a real database."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import yaml

from cloud.modules.brought import Person
from cloud.modules.held import decide, list_held
from cloud.modules.manifest import Manifest
from cloud.modules.report import Figure, Report
from cloud.modules.store import ModuleStore, register
from tests.fix_operations import Clock, Ground, engine_at, wait_until

_MANIFEST = """
title: {id: Tempat tidur, en: Beds}
owner: Dinas Kesehatan
contact: seksi rujukan
legal_basis: UU 17/2023
period: instant
fresh_for: 2h
dimensions: {hospital: {title: {id: RS, en: Hospital}, values: {A: {id: RS A, en: A}, B: {id: RS B, en: B}}}}
indicators: {free: {title: {id: Kosong, en: Free}, unit: "{bed}", dimensions: [hospital]}}
source: {kind: push, mapping: {true_at: pada, keys: {hospital: {column: rs}}, values: {free: kosong}}}
"""


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(ground: Ground, clock: Clock) -> Iterator[ModuleStore]:
    register(ground.owner, "beds", Manifest.model_validate(yaml.safe_load(_MANIFEST)))
    with engine_at(ground.dsn, clock):
        yield ModuleStore(ground.owner, "beds")


def _keep(store: ModuleStore, hospital: str, value: float, age: timedelta = timedelta(0)) -> None:
    figure = Figure("free", (hospital,), datetime.now(UTC) - age, value)
    store.keep(store.begin("push", "token", None), [figure], Report(), None)


def _open(ground: Ground) -> list[str]:
    return [one["key"] for one in ground.incidents("condition_ended_at IS NULL")]


def _looked(ground: Ground, clock: Clock) -> None:
    """Wait until the engine has looked at figures once more."""
    before = ground.owner.execute("SELECT max(at) FROM operations_pulse").fetchone()
    clock.ahead += timedelta(minutes=1)
    wait_until(lambda: ground.owner.execute("SELECT max(at) FROM operations_pulse").fetchone() != before)


def _in_time(ground: Ground, clock: Clock, wanted: list[str]) -> None:
    """Let the minutes pass that the rule waits for."""
    for _ in range(20):
        if _open(ground) == wanted:
            return
        _looked(ground, clock)
    assert _open(ground) == wanted


def test_module_when_it_never_sent_a_figure_or_one_place_is_silent_then_is_one_incident_until_it_is_over(
    ground: Ground, store: ModuleStore, clock: Clock
) -> None:
    ground.owner.execute("UPDATE module SET loaded_at = now() - INTERVAL '1 day'")
    _looked(ground, clock)
    assert _open(ground) == [], "while figures are brought in for the first time, the newest are old"
    _in_time(ground, clock, ["figure_overdue:beds"])
    for _ in range(3):
        _looked(ground, clock)
    assert [one["count"] for one in ground.incidents()] == [1]
    _keep(store, "A", 5)
    wait_until(lambda: not _open(ground))
    _keep(store, "B", 5, timedelta(hours=5))  # the other one's is new, and does not hide it
    _in_time(ground, clock, ["figure_overdue:beds"])
    _keep(store, "B", 5)
    wait_until(lambda: not _open(ground))


def test_figures_when_many_wait_for_a_person_then_are_one_incident_until_all_are_decided_on(
    ground: Ground, store: ModuleStore, clock: Clock
) -> None:
    now = datetime.now(UTC)
    usual = [Figure("free", (hospital,), now - timedelta(hours=hours), 5) for hospital in "AB" for hours in range(4)]
    store.keep(store.begin("push", "token", None), usual, Report(), None)
    for hospital in "AB":
        _keep(store, hospital, 9_000)
    _in_time(ground, clock, ["figure_overdue:beds/held"])
    for held in list_held(ground.owner):
        assert len(_open(ground)) == 1
        decide(ground.owner, held.id, accepted=False, person=Person("ani", is_admin=True))
    wait_until(lambda: not _open(ground))
    assert len(ground.incidents()) == 1
