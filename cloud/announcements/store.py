"""Statements of `announcements.sql`, on a connection of the caller's."""

from typing import Any, TypeVar

from psycopg.rows import class_row

from cloud.db.queries import load
from cloud.signals.store import Line

Row = TypeVar("Row")


async def fetch(line: Line, row: type[Row], statement: str, /, **parameters: Any) -> list[Row]:
    """Run a statement and make an object of each row."""
    async with line.cursor(row_factory=class_row(row)) as cursor:
        await cursor.execute(load("announcements")[statement], parameters)
        return await cursor.fetchall()


async def run(line: Line, statement: str, /, **parameters: Any) -> None:
    """Run a statement."""
    await line.execute(load("announcements")[statement], parameters)
