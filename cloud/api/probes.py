"""What machines ask about the API itself: /healthz, /readyz, /metrics."""

from typing import Any

from fastapi import APIRouter, Depends, Request
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.responses import JSONResponse, PlainTextResponse, Response

from cloud import errors
from cloud.api.access import UsedDatabase, may_read_metrics
from cloud.api.database import Database
from cloud.db.migration_files import read_migrations

router = APIRouter(tags=["probes"])


class AppliedMigration:
    """A row of `schema_migration`."""

    def __init__(self, name: str, checksum: str) -> None:
        self.name = name
        self.checksum = checksum


class Licence:
    """TimescaleDB's licence setting."""

    def __init__(self, current_setting: str | None) -> None:
        self.text = current_setting


@router.get("/healthz", response_class=PlainTextResponse)
async def healthz() -> str:
    """Tell that the process is alive; never whether the database is, or a restart would be ordered for its sake."""
    return "alive\n"


@router.get("/readyz")
async def readyz(database: UsedDatabase) -> Response:
    """Tell whether requests can be answered: the database is there and has this program's schema."""
    missing = await _list_missing(database)
    if missing:
        raise errors.Unavailable(f"the schema lacks {', '.join(missing)}: run `satulayar-db migrate`")
    return JSONResponse({"ready": True})


@router.get("/metrics", dependencies=[Depends(may_read_metrics)])
def metrics(request: Request) -> Response:
    """Tell Prometheus: without a token from loopback only, unless the settings say otherwise."""
    registry: Any = request.app.state.registry
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)


async def _list_missing(database: Database) -> list[str]:
    licence = await database.fetch(Licence, "api", "licence")
    applied = await database.fetch(AppliedMigration, "api", "applied_migrations")
    checksums = {migration.name: migration.checksum for migration in applied}
    wanted = read_migrations("apache" if licence[0].text == "apache" else "community")
    return [migration.name for migration in wanted if checksums.get(migration.name) != migration.checksum]
