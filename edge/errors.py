"""What can go wrong on a box, sorted by what the caller can do about it.

EdgeError
├── Unavailable     try again: a device, the broker or the disk does not answer now
├── Misconfigured   stop and say what to fix: a site file, a variable, a certificate
└── Refused         the other side said no, with its reason: trying again unchanged is pointless
"""


class EdgeError(Exception):
    """Something went wrong on the box."""


class Unavailable(EdgeError):
    """Something that the box needs does not answer now."""


class Misconfigured(EdgeError):
    """What the box was told to do makes no sense; the message says what to change."""


class Refused(EdgeError):
    """The other side understood and said no."""
