"""Photos of incidents as they are shown: checked against their digest at every read, as evidence is."""

from dataclasses import dataclass
from uuid import UUID

from starlette.responses import Response

from cloud import errors
from cloud.api.database import Database
from cloud.api.evidence import HEADERS
from cloud.operations.errors import refusal


@dataclass(frozen=True, slots=True)
class _Content:
    content: bytes
    is_whole: bool


async def show(database: Database, incident: UUID, photo: UUID, statement: str) -> Response:
    """Give a photo.

    Args:
        database: where it is.
        incident: whose.
        photo: which.
        statement: `photo` or `thumbnail`.

    Raises:
        Ruled: there is none.
        Spoilt: it was changed since it came.
    """
    found = await database.fetch(_Content, "operations_desk", statement, id=photo, incident_id=incident)
    if not found:
        raise refusal("unknown_photo")
    if not found[0].is_whole:
        raise errors.Spoilt("What is stored is not what was sent: its digest differs. It is not shown.")
    return Response(bytes(found[0].content), headers=HEADERS, media_type="image/jpeg")
