"""Incidents, their clocks, crews, the load of alarms."""

from grafana_foundation_sdk.models.dashboard import DynamicConfigValue

from grafana import names
from grafana.codes import AGENCIES, BAD, GOOD, UNKNOWN, WATCH
from grafana.look import board_link, coloured_words, console_link, states, steps
from grafana.panels.platform import not_installed
from grafana.panels.shapes import Link, PanelBuilder, course, figure, listing, named, tiles
from grafana.query import Query
from grafana.words import Say

ALARMS_PER_10MIN = 1.0
"""What an operator can bear for long: EEMUA 191, one alarm in ten minutes."""
ALARM_FLOOD = 10.0
"""More in ten minutes is a flood, in which nobody reads any (ANSI/ISA-18.2, EEMUA 191)."""


def open_now(say: Say) -> PanelBuilder:
    """Incidents that are not yet verified."""
    return figure(
        say("Insiden terbuka", "Open incidents"),
        say("Belum ditutup oleh verifikasi.", "Not yet closed by verification."),
        Query("operations", "open_now"),
        thresholds=steps((None, GOOD), (1, WATCH), (10, BAD)),
        link=board_link(say, names.OPERATIONS, say("Operasi", "Operations")),
        no_value=not_installed(say),
        name=say("insiden terbuka", "open incidents"),
    )


def by_clock(say: Say) -> PanelBuilder:
    """Open incidents by the state of their legal clock."""
    panel = figure(
        say("Insiden menurut tenggat", "Incidents by their clock"),
        say(
            "Sampai ditangani, sampai regu tiba, sampai selesai; seperempat terakhir: hampir lewat.",
            "Until taken up, until a crew is there, until it is over; the last quarter is near.",
        ),
        Query("operations", "by_clock"),
        names=True,
        link=board_link(say, names.OPERATIONS, say("Operasi", "Operations")),
        no_value=not_installed(say),
    )
    for column, (title, marks) in _clocks(say).items():
        panel.override_by_name(
            column,
            [
                *named(title),
                DynamicConfigValue(id_val="thresholds", value={"mode": "absolute", "steps": marks}),
            ],
        )
    return panel


def _clocks(say: Say) -> dict[str, tuple[str, list[dict[str, object]]]]:
    """Give each clock's word, short enough to be read from afar, and its colours from one incident on."""
    ground: dict[str, object] = {"value": None, "color": GOOD}
    return {
        "past": (say("lewat", "over"), [ground, {"value": 1, "color": BAD}]),
        "near": (say("hampir", "near"), [ground, {"value": 1, "color": WATCH}]),
        "within": (say("aman", "within"), [ground]),
        "free": (say("tanpa", "no clock"), [{"value": None, "color": UNKNOWN}]),
    }


def most_urgent(say: Say) -> PanelBuilder:
    """The incidents that are due first, in letters that can be read from afar."""
    return tiles(
        say,
        say("Insiden yang paling dekat tenggatnya", "Incidents that are due first"),
        say("Selengkapnya di dasbor Operasi.", "All of them are on the dashboard Operations."),
        Query("operations", "most_urgent", title="title" if say.language == "id" else "title_en"),
        "clock_state",
        rows=6,
        link=board_link(say, names.OPERATIONS, say("Operasi", "Operations")),
    ).mappings(states(say))


def queue(say: Say) -> PanelBuilder:
    """Open incidents, the one that is due first."""
    return listing(
        say,
        say("Antrean insiden", "Queue of incidents"),
        say("Yang paling dekat tenggatnya di atas.", "The one that is due first is on top."),
        Query("operations", "queue", title="title" if say.language == "id" else "title_en"),
        [
            *("time", "incident", "title", "category", "severity", "state", "clock_state", "due_at"),
            *("assigned_to", "crews", "count", "district"),
        ],
        extra={
            "title": named(say("kejadian", "what")),
            "severity": coloured_words(say),
        },
        column_links={"incident": [_incident(say)]},
    )


def crews(say: Say) -> PanelBuilder:
    """Every crew: whether it is free, and what it is on."""
    return listing(
        say,
        say("Regu", "Crews"),
        say("Siap, bertugas, atau tidak dinas.", "Free, busy, or off duty."),
        Query("operations", "crews"),
        ["crew", "agency", "state", "incident", "site_name", "position_at"],
        column_links={"incident": [_incident(say)]},
    )


def by_category(say: Say) -> PanelBuilder:
    """How incidents were handled in the time shown."""
    return listing(
        say,
        say("Penanganan menurut kategori", "How they were handled, by category"),
        say("Menurut hari dibukanya; lama rata-rata.", "By the day of opening; mean durations."),
        Query("operations", "by_category"),
        ["category", "opened", "verified", "late", "acknowledge_s", "arrive_s", "resolve_s"],
    )


def alarm_rate(say: Say) -> PanelBuilder:
    """Alarms in ten minutes, for each operator."""
    panel = course(
        say("Alarm per operator dalam 10 menit", "Alarms per operator in ten minutes"),
        say("Batas EEMUA 191: satu.", "EEMUA 191's limit: one."),
        Query("operations", "alarm_rate"),
        low=0,
    ).thresholds(steps((None, GOOD), (ALARMS_PER_10MIN, BAD)))
    for agency, words in AGENCIES.items():
        panel.override_by_name(agency, named(say(*words)))
    return panel


def alarm_quality(say: Say) -> PanelBuilder:
    """Whether each agency's alarms can be borne by those at its desk."""
    return listing(
        say,
        say("Mutu alarm per instansi, 24 jam", "Quality of alarms by agency, 24 hours"),
        say(
            "Per petugas di meja instansi. Menetap: sehari atau lebih; berulang: tiga kali atau lebih (ISA-18.2).",
            "For each operator at the desk. Standing: a day or more; chattering: thrice or more (ISA-18.2).",
        ),
        Query("operations", "alarm_quality"),
        [
            *("agency", "operators", "per_operator_h", "last_hour_per_operator", "busiest_10min", "standing"),
            *("chattering", "top_ten_pct"),
        ],
        extra={
            "per_operator_h": _borne(ALARMS_PER_10MIN * 6),
            "last_hour_per_operator": _borne(ALARMS_PER_10MIN * 6),
            "busiest_10min": _borne(ALARM_FLOOD),
            "top_ten_pct": [DynamicConfigValue(id_val="decimals", value=0)],
        },
        column_links={"agency": [_alarms(say)]},
    )


def _borne(most: float) -> list[DynamicConfigValue]:
    marks = [{"value": None, "color": GOOD}, {"value": most, "color": BAD}]
    return [
        DynamicConfigValue(id_val="decimals", value=1),
        DynamicConfigValue(id_val="thresholds", value={"mode": "absolute", "steps": marks}),
        DynamicConfigValue(id_val="custom.cellOptions", value={"type": "color-text"}),
    ]


def announcements(say: Say) -> PanelBuilder:
    """What was said over loudspeakers, and what proves that it was heard."""
    act = console_link("/loudspeakers", say("Buka di konsol", "Open in the console"))
    return listing(
        say,
        say("Pengumuman lewat pengeras suara", "Announcements over loudspeakers"),
        say("24 jam terakhir, satu baris setiap pengeras suara.", "The last 24 hours, a row for each loudspeaker."),
        Query("operations", "announcements"),
        [
            *("time", "loudspeaker", "site_name", "kind", "said", "state", "grade", "detail", "account", "incident"),
        ],
        column_links={"loudspeaker": [act], "incident": [_incident(say)]},
    )


def alerts(say: Say) -> PanelBuilder:
    """What Grafana's rules have sent to the platform."""
    return listing(
        say,
        say("Alarm yang dikirim ke konsol", "Alarms delivered to the console"),
        say("Dari aturan alarm dinding ini.", "From the alert rules of this wall."),
        Query("operations", "alerts"),
        ["time", "status", "rule", "category", "severity", "summary"],
        extra={"severity": coloured_words(say)},
        column_links={"rule": [_alarms(say)]},
    )


def _incident(say: Say) -> Link:
    """Lead from an incident's name to the page on which people act on it."""
    return console_link("/incidents/${__value.raw}", say("Buka di konsol", "Open in the console"))


def _alarms(say: Say) -> Link:
    return console_link("/alarms", say("Alarm di konsol", "Alarms in the console"))
