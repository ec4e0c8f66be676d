"""What stands where and whether it is alive: /v1/sites, /v1/boxes, /v1/assets."""

from typing import Annotated, Any

import fastapi
from fastapi import APIRouter

from cloud.api.access import UsedDatabase, Viewer
from cloud.api.models import Asset, AssetState, Box, Page, Site
from cloud.api.paging import Query, Text, make_page

router = APIRouter(prefix="/v1", tags=["places"])


class BoxQuery(Query):
    """Filters of /v1/boxes."""

    site: Text | None = None


class AssetQuery(BoxQuery):
    """Filters of /v1/assets."""

    kind: Text | None = None
    state: AssetState | None = None


@router.get("/sites")
async def list_sites(_: Viewer, database: UsedDatabase, query: Annotated[Query, fastapi.Query()]) -> Page[Site]:
    """List sites by code, with how many of their boxes and assets are silent."""
    rows = await database.fetch(Site, "api", "sites", **_bounds(query))
    return make_page(rows, query.limit, lambda site: site.site)


@router.get("/boxes")
async def list_boxes(_: Viewer, database: UsedDatabase, query: Annotated[BoxQuery, fastapi.Query()]) -> Page[Box]:
    """List boxes by name, with their liveness."""
    rows = await database.fetch(Box, "api", "boxes", **_bounds(query))
    return make_page(rows, query.limit, lambda box: box.box)


@router.get("/assets")
async def list_assets(_: Viewer, database: UsedDatabase, query: Annotated[AssetQuery, fastapi.Query()]) -> Page[Asset]:
    """List assets by code, with their liveness: one that has never been heard of is listed too."""
    rows = await database.fetch(Asset, "api", "assets", **_bounds(query))
    return make_page(rows, query.limit, lambda asset: asset.asset)


def _bounds(query: Query) -> dict[str, Any]:
    return query.model_dump() | {"limit": query.limit + 1}
