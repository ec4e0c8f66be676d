"""What a road usually looks like to a model: a shadow or a stain may look a little like something all day."""

from edge.vision.conditions import PAUSE_S

USUAL_S = 600.0  # what comes slower than this is a shadow that moves, and no tree that falls
USUAL_MOST = 0.9  # however usual: what is there when a box begins is told where the model is certain of it


class Usual:
    """How likely a state usually seems.

    Attributes:
        level: probability; the mean of all looks, forgotten by a time constant of ten minutes.
    """

    def __init__(self) -> None:
        self.level = 0.0
        self._looked_s, self._watched_s = 0.0, 0.0

    def look(self, probability: float, at_s: float) -> None:
        """Take a look while nothing unusual goes on.

        Args:
            probability: 0 to 1.
            at_s: by a clock that nobody sets.
        """
        passed_s = min(max(0.0, at_s - self._looked_s), PAUSE_S) if self._watched_s else PAUSE_S / USUAL_S
        self._looked_s, self._watched_s = at_s, min(self._watched_s + passed_s, USUAL_S)
        self.level = min(self.level + (probability - self.level) * passed_s / self._watched_s, USUAL_MOST)

    def risen(self, share: float) -> float:
        """Give the probability at which such a share of the way from the usual to certainty is gone."""
        return self.level + share * (1 - self.level)
