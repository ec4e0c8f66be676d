"""Layanan publik: made from the modules' manifests, so that a new service needs no code here."""

from collections.abc import Sequence

from grafana import names
from grafana.dashboards.compose import WIDTH, Board, Row
from grafana.manifests import Indicator, Module
from grafana.panels import modules
from grafana.words import Say

FIGURES_A_ROW = 4


def board(say: Say, installed: Sequence[Module]) -> Board:
    """Compose the services' dashboard.

    Args:
        say: language.
        installed: modules that have a manifest; none leaves the list of all indicators, which says so.
    """
    return Board(
        names.SERVICES,
        say("Layanan publik", "Public services"),
        say(
            "Untuk pemilik layanan: setiap angka dengan umurnya.",
            "For the owners of services: each figure with its age.",
        ),
        [*(row for module in installed for row in _rows(say, module)), (12, [(WIDTH, modules.everything(say))])],
        refresh="1m",
    )


def _rows(say: Say, module: Module) -> list[Row]:
    listed = list(module.indicators.items())
    parts = [listed[at : at + FIGURES_A_ROW] for at in range(0, len(listed), FIGURES_A_ROW)]
    # One to four in a row: 24 can be divided by each of these.
    figures: list[Row] = [
        (5, [(WIDTH // len(part), modules.value_of(say, name, _words(one), one.grafana_unit)) for name, one in part])
        for part in parts
    ]
    courses: list[Row] = [
        (7, [(WIDTH, modules.course_of(say, name, _words(one), one.grafana_unit))])
        for name, one in listed
        if not one.dimensions
    ]
    return [*figures, *courses, (9, [(WIDTH, modules.all_of(say, module.name, (module.title.id, module.title.en)))])]


def _words(indicator: Indicator) -> tuple[str, str]:
    return indicator.title.id, indicator.title.en
