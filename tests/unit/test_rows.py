"""Rows of a batch: order, repeats, late hours, and PostgreSQL's binary format."""

import struct

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from cloud.ingest.rows import EPOCH_2000_US, Rows, sort_rows

SAMPLES = st.lists(
    st.tuples(st.integers(1, 5) | st.integers(2**23, 2**31 - 1),
              st.integers(10**9, 4 * 10**9) | st.integers(10**9, 10**9 + 5),
              st.floats(allow_nan=False)), max_size=50,
)  # fmt: skip


def _rows(samples) -> Rows:
    times_s = np.array([float(time_s) for _, time_s, _ in samples])
    return sort_rows([series for series, _, _ in samples], times_s, [value for *_, value in samples])


@given(SAMPLES)
def test_rows_when_sorted_then_are_in_order_and_the_first_of_equals_stays(samples):
    rows = _rows(samples)
    first = {}
    for series, time_s, value in samples:
        first.setdefault((series, time_s * 1_000_000), value)
    found = list(zip(rows.series.tolist(), rows.times_us.tolist(), rows.values.tolist(), strict=True))
    assert found == [(*key, first[key]) for key in sorted(first)]


@given(SAMPLES)
def test_copy_payload_when_read_back_by_the_manual_then_holds_every_row(samples):
    rows = _rows(samples)
    payload = rows.copy_payload()
    assert payload[:19] == b"PGCOPY\n\xff\r\n\0" + bytes(8)
    assert payload[-2:] == b"\xff\xff"
    tuples = list(struct.iter_unpack("!hiqidii", payload[19:-2]))
    assert [fields[::2] for fields in tuples] == [
        (3, time_us - EPOCH_2000_US, value, series)
        for series, time_us, value in zip(
            rows.series.tolist(), rows.times_us.tolist(), rows.values.tolist(), strict=True
        )
    ]
    assert all(fields[1::2] == (8, 8, 4) for fields in tuples)


@given(SAMPLES)
def test_last_of_series_when_asked_then_is_the_newest_of_each(samples):
    rows = _rows(samples)
    last = rows.last_of_series()
    newest = {}
    for series, time_s, _ in samples:
        newest[series] = max(newest.get(series, 0), time_s * 1_000_000)
    assert dict(zip(rows.series[last].tolist(), rows.times_us[last].tolist(), strict=True)) == newest


def test_late_hours_when_some_rows_are_old_then_name_hour_and_series():
    hour_s = 1_763_769_600
    rows = _rows([(7, hour_s + 10, 1.0), (7, hour_s + 20, 1.0), (9, hour_s + 30, 1.0), (7, hour_s + 7_200, 1.0)])
    assert rows.late_hours((hour_s + 3_600) * 1e6) == [(hour_s, [7, 9])]
    assert rows.late_hours(float("-inf")) == []
