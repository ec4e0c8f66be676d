"""Builds every dashboard of both languages."""

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import Dashboard

from grafana.dashboards import cameras, fleet, lamps, operations, platform, services, traffic, wall, water
from grafana.dashboards.compose import Board, compose
from grafana.manifests import FOLDER, read_manifests
from grafana.words import Language, Say

Json = dict[str, Any]


def boards(say: Say, folders: Sequence[Path] = (FOLDER,)) -> list[Board]:
    """Compose every dashboard of a language.

    Args:
        say: language.
        folders: where the modules of public services are.
    """
    simple = (wall, traffic, cameras, lamps, water, operations, fleet, platform)
    return [*(module.board(say) for module in simple), services.board(say, read_manifests(*folders))]


@cache
def dashboards(language: Language, folders: tuple[Path, ...] = (FOLDER,)) -> dict[str, Json]:
    """Build every dashboard of a language, by its board's name; not to be written to, it is made once.

    Args:
        language: of titles.
        folders: where the modules of public services are.
    """
    say = Say(language)
    return {board.name: as_json(compose(say, board)) for board in boards(say, folders)}


def as_json(dashboard: Dashboard) -> Json:
    """Write a dashboard as Grafana stores it."""
    return dict(json.loads(json.dumps(dashboard, cls=JSONEncoder)))


def written(content: Any) -> str:
    """Write JSON as it is committed: keys in order, readable differences."""
    return json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
