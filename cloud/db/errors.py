"""Errors of ``cloud.db``, sorted by what the caller can do about them.

``DbError``
├── ``Unavailable``    try again later: a server is down, a mirror cannot be reached
├── ``Misconfigured``  stop; the message says what to fix
└── ``Refused``        the database said no, and why

Each is also the error of the same name in ``cloud.errors``, so that a program above can sort by that tree alone.
"""

from cloud import errors


class DbError(errors.CloudError):
    """Something about the database went wrong."""


class Unavailable(DbError, errors.Unavailable):
    """The other side cannot be reached now; trying again later may help."""


class Misconfigured(DbError, errors.Misconfigured):
    """This cannot work until somebody changes something; the message names it."""


class Refused(DbError, errors.Refused):
    """The other side understood and said no."""
