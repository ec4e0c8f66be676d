"""The one place for the limits of what may cross the wire."""

MAX_PACK_BYTES = 131_072
MAX_SAMPLES_PER_PACK = 1_000
MAX_EVENT_BYTES = 65_536
MAX_STATUS_BYTES = 65_536
MAX_MEDIA_BYTES = 8_388_608  # ten seconds of 720p evidence; the broker's packet limit is set just above it
MAX_TEXT_LENGTH = 1_000  # characters of a string value (`vs`)
MAX_CORRELATION_BYTES = 16_384

# A box's clock may run ahead by this much before its samples are refused: NTP holds boxes within a second, and a
# sample from the future would stay "latest" until the world has caught up with it.
MAX_CLOCK_AHEAD_S = 300.0
# An event is worth more than its time: within a day it is stored, at the moment of its arrival, and marked.
MAX_EVENT_AHEAD_S = 86_400.0
# Clocks without a battery start at 1970 or at a firmware's build date; nothing of ours is older than this.
EARLIEST_TIME_S = 946_684_800.0  # 2000-01-01T00:00:00Z
# Longer than any outage that a box's disk can bridge. Each day of samples is a part of the table of its own, so a box
# with a wrong clock could otherwise make thousands of them.
MAX_AGE_S = 2 * 366 * 86_400.0
# Of one pack, for the same reason: a replayed pack spans minutes or hours.
MAX_DAYS_PER_PACK = 32
