"""Lalu lintas: one junction at a time, and which ones need looking at."""

from grafana import names
from grafana.dashboards.compose import Board, chosen
from grafana.panels import places, traffic
from grafana.words import Say


def board(say: Say) -> Board:
    """Compose the traffic dashboard."""
    return Board(
        names.TRAFFIC,
        say("Lalu lintas", "Traffic"),
        say(
            "Untuk Dinas Perhubungan: simpang, antrean, hijau.", "For the transport office: junctions, queues, greens."
        ),
        [
            (
                5,
                [
                    (4, traffic.index_now(say)),
                    (4, places.alive(say, "signal_controller", ("Pengendali", "Controllers"), names.TRAFFIC)),
                    (8, traffic.volume_of_regency(say)),
                    (8, traffic.occupancy_of_regency(say)),
                ],
            ),
            (9, [(10, traffic.junctions(say)), (5, traffic.worst_junctions(say)), (9, traffic.open_leases(say))]),
            (
                8,
                [
                    (8, traffic.at_junction(say, "volume", ("Volume", "Volume"), "suffix: /min")),
                    (8, traffic.at_junction(say, "occupancy", ("Okupansi", "Occupancy"), "percent")),
                    (8, traffic.at_junction(say, "queue_length", ("Antrean", "Queue"), "lengthm")),
                ],
            ),
            (
                8,
                [
                    (6, traffic.at_junction(say, "split_failures", ("Kegagalan hijau", "Split failures"), "short")),
                    (
                        6,
                        traffic.at_junction(
                            say, "arrivals_on_green", ("Tiba saat hijau", "Arrivals on green"), "percent"
                        ),
                    ),
                    (6, traffic.at_junction(say, "green_time", ("Lama hijau", "Green time"), "s")),
                    (6, traffic.at_junction(say, "cycle_length", ("Panjang siklus", "Cycle length"), "s")),
                ],
            ),
            (8, [(24, traffic.leases(say))]),
        ],
        variables=[chosen("site", say("Simpang", "Junction"), "traffic", "junctions")],
    )
