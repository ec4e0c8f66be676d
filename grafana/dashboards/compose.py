"""Puts panels onto a dashboard: rows of them, twenty-four columns wide, with ids that stay."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from grafana_foundation_sdk.builders import dashboard as build
from grafana_foundation_sdk.models.dashboard import (
    AnnotationContainer,
    Dashboard,
    DashboardCursorSync,
    DashboardLinkType,
    GridPos,
    Panel,
    VariableRefresh,
    VariableSort,
)

from grafana import names
from grafana.panels.shapes import PanelBuilder
from grafana.query import source
from grafana.statements import statement
from grafana.words import Say

WIDTH = 24
Row = tuple[int, Sequence[tuple[int, PanelBuilder]]]
"""Height in grid units of 30 pixels, and panels with their widths of 24."""


@dataclass(frozen=True, slots=True)
class Board:
    """What one dashboard is made of.

    Attributes:
        name: as in `names`.
        title: of the dashboard.
        description: whom it is for.
        rows: its panels.
        variables: what a person chooses there.
        span: how much time it shows at first, as Grafana writes it.
        refresh: how often it asks anew.
    """

    name: str
    title: str
    description: str
    rows: Sequence[Row]
    variables: Sequence[build.QueryVariable] = ()
    span: str = "now-24h"
    refresh: str = "30s"


def compose(say: Say, board: Board) -> Dashboard:
    """Build a dashboard."""
    made = (
        build.Dashboard(board.title)
        .uid(say.uid(board.name))
        .description(board.description)
        .tags([names.TAG, say.language])
        .timezone(names.TIME_ZONE)
        .time(board.span, "now")
        .refresh(board.refresh)
        .readonly()
        .tooltip(DashboardCursorSync.CROSSHAIR)
        .timepicker(build.TimePicker().refresh_intervals(["10s", "30s", "1m", "5m", "15m", "1h"]))
        .with_variable(_console())
    )
    for variable in board.variables:
        made.with_variable(variable)
    for link in _links(say):
        made.link(link)
    dashboard = made.build()
    dashboard.week_start = "monday"
    dashboard.annotations = AnnotationContainer(list_val=[])
    dashboard.panels = list(_placed(board.rows))
    return dashboard


def chosen(name: str, label: str, topic: str, query: str) -> build.QueryVariable:
    """Let a person choose one of a list that comes from a view.

    Args:
        name: in the SQL as `${name:sqlstring}`, which Grafana quotes.
        label: beside the list.
        topic: of the statement.
        query: name of the statement; it gives `__text` and `__value`.
    """
    return (
        build.QueryVariable(name)
        .label(label)
        .datasource(source())
        .query(statement(topic, query))
        .refresh(VariableRefresh.ON_DASHBOARD_LOAD)
        .sort(VariableSort.DISABLED)
        .multi(False)  # noqa: FBT003 - the builders have no other way
    )


def _placed(rows: Sequence[Row]) -> Iterator[Panel]:
    y, number = 0, 0
    for height, panels in rows:
        x = 0
        for width, panel in panels:
            number += 1
            made = panel.build()
            made.id_val = number
            made.grid_pos = GridPos(h=height, w=width, x=x, y=y)
            x += width
            yield made
        if x != WIDTH:
            raise ValueError(f"a row is {x} wide, not {WIDTH}")
        y += height


def _console() -> build.ConstantVariable:
    """Where the pages are that act; `satulayar-grafana` puts the regency's own address here."""
    return build.ConstantVariable(names.CONSOLE_VARIABLE).value(names.DEFAULT_CONSOLE)


def _links(say: Say) -> list[build.DashboardLink]:
    words = {
        names.WALL: ("Dinding", "Wall"),
        names.TRAFFIC: ("Lalu lintas", "Traffic"),
        names.CAMERAS: ("Kamera", "Cameras"),
        names.LAMPS: ("PJU", "Lamps"),
        names.WATER: ("Peringatan dini", "Early warning"),
        names.SERVICES: ("Layanan", "Services"),
        names.OPERATIONS: ("Operasi", "Operations"),
        names.FLEET: ("Armada", "Fleet"),
        names.PLATFORM: ("Platform", "Platform"),
    }
    other = Say("en" if say.language == "id" else "id")
    boards = [_link(say(*title), f"/d/{say.uid(board)}") for board, title in words.items()]
    return [*boards, _link(other("Bahasa Indonesia", "English"), f"/d/{other.uid(names.WALL)}")]


def _link(title: str, url: str) -> build.DashboardLink:
    return build.DashboardLink(title).type(DashboardLinkType.LINK).url(url).keep_time(True)  # noqa: FBT003
