"""Newest values in memory: what a flush would write."""

import numpy as np

from cloud.ingest.batch import Batch
from cloud.ingest.latest import Latest
from cloud.ingest.rows import sort_rows


def _batch(*samples: tuple[int, float, float]) -> Batch:
    series, times_s, values = (list(column) for column in zip(*samples, strict=True))
    return Batch([], sort_rows(series, np.array(times_s), values))


def test_latest_when_older_samples_come_then_keeps_the_newest():
    latest = Latest()
    latest.note(_batch((5, 1e9 + 2, 2.0), (7, 1e9, 7.0)))
    latest.note(_batch((5, 1e9 + 1, 1.0)))
    assert (latest._values[5], latest._values[7]) == (2.0, 7.0)
    assert latest._times_us[5] == (1e9 + 2) * 1e6


def test_latest_when_a_series_number_is_large_then_has_room_for_it():
    latest = Latest()
    latest.note(_batch((100_000, 1e9, 1.0)))
    assert latest._values[100_000] == 1.0
    assert latest.pending
