"""Indicators and columns that cannot be what their manifest says."""

from collections import Counter
from collections.abc import Iterator

from cloud.modules.manifest import Indicator, Manifest
from cloud.modules.sources.layout import Sheet
from cloud.modules.sources.models import Folder, HttpTable, Tabular, Upload
from edge.contract.documents import Where

Fault = tuple[Where, str]


def figure_faults(manifest: Manifest) -> Iterator[Fault]:
    """Give what is wrong with indicators, and with the columns that they come from."""
    for name, indicator in manifest.indicators.items():
        yield from ((("indicators", name, *where), text) for where, text in _of_indicator(name, indicator, manifest))
    source = manifest.source
    if isinstance(source, Tabular):
        yield from _of_columns(manifest, source)
    if isinstance(source, HttpTable | Folder | Upload):
        yield from _of_table(source.table)


def _of_indicator(name: str, indicator: Indicator, manifest: Manifest) -> Iterator[Fault]:
    least, most = indicator.least, indicator.most
    if least is not None and most is not None and least > most:
        yield ("least",), f"{least:g} is more than most, {most:g}: no figure can be between them; swap them"
    for place, threshold in enumerate(indicator.thresholds):
        if threshold.below is not None and least is not None and threshold.below <= least:
            yield (
                ("thresholds", place, "below"),
                f"no figure is below {threshold.below:g}, for the least is {least:g}: raise it, or set least",
            )
        if threshold.above is not None and most is not None and threshold.above >= most:
            yield (
                ("thresholds", place, "above"),
                f"no figure is above {threshold.above:g}, for the most is {most:g}: lower it, or set most",
            )
    for each, times in Counter(indicator.dimensions).items():
        if times > 1:
            yield ("dimensions",), f"{each!r} stands here twice: keep one"
    if indicator.target == name:
        yield ("target",), "is measured against itself: name another indicator, or leave it out"
    elif indicator.target in manifest.indicators:
        other = manifest.indicators[indicator.target]
        if set(other.dimensions) != set(indicator.dimensions):
            yield ("target",), f"{indicator.target!r} has other dimensions: both need the same ones"


def _of_columns(manifest: Manifest, source: Tabular) -> Iterator[Fault]:
    mapping = source.mapping
    used: dict[str, str] = {key.column.casefold(): f"keys.{name}" for name, key in mapping.keys.items()}
    if mapping.true_at != "fetched":
        used[mapping.true_at.casefold()] = "true_at"
    for name, title in mapping.values.items():
        other = used.setdefault(title.casefold(), f"values.{name}")
        if other != f"values.{name}":
            where = ("source", "mapping", "values", name)
            yield where, f"the column {title!r} is that of {other}, too: each needs a column of its own"
    for name, key in mapping.keys.items():
        below: Where = ("source", "mapping", "keys", name, "texts")
        known = (manifest.dimensions[name].values if name in manifest.dimensions else None) or {}
        for text, code in key.texts.items():
            if known and code not in known:
                yield (*below, text), f"{code!r} is no value of {name}; there are: {', '.join(known)}"


def _of_table(table: Sheet) -> Iterator[Fault]:
    for name, cell in table.cells.items():
        if int(cell.at.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")) >= table.header_row:
            where = ("source", "table", "cells", name, "at")
            text = f"{cell.at} is not above the titles in row {table.header_row}"
            yield where, f"{text}: name a cell above them, or correct header_row"
