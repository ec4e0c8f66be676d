"""Registers what a registry file lists. Nothing is ever removed: a site that left the file keeps its history."""

from dataclasses import dataclass
from typing import Any

from psycopg.types.json import Jsonb

from cloud.db.connection import Connection
from cloud.db.queries import load
from cloud.db.registry_file import Registry


@dataclass(frozen=True, slots=True)
class Registered:
    """What came of one table: how many rows are new, changed, and were listed in all."""

    table: str
    new: int
    changed: int
    listed: int


def register(connection: Connection, registry: Registry) -> list[Registered]:
    """Register sites, boxes, assets and junctions in one transaction; doing it again changes nothing.

    Args:
        connection: of the database's owner, in autocommit.
        registry: what there is.
    """
    with connection.transaction():
        tables = zip(("site", "box", "asset"), rows_of(registry).items(), strict=True)
        places = [_put(connection, table, statement, rows) for table, (statement, rows) in tables]
        if stages := stage_rows(registry):
            places.append(_put(connection, "gauge_stage", "put_gauge_stages", stages))
        if speakers := speaker_rows(registry):
            places.append(_put(connection, "loudspeaker", "put_loudspeakers", speakers))
        if registry.reaches:
            reaches = [reach.model_dump() for reach in registry.reaches]
            places.append(_put(connection, "river_reach", "put_reaches", reaches))
        return places + _register_junctions(connection, registry)


def rows_of(registry: Registry) -> dict[str, list[dict[str, Any]]]:
    """Give the rows of sites, boxes and assets by the statement that writes them, in their order."""
    return {
        "put_sites": _site_rows(registry),
        "put_boxes": _box_rows(registry),
        "put_assets": _asset_rows(registry),
    }


def _register_junctions(connection: Connection, registry: Registry) -> list[Registered]:
    rows = {
        "corridor": [corridor.model_dump() for corridor in registry.corridors],
        "junction": _junction_rows(registry),
        "junction_phase": _phase_rows(registry),
        "junction_limit": _limit_rows(registry),
    }
    return [_put(connection, table, f"put_{table}s", listed) for table, listed in rows.items() if listed]


def _put(connection: Connection, table: str, statement: str, rows: list[dict[str, Any]]) -> Registered:
    news = [row[0] for row in connection.execute(load("registry")[statement], {"rows": Jsonb(rows)})]
    return Registered(table, new=sum(news), changed=len(news) - sum(news), listed=len(rows))


def _site_rows(registry: Registry) -> list[dict[str, Any]]:
    return [site.model_dump(exclude={"boxes"}) for site in registry.sites]


def _box_rows(registry: Registry) -> list[dict[str, Any]]:
    return [
        {"name": box.name, "site": site.code, "series_limit": box.series_limit}
        for site in registry.sites
        for box in site.boxes
    ]


def _asset_rows(registry: Registry) -> list[dict[str, Any]]:
    rows = []
    for site in registry.sites:
        for box in site.boxes:
            place = {"site": site.code, "box": box.name}
            rows += [asset.model_dump(exclude={"stages_m", "agency"}) | place for asset in box.assets]
            # A bare quantity is one of the box itself, so a box is an asset too, and its silence shows.
            itself = {"code": box.name, "kind": "box", "name": None, "expected_interval_s": box.health_interval_s}
            rows.append(itself | place)
    return rows


def stage_rows(registry: Registry) -> list[dict[str, Any]]:
    """Give the rows of river gauges' stages."""
    return [
        {"asset": asset.code, "stage": int(stage.removeprefix("siaga_")), "level_m": level_m}
        for site in registry.sites
        for box in site.boxes
        for asset in box.assets
        for stage, level_m in asset.stages_m.items()
    ]


def speaker_rows(registry: Registry) -> list[dict[str, Any]]:
    """Give the rows of loudspeakers whose agency is said."""
    return [
        {"asset": asset.code, "agency": asset.agency}
        for site in registry.sites
        for box in site.boxes
        for asset in box.assets
        if asset.kind == "loudspeaker" and asset.agency
    ]


def _junction_rows(registry: Registry) -> list[dict[str, Any]]:
    rows = []
    for site in registry.sites:
        if site.junction:
            place = site.junction.corridor
            row = {"site": site.code, "controller": site.junction.controller, "authority": site.junction.authority}
            where = {"corridor": None} if place is None else place.model_dump() | {"corridor": place.name}
            rows.append(row | where)
    return rows


def _phase_rows(registry: Registry) -> list[dict[str, Any]]:
    return [
        phase.model_dump() | {"site": site.code}
        for site in registry.sites
        if site.junction
        for phase in site.junction.phases
    ]


def _limit_rows(registry: Registry) -> list[dict[str, Any]]:
    return [
        limit.model_dump() | {"site": site.code, "role": role}
        for site in registry.sites
        if site.junction
        for role, limit in site.junction.limits.items()
    ]
