"""Penerangan jalan: what burns, what is out, which cabinet stands open."""

from grafana import names
from grafana.dashboards.compose import Board, chosen
from grafana.panels import lamps, places
from grafana.words import Say


def board(say: Say) -> Board:
    """Compose the street lamps' dashboard."""
    return Board(
        names.LAMPS,
        say("Penerangan jalan", "Street lamps"),
        say("Untuk regu penerangan jalan umum.", "For the crews of street lighting."),
        [
            (
                6,
                [
                    (4, lamps.burning(say)),
                    (4, places.alive(say, "lamp_circuit", ("Sirkuit terdengar", "Circuits heard"), names.LAMPS)),
                    (8, lamps.course_of_regency(say)),
                    (8, lamps.current(say)),
                ],
            ),
            (9, [(12, lamps.faults(say)), (12, lamps.cabinets(say))]),
            (
                9,
                [
                    (
                        24,
                        places.troubled_of(
                            say,
                            "lamp_circuit",
                            ("Sirkuit tidak terdengar", "Circuits that are not heard"),
                            names.LAMPS,
                        ),
                    )
                ],
            ),
            (
                8,
                [
                    (8, lamps.at_site(say, "current", ("Arus", "Current"), "amp")),
                    (8, lamps.at_site(say, "commanded_on", ("Diperintah menyala", "Commanded on"), "short")),
                    (8, lamps.at_site(say, "lamp_fault", ("Gangguan", "Fault"), "short")),
                ],
            ),
        ],
        variables=[chosen("site", say("Lokasi", "Site"), "lamps", "sites")],
    )
