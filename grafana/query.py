"""A query to PostgreSQL: the one data source for which the builders have no class.

Source: the query model of Grafana's own plugin grafana-postgresql-datasource (11.0): `rawSql`, `format`, and for its
editor `rawQuery` and `editorMode`.
"""

from typing import Literal, Self

from grafana_foundation_sdk.cog import builder, variants
from grafana_foundation_sdk.models.dashboard import DataSourceRef

from grafana.names import DATASOURCE_TYPE, DATASOURCE_UID
from grafana.statements import statement

Format = Literal["time_series", "table"]


def source() -> DataSourceRef:
    """Name the database of the wall."""
    return DataSourceRef(type_val=DATASOURCE_TYPE, uid=DATASOURCE_UID)


class Dataquery(variants.Dataquery):
    """What goes into a panel's targets.

    Attributes:
        sql: with Grafana's macros and variables.
        shape: `time_series` for (time, metric, value) rows, `table` for everything else.
        ref_id: name of the query inside its panel.
    """

    def __init__(self, sql: str, shape: Format, ref_id: str = "A") -> None:
        self.sql = sql
        self.shape = shape
        self.ref_id = ref_id

    def to_json(self) -> dict[str, object]:
        """Write it as Grafana stores it."""
        return {
            "datasource": source(),
            "editorMode": "code",
            "format": self.shape,
            "rawQuery": True,
            "rawSql": self.sql,
            "refId": self.ref_id,
        }


class Query(builder.Builder[variants.Dataquery]):
    """Builds a query from a named statement."""

    def __init__(self, topic: str, name: str, **words: str) -> None:
        self._query = Dataquery(statement(topic, name, **words), "table")

    def as_series(self) -> Self:
        """Draw it over time: columns time, perhaps metric, and values."""
        self._query.shape = "time_series"
        return self

    def named(self, ref_id: str) -> Self:
        """Name it, where a panel has several."""
        self._query.ref_id = ref_id
        return self

    def build(self) -> variants.Dataquery:
        """Give the query."""
        return self._query
