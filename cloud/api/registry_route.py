"""Sites, boxes, assets and gauges' stages as provisioning registers them: /v1/registry. Nothing is ever removed.

Junctions, their limits and who may retime them are not written here: the API may not decide what an account may
(`satulayar-db load` does, as the database's owner).
"""

from typing import Annotated, Any

import fastapi
from fastapi import APIRouter
from psycopg.types.json import Jsonb
from pydantic import BaseModel, Field

from cloud.api.access import Admin, Operator, UsedDatabase
from cloud.api.claims import audit
from cloud.api.models import Answer, Page
from cloud.api.paging import Query, make_page
from cloud.api.refusals import refusal
from cloud.db.connection import translated
from cloud.db.queries import load
from cloud.db.registry import rows_of, stage_rows
from cloud.db.registry_file import Registry, Site

router = APIRouter(prefix="/v1/registry", tags=["registry"])


class RegisteredSite(Answer):
    """A site as it is registered."""

    code: str
    name: str
    district: str | None
    latitude: float | None
    longitude: float | None
    applied: str | None = Field(description="What provisioning noted when it wrote the site last.")
    boxes: list[dict[str, Any]]
    junction: dict[str, Any] | None = Field(description="As a registry file has it; written by satulayar-db load only.")


class SiteWritten(BaseModel):
    """A site as it shall be, and what provisioning notes with it."""

    site: Site
    applied: Annotated[str, Field(max_length=30_000, pattern=r"^[\x20-\x7e]*$")]


class Written(Answer):
    """How many rows are new, and how many changed."""

    new: int
    changed: int


@router.get("/sites")
async def list_registered(
    _: Operator, database: UsedDatabase, query: Annotated[Query, fastapi.Query()]
) -> Page[RegisteredSite]:
    """List what is registered."""
    place = {"after": query.after, "limit": query.limit + 1}
    rows = await database.fetch(RegisteredSite, "commissioning", "registered_sites", **place)
    return make_page(rows, query.limit, lambda site: site.code)


@router.put("/sites/{code}")
async def write_site(admin: Admin, database: UsedDatabase, code: str, body: SiteWritten) -> Written:
    """Register a site with its boxes and assets, or correct it; doing it again changes nothing."""
    if body.site.code != code:
        raise refusal("other_site", body=body.site.code, address=code)
    if body.site.junction is not None:
        raise refusal("junction_by_hand")
    news: list[bool] = []
    registry = Registry(sites=[body.site])
    written = rows_of(registry) | {"put_gauge_stages": stage_rows(registry)}
    with translated():
        async with database.pool.connection() as line, line.transaction():
            for statement, rows in written.items():
                cursor = await line.execute(load("registry")[statement], {"rows": Jsonb(rows)})
                news += [row[0] for row in await cursor.fetchall()]
            await line.execute(load("commissioning")["note_applied"], {"code": code, "applied": body.applied})
            if news:
                await audit(line, admin.account, "site_registered", code, new=sum(news), changed=len(news) - sum(news))
    return Written(new=sum(news), changed=len(news) - sum(news))
