"""Junctions: volumes, occupancy, queues, how the greens serve them, and who lengthened one."""

from grafana import names
from grafana.codes import BAD, GOOD, WATCH
from grafana.look import board_link, console_link, steps
from grafana.panels.shapes import PanelBuilder, course, figure, hidden, lines, listing
from grafana.query import Query
from grafana.statements import literal
from grafana.words import Say

CONGESTED_PCT = 40.0
"""Occupancy above which a lane is commonly called congested (FHWA, Traffic Detector Handbook, 3rd ed., ch. 3)."""
BUSY_PCT = 25.0


def index_now(say: Say) -> PanelBuilder:
    """Mean occupancy of the regency's detectors: 0 empty, above 40 congested."""
    return figure(
        say("Indeks lalu lintas", "Traffic index"),
        say(
            "Okupansi rata-rata semua detektor yang terdengar: 0 kosong, di atas 40 macet.",
            "Mean occupancy of all detectors that are heard: 0 is empty, above 40 congested.",
        ),
        Query("traffic", "index_now"),
        unit="percent",
        decimals=0,
        thresholds=steps((None, GOOD), (BUSY_PCT, WATCH), (CONGESTED_PCT, BAD)),
        link=board_link(say, names.TRAFFIC, say("Lalu lintas", "Traffic")),
        no_value=say("tak diketahui", "unknown"),
        name=say("lalu lintas", "traffic"),
    )


def volume_of_regency(say: Say) -> PanelBuilder:
    """Vehicles a minute over all detectors."""
    panel = course(
        say("Volume lalu lintas, semua detektor", "Traffic volume, all detectors"),
        say(
            "Kendaraan per menit; detektor yang senyap tidak ikut.", "Vehicles a minute; silent detectors are missing."
        ),
        Query("traffic", "volume_of_regency"),
        unit="suffix: /min",
        low=0,
        link=board_link(say, names.TRAFFIC, say("Lalu lintas", "Traffic")),
    )
    return lines(say, panel, "volume")


def occupancy_of_regency(say: Say) -> PanelBuilder:
    """Mean occupancy over all detectors."""
    panel = course(
        say("Okupansi rata-rata", "Mean occupancy"),
        say("Rata-rata semua detektor yang terdengar.", "Mean of all detectors that are heard."),
        Query("traffic", "occupancy_of_regency"),
        unit="percent",
        low=0,
    )
    return lines(say, panel, "occupancy")


def junctions(say: Say) -> PanelBuilder:
    """Each junction with its controller's liveness."""
    act = console_link("/junctions#${__value.raw}", say("Buka di konsol", "Open in the console"))
    here = board_link(say, names.TRAFFIC, say("Tampilkan", "Show"), "var-site=${__value.raw}")
    return listing(
        say,
        say("Simpang", "Junctions"),
        say("Apakah box dan pengendalinya terdengar.", "Whether the box and the controller are heard."),
        Query("traffic", "state_of_junctions"),
        ["site", "name", "district", "authority", "corridor", "box_state", "controller_state", "age_s"],
        column_links={"site": [here, act]},
    )


def worst_junctions(say: Say) -> PanelBuilder:
    """Where greens left a queue behind most often."""
    here = board_link(say, names.TRAFFIC, say("Tampilkan", "Show"), "var-site=${__value.raw}")
    return listing(
        say,
        say("Hijau paling sering kurang", "Most split failures"),
        say(
            "Kegagalan hijau semua fase dalam 24 jam terakhir.",
            "Split failures of all phases in the last 24 hours.",
        ),
        Query("traffic", "worst_junctions"),
        ["site", "name", "split_failures"],
        column_links={"site": [here]},
    )


def at_junction(say: Say, quantity: str, title: tuple[str, str], unit: str) -> PanelBuilder:
    """Draw one quantity of every phase or detector of the chosen junction."""
    return course(
        say(*title),
        say("Simpang yang dipilih; celah berarti tidak ada kabar.", "The chosen junction; a gap means silence."),
        Query("traffic", "course_of_junction", quantity=literal(quantity)),
        unit=unit,
        low=0,
        many=True,
    )


def leases(say: Say) -> PanelBuilder:
    """What was asked for at the chosen junction, by whom and why, and what came of it."""
    return listing(
        say,
        say("Riwayat perpanjangan hijau", "Lease history"),
        say("Siapa, mengapa, dan apa hasilnya.", "Who, why, and what came of it."),
        Query("traffic", "leases", refusal=f"text_{say.language}"),
        [
            *("time", "phase_name", "extra_green_s", "duration_s", "reason", "requester", "state"),
            *("end_reason", "refusal"),
        ],
    )


def open_leases(say: Say) -> PanelBuilder:
    """Leases that may change signals now."""
    act = console_link("/junctions#${__value.raw}", say("Buka di konsol", "Open in the console"))
    return listing(
        say,
        say("Perpanjangan hijau yang berjalan", "Leases in force"),
        say("Di seluruh kabupaten.", "In the whole regency."),
        Query("traffic", "open_leases"),
        ["time", "site", "site_name", "phase_name", "extra_green_s", "requester", "reason", "state", "remaining_s"],
        extra={"site_name": [hidden()]},
        column_links={"site": [act]},
    )
