"""Errors of ``provisioning``, sorted by what the caller can do about them.

``ProvisioningError``
├── ``Unavailable``    try again later
├── ``Misconfigured``  stop; the message says what to fix
└── ``Refused``        what was asked for is not done, and why
"""


class ProvisioningError(Exception):
    """Something about bringing a box into service went wrong."""


class Unavailable(ProvisioningError):
    """The other side cannot be reached now; trying again later may help."""


class Misconfigured(ProvisioningError):
    """This cannot work until somebody changes something; the message names it."""


class Refused(ProvisioningError):
    """What was asked for would be wrong; the message says why."""
