"""Errors of the wall's tools.

```
WallError
├── Unavailable     Grafana does not answer, or stumbled (5xx): run the same command again
├── Misconfigured   stop; the message says what to fix: an address, a token, a version, a setting
└── Refused         Grafana understood and said no, with its reason
```
"""


class WallError(Exception):
    """Something about the wall went wrong."""


class Unavailable(WallError):
    """Grafana cannot be reached or failed in the middle; running the same command again goes on."""


class Misconfigured(WallError):
    """This cannot work until somebody changes something; the message names it."""


class Refused(WallError):
    """Grafana said no, with its reason."""
