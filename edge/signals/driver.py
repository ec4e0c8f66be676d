"""Chooses the driver of a controller by its bus, and gives it its secrets from the environment or from files."""

import os
from collections.abc import Sequence
from pathlib import Path

import structlog

from edge.clock import Clock
from edge.errors import Misconfigured, Unavailable
from edge.sensors.ntcip import NtcipController, SignalController
from edge.sensors.ntcip_objects import Oid, Value
from edge.site_assets import Bus

KEY_MIN = 8  # RFC 3414 section 11.2: no password of a user may be shorter
_log = structlog.get_logger()


class Unset:
    """Stands for a controller whose secrets nobody has set: every request says so, and the rest of the box works."""

    def __init__(self, reason: str) -> None:
        """Prepare.

        Args:
            reason: what is missing.
        """
        self._reason = reason

    async def get(self, oids: Sequence[Oid]) -> dict[Oid, Value]:  # noqa: ARG002 - the driver's interface
        """Read nothing; raises `Unavailable`."""
        raise Unavailable(self._reason)

    async def set(self, values: Sequence[tuple[Oid, int]]) -> None:  # noqa: ARG002 - the driver's interface
        """Write nothing; raises `Unavailable`."""
        raise Unavailable(self._reason)

    def reserve(self, pattern: int, split: int) -> None:
        """Reserve nothing."""

    def close(self) -> None:
        """Close nothing."""


def make_driver(bus: Bus, asset: str, clock: Clock) -> SignalController:
    """Make the driver of a controller.

    Args:
        bus: of kind `ntcip`.
        asset: the controller's, for the log.
        clock: measures answers.
    """
    try:
        return _make_v3(bus) if bus.version == "3" else _make_v1_or_v2c(bus, clock)
    except Misconfigured as error:
        _log.error("controller_secret_missing", asset=asset, reason=str(error))
        return Unset(str(error))


def _make_v1_or_v2c(bus: Bus, clock: Clock) -> SignalController:
    return NtcipController(
        bus.host,
        bus.port,
        version="1" if bus.version == "1" else "2c",
        community=_secret(bus.community_variable, "the community"),
        timeout_s=bus.timeout_s,
        retries=bus.retries,
        clock=clock,
    )


def _make_v3(bus: Bus) -> SignalController:
    # pysnmp's engine is 20 MB of memory that a box without such a controller does not need
    from edge.sensors.ntcip_v3 import NtcipV3Controller, User  # noqa: PLC0415

    user = User(
        bus.user,
        _key(bus.auth_variable, "the user's authentication password"),
        _key(bus.privacy_variable, "the user's privacy password"),
        bus.auth,
    )
    return NtcipV3Controller(bus.host, bus.port, user=user, timeout_s=bus.timeout_s, retries=bus.retries)


def _key(variable: str, what: str) -> str:
    key = _secret(variable, what)
    if len(key) < KEY_MIN:
        raise Misconfigured(f"{variable} has {len(key)} characters: {what} must have {KEY_MIN} or more")
    return key


def _secret(variable: str, what: str) -> str:
    """Give a secret from a variable, or from the file that the variable with `_FILE` names."""
    file = os.environ.get(f"{variable}_FILE", "")
    try:
        secret = Path(file).read_text(encoding="utf-8").strip() if file else os.environ.get(variable, "")
    except OSError as error:
        raise Misconfigured(f"{variable}_FILE: {file} cannot be read: {error.strerror}") from error
    if not secret:
        raise Misconfigured(f"the variable {variable} is not set: it holds {what}")
    return secret
