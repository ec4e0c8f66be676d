"""One run of one module: visit its source, read its figures, store them or say why not."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import PurePath
from traceback import extract_tb
from typing import Any

import structlog
from psycopg import DataError, Error, OperationalError

from cloud.errors import CloudError
from cloud.modules.computed import compute
from cloud.modules.errors import Misconfigured, SourceFailed, Unset
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
        try:
            run_module(connection, name, manifest, reach, Occasion("folder"))
        except OperationalError:
            raise
        except Error as error:  # that file's figures are refused, and the run says so; the next one may be right
            _log.error("run_lost", module=name, error=str(error))


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
    return keep_figures(
        store, all_figures(reader, source_rows(manifest, visit, reader.report)), reader.report, occasion, visit
    )


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
    except CloudError as error:
        text_id, text_en = getattr(error, "text_id", str(error)), getattr(error, "text_en", str(error))
        failed = _failed(store, run_id, text_id, text_en, report, visit)
        if isinstance(error, SourceFailed | Misconfigured):
            return failed
        raise
    except Error as error:
        # Where the database itself is there, the run must not look as if it still went on; what it has no time for now
        # it may take later.
        text_id, text_en = "Basis data kami menolak angkanya.", f"Our database refuses the figures: {error}"
        with suppress(Error):
            _failed(store, run_id, text_id, text_en, report, None if isinstance(error, OperationalError) else visit)
        raise
    except Exception as error:  # noqa: BLE001 - sources send what nobody has thought of, and no run may look as if it went on
        kind, where = type(error).__name__, _where(error)
        text_id = f"Proses terhenti oleh kesalahan yang tidak dikenal ({kind}, {where}): kirim sumbernya ke pengembang."
        text_en = f"The run broke off by a fault unknown to us ({kind}, {where}): show the source to the developers."
        return _failed(store, run_id, text_id, text_en, report, visit)
    _log.info("run_done", run=run_id, rows=report.rows, figures=report.figures, rejected=report.rejected)
    counted = (report.rows, report.figures, report.rejected)
    text_id = "{} baris, {} angka, {} ditolak".format(*counted)
    text_en = "{} rows, {} figures, {} rejected".format(*counted)
    return Outcome(True, text_id, text_en, report, changed=changed, held=held, run_id=run_id)  # noqa: FBT003 - see above


def _failed(
    store: ModuleStore, run_id: int, text_id: str, text_en: str, report: Report, visit: Visit | None
) -> Outcome:
    """End a run that stored nothing."""
    text_id, text_en = _storable(text_id), _storable(text_en)
    # A wrong file of a folder is not read again until somebody has changed it.
    read = visit.after if visit and isinstance(store.manifest.source, Folder) and visit.after else None
    try:
        store.fail(run_id, text_id, text_en, report, read)
    except (DataError, UnicodeError):  # the report's lines, or the file's name, are no text for a database
        store.fail(run_id, text_id, text_en, Report())
    _log.warning("run_failed", module=visit.module if visit else None, run=run_id, reason=text_en)
    return Outcome(False, text_id, text_en, report, run_id=run_id)  # noqa: FBT003 - first of its fields


def _storable(text: str) -> str:
    """Write out what PostgreSQL's text cannot hold: NUL, and halves of characters."""
    return text.replace("\0", r"\0").encode("utf-8", "backslashreplace").decode()


def _where(error: Exception) -> str:
    """Tell where an error arose; its message may quote what is somebody's, and is told nowhere."""
    frame = extract_tb(error.__traceback__)[-1]
    return f"{PurePath(frame.filename).name}:{frame.lineno}"


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


def source_rows(manifest: Manifest, visit: Visit, report: Report) -> Iterator[list[Any]]:
    """Visit a source and give its rows, the titles first; a row that may be half of one is noted.

    Raises:
        SourceFailed: see the source's adapter.
        Unset: it is none that is visited.
    """
    yield from _rows(manifest, visit)
    if visit.is_cut:
        report.note(
            "half_row",
            "Jawaban tanpa panjang berakhir di tengah baris; baris terakhir dilewati.",
            "An answer of unsaid length ends within a row: the last row was left out.",
            report.rows + 2,
        )


def _rows(manifest: Manifest, visit: Visit) -> Iterator[list[Any]]:
    source = manifest.source
    if isinstance(source, HttpJson | HttpTable):
        return read_http(source, visit)
    if isinstance(source, Folder):
        return read_folder(source, visit)
    if isinstance(source, Sql):
        return read_sql(source, visit)
    raise Unset(
        f"Sumber jenis {source.kind!r} tidak dikunjungi: angkanya diantar, lewat unggahan atau API.",
        f"a source of kind {source.kind!r} is not visited: figures are brought to it, by an upload or by the API",
    )
