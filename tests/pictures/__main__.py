"""Pictures of the dashboards' content: `python -m tests.pictures [FOLDER]` (default `grafana/pictures`).

Builds a small regency, asks every panel's own SQL as the role of the dashboards, and draws the answers as SVG in each
panel's place. It is no Grafana: it shows what the views say, not how Grafana paints it.
"""

import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta, timezone
from html import escape
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
from tests.wall_regency import Size, build

BOARDS = {"dinding": timedelta(hours=24), "lalu-lintas": timedelta(days=7), "peringatan-dini": timedelta(hours=24)}
CHOSEN: dict[str, str | list[str]] = {
    "site": "S0001-01",
    "gauge": "S0001-01.gauge-1",
    "box": "S0001-01-a",
    "district": "35.14.11",
}
CELL_W, CELL_H, GAP = 50, 26, 4
WIB = timezone(timedelta(hours=7))
COLOURS = ("#73bf69", "#5794f2", "#ff9830", "#f2495c", "#b877d9", "#fade2a", "#37872d", "#8ab8ff")
SEVERITY = {0: "#73bf69", 1: "#ff9830", 2: "#f2495c", None: "#8e8e8e"}
Rows = list[tuple[Any, ...]]


def main() -> None:
    """Draw every picture."""
    folder = Path(sys.argv[1] if sys.argv[1:] else "grafana/pictures")
    folder.mkdir(parents=True, exist_ok=True)
    with make_temporary_home() as home, LocalCluster(home / "cluster", settings={"fsync": "off"}) as cluster:
        dsn = cluster.create_database("pictures", "template0")
        with connect(dsn, "pictures", autocommit=True) as owner:
            migrate(owner)
            build(owner, Size(junctions=12, cameras=40, lamps=60, gauges=5, hours_d=8, minutes_d=1.0))
            pulse(owner)
            make_totals(owner)
            with connect(as_role(dsn, "wall_reader"), "pictures", autocommit=True) as reader:
                for name, span in BOARDS.items():
                    (folder / f"{name}.svg").write_text(draw(reader, dashboards("id")[name], span), encoding="utf-8")
                    print(folder / f"{name}.svg")


def draw(reader: Connection, board: Mapping[str, Any], width: timedelta) -> str:
    """Draw one dashboard."""
    height = max(panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel in board["panels"]) * CELL_H + 24
    parts = [part for panel in board["panels"] for part in _panel(reader, panel, width)]
    head = f'<text x="6" y="16" class="h">{escape(board["title"])}: angka simulasi</text>'
    style = (
        "text{font:11px sans-serif;fill:#ccccdc}.h{font-size:13px;font-weight:bold}.t{font-weight:bold}"
        ".b{font-size:26px;text-anchor:middle}.s{fill:#8e8e8e}"
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {24 * CELL_W} {height}">'
        f'<style>{style}</style><rect width="100%" height="100%" fill="#111217"/>{head}{"".join(parts)}</svg>\n'
    )


def _panel(reader: Connection, panel: Mapping[str, Any], width: timedelta) -> Iterator[str]:
    place = panel["gridPos"]
    x, y = place["x"] * CELL_W + GAP, place["y"] * CELL_H + 24
    w, h = place["w"] * CELL_W - 2 * GAP, place["h"] * CELL_H - GAP
    yield f'<svg x="{x}" y="{y}" width="{w}" height="{h}"><rect width="100%" height="100%" rx="3" fill="#181b1f"/>'
    yield f'<text x="6" y="14" class="t">{escape(panel["title"])}</text>'
    names, rows = _ask(reader, panel["targets"][0]["rawSql"], width)
    if not rows:
        nothing = panel["fieldConfig"]["defaults"].get("noValue") or "tidak ada"
        yield f'<text x="6" y="34" class="s">{escape(nothing)}</text>'
    elif panel["type"] == "stat":
        yield from _figure(rows[0], names, w, h)
    elif panel["type"] == "timeseries":
        yield from _course(rows, names, w, h)
    elif panel["type"] == "geomap":
        yield from _map(rows, names, w, h)
    else:
        yield from _table(rows, names, w, h)
    yield "</svg>"


def _ask(reader: Connection, sql: str, width: timedelta) -> tuple[list[str], Rows]:
    now = datetime.now(UTC)
    cursor = reader.execute(expand(sql, Span(now - width, now), CHOSEN).encode(), prepare=False)
    return [column.name for column in cursor.description or []], cursor.fetchall()


def _figure(row: tuple[Any, ...], names: list[str], w: int, h: int) -> Iterator[str]:
    for place, (name, value) in enumerate(zip(names, row, strict=True)):
        at = w * (2 * place + 1) / (2 * len(row))
        yield f'<text x="{at:.0f}" y="{h / 2 + 12:.0f}" class="b">{_word(value)}</text>'
        if len(row) > 1:
            yield f'<text x="{at:.0f}" y="{h - 8}" text-anchor="middle" class="s">{escape(name)}</text>'


def _course(rows: Rows, names: list[str], w: int, h: int) -> Iterator[str]:
    lines: dict[str, list[tuple[datetime, float]]] = {}
    for row in rows:
        if "metric" in names:
            lines.setdefault(str(row[1]), []).append((row[0], float(row[2] or 0)))
        else:
            for name, value in zip(names[1:], row[1:], strict=True):
                lines.setdefault(name, []).append((row[0], float(value or 0)))
    first, last = rows[0][0].timestamp(), rows[-1][0].timestamp()
    most = max((value for line in lines.values() for _, value in line), default=1) or 1
    for number, (name, line) in enumerate(list(lines.items())[:8]):
        wide, high = (w - 12) / max(1, last - first), (h - 44) / most
        points = " ".join(
            f"{6 + wide * (at.timestamp() - first):.0f},{h - 20 - high * value:.0f}"
            for at, value in line[:: max(1, len(line) // 120)]
        )
        colour = COLOURS[number]
        yield f'<polyline fill="none" stroke="{colour}" points="{points}"/>'
        yield f'<text x="{6 + number * 110}" y="{h - 5}" style="fill:{colour}">{escape(name[-16:])}</text>'
    yield f'<text x="{w - 6}" y="14" text-anchor="end" class="s">maks {_word(most)}</text>'


def _map(rows: Rows, names: list[str], w: int, h: int) -> Iterator[str]:
    for row in rows:
        site = dict(zip(names, row, strict=True))
        x, y = (site["longitude"] - 112.5) / 0.75 * w, (-7.5 - site["latitude"]) / 0.4 * (h - 30) + 24
        yield f'<circle cx="{x:.0f}" cy="{y:.0f}" r="5" fill="{SEVERITY[site["severity"]]}"/>'


def _table(rows: Rows, names: list[str], w: int, h: int) -> Iterator[str]:
    shown = min(len(names), max(2, w // 85))
    for number, row in enumerate([tuple(names), *rows][: (h - 20) // 15]):
        for column, value in enumerate(row[:shown]):
            style = ' class="s"' if number == 0 else ""
            text = escape(_word(value)[: max(6, w // shown // 6)])
            yield f'<text x="{6 + column * (w - 8) // shown}" y="{31 + number * 15}"{style}>{text}</text>'


def _word(value: Any) -> str:
    if isinstance(value, datetime):
        return value.astimezone(WIB).strftime("%d/%m %H:%M")
    if isinstance(value, float):
        return f"{value:,.2f}" if abs(value) < 10 else f"{value:,.0f}"
    return "-" if value is None else str(value)


if __name__ == "__main__":
    main()
