"""Live voice on its way into a horn: frames come in bursts and out of order, and must go out every 20 ms.

What is waited is what is heard later, so little is kept: enough for the line's usual jitter, and what piles up beyond
it is thrown away from the front.
"""

from edge.contract.announcements import FRAME_S, HEADER, LAST
from edge.loudspeakers.sounds import SILENT_FRAME, louder

START_FRAMES = 4  # 80 ms before the first word
MOST_FRAMES = 15  # 300 ms; more is a line that stalled and came back
DEEP_FRAMES = 7  # more than is needed: after a stall, every `CATCH_UP`th frame is left out until it is not
CATCH_UP = 10
GONE_S = 1.0  # without a frame for so long, the speaker is lost
_FADE_DB = -6.0


class VoiceBuffer:
    """The frames of one announcement."""

    def __init__(self) -> None:
        """Begin empty."""
        self._frames: dict[int, bytes] = {}
        self._next: int | None = None
        self._last = SILENT_FRAME
        self._quiet_frames = 0
        self._deep_frames = 0  # in a row, with more waiting than is needed
        self._has_begun = False
        self.is_ended = False  # the speaker said so
        self.received = self.late = self.missing = self.skipped = 0

    @property
    def is_lost(self) -> bool:
        """Whether nothing came for so long that the speaker must be gone."""
        return self._quiet_frames * FRAME_S >= GONE_S

    @property
    def is_over(self) -> bool:
        """Whether the last frame was given."""
        return self.is_ended and not self._frames

    def take(self, message: bytes) -> None:
        """Take a message of the line; what is none is dropped."""
        if len(message) < HEADER.size:
            return
        number, flags = HEADER.unpack_from(message)
        frame = message[HEADER.size :]
        if flags & LAST:
            self.is_ended = True
        if len(frame) != len(SILENT_FRAME):
            return
        if self._next is not None and number < self._next:
            self.late += 1
            return
        self.received += 1
        self._quiet_frames = 0
        self._frames[number] = frame
        while len(self._frames) > MOST_FRAMES:
            self._skip()

    def give(self) -> bytes | None:
        """Give what is to be heard in the next 20 ms; None before the first word."""
        if not self._has_begun:
            if len(self._frames) < START_FRAMES and not self.is_ended:
                self._quiet_frames += 1
                return None
            self._has_begun = True
            self._next = min(self._frames, default=0)
        if not self._frames:
            self._quiet_frames += 1
            return self._conceal()
        self._catch_up()
        assert self._next is not None  # noqa: S101 - it has begun
        frame = self._frames.pop(self._next, None)
        self._next += 1
        if frame is None:
            self.missing += 1
            return self._conceal()
        self._last = frame
        return frame

    def _catch_up(self) -> None:
        """Leave a frame out now and then while more waits than the line's jitter needs: it would be delay for good."""
        self._deep_frames = self._deep_frames + 1 if len(self._frames) > DEEP_FRAMES else 0
        if self._deep_frames >= CATCH_UP:
            self._deep_frames = 0
            self._skip()

    def _skip(self) -> None:
        oldest = min(self._frames)
        del self._frames[oldest]
        self._next = oldest + 1
        self.skipped += 1

    def _conceal(self) -> bytes:
        """Repeat the last frame ever softer: a gap is heard less than a click."""
        self._last = louder(self._last, _FADE_DB)
        return self._last
