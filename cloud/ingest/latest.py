"""The newest value of each series and when each box was last heard of, written a few times a second.

Readers want them all the time, and finding them among the samples would cost an index look-up per series. They are
kept apart from the batches' transactions: there they would rewrite the same rows with every batch and make ingesters
wait for each other. What an ingester could not write before it was killed, the next one repairs from the samples.
"""

from typing import Any

import numpy as np
from psycopg import Connection

from cloud.db.queries import load
from cloud.ingest.batch import Batch
from cloud.ingest.rows import Rows

_SQL = load("ingest")


class Latest:
    """Newest values, in memory between two flushes.

    Attributes:
        pending: True when there is something to flush.
    """

    def __init__(self) -> None:
        self._times_us = np.full(1024, np.iinfo(np.int64).min)
        self._values = np.zeros(1024)
        self._changed = np.zeros(1024, np.bool_)
        self._heard: dict[int, float] = {}
        self.pending = False

    def note(self, batch: Batch) -> None:
        """Take over what a committed batch brought."""
        rows = batch.rows
        last = rows.last_of_series()
        self._note(rows.series[last], rows.times_us[last], rows.values[last])
        for series, time_s, _ in batch.texts:
            self._note(np.array([series]), np.array([round(time_s * 1e6)]), np.array([np.nan]))
        self._heard.update(batch.heard)
        self.pending = self.pending or len(last) > 0 or bool(batch.texts or batch.heard)

    def flush(self, connection: Connection[tuple[Any, ...]]) -> None:
        """Write what has changed and tell listeners; the connection is in autocommit mode.

        Raises:
            psycopg.Error: nothing is written, all stays pending.
        """
        changed = np.flatnonzero(self._changed)
        with connection.transaction(), connection.cursor() as cursor:
            if len(changed):
                rows = Rows(changed.astype(np.int32), self._times_us[changed], self._values[changed])
                with cursor.copy(_SQL["copy_latest_staging"]) as copy:
                    copy.write(rows.copy_payload())
                cursor.execute(_SQL["merge_latest"])
            if self._heard:
                boxes = sorted(self._heard)
                cursor.execute(_SQL["touch_boxes"], {"boxes": boxes, "times": [self._heard[box] for box in boxes]})
            cursor.execute(_SQL["announce_latest"])
        self._changed[changed] = False
        self._heard.clear()
        self.pending = False

    def _note(self, series: Any, times_us: Any, values: Any) -> None:
        if not len(series):
            return
        self._grow(int(series.max()) + 1)
        newer = times_us > self._times_us[series]
        series = series[newer]
        self._times_us[series] = times_us[newer]
        self._values[series] = values[newer]
        self._changed[series] = True

    def _grow(self, size: int) -> None:
        if size > len(self._times_us):
            more = max(size, 2 * len(self._times_us)) - len(self._times_us)
            self._times_us = np.append(self._times_us, np.full(more, np.iinfo(np.int64).min))
            self._values = np.append(self._values, np.zeros(more))
            self._changed = np.append(self._changed, np.zeros(more, np.bool_))
