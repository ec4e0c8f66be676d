"""Sends a command to a box, once, as everything does that the room asks of boxes: leases, clips, sirens, words."""

from datetime import UTC, datetime

import structlog

from cloud import errors
from cloud.signals.line import Line
from edge.contract import topics
from edge.contract.commands import Command

log = structlog.get_logger(__name__)


async def send_command(line: Line, box: str, command: Command) -> bool | None:
    """Publish a command; give whether its box was there to get it, or will be when it comes back.

    Args:
        line: to the broker.
        box: its name.
        command: with its expiry, after which the broker drops it.

    Returns:
        None when the broker did not take it, which is tried again while it is worth it.
    """
    left_s = (command.expires_at - datetime.now(UTC)).total_seconds()
    try:
        received = await line.publish(topics.commands(box), command.model_dump_json().encode(), left_s)
    except errors.Unavailable as error:
        log.warning("command_not_sent", command=str(command.id), box=box, error=str(error))
        return None
    log.info("command_sent", command=str(command.id), action=command.action, box=box, received=received)
    return received
