"""Two sets of every dashboard: Indonesian first, English as a second set with uids of its own."""

from dataclasses import dataclass
from typing import Literal

Language = Literal["id", "en"]
LANGUAGES: tuple[Language, ...] = ("id", "en")


@dataclass(frozen=True, slots=True)
class Say:
    """Says things in one language.

    Attributes:
        language: of the set that is being made.
    """

    language: Language

    def __call__(self, indonesian: str, english: str) -> str:
        """Choose between a sentence and its translation."""
        return indonesian if self.language == "id" else english

    def uid(self, board: str) -> str:
        """Name a dashboard of this set, the same for good."""
        return f"satulayar-{board}" if self.language == "id" else f"satulayar-{board}-en"

    def column(self, name: str) -> str:
        """Name the column of a view that carries this language: `title` is `title_id` or `title_en`."""
        return f"{name}_{self.language}"
