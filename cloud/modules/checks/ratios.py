"""Ratios of figures that are not there, of themselves, in a circle, or of different places."""

from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter

from cloud.modules.checks.figures import Fault
from cloud.modules.manifest import DISTRICT, Indicator, Manifest
from cloud.modules.sources.models import Computed, OfSeries, Ratio
from edge.contract.catalogue import CATALOGUE
from edge.contract.documents import nearest

Figure = tuple[str, str]
Modules = Mapping[str, Manifest | None]


def ratio_faults(name: str, modules: Modules) -> Iterator[Fault]:
    """Give what is wrong with what a module computes.

    Args:
        name: of the module.
        modules: all there are; None for one whose own manifest is wrong: of that nothing is known.
    """
    manifest = modules[name]
    if manifest is None or not isinstance(manifest.source, Computed):
        return
    for indicator, how in manifest.source.values.items():
        where = ("source", "values", indicator)
        if isinstance(how, OfSeries):
            if set(manifest.indicators[indicator].dimensions) - {DISTRICT}:
                text = "samples are taken together by district only: leave the others out"
                yield ("indicators", indicator, "dimensions"), text
            continue
        for part, wanted in (("of", how.of), ("over", how.over)):
            for fault in _of_part((name, indicator), _figure(name, wanted), modules):
                yield (*where, part), fault
    yield from _circles(name, manifest.source, modules)


def ratio_notes(manifest: Manifest) -> Iterator[Fault]:
    """Give what is allowed, and may not be meant."""
    for indicator, how in manifest.source.values.items() if isinstance(manifest.source, Computed) else ():
        if isinstance(how, OfSeries) and how.quantity not in CATALOGUE:
            where = ("source", "values", indicator, "quantity")
            yield where, f"{how.quantity!r} is not in the catalogue of quantities{nearest(how.quantity, CATALOGUE)}"


def _of_part(own: Figure, wanted: Figure, modules: Modules) -> Iterator[str]:
    if wanted == own:
        yield "is the figure itself: name another"
        return
    there = _indicators(wanted[0], modules)
    if wanted[0] not in modules:
        yield f"there is no module {wanted[0]!r}{nearest(wanted[0], modules)}"
    elif there is not None and wanted[1] not in there:
        yield f"{wanted[0]!r} has no indicator {wanted[1]!r}{nearest(wanted[1], there)}"
    elif there is not None:
        mine = _indicators(own[0], modules) or {}
        if there[wanted[1]].dimensions != mine[own[1]].dimensions:
            yield (
                f"{'.'.join(wanted)} is by {_dimensions(there[wanted[1]])}, and this figure by "
                f"{_dimensions(mine[own[1]])}: a ratio is of the same places"
            )


def _circles(name: str, source: Computed, modules: Modules) -> Iterator[Fault]:
    """Find a circle through this module: at its end a figure would be made of itself."""
    graph = {
        (module, indicator): {_figure(module, how.of), _figure(module, how.over)} - {(module, indicator)}
        for module, manifest in modules.items()
        if manifest is not None and isinstance(manifest.source, Computed)
        for indicator, how in manifest.source.values.items()
        if isinstance(how, Ratio)
    }
    for indicator in source.values:
        reached = _reached((name, indicator), graph)
        try:
            TopologicalSorter({each: graph[each] for each in reached if each in graph}).prepare()
        except CycleError as error:
            circle = [".".join(each) for each in reversed(error.args[1])]
            if f"{name}.{indicator}" in circle:
                yield ("source", "values", indicator), f"is computed of itself: {' of '.join(circle)}: break the circle"


def _reached(figure: Figure, graph: Mapping[Figure, set[Figure]]) -> set[Figure]:
    found, waiting = {figure}, [figure]
    while waiting:
        new = graph.get(waiting.pop(), set()) - found
        found |= new
        waiting += new
    return found


def _figure(module: str, wanted: str) -> Figure:
    other, _, indicator = wanted.rpartition(".")
    return other or module, indicator


def _indicators(module: str, modules: Modules) -> Mapping[str, Indicator] | None:
    manifest = modules.get(module)
    return manifest.indicators if manifest else None


def _dimensions(indicator: Indicator) -> str:
    return ", ".join(indicator.dimensions) or "nothing"
