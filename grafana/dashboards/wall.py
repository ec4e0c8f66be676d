"""Dinding: what the whole room sees from six metres, on 16:9 screens of 4K at a scale of two."""

from grafana import names
from grafana.dashboards.compose import Board
from grafana.panels import lamps, modules, operations, places, traffic, water
from grafana.words import Say


def board(say: Say) -> Board:
    """Compose the wall."""
    return Board(
        names.WALL,
        say("Dinding", "Wall"),
        say("Untuk seluruh ruang kendali.", "For the whole control room."),
        [
            (
                4,
                [
                    (3, operations.open_now(say)),
                    (3, water.worst_stage(say)),
                    (3, traffic.index_now(say)),
                    (3, lamps.burning(say)),
                    (3, places.alive(say, "camera", ("Kamera", "Cameras"), names.CAMERAS)),
                    (3, places.alive(say, "box_slot", ("Box", "Boxes"), names.FLEET)),
                    (3, modules.value_of(say, modules.BEDS, ("Tempat tidur tersedia", "Beds available"))),
                    (3, modules.value_of(say, modules.REVENUE_TODAY, ("PAD hari ini", "Revenue today"), "currencyIDR")),
                ],
            ),
            (
                12,
                [
                    (11, places.map_of_regency(say)),
                    (8, water.gauges(say)),
                    (5, operations.by_clock(say)),
                ],
            ),
            (
                9,
                [
                    (6, traffic.volume_of_regency(say)),
                    (5, lamps.course_of_regency(say)),
                    (5, places.events(say)),
                    (6, places.troubled(say)),
                    (2, places.pulse(say)),
                ],
            ),
        ],
        span="now-6h",
        refresh="10s",
    )
