"""What was done and refused: /v1/audit."""

from datetime import datetime
from typing import Annotated, Any

import fastapi
from fastapi import APIRouter

from cloud.api.access import Operator, UsedDatabase
from cloud.api.happenings import read_id
from cloud.api.models import Answer, Page
from cloud.api.paging import Query, Text, make_page

router = APIRouter(prefix="/v1", tags=["accounts"])


class AuditRow(Answer):
    """A row of the audit chain."""

    id: int
    at: datetime
    actor: str
    action: str
    subject: str | None
    detail: dict[str, Any]


class AuditQuery(Query):
    """Filters of /v1/audit; `after` is a number."""

    site: Text | None = None
    actor: Text | None = None
    action: Text | None = None


@router.get("/audit")
async def list_audit(
    _: Operator, database: UsedDatabase, query: Annotated[AuditQuery, fastapi.Query()]
) -> Page[AuditRow]:
    """List what was done and refused, newest first; for operators. `satulayar-db audit verify` proves the chain."""
    filters = query.model_dump(include={"site", "actor", "action"})
    rows = await database.fetch(
        AuditRow, "accounts", "audit_rows", **filters, before=read_id(query.after), limit=query.limit + 1
    )
    return make_page(rows, query.limit, lambda row: str(row.id))
