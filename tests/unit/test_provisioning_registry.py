"""The registry in the database against the files: what is new or changed is written, what others changed stays."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from cloud.db.registry_file import Registry
from provisioning.desired import Desired
from provisioning.errors import Misconfigured
from provisioning.registering import SiteChange, lines_of, note_for, plan_registry, to_write
from provisioning.registry import registry_of
from tests.fix_balena import regency
from tests.fix_registry import LEASE, everything

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
    assert "asset T0002.lamp-2-c8 is missing, the files say lamp_circuit at T0002-a" in changes[1].detail


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


def test_registry_when_the_files_know_all_then_the_database_is_told_all(desired_from: Read) -> None:
    (site,) = Registry.model_validate(registry_of(desired_from(everything()))).sites
    (box,) = site.boxes
    assets = {asset.code.partition(".")[2]: asset for asset in box.assets}
    assert {code: (asset.kind, asset.name, asset.expected_interval_s) for code, asset in assets.items()} == {
        "lamp-1-c2": ("lamp_circuit", "Panel, sirkuit 2", 900),  # the panel itself reports nothing
        "gauge-1": ("river_gauge", None, None),
        "cam-1": ("camera", None, 30),
        "signal-1": ("signal_controller", "Lampu lalu lintas", 60),
        "phase-2": ("signal_phase", "Dari utara", None),
        "phase-4": ("signal_phase", "Dari timur", None),
        "det-2": ("detector", "Detektor 2", None),
    }
    assert assets["gauge-1"].stages_m == {"siaga_3": 2.0, "siaga_2": 3.0}
    assert box.health_interval_s == 300
    assert site.junction is not None
    assert site.junction.phases[0].detectors == ["T0001.det-2"]
    assert site.junction.limits["operator"].extra_green_s == 20


def test_registry_when_an_interval_a_stage_or_health_changes_then_it_is_written(desired_from: Read) -> None:
    there = registered(desired_from(everything()))
    content = everything()
    content["sites"][0]["rules"][0]["stages"]["siaga_2"] = 3.5
    content["sites"][0]["assets"][0]["expected_interval_s"] = 600
    content["groups"]["lamps"]["settings"] = {}
    (change,) = plan_registry(desired_from(content), there)
    assert change.kind == "changed"
    assert "T0001.lamp-1-c2 600 s" in change.detail
    assert "T0001.gauge-1 siaga_2 3.5 m" in change.detail
    assert "health of T0001-a is 300 s, the files say 60 s" in change.detail
    assert plan_registry(desired_from(everything()), there) == []


def test_junction_when_missing_or_other_there_then_is_shown_and_never_written(desired_from: Read) -> None:
    desired = desired_from(everything())
    there = registered(desired)
    there[0]["junction"]["phases"][1] |= {"lost_s": 4.0, "least_green_s": 7.0}  # what the database fills in
    assert plan_registry(desired, there) == []
    there[0]["junction"]["limits"]["operator"]["extra_green_s"] = 40
    (change,) = plan_registry(desired, there)
    assert (change.kind, change.site) == ("junction", None)
    assert "its junction is not as the files say: satulayar-provision registry > FILE, then satulayar-db load" in (
        change.detail
    )
    there[0]["junction"] = None
    (change,) = plan_registry(desired, there)
    assert "its junction is not registered" in change.detail
    new = plan_registry(desired, [])
    assert [change.kind for change in new] == ["new", "junction"]
    assert all("junction" not in site for site in to_write(new, force=True))


def test_junction_when_the_database_lets_more_roles_than_the_files_then_says_which(desired_from: Read) -> None:
    desired = desired_from(everything())
    there = registered(desired)
    there[0]["junction"]["limits"]["admin"] = {"extra_green_s": 60, "duration_s": 900}
    (change,) = plan_registry(desired, there)
    assert "its junction lets admin retime it, the files do not" in change.detail


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (lambda j: j.update(controller="T0001.signal-9"), "is no controller of T0001; did you mean 'T0001.signal-1'?"),
        (lambda j: j["corridor"].update(name="jalan-raja"), "there is no corridor 'jalan-raja'; did you mean"),
        (lambda j: j["corridor"].update(phase=9), "corridor: phase 9 is not among the phases"),
        (lambda j: j["phases"].append(j["phases"][0]), "a phase is listed twice"),
        (lambda j: j["limits"]["operator"].update(extra_green_s=60), "60 is more than the 30 that the box grants"),
        (lambda j: j["limits"].update(admin=LEASE["roles"]["operator"]), "the box grants admin nothing"),
    ],
)
def test_junction_when_wrong_then_says_what(edit: Callable[[dict], object], said: str, desired_from: Read) -> None:
    content = everything()
    edit(content["sites"][0]["junction"])
    with pytest.raises(Misconfigured) as refusal:
        desired_from(content)
    assert said in str(refusal.value)
