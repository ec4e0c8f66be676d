"""What every driver hands to the rest of the agent: a value in the catalogue's unit, with its instant."""

from dataclasses import dataclass

from edge.contract.names import join_name


@dataclass(frozen=True, slots=True)
class Reading:
    """One value of one quantity of one asset.

    Attributes:
        asset: its code; empty for the box itself.
        quantity: of the catalogue.
        unit: the catalogue's.
        time_s: when it was measured, seconds since 1970 in UTC.
        value: in `unit`.
        dead_band: a change not greater than this is not reported.
        max_silence_s: it is reported at the latest after this; None: only when it changes.
        text: what a quantity of kind text says; `value` then means nothing.
    """

    asset: str
    quantity: str
    unit: str
    time_s: float
    value: float | bool
    dead_band: float = 0.0
    max_silence_s: float | None = 300.0
    text: str | None = None

    @property
    def name(self) -> str:
        """Its SenML name."""
        return join_name(self.asset, self.quantity) if self.asset else self.quantity

    @property
    def content(self) -> float | bool | str:
        """What is reported of it."""
        return self.value if self.text is None else self.text
