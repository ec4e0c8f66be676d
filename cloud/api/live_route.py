"""The live stream: /v1/stream."""

from typing import Annotated

import fastapi
from fastapi import APIRouter, Request
from pydantic import Field
from starlette.responses import StreamingResponse

from cloud.api.access import Credentials, UsedDatabase, UsedLive, Viewer, check_again
from cloud.api.figures import LatestQuery, bounds
from cloud.api.live import Moved
from cloud.api.models import Latest
from cloud.api.refusals import refusal
from cloud.api.streams import LiveResponse

router = APIRouter(prefix="/v1", tags=["live"])

MAX_STREAM_SERIES = 2_000


class StreamQuery(LatestQuery):
    """Filters of /v1/stream: as of /v1/latest, without paging."""

    limit: Annotated[int, Field(ge=1, le=MAX_STREAM_SERIES, description="The most series to follow.")] = 500


@router.get(
    "/stream",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}}},
)
async def stream(
    *,
    viewer: Viewer,
    request: Request,
    credentials: Credentials,
    database: UsedDatabase,
    live: UsedLive,
    query: Annotated[StreamQuery, fastapi.Query()],
) -> LiveResponse:
    """Follow series and events as server-sent events.

    `latest` carries a list of newest samples, at first all that are known, then at most twice a second those that
    moved. `event` carries one event, `lease` one lease of a signal that has changed, `incident` (where no filter is
    given) one incident that has. `bye` says why the stream ends.
    Series that come later are followed after the next connection. Whoever reads too slowly gets fewer values, then
    none.
    """
    known = await database.fetch(Latest, "api", "latest", **bounds(query), series_ids=query.series)
    if len(known) > query.limit:
        raise refusal("too_many_series", limit=query.limit, most=MAX_STREAM_SERIES)
    everything = not (query.site or query.asset or query.series or query.quantity)
    client = live.join(
        {row.series_id: row.series for row in known},
        None if everything else {row.asset for row in known},
        viewer.holder,
    )
    client.wants_incidents, client.is_of_the_room = everything, viewer.is_of_the_room
    client.samples.update((row.series_id, _as_moved(row)) for row in known)
    client.ready.set()

    async def recheck() -> None:
        await check_again(request, credentials, "viewer")

    return LiveResponse(live, client, recheck)


def _as_moved(row: Latest) -> Moved:
    return Moved(row.series_id, row.time, row.value, row.text, row.received_at)
