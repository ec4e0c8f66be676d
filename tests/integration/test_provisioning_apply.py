"""Plans are carried out against balena's API, through the real SDK over a real socket, whatever goes wrong."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from datetime import date

import pytest

from provisioning.apply import Outcome, apply_plan
from provisioning.balena import BalenaFleets
from provisioning.certificates import CertificateAuthority
from provisioning.desired import Desired
from provisioning.errors import Misconfigured, Refused, Unavailable
from provisioning.parcel import make_parcel
from provisioning.plan import Plan, make_plan
from provisioning.settings import ProvisionSettings
from simulators.balena.odata import BadQuery
from simulators.balena.server import BalenaSimulator
from tests.fix_balena import Write, regency, settings_for, variables_for

TODAY = date(2026, 11, 22)
Read = Callable[[dict], Desired]


def plan(fleets: BalenaFleets, desired: Desired, **options: bool) -> Plan:
    return make_plan(desired, fleets.read(list(desired.fleets)), TODAY, **options)


def apply(fleets: BalenaFleets, desired: Desired, **options: bool) -> Outcome:
    actual = fleets.read(list(desired.fleets))
    made = make_plan(desired, actual, TODAY, **options)
    return apply_plan(made, fleets, actual, 4, lambda *_: None)


def device_named(balena: BalenaSimulator, name: str) -> dict:
    return next(row for row in balena.rows("device") if row["device_name"] == name)


def values(balena: BalenaSimulator, resource: str, parent: int, key: str = "name") -> dict[str, str]:
    owner = "device" if resource.startswith("device") else "application"
    return {row[key]: row["value"] for row in balena.rows(resource) if row[owner] == parent}


def test_apply_when_balena_is_empty_then_everything_is_there(
    balena: BalenaSimulator, fleets: BalenaFleets, desired_from: Read
) -> None:
    assert apply(fleets, desired_from(regency())).failures == []
    device = device_named(balena, "T0002-a")
    assert (device["custom_latitude"], device["custom_longitude"]) == ("-7.60020", "112.70000")
    assert len(device["uuid"]) == 62
    assert values(balena, "device_environment_variable", device["id"]) == {
        "SATULAYAR_EDGE_BOX": "T0002-a",
        "SATULAYAR_EDGE_HARDWARE_ID": device["uuid"],
    }
    tags = values(balena, "device_tag", device["id"], "tag_key")
    assert (tags["site"], tags["group"]) == ("T0002", "lamps")
    fleet = balena.rows("application")[0]
    assert values(balena, "application_environment_variable", fleet["id"]) == {
        "SATULAYAR_EDGE_BROKER_HOST": "broker.example"
    }


def test_apply_when_done_then_the_second_plans_nothing(fleets: BalenaFleets, desired_from: Read) -> None:
    desired = desired_from(regency())
    apply(fleets, desired)
    assert plan(fleets, desired) == Plan([], [], [])


def test_apply_when_files_change_then_only_that_is_changed(
    balena: BalenaSimulator, fleets: BalenaFleets, desired_from: Read
) -> None:
    content = regency()
    apply(fleets, desired_from(content))
    content["sites"][0]["boxes"][0]["settings"] = {"host_interval_s": 60}
    content["sites"][1]["latitude"] = -7.7
    changed = desired_from(content)
    fields = [action.field for action in plan(fleets, changed).actions if action.field]
    assert fields == ["variable:SATULAYAR_EDGE_HOST_INTERVAL_S", "location"]
    apply(fleets, changed)
    assert device_named(balena, "T0002-a")["custom_latitude"] == "-7.70000"
    del content["sites"][0]["boxes"][0]["settings"]
    apply(fleets, desired_from(content))
    device = device_named(balena, "T0001-a")
    assert "SATULAYAR_EDGE_HOST_INTERVAL_S" not in values(balena, "device_environment_variable", device["id"])


def test_apply_when_it_is_an_openbalena_then_the_place_is_a_tag_and_the_second_plans_nothing(
    open_balena: BalenaSimulator, authority: CertificateAuthority, desired_from: Read
) -> None:
    cloud = settings_for(open_balena, authority)
    api = BalenaFleets(cloud.model_copy(update={"balena_edition": "open"}), "pasuruan")
    content = regency()
    desired = desired_from(content)
    assert apply(api, desired).failures == []
    device = device_named(open_balena, "T0002-a")
    assert "custom_latitude" not in device
    assert values(open_balena, "device_tag", device["id"], "tag_key")["satulayar.location"] == "-7.60020,112.70000"
    assert plan(api, desired) == Plan([], [], [])
    open_balena.by_hand("device_tag", {"device": device["id"], "tag_key": "satulayar.location"}, {"value": "0,0"})
    assert [(drift.field, drift.found) for drift in plan(api, desired).drift] == [("location", "0,0")]
    apply(api, desired, force=True)
    content["sites"][1]["latitude"] = -7.7
    changed = desired_from(content)
    assert [action.field for action in plan(api, changed).actions if action.field] == ["location"]
    apply(api, changed)
    assert plan(api, changed) == Plan([], [], [])
    with pytest.raises(Refused, match="if this is an openBalena, set SATULAYAR_PROVISION_BALENA_EDITION=open"):
        plan(BalenaFleets(cloud, "pasuruan"), desired)


def test_pin_when_a_release_is_of_another_fleet_then_balena_refuses(
    balena: BalenaSimulator, fleets: BalenaFleets, desired_from: Read
) -> None:
    content = regency()
    content["fleets"]["others"] = {"device_type": "raspberrypi4-64"}
    apply(fleets, desired_from(content))
    strange = balena.push("pasuruan/others", "1.0.0")
    with pytest.raises(BadQuery, match="belongs to an application1 that the device belongs to"):
        balena.by_hand("device", {"device_name": "T0001-a"}, {"is_pinned_on__release": strange["id"]})


def test_apply_when_changed_by_hand_then_left_alone_until_forced(
    balena: BalenaSimulator, fleets: BalenaFleets, desired_from: Read
) -> None:
    desired = desired_from(regency())
    apply(fleets, desired)
    balena.by_hand("device", {"device_name": "T0001-a"}, {"device_name": "pak-budi"})
    for _ in range(2):
        made = plan(fleets, desired)
        assert made.actions == []
        assert [(drift.field, drift.found, drift.wanted) for drift in made.drift] == [("name", "pak-budi", "T0001-a")]
        apply(fleets, desired)
    apply(fleets, desired, force=True)
    assert device_named(balena, "T0001-a")
    assert plan(fleets, desired) == Plan([], [], [])


def test_apply_when_a_fleet_variable_is_changed_by_hand_then_it_is_drift(
    balena: BalenaSimulator, fleets: BalenaFleets, desired_from: Read
) -> None:
    desired = desired_from(regency())
    apply(fleets, desired)
    balena.by_hand("application_environment_variable", {"name": "SATULAYAR_EDGE_BROKER_HOST"}, {"value": "elsewhere"})
    made = plan(fleets, desired)
    assert [(drift.box, drift.found) for drift in made.drift] == [("", "elsewhere")]
    assert made.actions == []


def test_apply_when_a_box_leaves_the_files_then_it_is_quarantined_and_removed_a_month_later(
    balena: BalenaSimulator, fleets: BalenaFleets, desired_from: Read
) -> None:
    apply(fleets, desired_from(regency(2)))
    one = desired_from(regency(1))
    apply(fleets, one)
    device = device_named(balena, "T0002-a")
    assert values(balena, "device_tag", device["id"], "tag_key")["satulayar.quarantine"] == "2026-11-22"
    actual = fleets.read(list(one.fleets))
    assert make_plan(one, actual, date(2026, 12, 21), remove=True).actions == []
    assert make_plan(one, actual, date(2026, 12, 22)).actions == []
    late = make_plan(one, actual, date(2026, 12, 22), remove=True)
    apply_plan(late, fleets, actual, 1, lambda *_: None)
    assert [row["device_name"] for row in balena.rows("device")] == ["T0001-a"]
    assert {row["device"] for row in balena.rows("device_tag")} == {device_named(balena, "T0001-a")["id"]}


def test_apply_when_a_quarantined_box_comes_back_then_it_is_restored(
    balena: BalenaSimulator, fleets: BalenaFleets, desired_from: Read
) -> None:
    apply(fleets, desired_from(regency(2)))
    apply(fleets, desired_from(regency(1)))
    both = desired_from(regency(2))
    assert [action.kind for action in plan(fleets, both).actions] == ["restore_device"]
    apply(fleets, both)
    device = device_named(balena, "T0002-a")
    assert "satulayar.quarantine" not in values(balena, "device_tag", device["id"], "tag_key")


def test_apply_when_a_device_is_nobodys_then_it_is_shown_and_left_alone(
    balena: BalenaSimulator, fleets: BalenaFleets, desired_from: Read
) -> None:
    desired = desired_from(regency(1))
    apply(fleets, desired)
    fields = {key: device_named(balena, "T0001-a")[key] for key in ("belongs_to__application", "is_of__device_type")}
    balena.answer("POST", "/v7/device", {"uuid": "f" * 62, "device_name": "bench", **fields})
    made = plan(fleets, desired, force=True, remove=True)
    assert made.actions == []
    assert [drift.box for drift in made.drift] == ["bench"]


def test_apply_when_hardware_is_swapped_then_the_slot_has_a_new_device_and_the_old_is_out(
    balena: BalenaSimulator, fleets: BalenaFleets, desired_from: Read
) -> None:
    content = regency(1)
    apply(fleets, desired_from(content))
    old = device_named(balena, "T0001-a")
    content["sites"][0]["boxes"][0]["hardware"] = 2
    apply(fleets, desired_from(content))
    assert values(balena, "device_tag", old["id"], "tag_key")["satulayar.quarantine"]
    new = next(row for row in balena.rows("device") if row["uuid"] != old["uuid"])
    assert new["device_name"] == "T0001-a"


def test_apply_when_a_group_is_pinned_then_its_boxes_are_and_the_canary_tries_the_next(
    balena: BalenaSimulator, fleets: BalenaFleets, desired_from: Read
) -> None:
    content = regency(2)
    apply(fleets, desired_from(content))
    stable, following = (balena.push("pasuruan/pole-boxes", version) for version in ("1.0.0", "1.1.0"))
    content["groups"]["lamps"] |= {"release": "1.0.0", "canary": {"release": "1.1.0", "boxes": ["T0002-a"]}}
    apply(fleets, desired_from(content))
    pins = {row["device_name"]: row["is_pinned_on__release"] for row in balena.rows("device")}
    assert pins == {"T0001-a": stable["id"], "T0002-a": following["id"]}


def test_plan_when_a_release_was_never_pushed_then_it_says_so_and_changes_no_pin(
    fleets: BalenaFleets, desired_from: Read
) -> None:
    content = regency(2)
    apply(fleets, desired_from(content))
    content["groups"]["lamps"]["release"] = "9.9.9"
    made = plan(fleets, desired_from(content))
    assert made.actions == []
    assert made.problems == ["fleet pole-boxes has no release 9.9.9: push it first (there is none yet)"]


def test_apply_when_a_service_has_variables_then_they_are_set_once_a_release_has_it(
    balena: BalenaSimulator, fleets: BalenaFleets, desired_from: Read
) -> None:
    content = regency(1)
    content["fleets"]["pole-boxes"]["service_variables"] = {"edge": {"TZ": "Asia/Jakarta"}}
    apply(fleets, desired_from(content))
    assert plan(fleets, desired_from(content)).problems == [
        "fleet pole-boxes has no service edge yet: push a release that has it, then apply again"
    ]
    balena.push("pasuruan/pole-boxes", "1.0.0")
    apply(fleets, desired_from(content))
    assert [(row["name"], row["value"]) for row in balena.rows("service_environment_variable")] == [
        ("TZ", "Asia/Jakarta")
    ]
    assert plan(fleets, desired_from(content)) == Plan([], [], [])


def test_apply_when_one_box_has_its_own_service_variable_then_only_its_install_gets_it_and_it_goes_again(
    balena: BalenaSimulator, fleets: BalenaFleets, desired_from: Read
) -> None:
    content = regency(2)
    apply(fleets, desired_from(content))
    content["sites"][0]["boxes"][0]["service_variables"] = {"edge": {"LOG": "1"}}
    said = plan(fleets, desired_from(content)).problems
    assert said == ["fleet pole-boxes has no service edge yet: push a release that has it, then apply again"]
    balena.push("pasuruan/pole-boxes", "1.0.0")
    assert apply(fleets, desired_from(content)).failures == []
    (row,) = balena.rows("device_service_environment_variable")
    install = next(each for each in balena.rows("service_install") if each["id"] == row["service_install"])
    assert (row["name"], row["value"]) == ("LOG", "1")
    assert install["device"] == device_named(balena, "T0001-a")["id"]
    assert plan(fleets, desired_from(content)) == Plan([], [], [])
    del content["sites"][0]["boxes"][0]["service_variables"]
    apply(fleets, desired_from(content))
    assert balena.rows("device_service_environment_variable") == []


def test_apply_when_a_fleet_names_a_host_profile_then_its_settings_are_there_and_a_hand_in_them_is_drift(
    balena: BalenaSimulator, fleets: BalenaFleets, desired_from: Read
) -> None:
    content = regency(1)
    content["fleets"]["pole-boxes"]["host"] = "sim"
    apply(fleets, desired_from(content))
    rows = {row["name"]: row["value"] for row in balena.rows("application_config_variable")}
    assert rows["BALENA_SUPERVISOR_VPN_CONTROL"] == "false"
    assert plan(fleets, desired_from(content)) == Plan([], [], [])
    balena.by_hand("application_config_variable", {"name": "BALENA_SUPERVISOR_VPN_CONTROL"}, {"value": "true"})
    made = plan(fleets, desired_from(content))
    assert [drift.field for drift in made.drift] == ["config:BALENA_SUPERVISOR_VPN_CONTROL"]
    assert made.actions == []


def test_apply_when_balena_limits_and_fails_then_it_waits_and_nothing_is_lost_or_doubled(
    balena: BalenaSimulator, authority: CertificateAuthority, desired_from: Read
) -> None:
    desired = desired_from(regency(20))
    fleets = BalenaFleets(settings_for(balena, authority), "pasuruan")
    balena.faults.limit_requests, balena.faults.window_s = 40, 0.5
    balena.faults.statuses.extend([500, 429, 503, 502, 500])
    balena.faults.lost_answers = 4
    assert apply(fleets, desired).failures == []
    assert balena.faults.refused > 0
    assert Counter(row["device_name"] for row in balena.rows("device")) == {f"T{n:04}-a": 1 for n in range(1, 21)}
    assert plan(fleets, desired) == Plan([], [], [])


def test_apply_when_answers_get_lost_then_what_was_done_is_found_and_not_done_twice(
    balena: BalenaSimulator, fleets: BalenaFleets, desired_from: Read
) -> None:
    apply(fleets, desired_from(regency(1)))
    desired = desired_from(regency(8))
    balena.faults.lost_answers = 7  # the first of each worker's requests are registrations, then tags and variables
    assert apply(fleets, desired).failures == []
    assert balena.faults.lost_answers == 0
    assert Counter(row["device_name"] for row in balena.rows("device")) == {f"T{n:04}-a": 1 for n in range(1, 9)}
    assert plan(fleets, desired) == Plan([], [], [])


def test_apply_when_one_device_is_refused_then_the_others_are_done_and_the_next_run_finishes(
    balena: BalenaSimulator, fleets: BalenaFleets, desired_from: Read
) -> None:
    desired = desired_from(regency(6))
    apply(fleets, desired_from(regency(1)))
    actual = fleets.read(list(desired.fleets))
    balena.faults.statuses.append(400)
    outcome = apply_plan(make_plan(desired, actual, TODAY), fleets, actual, 1, lambda *_: None)
    assert len(outcome.failures) == 1
    assert "T0002-a: register_device" in outcome.failures[0]
    assert len(balena.rows("device")) == 5
    apply(fleets, desired)
    assert plan(fleets, desired) == Plan([], [], [])


def test_apply_when_balena_is_gone_then_it_says_to_run_it_again(
    balena: BalenaSimulator, balena_settings: ProvisionSettings, desired_from: Read
) -> None:
    settings = balena_settings.model_copy(update={"attempts": 2})
    balena.faults.statuses.extend([503] * 2)
    with pytest.raises(Unavailable, match="run the same again later"):
        apply(BalenaFleets(settings, "pasuruan"), desired_from(regency(1)))


def test_plan_when_the_key_is_wrong_then_the_message_names_the_variable(
    balena_settings: ProvisionSettings, desired_from: Read
) -> None:
    settings = ProvisionSettings(**(balena_settings.model_dump() | {"balena_token": "wrong"}))
    with pytest.raises(Misconfigured, match="SATULAYAR_PROVISION_BALENA_TOKEN"):
        plan(BalenaFleets(settings, "pasuruan"), desired_from(regency(1)))


def test_plan_when_the_certificate_is_not_trusted_then_the_message_names_the_variable(
    balena_settings: ProvisionSettings, desired_from: Read
) -> None:
    settings = balena_settings.model_copy(update={"balena_ca_file": None})
    with pytest.raises(Misconfigured, match="SATULAYAR_PROVISION_BALENA_CA_FILE"):
        plan(BalenaFleets(settings, "pasuruan"), desired_from(regency(1)))


def run(settings: ProvisionSettings, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "provisioning", *arguments],
        env=os.environ | variables_for(settings),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_apply_when_killed_again_and_again_then_it_ends_with_no_device_twice(
    balena: BalenaSimulator, balena_settings: ProvisionSettings, write_regency: Write
) -> None:
    files = write_regency(regency(30))
    balena.faults.delay_s = 0.01
    for share in (1, 2, 3):
        process = run(balena_settings, "apply", "--files", str(files))
        while process.poll() is None and balena.requests < share * 50:
            time.sleep(0.005)
        process.send_signal(signal.SIGKILL)
        process.communicate()
    assert 0 < len(balena.rows("device")) < 30
    balena.faults.delay_s = 0
    last = run(balena_settings, "apply", "--files", str(files))
    _, complaints = last.communicate(timeout=60)
    assert last.returncode == 0, complaints
    assert Counter(row["device_name"] for row in balena.rows("device")) == {f"T{n:04}-a": 1 for n in range(1, 31)}
    again, _ = run(balena_settings, "apply", "--files", str(files)).communicate(timeout=60)
    assert again == "nothing to do: balena is as the files say\n"


def test_commands_when_run_then_dry_run_changes_nothing_and_diff_tells_by_its_status(
    balena: BalenaSimulator, balena_settings: ProvisionSettings, write_regency: Write
) -> None:
    files = write_regency(regency(2))
    dry, _ = run(balena_settings, "apply", "--dry-run", "--files", str(files)).communicate(timeout=60)
    assert "register" in dry
    assert balena.rows("device") == []
    first = run(balena_settings, "diff", "--json", "--files", str(files))
    printed, _ = first.communicate(timeout=60)
    assert first.returncode == 2
    assert {action["kind"] for action in json.loads(printed)["actions"]} >= {"create_fleet", "register_device"}
    applied = run(balena_settings, "apply", "--files", str(files))
    _, progress = applied.communicate(timeout=60)
    assert applied.returncode == 0
    assert "pole-boxes" in progress or "T000" in progress
    same = run(balena_settings, "diff", "--files", str(files))
    same.communicate(timeout=60)
    assert same.returncode == 0
    listed, _ = run(balena_settings, "status", "--files", str(files)).communicate(timeout=60)
    assert [line.split()[0] for line in listed.splitlines()] == ["T0001-a", "T0002-a"]
    assert listed.count("offline") == 2


def test_parcel_when_the_box_is_registered_then_its_config_names_device_and_key(
    balena: BalenaSimulator, fleets: BalenaFleets, desired_from: Read, authority: CertificateAuthority
) -> None:
    content = regency(1)
    content["groups"]["lamps"]["network"] = {"kind": "sim", "apn": "internet"}
    desired = desired_from(content)
    with pytest.raises(Refused, match="is not registered in pole-boxes yet"):
        make_parcel(desired, "T0001-a", authority, fleets)
    apply(fleets, desired)
    files = make_parcel(desired, "T0001-a", authority, fleets)
    config = json.loads(files["config.json"])
    device = device_named(balena, "T0001-a")
    assert (config["uuid"], config["deviceId"], config["applicationName"]) == (
        device["uuid"],
        device["id"],
        "pole-boxes",
    )
    assert balena.device_keys[config["deviceApiKey"]] == device["id"]
    assert "apiKey" not in config, "a stolen parcel must not register further devices"
    assert set(files) == {
        "config.json",
        "satulayar/site.yaml",
        "satulayar/ca.crt",
        "satulayar/box.crt",
        "satulayar/box.key",
        "system-connections/satulayar-sim",
    }
