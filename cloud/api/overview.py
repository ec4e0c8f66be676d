"""What the console shows at one look: the map's points, and the services' figures: /v1/map, /v1/services."""

from datetime import datetime
from typing import Annotated, Any

import fastapi
from fastapi import APIRouter
from pydantic import Field

from cloud.api.access import UsedDatabase, Viewer
from cloud.api.models import Answer, AssetState, SiteState
from cloud.api.paging import Text

router = APIRouter(prefix="/v1", tags=["places"])

MAX_FIGURES = 5_000


class MapSite(Answer):
    """A site on the map."""

    site: str
    name: str
    district: str | None
    latitude: float
    longitude: float
    state: SiteState
    assets: int
    assets_ok: int


class MapCamera(Answer):
    """A camera on the map."""

    camera: str
    name: str | None
    site: str
    latitude: float
    longitude: float
    state: AssetState


class Features(Answer):
    """A GeoJSON FeatureCollection (RFC 7946) of points."""

    type: str = "FeatureCollection"
    features: list[dict[str, Any]]


class MapPoints(Answer):
    """What stands where."""

    sites: Features
    cameras: Features


class ServiceFigure(Answer):
    """A figure of a public service, with the time it was true and the time it was fetched."""

    module: str
    module_title_id: str | None
    module_title_en: str | None
    owner: str | None
    indicator: str
    title_id: str | None
    title_en: str | None
    unit: str | None
    decimals: int | None
    dimensions: list[str]
    keys: list[str]
    value: float | None
    true_at: datetime | None = Field(description="The time that the figure is about.")
    fetched_at: datetime | None
    stale: bool
    kept_back: bool = Field(description="Not shown, because it would tell of too few people.")


@router.get("/map")
async def read_map(_: Viewer, database: UsedDatabase) -> MapPoints:
    """Read every site and camera that has a position, as GeoJSON; incidents are in /v1/incidents."""
    sites = await database.fetch(MapSite, "overview", "map_sites")
    cameras = await database.fetch(MapCamera, "overview", "map_cameras")
    return MapPoints(sites=_collect(sites), cameras=_collect(cameras))


@router.get("/services")
async def list_services(
    _: Viewer, database: UsedDatabase, module: Annotated[Text | None, fastapi.Query()] = None
) -> list[ServiceFigure]:
    """List the figures of the public services as they are shown now."""
    return await database.fetch(ServiceFigure, "overview", "service_figures", module=module, limit=MAX_FIGURES)


def _collect(points: list[Any]) -> Features:
    return Features(features=[_point(one) for one in points])


def _point(one: MapSite | MapCamera) -> dict[str, Any]:
    place = [one.longitude, one.latitude]
    properties = one.model_dump(exclude={"longitude", "latitude"})
    return {"type": "Feature", "geometry": {"type": "Point", "coordinates": place}, "properties": properties}
