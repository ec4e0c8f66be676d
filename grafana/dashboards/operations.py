"""Operasi: the queue of incidents, their clocks, the load of alarms on each operator."""

from grafana import names
from grafana.dashboards.compose import Board
from grafana.panels import operations
from grafana.words import Say


def board(say: Say) -> Board:
    """Compose the operations dashboard."""
    return Board(
        names.OPERATIONS,
        say("Operasi", "Operations"),
        say("Untuk kepala regu.", "For the head of shift."),
        [
            (6, [(4, operations.open_now(say)), (8, operations.by_clock(say)), (12, operations.alarm_rate(say))]),
            (11, [(24, operations.queue(say))]),
            (8, [(11, operations.crews(say)), (13, operations.by_category(say))]),
            (8, [(11, operations.alarm_quality(say)), (13, operations.announcements(say))]),
            (9, [(24, operations.alerts(say))]),
        ],
    )
