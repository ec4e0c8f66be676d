"""One camera's recording: its main stream, as the camera codes it, in segments of a minute."""

import contextlib
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import structlog

from edge.errors import Misconfigured, Unavailable
from edge.vision.frame_clock import FrameClock
from edge.vision.reasons import because
from edge.vision.remux import (
    FOREIGN_PACKETS,
    DoesNotFitError,
    SegmentWriter,
    holds_picture,
    last_time_s,
    sets_of,
    trim,
)
from edge.vision.segments import finish, part_path, parts_of
from edge.vision.stream import Address, Packet, Stream
from edge.vision.stream_thread import StreamThread

SEGMENT_S = 60.0
MOST_SEGMENT_BYTES = 128 << 20  # a camera that was set to a mad bit rate does not get a minute
MOST_SEGMENT_S = 600.0  # without a key frame, with which another could begin
GAP_S = 2.5  # between two pictures of a segment: its name would say that nothing is missing
CLOCK_HZ = 90_000  # of a segment's times
MOST_PIXELS = 16 << 20  # the main stream is not decoded but to find out what it is
UNKEPT_S = 20.0  # of pictures of which none can be kept, until that is said: before the recording has stopped, by this
HOPELESS_S = 60.0  # of them until the stream is opened anew; some cameras send a key frame each half minute
_log = structlog.get_logger()


class SegmentKeeper:
    """Cuts coded pictures into segments. No sockets, no clock.

    Attributes:
        segments: finished so far.
        foreign: packets lately, one after the other, that hold no picture of the announced coding.
    """

    def __init__(self, directory: Path, on_bytes: Callable[[int], None]) -> None:
        """Prepare.

        Args:
            directory: the camera's.
            on_bytes: told of what a finished segment takes.
        """
        self._directory = directory
        self._on_bytes = on_bytes
        self._writer: SegmentWriter | None = None
        self._part = Path()
        self._began_s = self._last_s = 0.0
        self._stream_at = 0
        self._written_at = 0  # in the segment
        self._sets: bytes | None = None
        self.segments = 0
        self.foreign = 0

    def take(self, packet: Any, at_s: float, template: Any) -> bool:
        """Append a coded picture; tell whether it is now part of a segment that will stay.

        Args:
            packet: FFmpeg's; it is changed.
            at_s: when it was taken, seconds since 1970.
            template: the stream that it comes from.

        Raises:
            OSError: the disk refuses; what was written stays playable.
            Misconfigured: MP4 cannot hold what comes.
            Unavailable: nor a picture in the midst of it; the next connection may bring others.
        """
        stream_at = packet.dts if packet.dts is not None else packet.pts
        if stream_at is None:
            return False
        if not holds_picture(packet, template.codec_context):
            self.foreign += 1
            return False
        self.foreign = 0
        came_before_s, self._stream_at = (self._stream_at - stream_at) * packet.time_base, stream_at
        if came_before_s > 0 or self._is_broken(at_s):
            self.end()
        if packet.is_keyframe and self._is_due(packet, at_s, template.codec_context):
            self.end()
            self._begin(at_s, template)
        elif self._writer is None or came_before_s == 0:
            return False  # a segment begins with a key frame, and has no picture twice
        return self._write(packet, at_s)

    def end(self) -> None:
        """Finish the segment that is being written, if one is."""
        writer, self._writer = self._writer, None
        if writer is None:
            return
        writer.close()
        with contextlib.suppress(OSError):  # on a disk that has turned read-only it stays a part, for the next start
            if self._last_s > self._began_s:
                self._on_bytes(finish(self._part, round(self._last_s * 1000)).path.stat().st_size)
                self.segments += 1
            else:
                self._part.unlink()

    def _write(self, packet: Any, at_s: float) -> bool:
        assert self._writer is not None  # noqa: S101 - looked at by who calls it
        _give_time(packet, at_s - self._began_s, self._written_at + 1)
        self._written_at = packet.dts
        try:
            is_written = self._writer.write(packet)
        except DoesNotFitError as error:
            self.end()
            raise Unavailable(because("not_mp4", what=str(error))) from error
        except OSError:
            self.end()
            raise
        self._last_s = max(self._last_s, at_s)
        return is_written and self._last_s > self._began_s

    def _is_broken(self, at_s: float) -> bool:
        """Tell whether a picture does not belong to the segment: a gap, another time of the box, no end to be seen."""
        if self._writer is None:
            return False
        is_endless = at_s - self._began_s > MOST_SEGMENT_S or self._writer.file.bytes > 2 * MOST_SEGMENT_BYTES
        return abs(at_s - self._last_s) > GAP_S or is_endless

    def _is_due(self, packet: Any, at_s: float, codec: Any) -> bool:
        sets = sets_of(packet, codec)
        changed = sets is not None and sets != self._sets
        self._sets = sets or self._sets
        if self._writer is None or changed:
            return True
        return not 0 <= at_s - self._began_s < SEGMENT_S or self._writer.file.bytes > MOST_SEGMENT_BYTES

    def _begin(self, at_s: float, template: Any) -> None:
        self._part = part_path(self._directory, round(at_s * 1000))
        self._began_s = self._last_s = at_s
        self._written_at = -CLOCK_HZ * round(GAP_S)
        try:
            self._writer = SegmentWriter(self._part, template, self._sets)
        except av.FFmpegError as error:
            raise Misconfigured(because("not_mp4", what=type(error).__name__)) from error


def _give_time(packet: Any, within_s: float, least_at: int) -> None:
    """Give a picture the box's time in its segment: its stream's may run slow, jump, or belong to a wrong clock.

    What is shown later than it comes (B pictures) stays so.
    """
    held_s = 0.0 if None in (packet.pts, packet.dts) else float((packet.pts - packet.dts) * packet.time_base)
    packet.time_base = Fraction(1, CLOCK_HZ)
    packet.dts = max(round((within_s - min(max(held_s, 0.0), GAP_S)) * CLOCK_HZ), least_at)
    packet.pts = max(round(within_s * CLOCK_HZ), packet.dts)


def recover(directory: Path) -> int:
    """Finish what was being written when the power went; give how many segments that were.

    One that the disk does not let finish stays as it is: what comes is recorded all the same.
    """
    found = 0
    for part in parts_of(directory):
        try:
            found += _finish(part)
        except OSError as error:
            _log.warning("segment_not_finished", file=str(part), reason=error.strerror)
    return found


def _finish(part: Path) -> bool:
    trim(part)
    length_s = last_time_s(part)
    if not length_s:
        part.unlink()
        return False
    finish(part, int(part.name.partition(".")[0]) + round(min(length_s, MOST_SEGMENT_S) * 1000))
    return True


class Recording:
    """Reads a main stream in a thread of its own and keeps it.

    Attributes:
        reason: why nothing is recorded; empty when something is.
        kept_s: when the last picture was kept, monotonic.
        recovered: segments that had not been finished, and were found and finished: after a power cut, a full disk.
    """

    def __init__(self, asset: str, address: Address, directory: Path, on_bytes: Callable[[int], None]) -> None:
        """Prepare; `start` begins.

        Args:
            asset: the camera's code.
            address: of its main stream.
            directory: where its segments go.
            on_bytes: told of what a finished segment takes.
        """
        self._asset = asset
        self._address = address
        self._directory = directory
        self._keeper = SegmentKeeper(directory, on_bytes)
        self._thread = StreamThread(f"recording {asset}", self._record, self._say)
        self.has_room = True  # set by whoever tends the ring
        self.reason: str = because("not_begun")
        self.kept_s = self._opened_s = float("-inf")
        self.recovered = 0

    def start(self) -> None:
        """Begin to record."""
        self._thread.start()

    def stop(self) -> None:
        """Ask the thread to end."""
        self._thread.stop()

    def join(self, timeout_s: float) -> bool:
        """Wait for the thread's end; tell whether it has ended."""
        return self._thread.join(timeout_s)

    @property
    def segments(self) -> int:
        """Segments finished since the start."""
        return self._keeper.segments

    def _record(self) -> None:
        self._recover()
        with Stream(self._address, most_pixels=MOST_PIXELS) as stream:
            clock = FrameClock()
            self._opened_s = time.monotonic()
            try:
                for packet in stream.packets():
                    if self._thread.is_stopping:
                        return
                    self._keep(packet, clock.taken_at_s(packet.stream_s, packet.arrived_s, packet.waited_s), stream)
            finally:
                self._keeper.end()

    def _recover(self) -> None:
        found = recover(self._directory)
        if found:
            self.recovered += found
            _log.info("segments_recovered", asset=self._asset, segments=found)

    def _keep(self, packet: Packet, at_s: float, stream: Stream) -> None:
        if not self.has_room:
            raise Unavailable(because("no_room"))
        if not self._keeper.take(packet.packet, at_s, stream.video):
            self._wait_for_key(time.monotonic() - max(self.kept_s, self._opened_s), stream.video.codec_context.name)
            return
        self.kept_s = time.monotonic()
        if self.reason:
            _log.info("recording_began", asset=self._asset)
            self.reason = ""
            self._thread.note_good()

    def _wait_for_key(self, waited_s: float, codec: str) -> None:
        is_foreign = self._keeper.foreign >= FOREIGN_PACKETS
        why = because("coding", codec=codec) if is_foreign else because("no_key")
        reason = why.at(self._address.place)
        if waited_s > HOPELESS_S:
            raise Unavailable(reason)
        if waited_s > UNKEPT_S:
            self._say(reason)

    def _say(self, reason: str) -> None:
        if reason != self.reason:
            _log.warning("recording_stopped", asset=self._asset, reason=reason)
        self.reason = reason
