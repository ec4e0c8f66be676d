"""Pictures of the dashboards' content: `python -m tests.pictures [FOLDER]` (default `grafana/pictures`).

Builds a small regency, asks every panel's own SQL as the role of the dashboards, and draws the answers as SVG in each
panel's place. It is no Grafana: it shows what the views say, not how Grafana paints it.
"""

import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cloud.db.connection import Connection, connect
from cloud.db.local import LocalCluster
from cloud.db.migrate import migrate
from cloud.db.places import make_temporary_home
from cloud.db.wall import make_totals, pulse
from grafana.generate import dashboards
from grafana.macros import Span, expand
from tests.fix_database import as_role
from tests.pictures.draw import Answer, draw
from tests.wall_regency import Size, build

FOLDER = Path("grafana/pictures")
SPANS = {"lalu-lintas": timedelta(days=7), "operasi": timedelta(days=7), "layanan": timedelta(days=365)}
"""Of what is not shown over a day."""
CHOSEN: dict[str, str | list[str]] = {
    "site": "S0001-01",
    "gauge": "S0001-01.gauge-1",
    "box": "S0001-01-a",
    "district": "35.14.11",
}


DARK = """
UPDATE series_latest SET value = 0
FROM series INNER JOIN asset ON series.asset_id = asset.id
WHERE series_latest.series_id = series.id AND asset.code = 'S0001-01.screen-3'
"""
"""A screen that somebody switched off."""


def main() -> None:
    """Draw every picture."""
    folder = Path(sys.argv[1]) if sys.argv[1:] else FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    with make_temporary_home() as home, LocalCluster(home / "cluster", settings={"fsync": "off"}) as cluster:
        dsn = cluster.create_database("pictures", "template0")
        with connect(dsn, "pictures", autocommit=True) as owner:
            migrate(owner)
            build(owner, Size(junctions=12, cameras=40, lamps=60, gauges=5, hours_d=8, minutes_d=1.0))
            owner.execute(DARK)
            pulse(owner)
            make_totals(owner)
        with connect(as_role(dsn, "wall_reader"), "pictures", autocommit=True) as reader:
            for name, board in dashboards("id").items():
                path = folder / f"{name}.svg"
                path.write_text(draw(board, ask(reader, board, SPANS.get(name, timedelta(days=1)))), encoding="utf-8")
                print(path)


def ask(reader: Connection, board: Mapping[str, Any], width: timedelta) -> dict[int, dict[str, Answer]]:
    """Ask every query of a dashboard; give the answers by panel and query."""
    return {
        panel["id"]: {target["refId"]: _answer(reader, target["rawSql"], width) for target in panel["targets"]}
        for panel in board["panels"]
    }


def _answer(reader: Connection, sql: str, width: timedelta) -> Answer:
    now = datetime.now(UTC)
    cursor = reader.execute(expand(sql, Span(now - width, now), CHOSEN).encode(), prepare=False)
    return Answer([column.name for column in cursor.description or []], cursor.fetchall())


if __name__ == "__main__":
    main()
