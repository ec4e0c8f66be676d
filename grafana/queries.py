"""Every SQL that a set of dashboards would send, each with the dashboard and the panel it belongs to."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from grafana.macros import POINTS


@dataclass(frozen=True, slots=True)
class PanelQuery:
    """One query of one panel, or of one variable.

    Attributes:
        board: uid of the dashboard.
        title: of the panel, or `$name` of the variable.
        ref_id: of the query in its panel.
        sql: with macros and variables.
        shape: `time_series` or `table`.
        points: as many as the panel asks for at most.
    """

    board: str
    title: str
    ref_id: str
    sql: str
    shape: str
    points: int = POINTS

    @property
    def place(self) -> str:
        """Say where it is, for people."""
        return f"{self.board} > {self.title} > {self.ref_id}"


def of_dashboard(dashboard: Mapping[str, Any]) -> Iterator[PanelQuery]:
    """Give the queries of a dashboard, its variables first."""
    board = str(dashboard["uid"])
    for variable in dashboard["templating"]["list"]:
        if variable["type"] == "query":
            yield PanelQuery(board, f"${variable['name']}", "variable", str(variable["query"]), "table")
    for panel in dashboard["panels"]:
        for target in panel.get("targets", []):
            points = int(panel.get("maxDataPoints") or POINTS)
            yield PanelQuery(board, str(panel["title"]), target["refId"], target["rawSql"], target["format"], points)
