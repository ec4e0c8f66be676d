"""Events that the cloud refused for their time: what a clock that was wrong has spoilt, and only that, is put right.

An event is said once and cannot be measured again, so a wrong clock must not cost it. Where the box's clock has been
set since and now finds the event's time impossible too, the present is the latest instant at which it can have
happened, and the best there is; what the clock said then goes along as `box_time`, which no hash covers.
"""

from datetime import datetime

from edge.contract.cameras import BOX_TIME
from edge.contract.events import Event, decode_event
from edge.contract.limits import EARLIEST_TIME_S, MAX_AGE_S, MAX_CLOCK_AHEAD_S


def restamp(payload: bytes, now_at: datetime) -> bytes | None:
    """Give an event the present time, under its own id.

    Args:
        payload: the event as it was sent.
        now_at: by the box's clock.

    Returns:
        The event to be sent instead; None where its time is possible by this clock, or this clock is itself wrong: then
        only waiting helps.
    """
    event = decode_event(payload)
    if not isinstance(event, Event) or now_at.timestamp() < EARLIEST_TIME_S or _is_possible(event, now_at.timestamp()):
        return None
    values = event.data.values | {BOX_TIME: event.time.isoformat()}
    ended_at = now_at if event.data.ended_at else None
    data = event.data.model_copy(update={"values": values, "ended_at": ended_at})
    return event.model_copy(update={"time": now_at, "data": data}).payload()


def _is_possible(event: Event, now_s: float) -> bool:
    return max(EARLIEST_TIME_S, now_s - MAX_AGE_S) <= event.time.timestamp() <= now_s + MAX_CLOCK_AHEAD_S
