"""Public services: one figure each, always with its age. Which there are is said by the modules' manifests."""

from grafana_foundation_sdk.builders import bargauge, common
from grafana_foundation_sdk.builders import dashboard as build
from grafana_foundation_sdk.models.common import BarGaugeDisplayMode, VizOrientation
from grafana_foundation_sdk.models.dashboard import DynamicConfigValue

from grafana import names
from grafana.codes import BAD, GOOD, UNKNOWN, WATCH
from grafana.look import board_link, console_link, steps, words_of
from grafana.manifests import Indicator
from grafana.panels.platform import not_installed
from grafana.panels.shapes import PanelBuilder, course, figure, lines, listing
from grafana.query import Query, source
from grafana.statements import literal
from grafana.words import Say

BEDS = ("hospital_beds", "beds_free")
REVENUE_TODAY = ("revenue", "revenue_today")
"""What the wall itself shows: modules and indicators, by their names."""

_STATES = {
    "ok": ("baru", "fresh", UNKNOWN),
    "late": ("usang", "stale", WATCH),
    "minor": ("awas", "watch", WATCH),
    "critical": ("gawat", "grave", BAD),
}
"""Short, for they stand beside the figure in letters of its size."""
_COLOURS = {"warning": WATCH, "critical": BAD}
_NAMES = {
    "target": ("target", "target"),
    "state": ("keadaan", "state"),
    "age_s": ("umur", "age"),
}


def value_of(
    say: Say,
    where: tuple[str, str],
    title: tuple[str, str],
    unit: str = "short",
    thresholds: build.ThresholdsConfig | None = None,
    decimals: int | None = None,
    name: tuple[str, str] = ("nilai", "value"),
) -> PanelBuilder:
    """One indicator with its target, its state and its age: a stale figure looks stale.

    Args:
        say: language.
        where: module and indicator.
        title: of the panel.
        unit: Grafana's name of it.
        thresholds: colours of the value; none is always well.
        decimals: digits behind the point.
        name: of the value, beside its target and its age.
    """
    panel = figure(
        say(*title),
        say("Dengan umurnya: sejak kapan angka ini benar.", "With its age: since when this has been true."),
        Query("modules", "value_of", module=literal(where[0]), indicator=literal(where[1])),
        unit=unit,
        names=True,
        thresholds=thresholds or steps((None, GOOD)),
        decimals=decimals,
        link=board_link(say, names.SERVICES, say("Layanan publik", "Public services")),
        no_value=not_installed(say),
    )
    for column, words in (_NAMES | {"value": name}).items():
        panel.override_by_name(
            column, [DynamicConfigValue(id_val="displayName", value=say(*words)), *_more(say, column)]
        )
    return panel


def _more(say: Say, column: str) -> list[DynamicConfigValue]:
    """Give what a column has of its own: target and age are neither good nor bad."""
    plain = DynamicConfigValue(id_val="color", value={"mode": "fixed", "fixedColor": UNKNOWN})
    none = DynamicConfigValue(id_val="noValue", value="-")
    return {
        # The service is there, but says nothing: that is not "not installed".
        "value": [DynamicConfigValue(id_val="noValue", value=say("tak diketahui", "unknown"))],
        "target": [plain, none],
        "state": [DynamicConfigValue(id_val="mappings", value=words_of(say, _STATES))],
        "age_s": [
            DynamicConfigValue(id_val="unit", value="s"),
            DynamicConfigValue(id_val="decimals", value=0),
            plain,
            none,
        ],
    }.get(column, [])


def colours_of(indicator: Indicator) -> build.ThresholdsConfig:
    """Give an indicator's colours from the borders that its manifest states."""
    below = sorted(
        (border.below, _COLOURS[border.severity]) for border in indicator.thresholds if border.below is not None
    )
    above = sorted(
        (border.above, _COLOURS[border.severity]) for border in indicator.thresholds if border.above is not None
    )
    marks: list[tuple[float | None, str]] = []
    reached: float | None = None
    for value, colour in below:
        marks.append((reached, colour))
        reached = value
    marks.append((reached, GOOD))
    # Grafana colours from a value on; "above" begins with the next one that can be shown.
    marks += [(value + 10**-indicator.decimals, colour) for value, colour in above]
    return steps(*marks)


def by_place(say: Say, where: tuple[str, str], title: tuple[str, str], indicator: Indicator) -> PanelBuilder:
    """One indicator by its places, as bars."""
    place = f"place_{say.language}"
    return (
        bargauge.Panel()
        .title(say(*title))
        .description(say("Menurut tempat, yang terbesar dulu.", "By place, the greatest first."))
        .datasource(source())
        .with_target(Query("modules", "by_place", module=literal(where[0]), indicator=literal(where[1]), place=place))
        .unit(indicator.grafana_unit)
        .thresholds(colours_of(indicator))
        .orientation(VizOrientation.HORIZONTAL)
        .display_mode(BarGaugeDisplayMode.BASIC)
        .reduce_options(common.ReduceDataOptions().values(True).calcs([]).fields(""))  # noqa: FBT003 - the builders have no other way
        .no_value(not_installed(say))
    )


def all_of(say: Say, module: str, title: tuple[str, str]) -> PanelBuilder:
    """Every indicator of a module."""
    return listing(
        say,
        say(*title),
        say("Angka, targetnya, dan umurnya.", "The figures, their targets and their age."),
        Query(
            "modules", "all_of", module=literal(module), title=f"title_{say.language}", place=f"place_{say.language}"
        ),
        ["title", "place", "value", "unit", "state", "time", "fetched_at", "age_s"],
        column_links={"title": [console_link(f"/services/{module}", say("Buka di konsol", "Open in the console"))]},
    )


def everything(say: Say) -> PanelBuilder:
    """Every indicator of every module."""
    return listing(
        say,
        say("Semua indikator", "All indicators"),
        say("Kosong sampai modul layanan terpasang.", "Empty until modules of services are installed."),
        Query("modules", "all_indicators", title=f"title_{say.language}", module_title=f"module_title_{say.language}"),
        ["module", "title", "value", "unit", "target", "state", "time", "fetched_at", "age_s"],
    )


def of_district(say: Say) -> PanelBuilder:
    """Everything that any module says of the district that is chosen."""
    language = say.language
    words = {"title": f"title_{language}", "module_title": f"module_title_{language}", "place": f"place_{language}"}
    return listing(
        say,
        say("Satu kecamatan", "One district"),
        say("Semua layanan tentang kecamatan yang dipilih.", "All services about the district that is chosen."),
        Query("modules", "of_district", **words),
        ["module", "title", "place", "value", "unit", "state", "time", "fetched_at"],
    )


def troubles(say: Say) -> PanelBuilder:
    """What is overdue, and figures that wait for a person."""
    return listing(
        say,
        say("Terlambat, dan menunggu konfirmasi", "Overdue, and waiting to be confirmed"),
        say("Satu baris setiap modul atau angka.", "One row each module or figure."),
        Query("modules", "troubles", title=f"title_{say.language}", detail=f"detail_{say.language}"),
        ["title", "status", "owner", "detail", "time"],
        column_links={"title": [console_link("/services", say("Buka di konsol", "Open in the console"))]},
    )


def course_of(say: Say, where: tuple[str, str], title: tuple[str, str], unit: str = "short") -> PanelBuilder:
    """One indicator over time, against its target."""
    panel = course(
        say(*title),
        say("Nilai dan target.", "Value and target."),
        Query("modules", "course_of", module=literal(where[0]), indicator=literal(where[1])),
        unit=unit,
    )
    return lines(say, panel, "value", "target")
