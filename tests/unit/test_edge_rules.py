"""Local rules: pure decisions over readings and time."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from edge.alarm import Alarm
from edge.rules import LampWatch, StageWatch, recall, remember
from edge.sensors.reading import Reading
from edge.site_rules import LampRule, StageRule

ON, OFF = True, False
STAGES = {"siaga_3": 2.0, "siaga_2": 3.0, "siaga_1": 4.0}


def stage_watch(**more: Any) -> StageWatch:
    fields = {"kind": "water_stage", "asset": "K.g", "stages": STAGES, "hysteresis_m": 0.2, "minimum_s": 30.0}
    return StageWatch(StageRule.model_construct(**(fields | {"siren": "K.g", "siren_from": "siaga_1"} | more)))


def see(watch: StageWatch | LampWatch, now_s: float, value: Any, quantity: str = "water_level") -> list[str]:
    """Show a value; give what began (+) and ended (-)."""
    found = []
    for alarm, notice in watch.look(Reading(watch.asset, quantity, "", now_s, value), now_s):
        found.append(("+" if alarm.is_active else "-") + str(notice.values.get("stage", notice.noun)))
        alarm.begun_event = alarm.begun_event or "id"
    return found


def test_a_level_when_over_its_stage_for_the_minimum_then_begins_it() -> None:
    watch = stage_watch()
    assert see(watch, 0, 2.5) == []
    assert see(watch, 29, 2.5) == []
    assert see(watch, 30, 2.5) == ["+siaga_3"]
    assert see(watch, 60, 2.5) == []


def test_a_level_when_it_dips_meanwhile_then_the_minimum_starts_over() -> None:
    watch = stage_watch()
    see(watch, 0, 2.5)
    see(watch, 20, 1.99)
    assert see(watch, 30, 2.5) == []
    assert see(watch, 60, 2.5) == ["+siaga_3"]


def test_a_level_when_inside_the_hysteresis_then_ends_nothing() -> None:
    watch = stage_watch(minimum_s=0.0)
    assert see(watch, 0, 2.0) == ["+siaga_3"]
    assert see(watch, 1, 1.81) == []
    assert see(watch, 2, 1.79) == ["-siaga_3"]


def test_a_level_when_it_leaps_then_every_stage_begins_and_ends() -> None:
    watch = stage_watch(minimum_s=0.0)
    assert see(watch, 0, 4.5) == ["+siaga_3", "+siaga_2", "+siaga_1"]
    assert see(watch, 1, 0.5) == ["-siaga_3", "-siaga_2", "-siaga_1"]


def test_the_siren_when_nothing_is_known_yet_then_is_left_alone() -> None:
    watch = stage_watch()
    assert watch.wants_siren is None
    see(watch, 0, 4.5)
    assert watch.wants_siren is None
    see(watch, 30, 4.5)
    assert watch.wants_siren is True
    see(watch, 31, 1.0)
    assert watch.wants_siren is True
    see(watch, 61, 1.0)
    assert watch.wants_siren is False


def test_the_state_when_remembered_then_a_new_start_repeats_nothing() -> None:
    before = stage_watch(minimum_s=0.0)
    see(before, 0, 4.5)
    after = stage_watch(minimum_s=0.0)
    recall([after], remember([before]))
    assert after.wants_siren is True
    assert see(after, 0, 4.5) == []
    assert see(after, 1, 0.0) == ["-siaga_3", "-siaga_2", "-siaga_1"]


def test_the_state_when_unreadable_then_counts_as_nothing() -> None:
    for text in (None, "", "nonsense", "[1]", "3", '{"water_stage:K.g:siaga_9": "x"}'):
        watch = stage_watch()
        recall([watch], text)
        assert watch.wants_siren is None


def lamp_watch(after_s: float = 60.0) -> LampWatch:
    rule = LampRule.model_construct(kind="lamp_current", asset="T.lamp-1", minimum_a=0.2, after_s=after_s)
    return LampWatch(rule, ["T.lamp-1"])


def test_a_lamp_when_off_by_command_then_is_not_out() -> None:
    watch = lamp_watch()
    see(watch, 0, OFF, "commanded_on")
    assert see(watch, 1_000, 0.0, "current") == []


def test_a_lamp_when_on_by_command_without_current_then_is_out_after_its_time() -> None:
    watch = lamp_watch()
    see(watch, 0, ON, "commanded_on")
    assert see(watch, 0, 0.05, "current") == []
    assert see(watch, 60, 0.05, "current") == ["+lamp.failed"]


def test_a_lamp_when_out_and_switched_off_then_stays_out_until_it_burns() -> None:
    watch = lamp_watch(after_s=0.0)
    see(watch, 0, ON, "commanded_on")
    see(watch, 1, 0.0, "current")
    assert see(watch, 2, OFF, "commanded_on") == []
    assert see(watch, 3, ON, "commanded_on") == []
    assert see(watch, 4, 1.5, "current") == ["-lamp.failed"]


@given(st.lists(st.tuples(st.sampled_from([True, False, None]), st.floats(0.1, 50)), max_size=100))
def test_any_course_when_watched_then_begins_and_ends_in_turn_and_never_early(
    course: list[tuple[bool | None, float]],
) -> None:
    alarm = Alarm(begin_after_s=10.0, end_after_s=20.0)
    now_s, since_s, held = 0.0, 0.0, None
    for holds, step_s in course:
        now_s += step_s
        if holds is not held:
            since_s, held = now_s, holds
        was = alarm.is_active
        if alarm.update(holds=holds, now_s=now_s):
            assert alarm.is_active is not was
            assert holds is alarm.is_active
            assert now_s - since_s >= (20.0 if was else 10.0)
