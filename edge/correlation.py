"""The correlation of a message: which entries of which outbox it holds, as text like `3fa09c1b:17-52,60`.

The text comes back in the receipt, so deleting needs no memory of what was sent. The part before the colon names the
outbox file: a receipt that was on its way when the file (or the whole computer) was replaced deletes nothing.
"""

import re
from collections.abc import Iterable

_SHAPE = re.compile(r"[0-9a-f]{1,32}:[0-9]{1,19}(-[0-9]{1,19})?(,[0-9]{1,19}(-[0-9]{1,19})?)*")

Ranges = list[tuple[int, int]]


def ranges_of(seqs: Iterable[int]) -> Ranges:
    """Put ascending numbers into ranges without gaps: what a range holds, the message holds."""
    ranges: Ranges = []
    for seq in seqs:
        if ranges and seq == ranges[-1][1] + 1:
            ranges[-1] = (ranges[-1][0], seq)
        else:
            ranges.append((seq, seq))
    return ranges


def correlate(generation: str, seqs: Iterable[int]) -> str:
    """Write the correlation of ascending numbers."""
    spans = (str(low) if low == high else f"{low}-{high}" for low, high in ranges_of(seqs))
    return f"{generation}:{','.join(spans)}"


def parse(generation: str, correlation: str) -> Ranges | None:
    """Read a correlation back; None when it is not one of this outbox."""
    if not _SHAPE.fullmatch(correlation) or not correlation.startswith(generation + ":"):
        return None
    ranges: Ranges = []
    for span in correlation.partition(":")[2].split(","):
        low, _, high = span.partition("-")
        ranges.append((int(low), int(high or low)))
    if any(high < low or high > 2**63 - 1 for low, high in ranges):
        return None
    return ranges
