"""What stands where, for a map, at one look: /v1/map."""

from typing import Any

from fastapi import APIRouter

from cloud.api.access import UsedDatabase, Viewer
from cloud.api.models import Answer, AssetState, SiteState

router = APIRouter(prefix="/v1", tags=["places"])


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


@router.get("/map")
async def read_map(_: Viewer, database: UsedDatabase) -> MapPoints:
    """Read every site and camera that has a position, as GeoJSON; incidents are in /v1/incidents."""
    sites = await database.fetch(MapSite, "overview", "map_sites")
    cameras = await database.fetch(MapCamera, "overview", "map_cameras")
    return MapPoints(sites=_collect(sites), cameras=_collect(cameras))


def _collect(points: list[Any]) -> Features:
    return Features(features=[_point(one) for one in points])


def _point(one: MapSite | MapCamera) -> dict[str, Any]:
    place = [one.longitude, one.latitude]
    properties = one.model_dump(exclude={"longitude", "latitude"})
    return {"type": "Feature", "geometry": {"type": "Point", "coordinates": place}, "properties": properties}
