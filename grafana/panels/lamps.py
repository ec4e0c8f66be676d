"""Street lamps (PJU): what burns, what should and does not, open cabinets."""

from grafana_foundation_sdk.models.dashboard import DynamicConfigValue

from grafana import names
from grafana.codes import GOOD, WATCH
from grafana.look import board_link, steps
from grafana.panels.shapes import PanelBuilder, course, figure, hidden, lines, listing
from grafana.query import Query
from grafana.statements import literal
from grafana.words import Say


def burning(say: Say) -> PanelBuilder:
    """Circuits that burn, and those that should and do not."""
    fault_marks = {"mode": "absolute", "steps": [{"value": None, "color": GOOD}, {"value": 1, "color": WATCH}]}
    return (
        figure(
            say("Sirkuit PJU menyala", "Lamp circuits burning"),
            say(
                "Diperintah menyala dan tanpa gangguan; di sampingnya yang terganggu. Hanya yang terdengar.",
                "Commanded on and without fault; beside it those with one. Only what is heard.",
            ),
            Query("lamps", "burning_now"),
            names=True,
            thresholds=steps((None, GOOD)),
            link=board_link(say, names.LAMPS, say("Penerangan jalan", "Street lamps")),
            no_value=say("tak diketahui", "unknown"),
        )
        .override_by_name(
            "burning", [DynamicConfigValue(id_val="displayName", value=say("PJU menyala", "lamps burning"))]
        )
        .override_by_name(
            "faults",
            [
                DynamicConfigValue(id_val="displayName", value=say("gangguan", "faults")),
                DynamicConfigValue(id_val="thresholds", value=fault_marks),
            ],
        )
    )


def course_of_regency(say: Say) -> PanelBuilder:
    """Circuits commanded on, and with a fault, over time."""
    panel = course(
        say("PJU: menyala, gangguan", "Lamps: on and faulty"),
        say("Jumlah sirkuit yang terdengar.", "Number of circuits that are heard."),
        Query("lamps", "course_of_regency"),
        low=0,
        link=board_link(say, names.LAMPS, say("Penerangan jalan", "Street lamps")),
    )
    return lines(say, panel, "commanded_on", "faults")


def current(say: Say) -> PanelBuilder:
    """Current of all circuits together."""
    panel = course(
        say("Arus semua sirkuit", "Current of all circuits"),
        say("Jumlah arus yang terukur.", "Sum of what is measured."),
        Query("lamps", "current_of_regency"),
        unit="amp",
        low=0,
    )
    return lines(say, panel, "current")


def faults(say: Say) -> PanelBuilder:
    """Circuits that report a fault."""
    here = board_link(say, names.LAMPS, say("Tampilkan", "Show"), "var-site=${__value.raw}")
    return listing(
        say,
        say("Lampu terganggu", "Lamp faults"),
        say(
            "Sirkuit yang melaporkan gangguan, yang terbaru di atas.", "Circuits that report a fault, the newest first."
        ),
        Query("lamps", "faults"),
        ["time", "asset", "name", "site", "site_name", "district", "age_s"],
        extra={"site_name": [hidden()]},
        column_links={"site": [here]},
    )


def cabinets(say: Say) -> PanelBuilder:
    """Open doors and missing mains."""
    return listing(
        say,
        say("Pintu terbuka, listrik padam", "Open doors, no mains"),
        say("Kabinet yang pintunya terbuka atau tanpa listrik PLN.", "Cabinets with an open door or without mains."),
        Query("lamps", "cabinets"),
        ["time", "asset", "name", "site", "site_name", "district", "quantity", "age_s"],
        extra={"site_name": [hidden()]},
    )


def at_site(say: Say, quantity: str, title: tuple[str, str], unit: str) -> PanelBuilder:
    """Draw one quantity of each circuit of the chosen site."""
    return course(
        say(*title),
        say("Lokasi yang dipilih.", "The chosen site."),
        Query("lamps", "course_of_site", quantity=literal(quantity)),
        unit=unit,
        many=True,
    )
