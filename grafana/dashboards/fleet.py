"""Armada: the boxes at the roadside, and the room's own screens."""

from grafana import names
from grafana.dashboards.compose import Board, chosen
from grafana.panels import fleet, places
from grafana.words import Say


def board(say: Say) -> Board:
    """Compose the fleet's dashboard."""
    return Board(
        names.FLEET,
        say("Armada", "Fleet"),
        say("Untuk teknisi box.", "For those who keep the boxes."),
        [
            (
                6,
                [
                    (4, places.alive(say, "box_slot", ("Box", "Boxes"), names.FLEET)),
                    (4, fleet.versions(say)),
                    (16, fleet.outbox(say)),
                ],
            ),
            (11, [(24, fleet.boxes(say))]),
            (
                8,
                [
                    (6, fleet.of_box(say, "outbox_messages", ("Pesan menunggu", "Messages waiting"), "short")),
                    (6, fleet.of_box(say, "disk_used", ("Penyimpanan", "Disk"), "percent")),
                    (6, fleet.of_box(say, "soc_temperature", ("Suhu prosesor", "Processor temperature"), "celsius")),
                    (6, fleet.of_box(say, "cpu_load", ("Beban CPU", "CPU load"), "percent")),
                ],
            ),
            (8, [(12, fleet.screens(say)), (12, places.troubled(say))]),
        ],
        variables=[chosen("box", say("Box", "Box"), "fleet", "boxes")],
    )
