"""Events with impossible times: which get the present, and which wait."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from edge.contract.cameras import chained
from edge.contract.events import Event, EventDetail, decode_event
from edge.restamp import restamp

MOMENTS_S = st.integers(86_400, 4_102_444_800)  # 1970 to 2100
NOW_AT = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
ID = UUID("019a0000-0000-7000-8000-000000000000")


def event(at: datetime, *, ended: bool = False) -> Event:
    data = EventDetail(message_id="Sirene berbunyi", ended_at=at if ended else None, values={"water_level": 4.2})
    return Event(id=ID, source="sl/1/TD-01-a", type="id.satulayar.siren.sounded", time=at, data=data)


def test_an_event_of_1970_when_the_clock_is_set_then_gets_the_present_and_keeps_id_and_what_was_said() -> None:
    before = event(datetime(1970, 1, 1, 0, 5, tzinfo=UTC), ended=True)
    payload = restamp(before.payload(), NOW_AT)
    assert payload is not None
    after = decode_event(payload)
    assert isinstance(after, Event)
    assert (after.id, after.time, after.data.ended_at) == (ID, NOW_AT, NOW_AT)
    assert after.data.values == {"water_level": 4.2, "box_time": "1970-01-01T00:05:00+00:00"}
    assert after.data.message_id == "Sirene berbunyi"
    assert restamp(payload, NOW_AT) is None, "once is enough"


def test_an_event_when_the_clock_was_set_back_since_then_gets_the_present() -> None:
    assert restamp(event(NOW_AT + timedelta(days=3)).payload(), NOW_AT)


def test_an_event_when_the_clock_is_still_wrong_then_waits() -> None:
    ahead_at = NOW_AT + timedelta(days=3)
    assert restamp(event(ahead_at).payload(), ahead_at) is None
    early_at = datetime(1970, 1, 1, 0, 5, tzinfo=UTC)
    assert restamp(event(early_at).payload(), early_at + timedelta(minutes=1)) is None


def test_an_event_when_it_is_no_event_then_waits() -> None:
    assert restamp(b"[]", NOW_AT) is None


@given(MOMENTS_S, MOMENTS_S)
def test_any_event_when_restamped_then_is_not_restamped_again(at_s: int, now_s: int) -> None:
    now_at = datetime.fromtimestamp(now_s, UTC)
    payload = restamp(event(datetime.fromtimestamp(at_s, UTC)).payload(), now_at)
    assert payload is None or restamp(payload, now_at) is None


def test_clip_record_when_its_time_is_put_right_then_its_hash_still_holds() -> None:
    record = {"reason": "laporan warga", "previous": "", "sha256": "ab"}
    early = event(NOW_AT + timedelta(days=900))
    data = early.data.model_copy(update={"values": record | {"hash": chained(record)}})
    mended = decode_event(restamp(early.model_copy(update={"data": data}).payload(), NOW_AT) or b"")
    assert isinstance(mended, Event)
    assert "box_time" in mended.data.values
    assert mended.data.values["hash"] == chained(mended.data.values)
