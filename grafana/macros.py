"""Expands macros and variables as Grafana does, so that tests, benches and pictures run the very SQL of panels.

Sources: Grafana documentation, "PostgreSQL query editor", Macros; "Variable syntax", format `sqlstring`: in quotes, a
quote doubled, several with commas. With `timescaledb: true` a time group is a `time_bucket`; ours use `wall.slot`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from grafana.errors import Misconfigured
from grafana.statements import literal

POINTS = 1_000
"""About as many as a panel of half a screen asks for; a wide one at 4K asks for up to 1,900."""

# (below this many seconds, this width); source: rangeutil.roundInterval of @grafana/data, from a second up.
_ROUND = (
    *((1.5, 1), (3.5, 2), (7.5, 5), (12.5, 10), (17.5, 15), (25, 20), (45, 30), (90, 60), (210, 120), (450, 300)),
    *((750, 600), (1_050, 900), (1_500, 1_200), (2_700, 1_800), (5_400, 3_600), (9_000, 7_200), (16_200, 10_800)),
    *((32_400, 21_600), (86_400, 43_200), (604_800, 86_400), (float("inf"), 604_800)),
)


@dataclass(frozen=True, slots=True)
class Span:
    """The time that a dashboard shows.

    Attributes:
        start: its begin.
        stop: its end.
        points: as many as a panel asks for at most.
    """

    start: datetime
    stop: datetime
    points: int = POINTS

    @property
    def interval_ms(self) -> int:
        """Width of a point in milliseconds: a round one, as Grafana chooses it."""
        wanted_s = (self.stop - self.start).total_seconds() / self.points
        return 1_000 * next(width_s for below_s, width_s in _ROUND if wanted_s < below_s)


_VARIABLE = re.compile(r"\$\{(\w+)(?::(\w+))?\}")
_FILTER = re.compile(r"\$__timeFilter\((\w+)\)")


def expand(sql: str, span: Span, variables: Mapping[str, str | list[str]]) -> str:
    """Write a panel's SQL as it reaches the database.

    Args:
        sql: as in a panel.
        span: the time shown.
        variables: chosen values by name.

    Raises:
        Misconfigured: a variable has no value, or does not stand in a format that quotes it.
    """
    start, stop = literal(_instant(span.start)), literal(_instant(span.stop))
    sql = _FILTER.sub(lambda found: f"{found[1]} BETWEEN {start} AND {stop}", sql)
    sql = sql.replace("$__timeFrom()", start).replace("$__timeTo()", stop)
    sql = sql.replace("$__interval_ms", str(span.interval_ms))
    return _VARIABLE.sub(lambda found: _value(found, variables), sql)


def _value(found: re.Match[str], variables: Mapping[str, str | list[str]]) -> str:
    name, style = found[1], found[2]
    if style != "sqlstring":
        raise Misconfigured(f"${{{name}}} must be written ${{{name}:sqlstring}}: nothing else is quoted for certain")
    if name not in variables:
        raise Misconfigured(f"the variable {name} has no value")
    chosen = variables[name]
    return ",".join(literal(one) for one in ([chosen] if isinstance(chosen, str) else chosen))


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
