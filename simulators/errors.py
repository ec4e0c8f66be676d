"""Errors of the simulators.

SimulatorError
├── Unavailable     not there now; may be tried again
├── Misconfigured   a file or an option is wrong: stop, and say what to fix
└── Refused         the running simulator said no, with its reason
"""


class SimulatorError(Exception):
    """Something about the simulators went wrong."""


class Unavailable(SimulatorError):
    """A part of the local stack is not there now."""


class Misconfigured(SimulatorError):
    """A file or an option is wrong; the message names it and what would be right."""


class Refused(SimulatorError):
    """The running simulator refused a request, for the reason in the message."""
