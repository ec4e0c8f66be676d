"""Checks dashboards and rules before anybody sees them: what Grafana would refuse, or silently get wrong.

Sources: Grafana documentation, "Dashboard JSON model" (uids of at most 40 characters, a grid 24 wide), "File
provisioning" and "Alerting provisioning HTTP API" (rule uids, intervals in steps of ten seconds).
"""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from grafana import names
from grafana.alerts import build
from grafana.alerts.rules import GROUPS, RULES
from grafana.committed import FOLDER, files
from grafana.generate import dashboards
from grafana.queries import of_dashboard
from grafana.settings import WallSettings
from grafana.words import LANGUAGES

Json = dict[str, Any]
MAX_UID = 40
TICK_S = 10
WIDTH = 24
RUNBOOKS = Path(__file__).parent / "runbooks"
_UID = re.compile(r"^[a-zA-Z0-9\-_]{1,40}$")
_VARIABLE = re.compile(r"\$\{(\w+)(?::(\w+))?")
_OWN = ("__", "konsol")


def faults(settings: WallSettings) -> list[str]:
    """Give every fault, each with its place."""
    found = [*_stale(), *_rules(settings)]
    for language in LANGUAGES:
        for board in dashboards(language, settings.folders).values():
            found += [f"{board['uid']}: {fault}" for fault in _board(board)]
    return found


def _board(board: Json) -> Iterator[str]:
    if not _UID.match(board["uid"]):
        yield f"uid must have 1 to {MAX_UID} letters, digits, - or _"
    if names.TAG not in board["tags"] or board["editable"] or board["timezone"] != names.TIME_ZONE:
        yield f"must have the tag {names.TAG}, be read-only, and show {names.TIME_ZONE}"
    ids = Counter(panel["id"] for panel in board["panels"])
    yield from (f"panel id {one} is there {times} times" for one, times in ids.items() if times > 1)
    yield from _grid(board["panels"])
    declared = {variable["name"] for variable in board["templating"]["list"]}
    for query in of_dashboard(board):
        yield from (f"{query.title}: {fault}" for fault in _sql(query.sql, declared))


def _grid(panels: list[Json]) -> Iterator[str]:
    taken: dict[tuple[int, int], str] = {}
    for panel in panels:
        place = panel["gridPos"]
        if place["x"] + place["w"] > WIDTH:
            yield f"{panel['title']} is wider than the grid"
        for cell in (
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        ):
            if cell in taken:
                yield f"{panel['title']} lies over {taken[cell]}"
                break
            taken[cell] = panel["title"]


def _sql(sql: str, declared: set[str]) -> Iterator[str]:
    for name, style in _VARIABLE.findall(sql):
        if name not in declared:
            yield f"the variable {name} is not declared"
        if style != "sqlstring":
            yield f"${{{name}}} must be ${{{name}:sqlstring}}, or an apostrophe in it ends the string"
    if ";" in sql:
        yield "more than one statement"
    if re.search(r"\b(from|join)\s+(?!wall\.|\(|lateral|unnest)[a-z_]+\b", sql, re.IGNORECASE):
        yield "reads something outside of schema wall"


def _rules(settings: WallSettings) -> Iterator[str]:
    for uid, times in Counter(rule.uid for rule in RULES).items():
        if times > 1 or not _UID.match(uid):
            yield f"rule {uid}: its uid is no uid, or not unique"
    for rule in RULES:
        if rule.group not in GROUPS or rule.ends_below > rule.above or rule.for_s % TICK_S:
            yield f"rule {rule.uid}: group, marks or duration make no sense"
        if not (RUNBOOKS / f"{rule.runbook}.md").exists():
            yield f"rule {rule.uid}: there is no runbook {rule.runbook}.md"
        yield from (f"rule {rule.uid}: {fault}" for fault in _sql(rule.sql, set()))
    for group in build.groups(settings):
        if group["interval"] % TICK_S or not group["rules"]:
            yield f"group {group['title']}: its interval must be a multiple of {TICK_S} s, and it must have rules"


def _stale() -> Iterator[str]:
    """Compare what is committed with what the code makes."""
    for path, text in files().items():
        place = FOLDER / path
        if not place.exists() or place.read_text(encoding="utf-8") != text:
            yield f"generated/{path} is not what the code makes; run `satulayar-grafana generate`"
