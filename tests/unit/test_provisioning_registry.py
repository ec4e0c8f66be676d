"""The registry in the database against the files: what is new or changed is written, what others changed stays."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from provisioning.desired import Desired
from provisioning.registering import SiteChange, lines_of, note_for, plan_registry, to_write
from provisioning.registry import registry_of
from tests.fix_balena import regency

Read = Callable[[dict], Desired]


@pytest.fixture
def desired(desired_from: Read) -> Desired:
    return desired_from(regency(2))


def registered(desired: Desired) -> list[dict[str, Any]]:
    """What the centre answers after an apply."""
    return [copy.deepcopy(site) | {"applied": note_for(site)} for site in registry_of(desired)["sites"]]


def kinds(changes: list[SiteChange]) -> list[tuple[str, str]]:
    return [(change.kind, change.code) for change in changes]


def test_registry_when_empty_then_every_site_is_new_and_after_that_nothing_is_to_do(desired: Desired) -> None:
    changes = plan_registry(desired, [])
    assert kinds(changes) == [("new", "T0001"), ("new", "T0002")]
    assert [site["code"] for site in to_write(changes, force=False)] == ["T0001", "T0002"]
    assert plan_registry(desired, registered(desired)) == []
    assert lines_of([], force=False) == ["the registry is as the files say"]


def test_registry_when_the_files_change_then_that_is_written(desired: Desired, desired_from: Read) -> None:
    there = registered(desired)
    content = regency(2)
    content["sites"][0] |= {"name": "Simpang Baru"}
    content["sites"][1]["assets"] += [{"code": "T0002.lamp-2", "profile": "lamp-panel", "bus": "lamps", "unit": 2}]
    changes = plan_registry(desired_from(content), there)
    assert kinds(changes) == [("changed", "T0001"), ("changed", "T0002")]
    assert changes[0].detail == "name is Simpang 1, the files say Simpang Baru"
    assert "asset T0002.lamp-2 is missing, the files say lamp_panel at T0002-a" in changes[1].detail


def test_registry_when_somebody_changed_it_then_it_is_drift_and_stays_without_force(desired: Desired) -> None:
    there = registered(desired)
    there[0]["name"] = "by hand"
    changes = plan_registry(desired, there)
    assert kinds(changes) == [("drifted", "T0001")]
    assert list(to_write(changes, force=False)) == []
    assert [site["code"] for site in to_write(changes, force=True)] == ["T0001"]
    assert lines_of(changes, force=False)[0].endswith("changed by hand, left alone; --force overwrites it")


def test_registry_when_boxes_announced_assets_of_their_own_then_they_are_nobodys_drift(desired: Desired) -> None:
    there = registered(desired)
    there[0]["boxes"][0]["assets"] += [{"code": "T0001.new-1", "kind": "unknown"}]
    assert plan_registry(desired, there) == []


def test_registry_when_a_site_left_the_files_then_it_is_shown_and_never_removed(desired: Desired) -> None:
    there = registered(desired)
    there.append(there[0] | {"code": "OLD-01"})
    changes = plan_registry(desired, there)
    assert kinds(changes) == [("unlisted", "OLD-01")]
    assert list(to_write(changes, force=True)) == []


def test_registry_when_loaded_by_the_database_owner_then_it_is_brought_up_without_force(desired: Desired) -> None:
    there = [site | {"applied": None, "name": "loaded"} for site in registered(desired)]
    assert kinds(plan_registry(desired, there)) == [("changed", "T0001"), ("changed", "T0002")]
