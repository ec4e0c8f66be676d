"""One camera's thread: opens the sub stream, decodes, lets the watcher look at some pictures, begins anew when it ends.

A stream that stops, stutters, changes its size or sends nonsense costs this camera its pictures and nobody anything
else; see `stream_thread`.
"""

import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

import av.error
import structlog

from edge.errors import Misconfigured, Unavailable
from edge.vision.frame_clock import FrameClock
from edge.vision.happening import Happening
from edge.vision.reasons import Reason, because
from edge.vision.remux import FOREIGN_PACKETS, holds_picture
from edge.vision.stream import Address, Packet, Stream
from edge.vision.stream_thread import StreamThread
from edge.vision.watcher import Watcher

LATE_S = 1.0  # a picture that is older when its turn comes is decoded and not looked at
RATE_WINDOW_S = 10.0
GAP_S, GAPS_KEPT_S = 1.5, 90.0  # beyond the time to the next picture that is due
UNDECODED_S = 15.0  # of packets that give no picture until that is said: before the camera is lost, by this reason
HOPELESS_S = 60.0  # of them until the stream is opened anew; some cameras send a key frame each half minute
LEAST_SIDE_PX = 64  # in less nobody can be seen; damaged parameter sets say so, too
_PERIOD_SLACK = 0.25  # of a period, that a picture may come early
_log = structlog.get_logger()


@dataclass(slots=True)
class StreamState:
    """How the stream is; written by the eye's thread, read by anybody.

    Attributes:
        reason: why there is no stream; empty when there is.
        seen_s: when the last picture was decoded, monotonic.
        taken_at_s: when it was taken, seconds since 1970.
        rate_hz: pictures a second that came lately.
        clock_off_s: by how much the camera's own clock is ahead; None where it does not say.
        gaps: in which no picture came for longer than it may: when each ended, monotonic, and its length in seconds;
            those of the last minutes.
        size: of the last picture, pixels.
        resized: how often the size became another.
        opened: streams opened so far.
        decoded: pictures so far.
        broken: packets that could not be decoded.
        late: pictures that were not looked at because they were old.
    """

    reason: str = because("not_yet")
    seen_s: float = float("-inf")
    taken_at_s: float = 0.0
    rate_hz: float = 0.0
    clock_off_s: float | None = None
    gaps: tuple[tuple[float, float], ...] = ()
    size: tuple[int, int] = (0, 0)
    resized: int = 0
    opened: int = 0
    decoded: int = 0
    broken: int = 0
    late: int = 0


class Eye:
    """Reads one stream in a thread of its own."""

    def __init__(
        self, asset: str, address: Address, watcher: Watcher, detect_hz: float, tell: Callable[[list[Happening]], None]
    ) -> None:
        """Prepare; `start` begins.

        Args:
            asset: the camera's code.
            address: of its sub stream.
            watcher: looks at pictures, in this thread only.
            detect_hz: how many a second.
            tell: takes what happened; called from the thread.
        """
        self._asset = asset
        self._address = address
        self._watcher = watcher
        self._period_s = 1 / detect_hz
        self._tell = tell
        self._thread = StreamThread(f"eye {asset}", self._read, self._lost)
        self._arrivals: deque[float] = deque(maxlen=1_000)
        self._due_s = 0.0
        self._free_s = float("inf")  # when it was done with the last picture, monotonic
        self._decoded_s = 0.0  # when the last packet became a picture, or the stream began, monotonic
        self._tiny = ""  # the size of the last picture where that cannot be meant: a damaged packet may say so, too
        self._foreign = 0  # packets lately, one after the other, that hold nothing of what was announced
        self._asked: Future[bytes | None] | None = None
        self.state = StreamState()

    def ask(self) -> "Future[bytes | None]":
        """Ask for the next picture as JPEG, private parts blackened; who asks meanwhile gets the same one."""
        asked = self._asked  # the eye's thread may set it to None at any time
        if asked is None or asked.done():
            self._asked = asked = Future()
        return asked

    def start(self) -> None:
        """Begin to read."""
        self._thread.start()

    def stop(self) -> None:
        """Ask the thread to end; it may be waiting for the camera for some seconds yet."""
        self._thread.stop()

    def join(self, timeout_s: float) -> bool:
        """Wait for the thread's end; tell whether it has ended."""
        return self._thread.join(timeout_s)

    def _read(self) -> None:
        """Read one stream until asked to stop; raises why it ended otherwise."""
        with Stream(self._address, time.monotonic) as stream:
            self.state.opened += 1
            self._watcher.eyesight.restart()
            clock, self._due_s = FrameClock(), 0.0
            self._arrivals.clear()
            self._decoded_s = time.monotonic()
            for packet in stream.packets():
                if self._thread.is_stopping:
                    return
                steady_s = clock.taken_at_s(packet.stream_s, packet.arrived_s, packet.waited_s)
                if packet.camera_s is not None:
                    self.state.clock_off_s = packet.camera_s - _wall_s(steady_s)
                self._look_at(stream, packet, steady_s)

    def _look_at(self, stream: Stream, packet: Packet, steady_s: float) -> None:
        frames = self._decoded(stream, packet)
        if not frames:
            self._wait_for_picture(packet, stream.video.codec_context)
            return
        self._note_gap(packet.arrived_s)
        for frame in frames:
            self._take(frame, steady_s)
        self._decoded_s = self._free_s = time.monotonic()
        self._foreign = 0

    def _wait_for_picture(self, packet: Packet, codec: Any) -> None:
        """Say why none is seen of all that comes, when that has lasted; later ask for the stream anew."""
        self._foreign = 0 if holds_picture(packet.packet, codec) else self._foreign + 1
        waited_s, reason = time.monotonic() - self._decoded_s, self._why_none(codec.name).at(self._address.place)
        if waited_s > HOPELESS_S:
            raise Misconfigured(reason) if self._tiny else Unavailable(reason)
        if waited_s > UNDECODED_S:
            self._lost(reason)

    def _why_none(self, codec: str) -> Reason:
        if self._tiny:
            return because("size", size=self._tiny)
        return because("coding", codec=codec) if self._foreign >= FOREIGN_PACKETS else because("undecoded")

    def _decoded(self, stream: Stream, packet: Packet) -> list[Any]:
        """Decode; what is damaged is counted and left out, the next key frame heals it."""
        try:
            frames = stream.video.codec_context.decode(packet.packet)
        except (av.error.FFmpegError, MemoryError):  # whatever a decoder says of a packet: too large for it, too
            self.state.broken += 1
            stream.check_size()
            return []
        sound = [frame for frame in frames if not frame.is_corrupt]
        whole = [frame for frame in sound if min(frame.width, frame.height) >= LEAST_SIDE_PX]
        self.state.broken += len(frames) - len(whole)
        if sound:
            self._tiny = "" if whole else f"{sound[-1].width}x{sound[-1].height}"
        return whole

    def _note_gap(self, arrived_s: float) -> None:
        """Note it where no picture came for long, though somebody waited for one."""
        length_s = arrived_s - self._free_s
        if length_s > GAP_S + self._period_s:
            kept = (one for one in self.state.gaps if arrived_s - one[0] < GAPS_KEPT_S)
            self.state.gaps = (*kept, (arrived_s, length_s))

    def _take(self, frame: Any, steady_s: float) -> None:
        now_s, at_s = time.monotonic(), _wall_s(steady_s)
        self._note(frame, at_s, now_s)
        asked = self._asked
        if asked is not None and asked.set_running_or_notify_cancel():
            self._asked = None
            asked.set_result(self._watcher.picture(frame))
        if steady_s < self._due_s - _PERIOD_SLACK * self._period_s and self._due_s - steady_s < 10 * self._period_s:
            return
        self._due_s = max(self._due_s + self._period_s, steady_s)
        if now_s - steady_s > LATE_S:
            self.state.late += 1
            return
        happened = self._watcher.look(frame, at_s, steady_s)
        if happened:
            self._tell(happened)

    def _note(self, frame: Any, at_s: float, now_s: float) -> None:
        state = self.state
        state.decoded += 1
        if state.reason:
            _log.info("stream_opened", asset=self._asset, width_px=frame.width, height_px=frame.height)
            state.reason = ""
            self._thread.note_good()
        self._arrivals.append(now_s)
        while self._arrivals[0] < now_s - RATE_WINDOW_S:
            self._arrivals.popleft()
        passed_s = now_s - self._arrivals[0]
        state.rate_hz = (len(self._arrivals) - 1) / passed_s if passed_s > 1 else 0.0
        state.seen_s, state.taken_at_s = now_s, at_s
        self._note_size((frame.width, frame.height))

    def _note_size(self, size: tuple[int, int]) -> None:
        state = self.state
        if state.size not in (size, (0, 0)):
            state.resized += 1
            _log.info("picture_size_changed", asset=self._asset, size_px=size, before_px=state.size)
        state.size = size

    def _lost(self, reason: str) -> None:
        """Log a loss once: the same reason again and again says nothing new."""
        if reason != self.state.reason:
            _log.warning("stream_lost", asset=self._asset, reason=reason)
        self.state.reason = reason


def _wall_s(steady_s: float) -> float:
    """Give a monotonic instant in seconds since 1970, by the clock as it is set now."""
    return steady_s + time.time() - time.monotonic()
