"""What a module would store, read without a database: for whoever writes its manifest."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from cloud.modules.errors import Unset
from cloud.modules.figures import FigureReader
from cloud.modules.manifest import Manifest
from cloud.modules.notation import WIB
from cloud.modules.report import Figure, Report
from cloud.modules.run import all_figures, source_rows
from cloud.modules.sources.models import Computed, Folder, Upload
from cloud.modules.sources.tables import kind_of, read_table
from cloud.modules.sources.visit import Reach, Visit

_SHOWN = 30


def preview(
    name: str, manifest: Manifest, reach: Reach, districts: dict[str, str], now: datetime, file: Path | None = None
) -> Iterator[str]:
    """Read a module's source, or a file in its place, and give the lines that a person wants to see.

    Args:
        name: of the module.
        manifest: of it.
        reach: what sources may reach.
        districts: names by their codes.
        now: the instant of the visit.
        file: a table that is read as if the source had given it.

    Raises:
        SourceFailed: nothing of it could be stored.
        Unset: there is nothing to read.
    """
    if isinstance(manifest.source, Computed):
        raise Unset(
            f"{name} dihitung dari basis data: lihat dengan `satulayar-modules run {name}`.",
            f"{name} is computed from the database: see it by `satulayar-modules run {name}`",
        )
    reader = FigureReader(manifest, districts, now)
    rows = source_rows(manifest, Visit(name, reach), reader.report) if file is None else _of_file(manifest, file)
    try:
        for number, figure in enumerate(all_figures(reader, rows)):
            if number < _SHOWN:
                yield _line(figure, manifest)
            elif number == _SHOWN:
                yield "…"
    finally:
        of = reader.report
        yield f"{of.rows} baris, {of.figures} angka, {of.rejected} ditolak, {of.kept_back} disembunyikan"
        yield from left_out(of)


def left_out(report: Report) -> Iterator[str]:
    """Say what of a table was left out, and why; each in Indonesian, then in English."""
    for line in report.lines.values():
        at = "" if line.first_row is None else f"baris {line.first_row}: "
        yield f"  {line.count}x {at}{line.detail_id}" + (f" ({line.detail_en})" if line.detail_en else "")


def _of_file(manifest: Manifest, file: Path) -> Iterator[list[Any]]:
    if not isinstance(manifest.source, Folder | Upload):
        kind = manifest.source.kind
        raise Unset(
            f"Sumbernya {kind}, bukan berkas: lihat tanpa menyebut berkas.",
            f"its source is of kind {kind} and no file: look without naming one",
        )
    return read_table(file, kind_of(file), manifest.source.table)


def _line(figure: Figure, manifest: Manifest) -> str:
    indicator = manifest.indicators[figure.indicator]
    at = figure.true_at.astimezone(WIB)
    value = "-" if figure.value is None else f"{figure.value:.{indicator.decimals}f} {indicator.unit}"
    return f"{at:%Y-%m-%d %H:%M} WIB  {' '.join([figure.indicator, *figure.keys])}  {value}"
