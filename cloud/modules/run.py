"""One run of one module: visit its source, read its figures, store them or say why not."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import structlog

from cloud.modules.errors import Misconfigured, SourceFailed
from cloud.modules.figures import Figure, FigureReader, Report
from cloud.modules.manifest import Manifest
from cloud.modules.sources.http import Unchanged, Visit, read_http
from cloud.modules.sources.models import HttpJson, HttpTable
from cloud.modules.store import Line, ModuleStore, read_districts

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Occasion:
    """Why a module runs.

    Attributes:
        cause: `schedule`, `person`, `push`, `upload` or `backfill`.
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


def run_module(
    connection: Line, name: str, manifest: Manifest, allowed: frozenset[str], occasion: Occasion
) -> tuple[bool, str]:
    """Run a module once; nothing that a source does is raised.

    Args:
        connection: in autocommit mode.
        name: of the module.
        manifest: of it.
        allowed: hosts in private ranges that sources may use.
        occasion: why it runs.

    Returns:
        Whether its figures are as new as its source has them, and what happened in a line.
    """
    store = ModuleStore(connection, name, manifest)
    run_id = store.begin(occasion.cause, occasion.actor, occasion.due_at)
    before = {} if occasion.cause == "backfill" else dict(store.visited())
    visit = Visit(allowed, before, since=occasion.since, until=occasion.until)
    report = Report()
    try:
        reader = FigureReader(manifest, read_districts(connection), datetime.now(UTC))
        report = reader.report
        store.keep(run_id, _figures(reader, manifest, visit), report, visit.after)
    except Unchanged:
        store.unchanged(run_id)
        return True, "unchanged"
    except (SourceFailed, Misconfigured) as error:
        text_id, text_en = getattr(error, "text_id", str(error)), getattr(error, "text_en", str(error))
        store.fail(run_id, text_id, text_en, report)
        _log.warning("run_failed", module=name, run=run_id, reason=text_en)
        return False, text_en
    _log.info("run_done", module=name, run=run_id, rows=report.rows, figures=report.figures, rejected=report.rejected)
    return True, f"{report.rows} rows, {report.figures} figures, {report.rejected} rejected"


def _figures(reader: FigureReader, manifest: Manifest, visit: Visit) -> Iterator[Figure]:
    """Read the source.

    Raises:
        SourceFailed: it gave nothing that can be stored; so does one whose every row is refused.
    """
    some = False
    for figure in reader.read(_rows(manifest, visit)):
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
    raise Misconfigured(f"sources of kind {source.kind!r} are not read by a visit")
