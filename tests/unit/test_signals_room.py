"""The life of a lease as the room follows it, what a controller has displayed, and the room's rules."""

import re
from datetime import UTC, datetime, timedelta
from itertools import permutations
from pathlib import Path
from uuid import UUID

import pytest

from cloud import errors
from cloud.db.tokens import ROLES
from cloud.signals import rules
from cloud.signals.checks import Asker
from cloud.signals.displayed import Spoken, read_displays
from cloud.signals.figures import PhaseFacts, read_approaches, read_phase
from cloud.signals.identity import new_id
from cloud.signals.life import GIVEN_UP, STATE_WORDS, STATES, advance, is_stray
from cloud.signals.rules import REFUSALS, TOLD

NOW = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)


def test_life_when_told_in_any_order_then_ends_in_the_same_state() -> None:
    for told in permutations(("sent", "accepted", "applied", "confirmed")):
        state = STATES[0]
        for one in told:
            state = advance(state, one)
        assert state == "confirmed"


@pytest.mark.parametrize("over", GIVEN_UP)
def test_life_when_given_up_then_stays_so_and_what_lives_is_a_stray(over: str) -> None:
    known = advance("sent", over)
    assert known == over
    assert all(advance(known, told) == over for told in STATES)
    assert is_stray(known, "confirmed") == (over != "refused")
    assert not is_stray(known, "reverted")


def test_life_when_a_state_stands_in_a_sentence_then_it_has_words_in_both_languages() -> None:
    assert set(STATE_WORDS) == set(STATES)
    assert all(text_id != text_en for text_id, text_en in STATE_WORDS.values())
    assert not any(state == text_id for state, (text_id, _) in STATE_WORDS.items())


def test_life_when_told_that_it_waits_then_its_state_stays() -> None:
    assert all(advance(known, "waiting") == known for known in STATES)


def test_life_when_over_then_no_failure_changes_it() -> None:
    assert advance("reverted", "failed") == "reverted"
    assert advance("confirmed", "failed") == "failed"
    assert advance("sent", "dancing") == "sent"


def spoken(*words: tuple[float, str]) -> list[Spoken]:
    return [Spoken(NOW - timedelta(seconds=ago_s), word) for ago_s, word in words]


def test_display_when_a_cycle_is_known_then_expects_what_was_the_last_time() -> None:
    words = spoken((80, "R-"), (70, "G-"), (40, "Y-"), (37, "R-"), (12, "G-"), (2, "G-"))
    phase, unused = read_displays(words, NOW)
    assert (phase.letter, phase.since_s, phase.expected_s, phase.last_green_s) == ("G", 12, 18, 30)
    assert (unused.letter, unused.expected_s) == ("-", None)


def test_display_when_nothing_or_little_is_known_then_says_so() -> None:
    assert read_displays([], NOW) == []
    only = read_displays(spoken((5, "g")), NOW)[0]
    assert (only.letter, only.since_s, only.expected_s) == ("G", 5, None)
    assert read_displays(spoken((60, "F"), (30, "R"), (20, "F")), NOW)[0].expected_s is None


FACTS = PhaseFacts(2, "Dari Malang", 1, 1, 3_600, 4, 7, ["TD-01.det-2", "TD-01.det-12"])


def test_figures_when_two_detectors_count_then_volumes_add_up_and_the_longer_queue_counts() -> None:
    figures = {
        ("TD-01.det-2", "volume"): 10.0,
        ("TD-01.det-12", "volume"): 5.0,
        ("TD-01.det-2", "queue_length"): 40.0,
        ("TD-01.det-12", "queue_length"): 90.0,
    }
    read = read_phase("TD-01", FACTS, figures)
    assert (read.volume_per_h, read.queue_m, read.occupancy_pct, read.green_s) == (900, 90, None, None)
    assert read_approaches("TD-01", [FACTS], figures) == [], "without its green a phase cannot be judged"
    own = figures | {("TD-01.phase-2", "green_time"): 30.0, ("TD-01.phase-2", "volume"): 12.0}
    assert read_approaches("TD-01", [FACTS], own)[0].volume_per_h == 720


def test_rules_when_listed_then_each_speaks_both_languages_with_the_same_figures() -> None:
    rules = [rule for _, rule in REFUSALS.values()] + list(TOLD.values())
    for rule in rules:
        assert rule.text_id != rule.text_en
        named = set(re.findall(r"{(\w+)}", rule.text_id))
        assert named <= set(re.findall(r"{(\w+)}", rule.text_en)), rule.code
    assert all(issubclass(kind, errors.Ruled) for kind, _ in REFUSALS.values())


def test_rules_when_listed_then_they_are_those_that_the_room_says() -> None:
    cloud = Path(rules.__file__).parent.parent
    sources = [file.read_text(encoding="utf-8") for part in ("signals", "api") for file in cloud.glob(f"{part}/*.py")]
    said = {code for source in sources for code in re.findall(r'\b(?:refusal|tell)\(\s*"(\w+)"', source)}
    assert said >= set(REFUSALS) | set(TOLD), "a rule that nobody says"


def test_identity_when_made_one_after_another_then_is_a_uuid_of_version_7_in_order() -> None:
    made = [new_id() for _ in range(1_000)]
    assert len(set(made)) == 1_000
    assert {one.version for one in made} == {7}
    assert {one.variant for one in made} == {UUID(int=0x8 << 60).variant}
    assert [one.int >> 80 for one in made] == sorted(one.int >> 80 for one in made)


def test_ranks_when_roles_are_added_below_then_those_that_leases_keep_stay() -> None:
    ranks = {role: Asker("anybody", role, "").rank for role in ROLES}
    assert ranks == {"crew": 0, "viewer": 0, "module_owner": 0, "operator": 1, "head_of_shift": 1, "admin": 2}
