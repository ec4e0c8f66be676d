"""What a person may ask of a camera: a part of its recording, a live view."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from cloud.cameras.rules import refusal
from cloud.requests.desk import RequestDesk, Wish
from cloud.signals import store as signal_store
from cloud.signals.checks import WIB, Asker
from edge.contract.cameras import CLIP, LIVE

NOTED_MAX = 10_000


class CameraDesk:
    """Takes requests.

    Args:
        requests: what all requests go through.
    """

    def __init__(self, requests: RequestDesk) -> None:
        self._requests = requests
        self._noted: dict[tuple[UUID, str], None] = {}  # (live view, account) that is in the audit already

    async def request_clip(
        self, camera: str, since: datetime, seconds: float, reason: str, request_id: str, asker: Asker
    ) -> UUID:
        """Ask for a part of a recording; errors as `RequestDesk.request`."""
        until = since + timedelta(seconds=seconds)
        wish = Wish(CLIP, camera, "camera", {"since_s": since.timestamp(), "seconds": seconds}, reason, request_id)
        if until > datetime.now(UTC):
            told = refusal("future", until=f"{until.astimezone(WIB) + timedelta(seconds=1):%d-%m-%Y %H:%M:%S}")
            await self._requests.note_refusal(wish, asker, told)
            raise told
        return await self._requests.request(wish, asker)

    async def request_live(
        self, camera: str, seconds: float, hz: float, reason: str, request_id: str, asker: Asker
    ) -> UUID:
        """Ask for a live view; asking again lengthens it. Errors as `RequestDesk.request`."""
        wish = Wish(LIVE, camera, "camera", {"seconds": seconds, "hz": hz}, reason, request_id)
        return await self._requests.request(wish, asker)

    async def note_watcher(self, live: UUID, camera: str, site: str | None, asker: Asker) -> None:
        """Put into the audit that somebody looks at a live view; once for each.

        Raises:
            CloudError: it is not in the audit, so he must not look.
        """
        who = (live, asker.account)
        if who in self._noted:
            return
        async with self._requests.transaction() as connection:
            await signal_store.audit(connection, asker, "live_watched", str(live), camera=camera, site=site)
        self._noted[who] = None  # once it stands there: who asks at the same time is rather noted twice than let by
        if len(self._noted) > NOTED_MAX:
            del self._noted[next(iter(self._noted))]
