"""From messages to what a transaction stores: samples, texts, events, evidence, statuses, results, refusals.

Nothing here touches the database but the registration of new series. Building the same messages twice gives the same
batch, so a batch whose transaction was lost is simply built and stored again.
"""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from cloud.ingest.messages import Inbound, Refusal
from cloud.ingest.quota import Admit
from cloud.ingest.registry import Box, Registry, Wanted
from cloud.ingest.reports import (
    Evidence,
    Happening,
    Outcome,
    Said,
    read_event,
    read_media,
    read_result,
    read_status,
)
from cloud.ingest.rows import Rows, sort_rows
from cloud.ingest.times import earliest_s, judge
from edge.contract import senml, topics
from edge.contract.limits import MAX_CLOCK_AHEAD_S, MAX_DAYS_PER_PACK, MAX_TEXT_LENGTH
from edge.contract.rejected import Reason, Rejected

DAY_S = 86_400


@dataclass(slots=True)
class Batch:
    """Everything of some messages that one transaction stores.

    Attributes:
        messages: all of them, stored or refused.
        rows: numeric samples, sorted.
        repeats: samples that occurred twice within the batch.
        texts: (series, time in seconds since 1970, text).
        heard: when each box was last heard of, by its number, seconds since 1970.
    """

    messages: list[Inbound]
    rows: Rows
    repeats: int = 0
    texts: list[tuple[int, float, str]] = field(default_factory=list)
    events: list[Happening] = field(default_factory=list)
    media: list[Evidence] = field(default_factory=list)
    statuses: list[Said] = field(default_factory=list)
    results: list[Outcome] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    heard: dict[int, float] = field(default_factory=dict)


class BatchBuilder:
    """Builds one batch.

    Args:
        registry: knows boxes and series.
        admit: tells which evidence is beyond its box's quota.
        clock: seconds since 1970; the reference for "too far in the future".
    """

    def __init__(self, registry: Registry, admit: Admit, clock: Callable[[], float] = time.time) -> None:
        self._registry = registry
        self._admit = admit
        self._now_s = clock()
        self._series: list[int] = []
        self._times_s: list[float] = []
        self._values: list[float] = []
        # (first row, message, its records): whose a row is, should it be refused
        self._spans: list[tuple[int, Inbound, int]] = []
        self._packs: list[tuple[Box, senml.Columns, Inbound]] = []
        self._wanted: list[Wanted] = []
        self._records: dict[int, int] = {}  # of a message of which records were refused: how many it has
        self._batch = Batch([], Rows.empty())
        self._readers: dict[str, Callable[[Box, topics.Topic, Inbound], Rejected | None]] = {
            "telemetry": self._add_pack,
            "backlog": self._add_pack,
            "events": self._add_event,
            "media": self._add_media,
            "status": self._add_status,
            "results": self._add_result,
        }

    def build(self, messages: list[Inbound]) -> Batch:
        """Build the batch of these messages; may ask the database for series and for the room of evidence."""
        for message in messages:
            refused = self._add(message)
            if refused is not None:
                self._batch.refusals.append(Refusal(message, refused))
        self._batch.messages = messages
        if self._batch.media:
            self._hold_to_quota()
        if self._wanted:
            self._registry.register(self._wanted)
        for pack in self._packs:
            self._add_rows(*pack)
        self._finish_rows()
        if self._records:
            self._mark_whole()
        return self._batch

    def _add(self, message: Inbound) -> Rejected | None:
        topic = topics.parse(message.topic)
        if topic is None or topic.kind not in self._readers:
            return Rejected(Reason.UNKNOWN_TOPIC, f"{message.topic[:200]!r} is none of sl/1/{{box}}/…")
        box = self._registry.box(topic.box)
        if box is None:
            return Rejected(Reason.UNKNOWN_BOX, f"{topic.box!r} is not registered; add it with `satulayar-db load`")
        if topic.kind != "status":
            self._batch.heard[box.id] = message.received_s
        return self._readers[topic.kind](box, topic, message)

    def _add_pack(self, box: Box, _: topics.Topic, message: Inbound) -> Rejected | None:
        records = senml.decode(message.payload)
        if isinstance(records, Rejected):
            return records
        columns = senml.resolve(records, message.received_s)
        if isinstance(columns, Rejected):
            return columns
        days = _count_days(columns.times_s)
        if days > MAX_DAYS_PER_PACK:
            return Rejected(Reason.TOO_MANY_DAYS, f"{days} days in one pack; at most {MAX_DAYS_PER_PACK}")
        self._packs.append((box, columns, message))
        if not all(map(box.series.__contains__, columns.names)):
            self._wanted += [Wanted(box, name, unit) for name, unit in zip(columns.names, columns.units, strict=True)]
        return None

    def _add_rows(self, box: Box, columns: senml.Columns, message: Inbound) -> None:
        self._spans.append((len(self._series), message, len(columns.names)))
        known = box.series
        add_series, add_time, add_value = self._series.append, self._times_s.append, self._values.append
        odd: list[int] = []
        for index, (name, time_s, value, unit) in enumerate(
            zip(columns.names, columns.times_s, columns.values, columns.units, strict=True)
        ):
            series = known.get(name)
            if series is None or value.__class__ is not float or (unit != series.unit and unit is not None):
                odd.append(index)
                continue
            add_series(series.id)
            add_time(time_s)
            add_value(value)
        if odd:
            self._add_odd(box, columns, odd, message)

    def _add_odd(self, box: Box, columns: senml.Columns, odd: list[int], message: Inbound) -> None:
        """Store or refuse the records that are not plain numbers of a known series in its unit."""
        refused: dict[Rejected, int] = {}
        for index in odd:
            found = self._add_one(box, columns, index)
            if found is not None:
                refused[found] = refused.get(found, 0) + 1
        self._refuse_records(message, refused, len(columns.names))

    def _add_one(self, box: Box, columns: senml.Columns, index: int) -> Rejected | None:
        name, unit, value = columns.names[index], columns.units[index], columns.values[index]
        series = box.series.get(name)
        if series is None:
            return box.refused.get(name) or Rejected(Reason.BAD_NAME, f"{name[:120]!r} cannot be stored")
        if unit is not None and unit != series.unit:
            return Rejected(Reason.WRONG_UNIT, f"{name} is stored in {series.unit!r}, not in {unit[:40]!r}: convert it")
        if isinstance(value, str):
            return self._add_text(series.id, name, columns.times_s[index], value)
        if isinstance(value, bytes) or value is None:
            return Rejected(Reason.UNSUPPORTED_VALUE, f"{name}: only v, vs and vb are stored")
        self._series.append(series.id)
        self._times_s.append(columns.times_s[index])
        self._values.append(float(value))
        return None

    def _add_text(self, series: int, name: str, time_s: float, text: str) -> Rejected | None:
        if "\0" in text or len(text) > MAX_TEXT_LENGTH or not text.isprintable():
            return Rejected(Reason.BAD_TEXT, f"{name}: at most {MAX_TEXT_LENGTH} printable characters")
        wrong = judge(time_s, self._now_s)
        if wrong is None:
            self._batch.texts.append((series, time_s, text))
        return wrong

    def _add_event(self, box: Box, _: topics.Topic, message: Inbound) -> Rejected | None:
        found = read_event(box, message)
        if isinstance(found, Rejected):
            return found
        self._batch.events.append(found)
        return None

    def _add_media(self, box: Box, topic: topics.Topic, message: Inbound) -> Rejected | None:
        found = read_media(box, topic.rest, message)
        if isinstance(found, Rejected):
            return found
        self._batch.media.append(found)
        return None

    def _hold_to_quota(self) -> None:
        for piece, why in self._admit(self._batch.media):
            self._batch.media.remove(piece)
            self._batch.refusals.append(Refusal(piece.message, why))

    def _add_status(self, box: Box, _: topics.Topic, message: Inbound) -> Rejected | None:
        found = read_status(box, message)
        if isinstance(found, Rejected):
            return found
        self._batch.statuses.append(found)
        if found.status.state == "online" and not message.retained:  # a will is the broker's word, not the box's
            self._batch.heard[box.id] = message.received_s
        return None

    def _add_result(self, box: Box, _: topics.Topic, message: Inbound) -> Rejected | None:
        found = read_result(box, message)
        if isinstance(found, Rejected):
            return found
        self._batch.results.append(found)
        return None

    def _refuse_records(self, message: Inbound, refused: dict[Rejected, int], records: int) -> None:
        for rejected, count in refused.items():
            self._batch.refusals.append(Refusal(message, rejected, count, whole=False))
            self._records[id(message)] = records

    def _mark_whole(self) -> None:
        """Find the messages of which every record is refused: their boxes are to hear so, whatever the reasons."""
        refusals = self._batch.refusals
        counts = Counter[int]()
        for refusal in refusals:
            counts[id(refusal.message)] += refusal.count
        for index, refusal in enumerate(refusals):
            if counts[id(refusal.message)] == self._records.get(id(refusal.message)):
                refusals[index] = replace(refusal, whole=True)

    def _finish_rows(self) -> None:
        """Refuse impossible times, then sort."""
        times_s = np.array(self._times_s, np.float64)
        values = np.array(self._values, np.float64)
        latest_s = self._now_s + MAX_CLOCK_AHEAD_S
        wrong = ~((times_s <= latest_s) & (times_s >= earliest_s(self._now_s)) & np.isfinite(values))
        if wrong.any():
            self._refuse_rows(np.flatnonzero(wrong).tolist())
            keep = np.flatnonzero(~wrong)
            self._series = [self._series[index] for index in keep]
            self._values = [self._values[index] for index in keep]
            times_s = times_s[keep]
        self._batch.rows = sort_rows(self._series, times_s, self._values)
        self._batch.repeats = len(times_s) - len(self._batch.rows)

    def _refuse_rows(self, indexes: list[int]) -> None:
        starts = [start for start, _, _ in self._spans]
        owners = np.searchsorted(starts, indexes, side="right") - 1
        refused: dict[int, dict[Rejected, int]] = {}
        for index, owner in zip(indexes, owners.tolist(), strict=True):
            found = judge(self._times_s[index], self._now_s) or _not_finite()
            counts = refused.setdefault(owner, {})
            counts[found] = counts.get(found, 0) + 1
        for owner, counts in refused.items():
            _, message, records = self._spans[owner]
            self._refuse_records(message, counts, records)


def _count_days(times_s: list[float]) -> int:
    """Count the days that times are of; nearly always of one or two, and that is told by the outermost."""
    if not times_s or max(times_s) - min(times_s) < DAY_S:
        return 1
    return len({time_s // DAY_S for time_s in times_s})


def _not_finite() -> Rejected:
    return Rejected(Reason.NOT_FINITE, "the sum of bv and v is no number")
