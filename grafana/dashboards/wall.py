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
                    (8, operations.by_clock(say)),
                    (5, water.worst_stage(say)),
                    (3, traffic.index_now(say)),
                    (5, lamps.burning(say)),
                ],
            ),
            (
                4,
                [
                    (4, places.alive(say, "camera", ("Kamera", "Cameras"), names.CAMERAS)),
                    (4, places.alive(say, "box_slot", ("Box", "Boxes"), names.FLEET)),
                    (
                        6,
                        modules.value_of(
                            say,
                            modules.BEDS,
                            ("Tempat tidur tersedia", "Beds available"),
                            name=("tempat tidur", "beds"),
                        ),
                    ),
                    (
                        10,
                        modules.value_of(
                            say,
                            modules.REVENUE_TODAY,
                            ("PAD hari ini terhadap target", "Revenue today against its target"),
                            "currencyIDR",
                            name=("PAD hari ini", "revenue"),
                        ),
                    ),
                ],
            ),
            (10, [(10, places.map_of_regency(say)), (7, operations.most_urgent(say)), (7, water.rivers(say))]),
            (
                9,
                [
                    (5, traffic.volume_of_regency(say)),
                    (5, lamps.course_of_regency(say)),
                    (7, places.newest_events(say)),
                    (5, places.silent_by_kind(say)),
                    (2, places.pulse(say)),
                ],
            ),
        ],
        span="now-6h",
        refresh="10s",
    )
