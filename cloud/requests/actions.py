"""What can be asked of a box: how long a request waits for it, how many may be open, what the audit calls it."""

from dataclasses import dataclass

from edge.contract.announcements import PLAY, STOP, VOICE
from edge.contract.cameras import CLIP, LIVE

SOUND, SILENCE, TEST = "siren.sound", "siren.silence", "siren.test"


@dataclass(frozen=True, slots=True)
class Action:
    """One kind of request.

    Attributes:
        waits_s: so long its box may take to begin; later it must not.
        most_open: of a box, not yet answered.
        needs_line: refused at once where the broker is away: later it would be of no use.
        audited_as: the word in the audit chain.
        right: that who asks must have, see the table role_right; empty where the route sees to it.
    """

    waits_s: float
    most_open: int
    needs_line: bool
    audited_as: str
    right: str = ""


ACTIONS = {
    # Cut and sent a clip is whenever the line allows; its box has this long to come back.
    CLIP: Action(600.0, 5, needs_line=False, audited_as="clip_requested"),
    LIVE: Action(10.0, 20, needs_line=True, audited_as="live_requested"),
    # A siren that sounds half a minute after it was ordered, when the room has turned to a telephone, frightens.
    SOUND: Action(15.0, 5, needs_line=True, audited_as="siren_ordered", right="siren.sound"),
    SILENCE: Action(15.0, 5, needs_line=True, audited_as="siren_silenced", right="siren.sound"),
    TEST: Action(15.0, 5, needs_line=True, audited_as="siren_tested", right="siren.sound"),
    # What is said half a minute late is said to others than it was meant for.
    PLAY: Action(20.0, 20, needs_line=True, audited_as="announcement_ordered", right="announcement.play"),
    VOICE: Action(8.0, 20, needs_line=True, audited_as="announcement_spoken", right="announcement.play"),
    STOP: Action(15.0, 20, needs_line=True, audited_as="announcement_stopped", right="announcement.play"),
}
