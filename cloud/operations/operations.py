"""The desks of operations together, as the API and the console hold them."""

from cloud.operations.acts import Connecting, Room
from cloud.operations.book import Book, BookReader
from cloud.operations.desk import Desk
from cloud.operations.dispatches import CrewDesk
from cloud.operations.merging import MergeDesk
from cloud.operations.reports import Reports


class Operations:
    """What people may do about incidents.

    Args:
        connecting: gives a connection to the database, in autocommit.
        reader: of kinds and rules.

    Attributes:
        desk: for operators: acts on an incident.
        merges: for operators: two that are one, and not after all.
        reports: for operators: calls and shelves.
        crews: for crews: what they say from the spot.
    """

    def __init__(self, connecting: Connecting, reader: BookReader) -> None:
        self._reader = reader
        room = Room(connecting, reader)
        self.desk = Desk(room)
        self.merges = MergeDesk(room)
        self.reports = Reports(room)
        self.crews = CrewDesk(room)

    @property
    def book(self) -> Book:
        """Kinds and rules as they are now."""
        return self._reader.book
