"""Numbers and times as Indonesian offices write them."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.modules.notation import WIB, OtherStyle, Unreadable, read_number, read_time


@pytest.mark.parametrize(
    ("text", "style", "value"),
    [
        ("1.234.567,89", "id", 1234567.89),
        ("Rp 1.234.567,00", "id", 1234567.0),
        ("Rp1.500.000,-", "id", 1500000.0),
        ("12,5 %", "id", 12.5),
        ("(1.000)", "id", -1000.0),
        ("-2,5", "id", -2.5),
        ("1500", "id", 1500.0),
        ("1.234", "id", 1234.0),
        ("1,234", "id", 1.234),
        ("1,234,567.89", "en", 1234567.89),
        ("1,234", "en", 1234.0),
        (" 7 ", "en", 7.0),
        ("'1.005,5", "id", 1005.5),
        (12, "id", 12.0),
        ("-", "id", None),
        ("", "id", None),
        (None, "id", None),
        ("tidak ada data", "id", None),
    ],
)
def test_number_when_written_as_offices_do_then_is_read(text, style, value):
    assert read_number(text, style) == value


@pytest.mark.parametrize(
    ("text", "style", "says"),
    [
        ("12.5", "id", "numbers: en"),
        ("1.234,5", "en", "numbers: id"),
        ("1.23.456", "id", "no number"),
        ("dua puluh", "id", "no number"),
        ("1 234", "id", "no number"),
        ("12;5", "en", "no number"),
    ],
)
def test_number_when_it_reads_otherwise_or_not_at_all_then_says_what_to_do(text, style, says):
    with pytest.raises(Unreadable, match=says):
        read_number(text, style)


@given(st.floats(min_value=-1e12, max_value=1e12).map(lambda value: round(value, 2)))
def test_number_when_written_in_either_style_then_reads_back(value):
    english = f"{value:,.2f}"
    indonesian = english.translate(str.maketrans(",.", ".,"))
    assert read_number(english, "en") == value == read_number(indonesian, "id")


@pytest.mark.parametrize(
    ("text", "period", "begins"),
    [
        ("17 April 2025", "day", datetime(2025, 4, 16, 17, tzinfo=UTC)),
        ("17 agustus 2025", "day", datetime(2025, 8, 16, 17, tzinfo=UTC)),
        ("17/04/2025", "day", datetime(2025, 4, 16, 17, tzinfo=UTC)),
        ("17-Mei-2025", "day", datetime(2025, 5, 16, 17, tzinfo=UTC)),
        ("2025-04-17", "day", datetime(2025, 4, 16, 17, tzinfo=UTC)),
        ("2025-04-17 08:30:00", "instant", datetime(2025, 4, 17, 1, 30, tzinfo=UTC)),
        ("2025-04-17T08:30:00Z", "instant", datetime(2025, 4, 17, 8, 30, tzinfo=UTC)),
        ("April 2025", "month", datetime(2025, 3, 31, 17, tzinfo=UTC)),
        ("2025-04", "month", datetime(2025, 3, 31, 17, tzinfo=UTC)),
        ("04/2025", "month", datetime(2025, 3, 31, 17, tzinfo=UTC)),
        ("17 April 2025", "month", datetime(2025, 3, 31, 17, tzinfo=UTC)),
        ("Triwulan II 2025", "quarter", datetime(2025, 3, 31, 17, tzinfo=UTC)),
        ("TW 4/2025", "quarter", datetime(2025, 9, 30, 17, tzinfo=UTC)),
        ("2025-Q2", "quarter", datetime(2025, 3, 31, 17, tzinfo=UTC)),
        ("2025", "year", datetime(2024, 12, 31, 17, tzinfo=UTC)),
        (date(2025, 4, 17), "day", datetime(2025, 4, 16, 17, tzinfo=UTC)),
        ("31/12/25", "day", datetime(2025, 12, 30, 17, tzinfo=UTC)),
        ("17/04/2025 10:00", "instant", datetime(2025, 4, 17, 3, tzinfo=UTC)),
        ("17-04-2025", "day", datetime(2025, 4, 16, 17, tzinfo=UTC)),
        ("Kamis, 17 April 2025", "day", datetime(2025, 4, 16, 17, tzinfo=UTC)),
        ("Jum'at, 18 April 2025 pukul 10.00 WIB", "instant", datetime(2025, 4, 18, 3, tzinfo=UTC)),
        ("17 Apr 2025 10.00 WIT", "instant", datetime(2025, 4, 17, 1, tzinfo=UTC)),
        ("17/04/2025 03:00:00 PM", "instant", datetime(2025, 4, 17, 8, tzinfo=UTC)),
        ("Keadaan s.d. 17 April 2025", "day", datetime(2025, 4, 16, 17, tzinfo=UTC)),
        (45764, "day", datetime(2025, 4, 16, 17, tzinfo=UTC)),
        (45764.416666666664, "instant", datetime(2025, 4, 17, 3, tzinfo=UTC)),
        ("45764", "day", datetime(2025, 4, 16, 17, tzinfo=UTC)),
        ("20250417", "day", datetime(2025, 4, 16, 17, tzinfo=UTC)),
        ("Bulan : April 2025", "month", datetime(2025, 3, 31, 17, tzinfo=UTC)),
        ("Apr-25", "month", datetime(2025, 3, 31, 17, tzinfo=UTC)),
        ("TW II/2025", "quarter", datetime(2025, 3, 31, 17, tzinfo=UTC)),
        ("II 2025", "quarter", datetime(2025, 3, 31, 17, tzinfo=UTC)),
        ("April s.d. Juni 2025", "quarter", datetime(2025, 3, 31, 17, tzinfo=UTC)),
        (2025, "year", datetime(2024, 12, 31, 17, tzinfo=UTC)),
    ],
)  # fmt: skip
def test_time_when_written_as_offices_do_then_begins_its_period_in_wib(text, period, begins):
    assert read_time(text, period) == begins


@pytest.mark.parametrize(
    ("text", "period"),
    [("31 Februari 2025", "day"), ("17 Aprl 2025", "day"), ("kemarin", "day"), ("April 2025", "day"), ("2025", "month"),
     ("13/2025", "month"), ("Triwulan V 2025", "quarter"), ("", "year"), ("4/2025", "quarter"), ("Apr 25", "month"),
     ("Mei - Juli 2025", "quarter"), (2025, "day"), (True, "day"), (float("nan"), "day"), (1e300, "day"),
     ("17/04/2025 25:00", "instant"), ("5/4/5", "day")],
)  # fmt: skip
def test_time_when_it_is_none_of_its_kind_then_says_so(text, period):
    with pytest.raises(Unreadable, match="is no"):
        read_time(text, period)


@pytest.mark.parametrize(
    ("text", "order", "says"),
    [("4/17/2025", "dmy", "dates: mdy"), ("17/04/25", "mdy", "dates: dmy"), ("25/12/31 10:00", "mdy", "dates: dmy"),
     ("98/12/31", "dmy", "dates: ymd")],
)  # fmt: skip
def test_time_when_its_parts_stand_in_another_order_then_is_no_mere_fault_of_its_row(text, order, says):
    with pytest.raises(OtherStyle, match=says) as told:
        read_time(text, "day", order)
    assert says in told.value.what_id


@pytest.mark.parametrize(("order", "day"), [("dmy", "2026-05-04"), ("mdy", "2026-04-05"), ("ymd", "2004-05-06")])
def test_time_when_two_countries_read_it_differently_then_the_manifests_order_counts(order, day):
    assert read_time("04/05/" + ("06" if order == "ymd" else "26"), "day", order).astimezone(
        WIB
    ).date() == date.fromisoformat(day)


def test_time_when_its_weekday_is_another_then_is_refused():
    with pytest.raises(Unreadable, match="weekday") as told:
        read_time("Jumat, 17 April 2025", "day")
    assert "harinya" in told.value.what_id


def test_number_when_a_database_gives_it_as_a_decimal_then_is_no_text():
    assert read_number(Decimal("1.234"), "id") == 1.234
