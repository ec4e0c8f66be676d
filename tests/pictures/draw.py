"""Draws a dashboard's answers as SVG, each in its panel's place, with the panel's own words for columns and states."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from html import escape
from itertools import pairwise
from typing import Any

CELL_W, CELL_H, GAP, HEAD, LINE = 50, 26, 4, 24, 15
LETTER = 6.1
"""Mean width of a letter of 11 px."""
POINTS = 70
WIB = timezone(timedelta(hours=7))
COLOURS = ("#73bf69", "#5794f2", "#ff9830", "#f2495c", "#b877d9", "#fade2a", "#37872d", "#8ab8ff")
NAMED = {
    "green": "#73bf69",
    "orange": "#ff9830",
    "red": "#f2495c",
    "purple": "#b877d9",
    "yellow": "#fade2a",
    "blue": "#5794f2",
}
_BEFORE = {"currencyIDR": "Rp "}
_BEHIND = {"percent": " %", "lengthm": " m", "celsius": " °C", "amp": " A", "lengthkm": " km", "lengthmm": " mm"}
SEVERITY = {0: "#73bf69", 1: "#ff9830", 2: "#f2495c", None: "#8e8e8e"}
_STYLE = (
    "text{font:11px sans-serif;fill:#ccccdc}.h{font-size:13px;font-weight:bold}.t{font-weight:bold}"
    ".b{font-size:26px;text-anchor:middle}.m{text-anchor:middle}.s{fill:#8e8e8e}rect.p{fill:#181b1f}"
    ".l{font-size:13px;fill:#111217;font-weight:bold}.e{text-anchor:end}"
    "path{fill:none}svg{overflow:hidden}"
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What one query gave."""

    names: list[str]
    rows: list[tuple[Any, ...]]


@dataclass(slots=True)
class Look:
    """How a panel shows one column: what its overrides say."""

    title: str
    unit: str = ""
    decimals: int | None = None
    nothing: str = "-"
    hidden: bool = False
    words: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    steps: list[Mapping[str, Any]] = field(default_factory=list)

    def write(self, value: Any) -> tuple[str, str]:
        """Give a value's text and its colour, empty where it has none of its own."""
        if value is None:
            return self.nothing, ""
        mapped = self.words.get(str(value))
        if mapped is not None:
            return str(mapped.get("text", value)), NAMED.get(str(mapped.get("color")), "")
        return written(value, self.unit, self.decimals), self._colour(value)

    def _colour(self, value: Any) -> str:
        """Give the colour of the highest step that a number has reached."""
        if isinstance(value, str | datetime) or value is None:
            return ""
        reached = [step["color"] for step in self.steps if step.get("value") is None or step["value"] <= value]
        return NAMED.get(str(reached[-1]), "") if reached else ""


def draw(board: Mapping[str, Any], answers: Mapping[int, Mapping[str, Answer]]) -> str:
    """Draw one dashboard.

    Args:
        board: as it is published.
        answers: of each query, by the panel's id and the query's refId.
    """
    height = max(panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel in board["panels"]) * CELL_H + HEAD
    parts = [part for panel in board["panels"] for part in _panel(panel, answers[panel["id"]])]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {24 * CELL_W} {height}"><style>{_STYLE}</style>'
        f'<rect width="100%" height="100%" fill="#111217"/><text x="6" y="16" class="h">{escape(board["title"])}: '
        f"angka simulasi</text>\n" + "\n".join(parts) + "\n</svg>\n"
    )


def frame(panel: Mapping[str, Any]) -> str:
    """Give what of a panel is the same in every picture: its place and its title."""
    place = panel["gridPos"]
    x, y = place["x"] * CELL_W + GAP, place["y"] * CELL_H + HEAD
    w, h = _size(panel)
    return (
        f'<svg x="{x}" y="{y}" width="{w}" height="{h}"><rect width="100%" height="100%" rx="3" class="p"/>'
        f'<text x="6" y="14" class="t">{escape(panel["title"])}</text>'
    )


def written(value: Any, unit: str = "", decimals: int | None = None) -> str:
    """Write a value as a person reads it."""
    if isinstance(value, datetime):
        return value.astimezone(WIB).strftime("%d/%m %H:%M")
    if value is None or isinstance(value, str | bool):
        return "-" if value is None else str(value)
    number = float(value)
    if unit == "s":
        return _span(number)
    if unit == "bytes":
        return f"{number / 2**20:,.0f} MiB"
    small = 2 if number != int(number) and abs(number) < 10 else 0
    return f"{_BEFORE.get(unit, '')}{number:,.{small if decimals is None else decimals}f}{_BEHIND.get(unit, '')}"


def _span(seconds: float) -> str:
    for unit_s, name in ((86_400, "hari"), (3_600, "jam"), (60, "mnt")):
        if abs(seconds) >= unit_s:
            return f"{seconds / unit_s:.0f} {name}"
    return f"{seconds:.0f} s"


def _size(panel: Mapping[str, Any]) -> tuple[int, int]:
    return panel["gridPos"]["w"] * CELL_W - 2 * GAP, panel["gridPos"]["h"] * CELL_H - GAP


def _panel(panel: Mapping[str, Any], answers: Mapping[str, Answer]) -> Iterator[str]:
    size = _size(panel)
    first = next(iter(answers.values()))
    looks = looks_of(panel, first.names)
    yield frame(panel)
    if not first.rows:
        nothing = panel["fieldConfig"]["defaults"].get("noValue") or "tidak ada"
        yield f'<text x="6" y="34" class="s">{escape(nothing)}</text>'
    elif panel["type"] == "stat":
        yield from _stat(panel, first, looks, size)
    elif panel["type"] == "bargauge":
        yield from _tiles(first.rows, looks, size)
    elif panel["type"] == "timeseries":
        yield from _course(panel, answers, looks, size)
    elif panel["type"] == "geomap":
        yield from _map(answers, size)
    else:
        yield from _table(first.rows, looks, size)
    yield "</svg>"


def looks_of(panel: Mapping[str, Any], names: list[str]) -> list[Look]:
    """Say how a panel shows each column."""
    defaults = panel["fieldConfig"]["defaults"]
    steps = defaults.get("thresholds", {}).get("steps", []) if panel["type"] == "stat" else []
    title = defaults.get("displayName")
    unit, decimals = str(defaults.get("unit", "")), defaults.get("decimals")
    looks = {name: Look(title or name, unit, decimals, words=_words(defaults), steps=steps) for name in names}
    for override in panel["fieldConfig"]["overrides"]:
        look = looks.get(override["matcher"].get("options"))
        if look is not None:
            said = {one["id"]: one["value"] for one in override["properties"]}
            look.title, look.unit = said.get("displayName", look.title), said.get("unit", look.unit)
            look.decimals = said.get("decimals", look.decimals)
            look.nothing = said.get("noValue", look.nothing)
            look.hidden = said.get("custom.hidden", look.hidden)
            look.words = _words(said) or look.words
            look.steps = said.get("thresholds", {}).get("steps", look.steps)
    return list(looks.values())


def _titles(panel: Mapping[str, Any]) -> dict[str, str]:
    """What lines are called, by the names that the database gives them."""
    return {
        override["matcher"]["options"]: one["value"]
        for override in panel["fieldConfig"]["overrides"]
        for one in override["properties"]
        if one["id"] == "displayName"
    }


def _words(said: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    return {value: word for mapping in said.get("mappings", []) for value, word in mapping["options"].items()}


def _stat(panel: Mapping[str, Any], answer: Answer, looks: list[Look], size: tuple[int, int]) -> Iterator[str]:
    options = panel.get("options", {})
    if options.get("reduceOptions", {}).get("values"):
        yield from _tiles(answer.rows, looks, size)
        return
    if options.get("textMode") == "value":
        looks = [replace(look, title="") for look in looks]
    yield from _figure(answer.rows, looks, size)


def _figure(rows: list[tuple[Any, ...]], looks: list[Look], size: tuple[int, int]) -> Iterator[str]:
    """The values of the newest row beside each other, each with its name below it."""
    w, h = size
    shown = [(look, *look.write(value)) for look, value in zip(looks, rows[0], strict=True) if value is not None]
    for number, (look, text, colour) in enumerate(shown):
        x = w * (2 * number + 1) // (2 * len(shown))
        yield f'<text x="{x}" y="{h // 2 + 12}" class="b"{_fill(colour)}>{escape(text)}</text>'
        yield f'<text x="{x}" y="{h // 2 + 32}" class="m">{escape(look.title)}</text>'
    if not shown:
        yield f'<text x="{w // 2}" y="{h // 2 + 12}" class="b">-</text>'


def _tiles(rows: list[tuple[Any, ...]], looks: list[Look], size: tuple[int, int]) -> Iterator[str]:
    """A tile a row: its words, and its value in its colour."""
    w, h = size
    step = min(34, (h - 28) // max(1, len(rows)))
    for number, (words, value) in enumerate(rows):
        text, colour = looks[1].write(value)
        y = 28 + number * step
        yield f'<rect x="6" y="{y}" width="{w - 12}" height="{step - 4}" rx="2" fill="{colour or "#37872d"}"/>'
        room = int((w - 32) / (LETTER * 1.2)) - len(text)
        yield f'<text x="12" y="{y + step // 2 + 3}" class="l">{escape(str(words)[:room])}</text>'
        yield f'<text x="{w - 12}" y="{y + step // 2 + 3}" class="l e">{escape(text)}</text>'


def _course(
    panel: Mapping[str, Any], answers: Mapping[str, Answer], looks: list[Look], size: tuple[int, int]
) -> Iterator[str]:
    """A line for each name; of a second question, as of a river's stages, beside those of the first."""
    w, h = size
    titles = _titles(panel)
    lines = {name: line for answer in answers.values() for name, line in _lines(answer, looks, titles).items()}
    instants = [at.timestamp() for line in lines.values() for at, _ in line]
    first, wide = min(instants), (w - 12) / max(1.0, max(instants) - min(instants))
    most = max((value for line in lines.values() for _, value in line), default=0) or 1
    for number, (name, line) in enumerate(list(lines.items())[: len(COLOURS)]):
        shown = line[:: max(1, len(line) // POINTS)]
        points = [
            (round(6 + wide * (at.timestamp() - first)), round(h - 20 - (h - 44) / most * value)) for at, value in shown
        ]
        yield f'<path stroke="{COLOURS[number]}" d="{_path(points)}"/>'
        if 6 + (number + 1) * 110 <= w - 70:
            words = name[-16:] if "." in name else name[:18]
            yield f'<text x="{6 + number * 110}" y="{h - 5}" style="fill:{COLOURS[number]}">{escape(words)}</text>'
    yield f'<text x="{w - 6}" y="{h - 5}" text-anchor="end" class="s">maks {written(most)}</text>'


def _lines(answer: Answer, looks: list[Look], titles: Mapping[str, str]) -> dict[str, list[tuple[datetime, float]]]:
    lines: dict[str, list[tuple[datetime, float]]] = {}
    for row in answer.rows:
        by_name = (
            [(titles.get(str(row[1]), looks[1].write(row[1])[0]), row[2])]
            if "metric" in answer.names
            else [(look.title, value) for look, value in zip(looks[1:], row[1:], strict=True)]
        )
        for name, value in by_name:
            if value is not None:
                lines.setdefault(name, []).append((row[0], float(value)))
    return dict(sorted(lines.items())) or {"": [(row[0], 0.0) for row in answer.rows]}


def _path(points: list[tuple[int, int]]) -> str:
    """Write a line by its steps: half the bytes of its places."""
    steps = [f"{x - a} {y - b}" for (a, b), (x, y) in pairwise(points)]
    return f"M{points[0][0]} {points[0][1]}" + ("l" + " ".join(steps) if steps else "h2")


def _map(answers: Mapping[str, Answer], size: tuple[int, int]) -> Iterator[str]:
    w, h = size
    for ref_id, answer in answers.items():
        for row in answer.rows:
            point = dict(zip(answer.names, row, strict=True))
            x = round((point["longitude"] - 112.5) / 0.75 * w)
            y = round((-7.5 - point["latitude"]) / 0.4 * (h - 30) + 24)
            if ref_id == "incidents":
                yield f'<path d="M{x - 8} {y + 7}h16l-8-15z" style="fill:#f2495c" stroke="#fff"/>'
            else:
                yield f'<circle cx="{x}" cy="{y}" r="5" fill="{SEVERITY[point["severity"]]}"/>'


def _table(rows: list[tuple[Any, ...]], looks: list[Look], size: tuple[int, int]) -> Iterator[str]:
    w, h = size
    columns = [(place, look) for place, look in enumerate(looks) if not look.hidden]
    shown = rows[: (h - 38) // LINE]
    x = 6.0
    for place, look in columns:
        cells = [look.write(row[place]) for row in shown]
        width = min(34, max(len(text) for text, _ in [(look.title, ""), *cells])) * LETTER + 10
        if x + min(width, 40) > w:
            return
        letters = int((min(width, w - x) - 6) / LETTER)
        yield f'<text x="{x:.0f}" y="31" class="s">{escape(look.title[:letters])}</text>'
        for number, (text, colour) in enumerate(cells):
            if text:
                yield f'<text x="{x:.0f}" y="{46 + number * LINE}"{_fill(colour)}>{escape(text[:letters])}</text>'
        x += width


def _fill(colour: str) -> str:
    return f' style="fill:{colour}"' if colour else ""
