"""What the database keeps of modules: their manifests, runs, cells, and figures with both of their times.

A figure that comes again as it is changes nothing; one that differs closes the one before it, which stays readable as
what was shown then. So a run can be made again at any time, and so can a backfill.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from psycopg import Connection
from psycopg.types.json import Jsonb

from cloud.db.queries import load
from cloud.modules.errors import Misconfigured
from cloud.modules.manifest import Manifest
from cloud.modules.report import Figure, Report
from cloud.modules.small_counts import beside, telling
from cloud.modules.staging import written_as_copy

_SQL = load("modules")
_CHUNK = 20_000
Line = Connection[tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Change:
    """One figure that would change.

    Attributes:
        indicator: its name.
        keys: a code for each of its dimensions.
        true_at: what it is about.
        before: what is shown now; None where it is new, or kept back.
        after: what would be shown; None where it would be kept back.
        is_new: whether nothing is shown there now.
    """

    indicator: str
    keys: tuple[str, ...]
    true_at: datetime
    before: float | None
    after: float | None
    is_new: bool


@dataclass(frozen=True, slots=True)
class Preview:
    """What storing figures would do.

    Attributes:
        changes: the largest first.
        unchanged: figures that are as they are shown already.
        held: figures that would wait for a person.
    """

    changes: tuple[Change, ...]
    unchanged: int
    held: int

    @property
    def fingerprint(self) -> str:
        """SHA-256 of what would change."""
        told = [(*each.keys, each.indicator, each.true_at, each.before, each.after) for each in self.changes]
        return hashlib.sha256(repr((told, self.held)).encode()).hexdigest()


def register(connection: Line, name: str, manifest: Manifest) -> None:
    """Write a module down as its folder has it now.

    Raises:
        Misconfigured: an indicator has other dimensions than before: its figures are known by those.
    """
    parameters = {"name": name, "manifest": Jsonb(manifest.model_dump(mode="json"))}
    with connection.transaction():
        connection.execute(_SQL["put_module"], parameters)
        connection.execute(_SQL["put_indicators"], parameters)
        changed = connection.execute(_SQL["changed_dimensions"], parameters).fetchone()
        if changed:
            raise Misconfigured(
                f"{name}: the indicator {changed[0]} was told apart by {', '.join(changed[1]) or 'nothing'} until now: "
                "give one with other dimensions another name"
            )


def retire_others(connection: Line, names: Iterable[str]) -> None:
    """Mark modules whose folder is gone; their figures stay."""
    connection.execute(_SQL["retire_modules"], {"names": list(names)})


class ModuleStore:
    """One module's part of the database.

    Args:
        connection: in autocommit mode.
        name: of the module, which is registered.
    """

    def __init__(self, connection: Line, name: str) -> None:
        self._connection = connection
        found = connection.execute(_SQL["module"], {"name": name}).fetchone()
        if found is None:
            raise Misconfigured(f"there is no module {name!r}, or nobody has registered it yet")
        self.module_id = int(found[0])
        self.manifest = Manifest.model_validate(found[1])
        self._indicators: dict[str, int] = dict(
            connection.execute(_SQL["indicators"], {"module_id": self.module_id}).fetchall()
        )
        self._cells: dict[tuple[str, tuple[str, ...]], int] = {}
        for cell_id, indicator, keys in connection.execute(_SQL["cells"], {"module_id": self.module_id}):
            self._cells[indicator, tuple(keys)] = cell_id

    def visited(self) -> Mapping[str, str]:
        """Give what the source said of its version at the last good visit."""
        found: Mapping[str, str] = self._one("visited", module_id=self.module_id)
        return found

    def forget_visits(self) -> None:
        """Have the source read again as if it had never been."""
        self._run("note_visit", module_id=self.module_id, visited=Jsonb({}))

    def begin(self, cause: str, actor: str | None, due_at: datetime | None) -> int:
        """Write a run down as begun; give its number."""
        return int(self._one("begin_run", module_id=self.module_id, cause=cause, actor=actor, due_at=due_at))

    def keep(
        self,
        run_id: int,
        figures: Iterable[Figure],
        report: Report,
        after: Mapping[str, str] | None,
        *,
        is_judged: bool = False,
    ) -> tuple[int, int]:
        """Store a run's figures, all of them or none, and end the run.

        Args:
            run_id: of the run.
            figures: read as they are stored; what their reading raises is raised, with nothing stored.
            report: complete when the figures are.
            after: what the source said of its version; None leaves what is there.
            is_judged: whether a person has said that they are right, however unusual.

        Returns:
            how many were new or different, and how many wait for a person.
        """
        with self._connection.transaction():
            held = self._take(run_id, figures, report, is_judged=is_judged)
            at = self._one("stored_at")
            self._run("close_changed", at=at)
            changed = self._run("insert_changed", run_id=run_id, at=at)
            self._run("confirm_fresh", run_id=run_id, module_id=self.module_id)
            self._run("see_cells")
            if after is not None:
                self._run("note_visit", module_id=self.module_id, visited=Jsonb(dict(after)))
            self._end(run_id, "done", report, changed=changed, held=held)
        return changed, held

    def lock(self) -> None:
        """Have other runs of the module wait with their storing until the transaction ends."""
        self._run("lock_module", module_id=self.module_id)

    def preview(self, figures: Iterable[Figure], report: Report) -> Preview:
        """Tell what storing figures would do; nothing is changed. What their reading raises is raised."""
        known = dict(self._cells)
        with self._connection.transaction(force_rollback=True):
            run_id = int(self._one("preview_run", module_id=self.module_id))
            held = self._take(run_id, figures, report, is_judged=False)
            changes = [Change(each[0], tuple(each[1]), *each[2:]) for each in self._connection.execute(_SQL["changes"])]
            left = int(self._one("count_fresh"))
        self._cells = known  # those that were new are not there any more
        return Preview(tuple(changes), left - len(changes), held)

    def _take(self, run_id: int, figures: Iterable[Figure], report: Report, *, is_judged: bool) -> int:
        """Read figures and find what of them is new or different; give how many wait for a person."""
        self._run("make_staging")
        each = iter(figures)
        while chunk := list(islice(each, _CHUNK)):
            self._stage(chunk)
        # Not before everything is read: a slow source shall not hold up what is pushed meanwhile.
        self.lock()
        self._run("index_staging")
        self._note_clashing(report)
        self._keep_back(report)
        factors = {} if is_judged else self._factors()
        growing = [self._indicators[name] for name, each in self.manifest.indicators.items() if each.grows]
        is_instant = self.manifest.period == "instant"
        arguments = {"factors": Jsonb(factors), "growing": growing, "is_instant": is_instant}
        held = self._run("hold_unusual", run_id=run_id, **arguments) if factors else 0
        self._run("withdraw_held", run_id=run_id)
        self._run("find_changed", run_id=run_id)
        return held

    def _keep_back(self, report: Report) -> None:
        """Keep back what a small count could be reckoned from, and tell of it."""
        guarded = [self._indicators[name] for name in telling(self.manifest)]
        if not guarded:
            return
        self._run("find_guarded", guarded=guarded)
        if not self._run("find_hushed"):
            return
        count = self._run("keep_back_fresh") + self._run("keep_back_shown")
        self._run("withdraw_hushed")
        if count:
            report.kept_back += count
            report.note(*beside(), None, count)

    def unchanged(self, run_id: int) -> None:
        """End a run that found nothing new: what is there was seen again."""
        with self._connection.transaction():
            self._run("see_all_cells", module_id=self.module_id)
            self._run("confirm_all", run_id=run_id, module_id=self.module_id)
            self._end(run_id, "unchanged", Report())

    def fail(
        self, run_id: int, text_id: str, text_en: str, report: Report, after: Mapping[str, str] | None = None
    ) -> None:
        """End a run that stored nothing.

        Args:
            run_id: of the run.
            text_id: why, in Indonesian.
            text_en: the same in English.
            report: what was read until then.
            after: what is not to be read again until it has changed; None for what is.
        """
        with self._connection.transaction():
            if after is not None:
                self._run("note_visit", module_id=self.module_id, visited=Jsonb(dict(after)))
            self._end(run_id, "failed", report, fault_id=text_id, fault_en=text_en)

    def _note_clashing(self, report: Report) -> None:
        """Tell of figures that came more than once and differ: none of them is stored."""
        for indicator, keys, n, figures in self._connection.execute(_SQL["clashing"]):
            report.rejected += figures
            told = clash(indicator, keys)
            for _ in range(n):
                report.note(*told, None)

    def _factors(self) -> dict[str, float]:
        factors = {name: each.usual_factor for name, each in self.manifest.indicators.items()}
        return {str(self._indicators[name]): factor for name, factor in factors.items() if factor}

    def _stage(self, figures: list[Figure]) -> None:
        self._know_cells(figures)
        cells = self._cells
        ids = [cells[figure.indicator, figure.keys] for figure in figures]
        with self._connection.cursor().copy(_SQL["copy_staging"]) as copy:
            copy.write(written_as_copy(ids, figures))

    def _know_cells(self, figures: list[Figure]) -> None:
        new = {(figure.indicator, figure.keys) for figure in figures} - self._cells.keys()
        for indicator, keys in sorted(new):
            arguments = {"indicator_id": self._indicators[indicator], "keys": list(keys)}
            self._cells[indicator, keys] = int(self._one("put_cell", **arguments))

    def _end(self, run_id: int, state: str, report: Report, **more: Any) -> None:
        counts = {name: value for name, value in asdict(report).items() if name != "lines"}
        told = {"changed": 0, "held": 0, "fault_id": None, "fault_en": None} | more
        self._run("end_run", run_id=run_id, state=state, **counts, **told)
        for (reason, detail_en), line in report.lines.items():
            self._run(
                "put_line", run_id=run_id, reason=reason, detail_id=line.detail_id, detail_en=detail_en,
                first_row=line.first_row, count=line.count,
            )  # fmt: skip

    def _run(self, statement: str, **arguments: Any) -> int:
        return self._connection.execute(_SQL[statement], arguments).rowcount

    def _one(self, statement: str, **arguments: Any) -> Any:
        row = self._connection.execute(_SQL[statement], arguments).fetchone()
        assert row is not None  # noqa: S101 - each of these statements gives a row
        return row[0]


def clash(indicator: str, keys: Iterable[str]) -> tuple[str, str, str]:
    """Say that a figure came more than once and differs: reason, Indonesian, English."""
    where = " ".join([indicator, *keys])
    return (
        "twice",
        f"{where}: datang lebih dari sekali dengan angka berbeda; tidak ada yang disimpan.",
        f"{where}: came more than once with different figures; none of them is stored.",
    )


def end_abandoned(connection: Line) -> int:
    """End runs whose process died in the middle: nothing of them was stored. Give how many there were."""
    return connection.execute(_SQL["end_abandoned"]).rowcount


def last_start(connection: Line, name: str) -> datetime | None:
    """Give when a module ran last; None if it never did."""
    row = connection.execute(_SQL["last_start"], {"name": name}).fetchone()
    return row[0] if row else None


def read_districts(connection: Line) -> dict[str, str]:
    """Give the districts' names by their codes."""
    return dict(connection.execute(_SQL["districts"]).fetchall())


def put_districts(connection: Line, districts: Iterator[tuple[str, str]]) -> int:
    """Write districts down; give how many."""
    with connection.transaction(), connection.cursor() as cursor:
        cursor.executemany(_SQL["put_district"], [{"code": code, "name": name} for code, name in districts])
        return cursor.rowcount
