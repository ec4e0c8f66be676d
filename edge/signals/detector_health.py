"""Whether a detector can be believed: stuck on, silent, chattering, or held for faulty by the controller; pure.

Source of the kinds: NTCIP 1202 v02.19 section 2.3.2.11 (no activity, maximum presence, erratic counts). The limits are
this box's own, because a controller's are often left at zero, which switches them off.
"""

from collections import deque

STUCK_S = 600.0  # longer than any queue stands on one loop between two greens
SILENT_S = 7_200.0  # a road of the main corridor is not empty for two hours
CHATTER_PER_MIN = 90  # activations; at 5 polls a second no more than 150 can be seen


class DetectorWatch:
    """One detector."""

    def __init__(self, at_s: float) -> None:
        """Begin believing it.

        Args:
            at_s: monotonic.
        """
        self._changed_s = at_s
        self._was_on = False
        self._activations: deque[float] = deque(maxlen=CHATTER_PER_MIN + 1)
        self.fault = ""

    def see(self, at_s: float, *, is_on: bool, has_alarm: bool) -> bool:
        """Take a poll; tell whether the judgement changed. `fault` names it: stuck, silent, chattering, alarm."""
        if is_on != self._was_on:
            self._changed_s, self._was_on = at_s, is_on
            if is_on:
                self._activations.append(at_s)
        before, self.fault = self.fault, self._judge(at_s, has_alarm=has_alarm)
        return self.fault != before

    def _judge(self, at_s: float, *, has_alarm: bool) -> str:
        unchanged_s = at_s - self._changed_s
        if self._was_on and unchanged_s > STUCK_S:
            return "stuck"
        if not self._was_on and unchanged_s > SILENT_S:
            return "silent"
        while self._activations and at_s - self._activations[0] > 60.0:  # noqa: PLR2004 - a minute
            self._activations.popleft()
        if len(self._activations) > CHATTER_PER_MIN:
            return "chattering"
        return "alarm" if has_alarm else ""
