"""Parts of an answer, as video players ask for them. Source: RFC 9110 section 14 (range requests)."""

import re
from dataclasses import dataclass

_ONE = re.compile(r"bytes=[ \t]*(\d{0,18})-(\d{0,18})", re.IGNORECASE)  # units: section 14.1


@dataclass(frozen=True, slots=True)
class Part:
    """Octets from `first` on.

    Attributes:
        is_all: whether that is the whole, because nothing else was asked for.
    """

    first: int
    length: int
    is_all: bool = False

    def content_range(self, size: int) -> str:
        """Write the header Content-Range."""
        return f"bytes {self.first}-{self.first + self.length - 1}/{size}"


def find_part(asked: str | None, size: int) -> Part | None:
    """Read a Range header; None where no such octets are (416).

    What cannot be read, and several ranges at once, are answered with the whole: section 14.2 allows that.

    Args:
        asked: the header; None without.
        size: octets of the whole, at least 1.
    """
    found = _ONE.fullmatch(asked.strip()) if asked else None
    if found is None or not any(found.groups()):
        return Part(0, size, is_all=True)
    first, last = found.groups()
    if not first:
        length = min(int(last), size)
        return Part(size - length, length) if length else None
    if last and int(last) < int(first):
        return Part(0, size, is_all=True)
    if int(first) >= size:
        return None
    end = min(int(last), size - 1) if last else size - 1
    return Part(int(first), end - int(first) + 1)
