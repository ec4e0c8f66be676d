"""Layanan publik: made from the modules' manifests, so that a new service needs no code here."""

from collections.abc import Sequence

from grafana import names
from grafana.dashboards.compose import WIDTH, Board, Row
from grafana.manifests import Module
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
    parts = [module.indicators[at : at + FIGURES_A_ROW] for at in range(0, len(module.indicators), FIGURES_A_ROW)]
    # One to four in a row: 24 can be divided by each of these.
    figures: list[Row] = [
        (5, [(WIDTH // len(part), modules.value_of(say, one.name, one.title, one.unit)) for one in part])
        for part in parts
    ]
    courses: list[Row] = [
        (7, [(WIDTH, modules.course_of(say, one.name, one.title, one.unit))]) for one in module.indicators if one.course
    ]
    return [*figures, *courses, (7, [(WIDTH, modules.all_of(say, module.name, module.title))])]
