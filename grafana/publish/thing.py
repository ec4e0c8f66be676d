"""What every kind of published object can do."""

from abc import ABC, abstractmethod
from typing import Any

from grafana.publish.api import Grafana

Json = dict[str, Any]


class Thing(ABC):
    """One object in Grafana.

    Attributes:
        kind: what it is, for people.
    """

    kind = ""

    @property
    @abstractmethod
    def name(self) -> str:
        """Which one it is, for people."""

    @abstractmethod
    def find(self, grafana: Grafana) -> Any:
        """Read it; None where it is not there.

        Raises:
            Refused: something of somebody else stands in its place.
        """

    @abstractmethod
    def drift(self, found: Any) -> list[str]:
        """Say what differs."""

    @abstractmethod
    def write(self, grafana: Grafana, found: Any) -> None:
        """Create it, or bring it to what is wanted."""
