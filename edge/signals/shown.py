"""How long a lease's green was displayed, seen from its beginning to its end; pure."""

from edge.signals.record import Lease, Told
from edge.signals.status import Status


class ShownGreen:
    """Watches one lease from its application on."""

    def __init__(self) -> None:
        """Begin with nothing seen."""
        self._is_told = False
        self._was_green: bool | None = None
        self._from_s: float | None = None

    def see(self, lease: Lease, status: Status, clearance_s: float) -> Told | None:
        """Take a poll; give once how long the leased phase was green under the lease's pattern.

        Args:
            lease: confirmed.
            status: of the poll.
            clearance_s: yellow and all-red of its phase, which its split holds beside the green.
        """
        phase, told = lease.request.phase, None
        is_green = phase in status.greens
        if is_green and lease.has_run and self._was_green is False:
            self._from_s = status.at_s
        elif not is_green and self._from_s is not None and not self._is_told:
            figures: dict[str, float | bool | str] = {
                "green_time": round(status.at_s - self._from_s, 1),
                "own_green_s": lease.own.times_s[phase] - clearance_s,
                "leased_green_s": lease.leased.times_s[phase] - clearance_s,
            }
            told = Told("shown", lease, figures)
            self._is_told, self._from_s = True, None
        self._was_green = is_green
        return told
