"""Peringatan dini: rivers against their stages with lead time, rain upstream, warnings in force."""

from grafana import names
from grafana.dashboards.compose import Board, chosen
from grafana.panels import places, water
from grafana.words import Say


def board(say: Say) -> Board:
    """Compose the early-warning dashboard."""
    return Board(
        names.WATER,
        say("Peringatan dini", "Early warning"),
        say("Untuk BPBD: sungai, hujan, peringatan.", "For the disaster agency: rivers, rain, warnings."),
        [
            (10, [(4, water.worst_stage(say)), (20, water.gauges(say))]),
            (6, [(4, water.city_stage(say)), (10, water.arrivals(say)), (10, water.earthquakes(say))]),
            (10, [(16, water.level(say)), (8, water.rain_of_regency(say))]),
            (9, [(9, water.rain(say)), (8, water.warnings(say)), (7, water.feeds(say))]),
            (8, [(24, places.events_of(say, ("Siaga dan sirene", "Stages and sirens"), "water_stage", "siren"))]),
        ],
        variables=[chosen("gauge", say("Pos duga air", "Gauge"), "water", "gauges")],
        refresh="10s",
    )
