"""Boxes and the room's own screens."""

from grafana_foundation_sdk.models.dashboard import DynamicConfigValue

from grafana import names
from grafana.codes import BAD, GOOD, WATCH
from grafana.look import board_link
from grafana.panels.shapes import PanelBuilder, course, lines, listing, named
from grafana.query import Query
from grafana.statements import literal
from grafana.words import Say


def boxes(say: Say) -> PanelBuilder:
    """Every box: link, version, disk, temperature, what it holds back."""
    here = board_link(say, names.FLEET, say("Tampilkan", "Show"), "var-box=${__value.raw}")
    return listing(
        say,
        say("Semua box", "All boxes"),
        say(
            "Yang tidak terdengar di atas, lalu yang paling banyak menahan kiriman. Seratus pertama.",
            "Those that are not heard first, then those that hold most back. The first hundred.",
        ),
        Query("fleet", "table_of_boxes"),
        [
            *("box", "site_name", "district", "state", "time", "age_s", "version", "disk", "disk_used_pct"),
            *("soc_temperature_cel", "outbox_messages", "outbox_oldest_age_s", "clock_offset_s", "uptime_s"),
        ],
        extra={"disk_used_pct": _marks(80, 95), "soc_temperature_cel": _marks(75, 85)},
        column_links={"box": [here]},
    )


def versions(say: Say) -> PanelBuilder:
    """Which versions run where."""
    return listing(
        say,
        say("Versi", "Versions"),
        say("Versi agen dan pada berapa box.", "Versions of the agent, and on how many boxes."),
        Query("fleet", "versions"),
        ["version", "boxes"],
    )


def of_box(say: Say, quantity: str, title: tuple[str, str], unit: str) -> PanelBuilder:
    """Draw one quantity of the chosen box."""
    return course(
        say(*title),
        say("Box yang dipilih.", "The chosen box."),
        Query("fleet", "course_of_box", quantity=literal(quantity)),
        unit=unit,
        low=0,
    ).override_by_name("value", named(say(*title)))


def outbox(say: Say) -> PanelBuilder:
    """What all boxes hold back together."""
    panel = course(
        say("Pesan yang menunggu di semua box", "Messages waiting on all boxes"),
        say("Jumlahnya, dan yang terbanyak pada satu box.", "Their number, and the most on one box."),
        Query("fleet", "outbox_of_regency"),
        low=0,
    )
    return lines(say, panel, "total", "most")


def screens(say: Say) -> PanelBuilder:
    """The room's walls and screens, as assets."""
    return listing(
        say,
        say("Layar ruang kendali", "Screens of the control room"),
        say(
            "Setiap dinding dan setiap layarnya, menurut kabar unitnya.",
            "Each wall and each of its screens, as its unit says.",
        ),
        Query("fleet", "screens"),
        ["asset", "name", "site_name", "state", "age_s"],
    )


def _marks(watch: float, bad: float) -> list[DynamicConfigValue]:
    marks = [{"value": None, "color": GOOD}, {"value": watch, "color": WATCH}, {"value": bad, "color": BAD}]
    return [
        DynamicConfigValue(id_val="thresholds", value={"mode": "absolute", "steps": marks}),
        DynamicConfigValue(id_val="custom.cellOptions", value={"type": "color-text"}),
    ]
