"""Builds everything from code, and writes the dashboards as JSON into `generated/`, where a reviewer sees what changes.

A second run changes nothing: the tests hold that.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import Dashboard

from grafana.dashboards import cameras, fleet, lamps, operations, platform, services, traffic, wall, water
from grafana.dashboards.compose import Board, compose
from grafana.manifests import read_manifests
from grafana.words import LANGUAGES, Language, Say

FOLDER = Path(__file__).parent / "generated"
Json = dict[str, Any]


def boards(say: Say) -> list[Board]:
    """Compose every dashboard of a language."""
    simple = (wall, traffic, cameras, lamps, water, operations, fleet, platform)
    return [*(module.board(say) for module in simple), services.board(say, read_manifests())]


@cache
def dashboards(language: Language) -> dict[str, Json]:
    """Build every dashboard of a language, by its board's name; not to be written to, it is made once."""
    say = Say(language)
    return {board.name: as_json(compose(say, board)) for board in boards(say)}


def as_json(dashboard: Dashboard) -> Json:
    """Write a dashboard as Grafana stores it."""
    return dict(json.loads(json.dumps(dashboard, cls=JSONEncoder)))


def files() -> dict[Path, str]:
    """Give every generated file with its content, by its path inside `generated/`."""
    return {
        Path("dashboards") / language / f"{name}.json": written(content)
        for language in LANGUAGES
        for name, content in dashboards(language).items()
    }


def write(folder: Path = FOLDER) -> list[Path]:
    """Write all files, remove those that are no longer made, and say which changed."""
    wanted = {folder / path: text for path, text in files().items()}
    changed = [path for path, text in wanted.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    for path in changed:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(wanted[path], encoding="utf-8")
    stale = [path for path in folder.rglob("*") if path.is_file() and path not in wanted]
    for path in stale:
        path.unlink()
    return changed + stale


def written(content: Any) -> str:
    """Write JSON as it is committed: keys in order, readable differences."""
    return json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
