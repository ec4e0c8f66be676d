"""Layanan publik: made from the modules' manifests, so that a new service needs no code here."""

from collections.abc import Sequence

from grafana import names
from grafana.dashboards.compose import WIDTH, Board, Row, chosen
from grafana.manifests import Indicator, Module
from grafana.panels import modules
from grafana.panels.shapes import PanelBuilder
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
        [
            *(row for module in installed for row in _rows(say, module)),
            (9, [(WIDTH // 2, modules.of_district(say)), (WIDTH // 2, modules.troubles(say))]),
            (12, [(WIDTH, modules.everything(say))]),
        ],
        variables=[chosen("district", say("Kecamatan", "District"), "modules", "districts")],
        refresh="1m",
    )


def _rows(say: Say, module: Module) -> list[Row]:
    shown = [(name, one) for name, one in module.indicators.items() if one.panel != "table"]
    parts = [shown[at : at + FIGURES_A_ROW] for at in range(0, len(shown), FIGURES_A_ROW)]
    # One to four in a row: 24 can be divided by each of these.
    figures: list[Row] = [
        (5, [(WIDTH // len(part), _figure(say, module, name, one)) for name, one in part]) for part in parts
    ]
    drawn = [(name, one) for name, one in shown if one.panel in ("bar", "timeseries") or not one.dimensions]
    return [
        *figures,
        *((8, [(WIDTH, _drawn(say, module, name, one))]) for name, one in drawn),
        (9, [(WIDTH, modules.all_of(say, module.name, (module.title.id, module.title.en)))]),
    ]


def _figure(say: Say, module: Module, name: str, one: Indicator) -> PanelBuilder:
    where = (module.name, name)
    return modules.value_of(say, where, _words(one), one.grafana_unit, modules.colours_of(one), one.decimals)


def _drawn(say: Say, module: Module, name: str, one: Indicator) -> PanelBuilder:
    if one.panel == "bar" and one.dimensions:
        return modules.by_place(say, (module.name, name), _words(one), one)
    return modules.course_of(say, (module.name, name), _words(one), one.grafana_unit)


def _words(indicator: Indicator) -> tuple[str, str]:
    return indicator.title.id, indicator.title.en
