"""Errors of ``cloud.db``, sorted by what the caller can do about them.

``DbError``
├── ``Unavailable``    try again later: a server is down, a mirror cannot be reached
├── ``Misconfigured``  stop; the message says what to fix
└── ``Refused``        the database said no, and why
"""


class DbError(Exception):
    """Something about the database went wrong."""


class Unavailable(DbError):
    """The other side cannot be reached now; trying again later may help."""


class Misconfigured(DbError):
    """This cannot work until somebody changes something; the message names it."""


class Refused(DbError):
    """The other side understood and said no."""
