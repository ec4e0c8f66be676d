"""The life of an incident, step by step: whatever is done in whatever order, what must never be never is."""

import io
import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import get_args
from uuid import UUID

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from PIL import Image

from cloud.operations import incident as steps
from cloud.operations.book import read_book
from cloud.operations.crews import Crew, distance, propose
from cloud.operations.errors import Ruled
from cloud.operations.incident import Incident, State, acts_allowed
from cloud.operations.kinds import SEVERITIES, Clocks
from cloud.operations.photos import SIDE_PX, read_photo

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
BOOK = read_book()
TREE = BOOK.kinds["fallen_tree"]
PEOPLE = ("rini", "budi", "siti")
CREW = "regu-1"


def new(number: int = 1) -> Incident:
    """Make an open incident as the database would."""
    made = Incident(
        id=UUID(int=number), number=number, kind="fallen_tree", key=f"fallen_tree:{number}", agency="disaster",
        severity="minor", priority=2, title_id="", title_en="", detail_id="", detail_en="", site_id=None, box_id=None,
        asset_id=None, latitude=None, longitude=None, state="open", happened_at=NOW, opened_at=NOW, changed_at=NOW,
        last_seen_at=NOW, condition_ended_at=None, owner=None, resolved_by=None, acknowledged_at=None,
        dispatched_at=None, on_site_at=None, resolved_at=None, closed_at=None, due_acknowledge_at=None,
        due_arrive_at=None, due_resolve_at=None, look_at=None, escalation=0, count=1, reopened=0, merged_into=None,
        version=1,
    )  # fmt: skip
    return steps.start_clocks(made, TREE.clocks, NOW)


class Life(RuleBasedStateMachine):
    """Two incidents, three people and a crew who do whatever comes to mind."""

    people = st.sampled_from(PEOPLE)

    @initialize()
    def begin(self) -> None:
        self.now = NOW
        self.one, self.other = new(1), new(2)
        self.before: State = "open"
        self.history: list[tuple[str, str]] = []

    def take(self, act: str, who: str, step: Callable[[Incident], Incident]) -> None:
        """Take a step, or be refused with nothing changed and a sentence in both languages."""
        allowed = acts_allowed(self.one.state)
        try:
            self.one = step(self.one)
        except Ruled as refused:
            self.judge(refused, is_allowed=act in allowed)
        else:
            self.history.append((act, who))

    @staticmethod
    def judge(refused: Ruled, *, is_allowed: bool) -> None:
        assert refused.text_id
        assert refused.text_en
        assert not is_allowed or refused.rule in ("same_person", "itself")

    @rule(minutes=st.integers(0, 600))
    def wait(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @rule(who=people)
    def acknowledge(self, who: str) -> None:
        self.take("acknowledge", who, lambda one: steps.acknowledge(one, who, self.now))

    @rule(who=people)
    def take_over(self, who: str) -> None:
        self.take("take-over", who, lambda one: steps.take_over(one, who))

    @rule(who=people)
    def dispatch(self, who: str) -> None:
        self.take("dispatch", who, lambda one: steps.send_crew(one, who, self.now))

    @rule(left=st.integers(0, 1), was_there=st.booleans())
    def call_back(self, left: int, *, was_there: bool) -> None:
        before = self.one.state
        self.take("recall", CREW, lambda one: steps.call_back(one, crews_left=left, was_there=was_there))
        assert self.one.state == before or not (left or was_there)

    @rule()
    def arrive(self) -> None:
        self.take("arrived", CREW, lambda one: steps.arrive(one, self.now))

    @rule(who=st.sampled_from((*PEOPLE, CREW)))
    def resolve(self, who: str) -> None:
        self.take("resolve", who, lambda one: steps.resolve(one, who, self.now))

    @rule(who=st.sampled_from((*PEOPLE, CREW)))
    def verify(self, who: str) -> None:
        self.take("verify", who, lambda one: steps.verify(one, who, frozenset({CREW}), self.now))

    @rule(who=people)
    def reopen(self, who: str) -> None:
        self.take("reopen", who, lambda one: steps.reopen(one, TREE.clocks, self.now))

    @rule(who=people)
    def cancel(self, who: str) -> None:
        self.take("cancel", who, lambda one: steps.cancel(one, who, self.now))

    @rule(who=people, itself=st.booleans())
    def merge(self, who: str, *, itself: bool) -> None:
        self.before = self.one.state if self.one.state != "merged" else self.before
        self.take("merge", who, lambda one: steps.merge(one, one if itself else self.other, self.now))

    @rule(who=people)
    def unmerge(self, who: str) -> None:
        self.take("unmerge", who, lambda one: steps.unmerge(one, self.before))

    @rule()
    def take_in(self) -> None:
        before = self.one
        self.one = steps.take_in(self.one, self.other)
        assert self.one.priority <= min(before.priority, self.other.priority)
        assert (self.one.due_at is None) == (before.due_at is None)

    @rule(severity=st.sampled_from(SEVERITIES))
    def grow(self, severity: str) -> None:
        before = self.one
        self.one = steps.grow(self.one, BOOK.file, TREE, severity)  # type: ignore[arg-type]
        assert SEVERITIES.index(self.one.severity) >= SEVERITIES.index(before.severity)
        assert self.one.priority <= before.priority

    @rule()
    def look_at_clocks(self) -> None:
        at = steps.escalate_at(self.one, TREE.clocks)
        if at and self.now >= at:
            self.one = steps.escalate(self.one)

    @invariant()
    def nobody_closes_alone(self) -> None:
        if not hasattr(self, "one"):
            return
        if self.one.state == "closed" and self.history and self.history[-1][0] == "verify":
            resolver = next(who for act, who in reversed(self.history) if act == "resolve")
            assert self.history[-1][1] not in (resolver, CREW)

    @invariant()
    def its_columns_agree_with_its_state(self) -> None:
        if not hasattr(self, "one"):
            return
        one = self.one
        assert one.state in get_args(State)
        assert (one.state in steps.OVER) == (one.closed_at is not None)
        assert (one.state == "merged") == (one.merged_into is not None)
        assert one.state not in steps.BEING_DONE or (one.owner and one.acknowledged_at)
        assert one.state != "on_site" or one.on_site_at
        assert (one.state != "resolved") or (one.resolved_by and one.resolved_at)
        assert one.escalation <= steps.MAX_ESCALATION

    @invariant()
    def a_clock_runs_until_it_is_verified(self) -> None:
        if not hasattr(self, "one"):
            return
        runs = self.one.state not in steps.OVER
        assert (self.one.due_at is not None) == runs
        looked = steps.next_look(self.one, TREE) is not None
        assert looked == (runs and self.one.escalation < steps.MAX_ESCALATION)


Life.TestCase.settings = settings(max_examples=150, stateful_step_count=40, deadline=None, derandomize=True)
test_incident_when_anything_is_done_in_any_order_then_stays_as_it_must = Life.TestCase


def test_clocks_when_nothing_is_said_then_are_those_of_jakarta() -> None:
    started = steps.start_clocks(new(), Clocks(), NOW)
    assert started.due_acknowledge_at == NOW + timedelta(hours=6)
    assert started.due_arrive_at is None
    assert started.due_resolve_at == NOW + timedelta(days=7)
    taken = steps.acknowledge(started, "rini", NOW)
    assert taken.due_at == started.due_resolve_at


def test_escalation_when_nothing_helps_then_is_paced_by_the_first_clock_whatever_folds_in_meanwhile() -> None:
    one, told = new(), []
    while at := steps.escalate_at(one, TREE.clocks):
        told.append((at - NOW).total_seconds() / 60)
        assert steps.next_look(replace(one, count=one.count + 7), TREE) == at
        one = steps.escalate(one)
    assert told == [5, 7.5, 10]
    assert steps.next_look(one, TREE) is None
    taken = steps.acknowledge(one, "rini", NOW + timedelta(minutes=11))
    assert steps.next_look(taken, TREE) == NOW + timedelta(minutes=30)  # now nobody arrives: from the first level again


def test_priority_when_severity_and_category_differ_then_is_as_the_file_says() -> None:
    file, kinds = BOOK.file, BOOK.kinds
    told = {
        (name, severity): steps.priority_for(file, kinds[name], severity, late=False)
        for name, severity in (("fallen_tree", "critical"), ("lamp_out", "minor"), ("camera_blind", "info"))
    }  # type: ignore[var-annotated]
    assert list(told.values()) == [1, 3, 4]
    assert steps.priority_for(file, TREE, "critical", late=True) == 4


def crew(name: str, **given: object) -> Crew:
    base = Crew(1, name, "disaster", ["tree"], time(0), time(0), True, True, -7.66, 112.69, NOW, [])  # noqa: FBT003
    return replace(base, **given)  # type: ignore[arg-type]


def test_proposal_when_crews_differ_then_the_nearest_free_one_with_the_skills_is_first() -> None:
    here = (-7.66, 112.69)
    crews = [
        crew("far", longitude=112.90),
        crew("busy", busy_with=["INS-0001"]),
        crew("asleep", on_shift=False),
        crew("unskilled", skills=["electric"]),
        crew("near", longitude=112.70),
        crew("lost", position_at=NOW - timedelta(days=1)),
        crew("other", agency="transport"),
    ]
    told = propose(crews, TREE, "disaster", here, NOW)
    assert [one.crew for one in told] == ["near", "far", "lost", "other", "asleep", "busy", "unskilled"]
    assert [one.suits for one in told] == [True] * 4 + [False] * 3
    assert told[0].distance_km == pytest.approx(1.1, abs=0.05)
    assert (told[2].distance_km, told[6].lacks) == (None, ["tree"])


def test_distance_when_from_surabaya_to_malang_then_is_about_80_km() -> None:
    assert distance((-7.2575, 112.7521), (-7.9666, 112.6326)) == pytest.approx(80, abs=1)


def picture(width_px: int, height_px: int, orientation: int) -> bytes:
    written = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x8825] = {1: "S", 2: (7.0, 39.0, 0.0)}  # where the phone was: kept in its own columns, not in the file
    Image.new("RGB", (width_px, height_px), (200, 10, 10)).save(written, "JPEG", exif=exif)
    return written.getvalue()


def test_photo_when_a_phone_held_it_upright_then_is_turned_made_small_and_freed_of_its_notes() -> None:
    photo = read_photo(picture(4_000, 3_000, 6))
    kept = Image.open(io.BytesIO(photo.content))
    assert (kept.format, kept.size, dict(kept.getexif())) == ("JPEG", (SIDE_PX * 3 // 4, SIDE_PX), {})
    assert Image.open(io.BytesIO(photo.thumbnail)).size == (240, 320)


def test_photo_when_its_writer_left_a_comment_then_it_is_gone() -> None:
    written = io.BytesIO()
    Image.new("RGB", (200, 200)).save(written, "JPEG", comment=b"who it belongs to")
    photo = read_photo(written.getvalue())
    assert b"who it belongs to" not in photo.content + photo.thumbnail


def test_photo_when_it_is_a_large_sheet_of_black_and_white_then_is_made_small_before_it_is_made_colourful() -> None:
    written = io.BytesIO()
    Image.new("1", (7_000, 7_000), 1).save(written, "PNG")
    tracemalloc.start()
    photo = read_photo(written.getvalue())
    most_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert Image.open(io.BytesIO(photo.content)).size == (SIDE_PX, SIDE_PX)
    assert most_bytes < 50_000_000


def test_photo_when_it_is_of_one_pixel_then_proves_nothing() -> None:
    written = io.BytesIO()
    Image.new("RGB", (1, 1)).save(written, "WEBP")
    with pytest.raises(Ruled, match="a side has at least 120"):
        read_photo(written.getvalue())


def test_photo_when_it_would_unpack_to_gigabytes_then_is_refused() -> None:
    written = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(written, "PNG")
    with pytest.raises(Ruled, match="no whole JPEG"):
        read_photo(written.getvalue())
    with pytest.raises(Ruled, match="at most 10 MB; this has 51 MB"):
        read_photo(bytes(50_000_001))
