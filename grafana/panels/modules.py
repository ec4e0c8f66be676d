"""Public services: one figure each, always with its age. Which there are is said by the modules' manifests."""

from grafana_foundation_sdk.models.dashboard import DynamicConfigValue

from grafana import names
from grafana.look import GOOD, board_link, steps
from grafana.panels.platform import not_installed
from grafana.panels.shapes import PanelBuilder, course, figure, listing
from grafana.query import Query
from grafana.statements import literal
from grafana.words import Say

BEDS = "beds_free"
REVENUE_TODAY = "revenue_today"
"""Indicators that the wall itself shows, by their names in the manifests."""


def value_of(say: Say, indicator: str, title: tuple[str, str], unit: str = "short") -> PanelBuilder:
    """One indicator with its target and its age."""
    words = {"value": ("nilai", "value"), "target": ("target", "target"), "age_s": ("umur", "age")}
    panel = figure(
        say(*title),
        say("Dengan umurnya: sejak kapan angka ini benar.", "With its age: since when this has been true."),
        Query("modules", "value_of", indicator=literal(indicator)),
        unit=unit,
        names=True,
        thresholds=steps((None, GOOD)),
        link=board_link(say, names.SERVICES, say("Layanan publik", "Public services")),
        no_value=not_installed(say),
    )
    for column, (word_id, word_en) in words.items():
        more = [DynamicConfigValue(id_val="unit", value="s")] if column == "age_s" else []
        panel.override_by_name(column, [DynamicConfigValue(id_val="displayName", value=say(word_id, word_en)), *more])
    return panel


def all_of(say: Say, module: str, title: tuple[str, str]) -> PanelBuilder:
    """Every indicator of a module."""
    return listing(
        say,
        say(*title),
        say("Angka, targetnya, dan umurnya.", "The figures, their targets and their age."),
        Query("modules", "all_of", module=literal(module), title=f"title_{say.language}"),
        ["title", "place", "value", "unit", "state", "time", "fetched_at", "age_s"],
    )


def everything(say: Say) -> PanelBuilder:
    """Every indicator of every module."""
    return listing(
        say,
        say("Semua indikator", "All indicators"),
        say("Kosong sampai modul layanan terpasang.", "Empty until modules of services are installed."),
        Query("modules", "all_indicators", title=f"title_{say.language}"),
        ["module", "title", "value", "unit", "target", "state", "time", "fetched_at", "age_s"],
    )


def course_of(say: Say, indicator: str, title: tuple[str, str], unit: str = "short") -> PanelBuilder:
    """One indicator over time, against its target."""
    return course(
        say(*title),
        say("Nilai dan target.", "Value and target."),
        Query("modules", "course_of", indicator=literal(indicator)),
        unit=unit,
    )
