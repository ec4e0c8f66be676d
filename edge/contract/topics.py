"""MQTT topics that cross the wire: root `sl/1`, then the box, then what it is.

A box publishes the ups and subscribes to the downs of its own name and of no other; the broker holds that.
"""

from dataclasses import dataclass

ROOT = "sl/1"
UPS = ("telemetry", "backlog", "events", "media", "status", "results", "live")
WITH_REST = ("media", "live", "audio", "voice")
DOWNS = ("receipts", "commands", "audio", "voice")


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic taken apart.

    Attributes:
        box: the box whose subtree it is.
        kind: one of `UPS` or `DOWNS`.
        rest: what follows the kind; for media the id of the event, for live the asset, for audio the clip's SHA-256,
            for voice the announcement.
    """

    box: str
    kind: str
    rest: str = ""


def telemetry(box: str) -> str:
    """Live SenML packs of a box."""
    return f"{ROOT}/{box}/telemetry"


def backlog(box: str) -> str:
    """SenML packs replayed after an outage."""
    return f"{ROOT}/{box}/backlog"


def events(box: str) -> str:
    """CloudEvents of a box."""
    return f"{ROOT}/{box}/events"


def media(box: str, event_id: str) -> str:
    """Evidence (JPEG or MP4) of one event."""
    return f"{ROOT}/{box}/media/{event_id}"


def live(box: str, asset: str) -> str:
    """Pictures of a camera that somebody watches now (JPEG)."""
    return f"{ROOT}/{box}/live/{asset}"


def status(box: str) -> str:
    """Retained status, and the last will."""
    return f"{ROOT}/{box}/status"


def receipts(box: str) -> str:
    """Receipts for a box."""
    return f"{ROOT}/{box}/receipts"


def commands(box: str) -> str:
    """Commands to a box."""
    return f"{ROOT}/{box}/commands"


def audio(box: str, sha256: str) -> str:
    """A clip that a box is about to be told to play."""
    return f"{ROOT}/{box}/audio/{sha256}"


def voice(box: str, announcement: str) -> str:
    """Live voice, 20 ms a message."""
    return f"{ROOT}/{box}/voice/{announcement}"


def results(box: str) -> str:
    """States of a box's commands."""
    return f"{ROOT}/{box}/results"


def parse(topic: str) -> Topic | None:
    """Take a topic apart; None when it is not one of ours."""
    if not topic.startswith(ROOT + "/"):
        return None
    box, _, tail = topic[len(ROOT) + 1 :].partition("/")
    kind, _, rest = tail.partition("/")
    if not box or kind not in UPS + DOWNS or (bool(rest) != (kind in WITH_REST)):
        return None
    return Topic(box, kind, rest)
