"""How the assets answer: what the status says of each, and one log line when one is lost and when it is back."""

from collections.abc import Callable, Iterable

import structlog

from edge.contract.status import AssetHealth

_log = structlog.get_logger()


class HealthBook:
    """Health per asset code."""

    def __init__(self, on_change: Callable[[], None] = lambda: None) -> None:
        """Begin knowing no asset.

        Args:
            on_change: called when an asset's health has become another.
        """
        self._on_change = on_change
        self._reasons: dict[str, str] = {}
        self.assets = dict[str, AssetHealth]()
        self.implausible = 0

    def expect(self, assets: Iterable[str]) -> None:
        """Name assets that are not known yet to answer."""
        for asset in assets:
            self.assets.setdefault(asset, "unknown")

    def note(self, asset: str, reason: str | None) -> None:
        """Note how an asset answered.

        Args:
            asset: its code.
            reason: what is wrong; None when all is well.
        """
        health: AssetHealth = "failing" if reason else "ok"
        before = self.assets.get(asset, "unknown")
        self._reasons[asset] = reason or ""
        if health == before:
            return
        self.assets[asset] = health
        if reason:
            _log.warning("asset_lost", asset=asset, reason=reason)
        elif before == "failing":
            _log.info("asset_returned", asset=asset)
        self._on_change()

    def reason(self, asset: str) -> str:
        """Say what is wrong with an asset; empty when nothing is."""
        return self._reasons.get(asset, "")
