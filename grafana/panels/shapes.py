"""The four shapes that panels have here: a large figure, a course over time, a list, a map.

Each takes words, a query and what is special; nothing else differs between two panels of a shape.
"""

from collections.abc import Sequence
from typing import Any

from grafana_foundation_sdk.builders import common, stat, table, timeseries
from grafana_foundation_sdk.builders import dashboard as build
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models.common import (
    BigValueColorMode,
    BigValueGraphMode,
    BigValueJustifyMode,
    BigValueTextMode,
    LegendDisplayMode,
    LegendPlacement,
    TableCellHeight,
    TooltipDisplayMode,
    VisibilityMode,
    VizOrientation,
)
from grafana_foundation_sdk.models.dashboard import DynamicConfigValue, FieldColorModeId, Panel

from grafana.codes import GOOD, LINES
from grafana.look import columns, links, steps
from grafana.query import Query, source
from grafana.words import Say

PanelBuilder = Builder[Panel]
Link = dict[str, object]

POINTS_OF_MANY = 400
"""A third of a screen has some 600 pixels, and a dozen lines in it no use for one point a pixel."""
FIGURE_SIZE = 56
SMALL_SIZE = 40
NAME_SIZE = 26
"""CSS pixels of a figure, of one of several, of what it is called. At the wall unit's scale of two, on a screen 85
inches across, capitals of 26, 40 and 56 are 18, 27 and 38 mm high: 10, 16 and 22 minutes of arc at six metres, of which
5 can just be made out and 16 are read with ease (ISO 9241-303)."""


def figure(
    title: str,
    description: str,
    query: Query,
    *,
    unit: str = "short",
    thresholds: build.ThresholdsConfig | None = None,
    link: Link | None = None,
    no_value: str = "-",
    decimals: int | None = None,
    names: bool = False,
    name: str = "",
) -> stat.Panel:
    """Make a large figure of the newest row.

    Args:
        title: of the panel.
        description: what it says, and how old it may be.
        query: one row.
        unit: Grafana's name of it.
        thresholds: colours; none is always well.
        link: where a click leads.
        no_value: what stands there when nothing is known; never a zero.
        decimals: digits behind the point.
        names: whether each value has its name beside it.
        name: of the one value, in letters that can be read from afar, as the panel's title cannot.
    """
    panel = (
        stat.Panel()
        .title(title)
        .description(description)
        .datasource(source())
        .with_target(query)
        .unit(unit)
        .no_value(no_value)
        .thresholds(thresholds or steps((None, GOOD)))
        .color_mode(BigValueColorMode.BACKGROUND_SOLID)
        .graph_mode(BigValueGraphMode.NONE)
        .justify_mode(BigValueJustifyMode.CENTER)
        .text_mode(BigValueTextMode.VALUE_AND_NAME if names or name else BigValueTextMode.VALUE)
        .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]).fields("/.*/"))
        .text(common.VizTextDisplayOptions().value_size(SMALL_SIZE if names else FIGURE_SIZE).title_size(NAME_SIZE))
    )
    if name:
        panel.display_name(name)
    if decimals is not None:
        panel.decimals(decimals)
    if link:
        _link(panel, link)
    return panel


def tiles(
    say: Say, title: str, description: str, query: Query, shown: str, *, rows: int, link: Link | None = None
) -> stat.Panel:
    """Make a short list that can be read from afar: a tile a row, with its words and one value in its colour.

    Args:
        say: language.
        title: of the panel.
        description: what it says.
        query: rows of one column of words and the one that is shown.
        shown: that column.
        rows: as many tiles at most.
        link: where a click leads.
    """
    panel = (
        stat.Panel()
        .title(title)
        .description(description)
        .datasource(source())
        .with_target(query)
        .no_value(say("tidak ada", "none"))
        .thresholds(steps((None, GOOD)))
        .color_mode(BigValueColorMode.BACKGROUND_SOLID)
        .graph_mode(BigValueGraphMode.NONE)
        .text_mode(BigValueTextMode.VALUE_AND_NAME)
        .orientation(VizOrientation.HORIZONTAL)
        .reduce_options(
            common.ReduceDataOptions().values(True).limit(rows).calcs([]).fields(f"/^{shown}$/")  # noqa: FBT003 - the builders have no other way
        )
        .text(common.VizTextDisplayOptions().value_size(NAME_SIZE).title_size(NAME_SIZE))
    )
    if link:
        _link(panel, link)
    return panel


def course(
    title: str,
    description: str,
    *queries: Query,
    unit: str = "short",
    low: float | None = None,
    gaps_ms: int = 0,
    link: Link | None = None,
    many: bool = False,
) -> timeseries.Panel:
    """Draw values over time. Silence is a gap, never a line drawn across it.

    Args:
        title: of the panel.
        description: what it says.
        queries: each gives columns time, perhaps metric, and values.
        unit: Grafana's name of it.
        low: lowest value of the axis.
        gaps_ms: how long a pause between two points may be and still be drawn; 0: any missing value is a gap.
        link: where a click on a point leads.
        many: it has a line for each asset of a site, and so fewer points in each.
    """
    panel = (
        timeseries.Panel()
        .title(title)
        .description(description)
        .datasource(source())
        .unit(unit)
        .line_width(2)
        .fill_opacity(10)
        .show_points(VisibilityMode.AUTO)
        .span_nulls(gaps_ms or False)
        .legend(
            common.VizLegendOptions()
            .show_legend(True)  # noqa: FBT003 - the builders have no other way
            .display_mode(LegendDisplayMode.LIST)
            .placement(LegendPlacement.BOTTOM)
        )
        .tooltip(common.VizTooltipOptions().mode(TooltipDisplayMode.MULTI))
    )
    for query in queries:
        panel.with_target(query.as_series())
    if low is not None:
        panel.min(low)
    if many:
        panel.max_data_points(POINTS_OF_MANY)
    if link:
        _link(panel, link)
    return panel


def listing(
    say: Say,
    title: str,
    description: str,
    query: Query,
    names: Sequence[str],
    *,
    extra: dict[str, list[DynamicConfigValue]] | None = None,
    column_links: dict[str, list[Link]] | None = None,
) -> table.Panel:
    """Make a list, with titles, units and words for its columns.

    Args:
        say: language.
        title: of the panel.
        description: what it says.
        query: its rows.
        names: columns as the query names them.
        extra: further properties of a column.
        column_links: where a click on a column leads.
    """
    panel = (
        table.Panel()
        .title(title)
        .description(description)
        .datasource(source())
        .with_target(query)
        .cell_height(TableCellHeight.SM)
        .no_value(say("tidak ada", "none"))
    )
    for name, properties in columns(say, names):
        more = (extra or {}).get(name, [])
        linked = [links(*column_links[name])] if column_links and name in column_links else []
        panel.override_by_name(name, properties + more + linked)
    return panel


def lines(say: Say, panel: timeseries.Panel, *names: str) -> timeseries.Panel:
    """Call a panel's lines what people call them."""
    for name in names:
        panel.override_by_name(name, named(say(*LINES[name])))
    return panel


def named(title: str) -> list[DynamicConfigValue]:
    """Call a column or a line something."""
    return [DynamicConfigValue(id_val="displayName", value=title)]


def hidden() -> DynamicConfigValue:
    """Hide a column that only a link needs."""
    return DynamicConfigValue(id_val="custom.hidden", value=True)


def fixed(colour: str) -> build.FieldColor:
    """Colour everything alike."""
    return build.FieldColor().mode(FieldColorModeId.FIXED).fixed_color(colour)


def _link(panel: Any, link: Link) -> None:
    """Put a data link on every value of a panel; the builders' own type of link has no place for a new tab's flag."""
    panel.override_by_regexp("/.*/", [links(link)])
