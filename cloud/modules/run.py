"""One run of one module: visit its source, read its figures, store them or say why not."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import structlog
from psycopg import Error

from cloud.modules.computed import compute
from cloud.modules.errors import Misconfigured, SourceFailed
from cloud.modules.figures import FigureReader
from cloud.modules.manifest import Manifest
from cloud.modules.report import Figure, Report
from cloud.modules.sources.folder import read_folder, stamps_of
from cloud.modules.sources.http import read_http
from cloud.modules.sources.models import Computed, Folder, HttpJson, HttpTable, Sql
from cloud.modules.sources.sql import read_sql
from cloud.modules.sources.visit import Reach, Unchanged, Visit
from cloud.modules.store import Line, ModuleStore, read_districts, register

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Occasion:
    """Why a module runs.

    Attributes:
        cause: `schedule`, `person`, `push`, `upload`, `folder`, `held` or `backfill`.
        actor: who asked, where a person did.
        due_at: when it should have begun, by the schedule.
        since: first day of a backfill.
        until: last day of a backfill.
    """

    cause: str
    actor: str | None = None
    due_at: datetime | None = None
    since: str = ""
    until: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a run.

    Attributes:
        good: whether the figures are as new as the source has them.
        text_id: what happened, in a line.
        text_en: the same in English.
        report: what was read and left out.
        is_new: whether the source had anything new, good or bad.
        changed: figures that are new or different.
        held: figures that wait for a person.
        run_id: of the run.
    """

    good: bool
    text_id: str
    text_en: str
    report: Report
    is_new: bool = True
    changed: int = 0
    held: int = 0
    run_id: int = 0


def run_folder(connection: Line, name: str, manifest: Manifest, reach: Reach, *, again: bool = False) -> None:
    """Run a folder's module once for each file that is new, or for each that there is; see `run_module`."""
    assert isinstance(manifest.source, Folder)  # noqa: S101 - the caller asks for no other
    register(connection, name, manifest)
    if again:
        ModuleStore(connection, name).forget_visits()
    stamps = stamps_of(reach.drop_folder / name, manifest.source.pattern)
    for _ in stamps:
        known = ModuleStore(connection, name).visited()
        if all(known.get(file) == stamp for file, stamp in stamps.items()):
            return
        run_module(connection, name, manifest, reach, Occasion("folder"))


def run_module(connection: Line, name: str, manifest: Manifest, reach: Reach, occasion: Occasion) -> Outcome:
    """Run a module once; nothing that a source does is raised.

    Args:
        connection: in autocommit mode.
        name: of the module.
        manifest: of it.
        reach: what sources may reach.
        occasion: why it runs.

    Raises:
        Misconfigured: an indicator of the manifest cannot become what it says.
    """
    register(connection, name, manifest)
    store = ModuleStore(connection, name)
    before = {} if occasion.cause == "backfill" else dict(store.visited())
    visit = Visit(name, reach, before, since=occasion.since, until=occasion.until)
    now = datetime.now(UTC)
    if isinstance(manifest.source, Computed):
        report = Report()
        return keep_figures(store, compute(connection, name, manifest, now, report), report, occasion, visit)
    reader = FigureReader(manifest, read_districts(connection), now)
    return keep_figures(store, all_figures(reader, _rows(manifest, visit)), reader.report, occasion, visit)


def keep_figures(
    store: ModuleStore, figures: Iterator[Figure], report: Report, occasion: Occasion, visit: Visit | None = None
) -> Outcome:
    """Store figures as a run; nothing that their source does is raised.

    Args:
        store: of the module.
        figures: read as they are stored.
        report: complete when they are.
        occasion: why.
        visit: of a source; None for what was brought.
    """
    run_id = store.begin(occasion.cause, occasion.actor, occasion.due_at)
    try:
        changed, held = store.keep(run_id, figures, report, visit.after if visit else None)
    except Unchanged:
        store.unchanged(run_id)
        return Outcome(True, "Tidak ada yang berubah.", "unchanged", report, is_new=False, run_id=run_id)  # noqa: FBT003 - first of its fields
    except (SourceFailed, Misconfigured) as error:
        text_id, text_en = getattr(error, "text_id", str(error)), getattr(error, "text_en", str(error))
        # A wrong file of a folder is not read again until somebody has changed it.
        read = visit.after if visit and isinstance(store.manifest.source, Folder) and visit.after else None
        store.fail(run_id, text_id, text_en, report, read)
        _log.warning("run_failed", module=visit.module if visit else None, run=run_id, reason=text_en)
        return Outcome(False, text_id, text_en, report, run_id=run_id)  # noqa: FBT003 - see above
    except Error as error:
        # Where the database itself is there, the run must not look as if it still went on.
        with suppress(Error):
            store.fail(
                run_id, "Basis data kami menolak angkanya.", f"Our database refuses the figures: {error}", report
            )
        raise
    _log.info("run_done", run=run_id, rows=report.rows, figures=report.figures, rejected=report.rejected)
    counted = (report.rows, report.figures, report.rejected)
    text_id = "{} baris, {} angka, {} ditolak".format(*counted)
    text_en = "{} rows, {} figures, {} rejected".format(*counted)
    return Outcome(True, text_id, text_en, report, changed=changed, held=held, run_id=run_id)  # noqa: FBT003 - see above


def all_figures(reader: FigureReader, rows: Iterator[list[Any]]) -> Iterator[Figure]:
    """Give the figures of a table.

    Raises:
        SourceFailed: it gave nothing that can be stored; so does one whose every row is refused.
    """
    some = False
    for figure in reader.read(rows):
        some = True
        yield figure
    if not some and reader.report.rows:
        raise SourceFailed(
            "Tidak satu baris pun dapat dipakai; lihat baris-baris log.",
            "Not one row can be used: see the run's lines.",
        )
    if not some:
        raise SourceFailed("Sumber tidak memberi satu baris pun.", "The source gives no rows at all.")


def _rows(manifest: Manifest, visit: Visit) -> Iterator[list[Any]]:
    source = manifest.source
    if isinstance(source, HttpJson | HttpTable):
        return read_http(source, visit)
    if isinstance(source, Folder):
        return read_folder(source, visit)
    if isinstance(source, Sql):
        return read_sql(source, visit)
    raise Misconfigured(f"a source of kind {source.kind!r} is not visited: figures are brought to it")
