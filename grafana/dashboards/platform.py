"""Platform: whether the data centre's own parts do their work."""

from grafana import names
from grafana.dashboards.compose import Board
from grafana.panels import places, platform
from grafana.words import Say


def board(say: Say) -> Board:
    """Compose the platform's dashboard."""
    return Board(
        names.PLATFORM,
        say("Platform", "Platform"),
        say("Untuk administrator.", "For administrators."),
        [
            (8, [(12, platform.ingest_rate(say)), (12, platform.lag(say))]),
            (
                8,
                [
                    (4, places.pulse(say)),
                    (6, platform.jobs(say)),
                    (4, platform.database_size(say)),
                    (10, platform.relation_sizes(say)),
                ],
            ),
            (8, [(14, platform.rejected(say)), (10, platform.rejected_by_box(say))]),
        ],
    )
