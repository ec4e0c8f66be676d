"""Errors of warnings; the tree they belong to is drawn in cloud/errors.py."""

from cloud.errors import Invalid, Misconfigured, Refused, Ruled, Unavailable

__all__ = ["CapFault", "Misconfigured", "Refused", "RuledRefusal", "Unavailable"]


class CapFault(Invalid):
    """A document is no CAP 1.2 message that we can use; the message says where and what would be."""


class RuledRefusal(Ruled, Refused):
    """A rule says no to a warning."""
