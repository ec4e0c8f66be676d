"""Incidents, their clocks, crews, the load of alarms."""

from grafana import names
from grafana.look import AGENCIES, BAD, GOOD, WATCH, board_link, coloured_words, console_link, steps
from grafana.panels.platform import not_installed
from grafana.panels.shapes import PanelBuilder, course, figure, listing, named
from grafana.query import Query
from grafana.words import Say

ALARMS_PER_10MIN = 1.0
"""What an operator can bear for long: EEMUA 191, one alarm in ten minutes."""


def open_now(say: Say) -> PanelBuilder:
    """Incidents that are not yet verified."""
    return figure(
        say("Insiden terbuka", "Open incidents"),
        say("Belum ditutup oleh verifikasi.", "Not yet closed by verification."),
        Query("operations", "open_now"),
        thresholds=steps((None, GOOD), (1, WATCH), (10, BAD)),
        link=board_link(say, names.OPERATIONS, say("Operasi", "Operations")),
        no_value=not_installed(say),
    )


def by_clock(say: Say) -> PanelBuilder:
    """Open incidents by the state of their legal clock."""
    return listing(
        say,
        say("Insiden menurut tenggat", "Incidents by their clock"),
        say(
            "Sampai ditangani, sampai regu tiba, sampai selesai; seperempat terakhir: hampir lewat.",
            "Until taken up, until a crew is there, until it is over; the last quarter is near.",
        ),
        Query("operations", "by_clock"),
        ["clock_state", "incidents"],
    )


def queue(say: Say) -> PanelBuilder:
    """Open incidents, the one that is due first."""
    act = console_link("/incidents#${__value.raw}", say("Buka di konsol", "Open in the console"))
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
        column_links={"incident": [act]},
    )


def crews(say: Say) -> PanelBuilder:
    """Every crew: whether it is free, and what it is on."""
    return listing(
        say,
        say("Regu", "Crews"),
        say("Siap, bertugas, atau tidak dinas.", "Free, busy, or off duty."),
        Query("operations", "crews"),
        ["crew", "agency", "state", "incident", "site_name", "position_at"],
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


def alerts(say: Say) -> PanelBuilder:
    """What Grafana's rules have sent to the platform."""
    return listing(
        say,
        say("Alarm yang dikirim ke konsol", "Alarms delivered to the console"),
        say("Dari aturan alarm dinding ini.", "From the alert rules of this wall."),
        Query("operations", "alerts"),
        ["time", "status", "rule", "category", "severity", "summary"],
        extra={"severity": coloured_words(say)},
    )
