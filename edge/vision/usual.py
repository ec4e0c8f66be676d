"""What a road usually looks like to a model: a shadow or a stain may look a little like something all day."""

from edge.vision.conditions import PAUSE_S

USUAL_S = 600.0  # time constant: what comes slower than this is a shadow that moves, and no tree that falls
USUAL_MOST = 0.9  # however usual: what is there when a box begins is told where the model is certain of it


class Usual:
    """How likely a state usually seems.

    Attributes:
        level: probability; an exponential mean over ten minutes, from the first look on.
    """

    def __init__(self) -> None:
        self.level = 0.0
        self._looked_s: float | None = None

    def look(self, probability: float, at_s: float) -> None:
        """Take a look while nothing unusual goes on.

        Args:
            probability: 0 to 1.
            at_s: by a clock that nobody sets.
        """
        passed_s = USUAL_S if self._looked_s is None else min(max(0.0, at_s - self._looked_s), PAUSE_S)
        self._looked_s = at_s
        self.level = min(self.level + (probability - self.level) * passed_s / USUAL_S, USUAL_MOST)

    def risen(self, share: float) -> float:
        """Give the probability at which such a share of the way from the usual to certainty is gone."""
        return self.level + share * (1 - self.level)
