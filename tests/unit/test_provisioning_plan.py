"""The plan is a pure function: what is said here of few fields holds for all."""

import json
import time
from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provisioning import report
from provisioning.actual import Actual, Device, Fleet
from provisioning.desired import Desired
from provisioning.fields import compare, fingerprint, note_of, read_note, write_note
from provisioning.pace import Pace
from provisioning.plan import make_plan
from provisioning.target import canary_boxes, target_devices, uuid_of
from tests.fix_balena import regency

TODAY = date(2026, 11, 22)
NAMES = st.sampled_from(["name", "location", "tag:site", "variable:SATULAYAR_EDGE_X", "variable:OTHER"])
FIELDS = st.dictionaries(NAMES, st.sampled_from(["", "a", "b"]))
MEANT = st.dictionaries(NAMES.filter(lambda name: name != "variable:OTHER"), st.sampled_from(["a", "b", "c"]))


def changes_of(desired: dict[str, str], actual: dict[str, str], applied: dict[str, str]) -> dict[str, bool]:
    return {change.field: change.is_drift for change in compare(desired, actual, note_of(applied))}


@pytest.mark.parametrize(
    ("desired", "actual", "applied", "found"),
    [
        ("new", "old", "old", False),  # the files changed
        ("old", "hand", "old", True),  # somebody changed it
        ("new", "hand", "old", True),  # both did: the person is asked
        ("new", "new", "old", None),  # somebody did what the files say now
        ("new", "", "", False),  # it was never there
        ("new", "", "old", True),  # somebody removed it
        ("new", "old", "", True),  # somebody had made it before us
        ("", "old", "old", False),  # it left the files
        ("", "hand", "old", True),
    ],
)
def test_field_when_three_states_differ_then_drift_is_what_another_hand_did(
    desired: str, actual: str, applied: str, found: object
) -> None:
    name = "variable:SATULAYAR_EDGE_X"
    states = [{name: value} if value else {} for value in (desired, actual, applied)]
    assert changes_of(*states).get(name) is found


def test_field_when_ours_under_any_name_leaves_the_files_then_it_is_removed() -> None:
    assert changes_of({}, {"service:edge:TZ": "x"}, {"service:edge:TZ": "x"}) == {"service:edge:TZ": False}


def test_field_when_others_made_it_then_it_is_left_to_them() -> None:
    assert changes_of({}, {"variable:OTHER": "x", "tag:owner": "budi"}, {}) == {}
    assert changes_of({}, {"variable:SATULAYAR_EDGE_X": "x"}, {}) == {"variable:SATULAYAR_EDGE_X": True}


@given(MEANT, FIELDS, FIELDS)
@settings(max_examples=200, deadline=None)
def test_fields_when_all_changes_are_made_then_nothing_is_left(
    desired: dict[str, str], actual: dict[str, str], applied: dict[str, str]
) -> None:
    after = dict(actual)
    for change in compare(desired, actual, note_of(applied)):
        after[change.field] = change.after
    assert compare(desired, after, note_of(desired)) == []


@pytest.mark.parametrize("spoiled", ["", "{", "[]", "7", '"x"'])
def test_note_when_spoiled_by_hand_then_everything_counts_as_drift(spoiled: str) -> None:
    assert read_note(spoiled) == {}
    assert read_note(None) is None
    assert read_note(write_note({"name": fingerprint("x")})) == {"name": fingerprint("x")}


Read = Callable[[dict], Desired]


def applied(desired: Desired) -> Actual:
    """Make the actual state that a whole apply leaves behind."""
    plan = make_plan(desired, Actual(), TODAY)
    fleets = {}
    for action in plan.actions:
        if action.kind == "create_fleet":
            fleets[action.fleet] = Fleet(len(fleets) + 1, action.fleet, action.after, {}, None)
    for name, fleet in fleets.items():
        own = [action for action in plan.actions if action.fleet == name and not action.uuid]
        fields, note = as_done(own)
        devices = []
        for number, target in enumerate(each for each in target_devices(desired) if each.fleet == name):
            done, its_note = as_done([action for action in plan.actions if action.uuid == target.uuid])
            devices.append(Device(number, target.uuid, done, its_note))
        fleets[name] = Fleet(fleet.id, name, fleet.device_type, fields, note, devices=devices)
    return Actual(fleets)


def as_done(actions: list) -> tuple[dict[str, str], dict[str, str]]:
    fields: dict[str, str] = {}
    note: dict[str, str] = {}
    for action in actions:
        fields |= dict(action.fields)
        if action.field:
            fields[action.field] = action.after
        if action.kind == "record_applied":
            note = json.loads(action.after)
    return fields, note


def test_plan_when_everything_was_applied_then_is_empty(desired_from: Read) -> None:
    desired = desired_from(regency(3))
    assert report.plan_text(make_plan(desired, applied(desired), TODAY)) == "nothing to do: balena is as the files say"


def test_plan_when_made_twice_then_is_the_same(desired_from: Read) -> None:
    desired = desired_from(regency(3))
    assert make_plan(desired, Actual(), TODAY) == make_plan(desired, Actual(), TODAY)


def test_plan_when_of_500_boxes_then_takes_less_than_two_seconds(desired_from: Read) -> None:
    desired = desired_from(regency(500))
    began_s = time.process_time()
    plan = make_plan(desired, Actual(), TODAY)
    assert time.process_time() - began_s < 2
    assert sum(action.kind == "register_device" for action in plan.actions) == 500


def test_plan_when_a_box_is_in_another_fleet_then_it_moves(desired_from: Read) -> None:
    content = regency(1)
    before = applied(desired_from(content))
    content["fleets"]["new-boxes"] = {"device_type": "raspberrypi5"}
    content["groups"]["lamps"]["fleet"] = "new-boxes"
    both = Actual({**before.fleets, "new-boxes": Fleet(9, "new-boxes", "raspberrypi5", {}, None)})
    moves = [action for action in make_plan(desired_from(content), both, TODAY).actions if action.uuid]
    assert [(action.kind, action.before, action.after) for action in moves] == [
        ("move_device", "pole-boxes", "new-boxes")
    ]


def test_plan_when_a_fleets_type_changes_then_it_says_what_to_do(desired_from: Read) -> None:
    content = regency(1)
    before = applied(desired_from(content))
    content["fleets"]["pole-boxes"]["device_type"] = "raspberrypi5"
    plan = make_plan(desired_from(content), before, TODAY)
    assert plan.actions == []
    assert "give the fleet another name" in plan.problems[0]


def test_plan_when_printed_as_json_then_has_every_action(desired_from: Read) -> None:
    plan = make_plan(desired_from(regency(1)), Actual(), TODAY)
    written = json.loads(report.plan_json(plan))
    assert len(written["actions"]) == len(plan.actions)
    assert written["actions"][0] == {"kind": "create_fleet", "fleet": "pole-boxes", "after": "raspberrypi4-64"}


def test_plan_when_printed_for_a_person_then_names_box_field_and_values(desired_from: Read) -> None:
    text = report.plan_text(make_plan(desired_from(regency(1)), Actual(), TODAY))
    assert "+ pole-boxes/T0001-a\n    register " in text
    assert "    tag:site: (none) -> T0001\n" in text


def test_uuid_when_of_one_slot_then_is_the_same_and_of_the_next_hardware_another() -> None:
    assert uuid_of("pasuruan", "TD-01-a", 1) == uuid_of("pasuruan", "TD-01-a", 1)
    uuids = {
        uuid_of(place, box, n) for place in ("pasuruan", "malang") for box in ("TD-01-a", "TD-01-b") for n in (1, 2)
    }
    assert len(uuids) == 8
    assert {len(uuid) for uuid in uuids} == {62}


def test_canary_when_a_share_then_always_the_same_boxes_and_that_many(desired_from: Read) -> None:
    content = regency(40)
    content["groups"]["lamps"]["canary"] = {"release": "1.0.0", "share_pct": 25}
    desired = desired_from(content)
    chosen = canary_boxes(desired, "lamps", desired.groups["lamps"])
    assert len(chosen) == 10
    grown = desired_from(content | {"sites": regency(60)["sites"]})
    assert len(chosen & canary_boxes(grown, "lamps", grown.groups["lamps"])) >= 5


def test_pace_when_asked_for_long_then_keeps_the_rate_and_holds_for_all() -> None:
    now_s = [0.0]

    def sleep(for_s: float) -> None:
        now_s[0] += for_s

    pace = Pace(600, clock=lambda: now_s[0], sleep=sleep)
    for _ in range(100):
        pace.wait()
    assert 10 - 1.5 <= now_s[0] <= 10.5
    pace.hold(5)
    before_s = now_s[0]
    pace.wait()
    assert now_s[0] - before_s >= 5
