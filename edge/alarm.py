"""A condition with hysteresis and minimum duration: the one piece that every local rule is made of."""

from dataclasses import dataclass


@dataclass(slots=True)
class Alarm:
    """Begins when its condition has held for long enough, and ends when the opposite has.

    Attributes:
        begin_after_s: how long the condition must hold.
        end_after_s: how long its opposite must hold.
        is_active: whether it has begun and not ended.
        begun_event: id of the event that reported its beginning.
    """

    begin_after_s: float
    end_after_s: float
    is_active: bool = False
    begun_event: str = ""
    _since_s: float | None = None

    @property
    def is_pending(self) -> bool:
        """Tell whether it is on its way to change."""
        return self._since_s is not None

    def update(self, *, holds: bool | None, now_s: float) -> bool:
        """Take a new look at the condition.

        Args:
            holds: None between the two levels of a hysteresis, where nothing is proven and all timers start over.
            now_s: monotonic.

        Returns:
            Whether the alarm has just begun or ended; `is_active` tells which.
        """
        if holds is None or holds is self.is_active:
            self._since_s = None
            return False
        if self._since_s is None:
            self._since_s = now_s
        needed_s = self.end_after_s if self.is_active else self.begin_after_s
        if now_s - self._since_s < needed_s:
            return False
        self.is_active = not self.is_active
        self._since_s = None
        return True
