"""Visits that were there before each piece said whose it is: nothing is lost, and no code stays."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from cloud.db.connection import Connection, connect
from cloud.db.migrate import migrate
from cloud.db.migration_files import FOLDER
from tests.fix_database import add_box

NEW = "0021_whose_pieces.sql"
PIECES = {
    "claim": '{"label": "SL1:pasuruan:M1-a:ABCDE12345", "hardware": "pi-7"}',
    "note": '{"text": "kabel: baru"}',
}


@pytest.fixture
def before(blank_database: str, tmp_path: Path) -> Iterator[Connection]:
    """A database of the version before, with a visit of two pieces."""
    shutil.copytree(FOLDER, tmp_path / "old")
    (tmp_path / "old" / NEW).unlink()
    with connect(blank_database, "test", autocommit=True) as connection:
        migrate(connection, folder=tmp_path / "old")
        box = add_box(connection, "M1", "M1-a")
        visit = "00000000-0000-4000-8000-000000000001"
        connection.execute("INSERT INTO visit (id, box_id, account) VALUES (%s, %s, 'budi')", [visit, box])
        for kind, content in PIECES.items():
            connection.execute(
                "INSERT INTO visit_piece (id, visit_id, kind, at, content) "
                "SELECT gen_random_uuid(), %s, %s, now(), %s::jsonb",
                [visit, kind, content],
            )
        yield connection


def test_pieces_when_older_than_their_accounts_then_are_the_visits_and_their_codes_are_gone(
    before: Connection,
) -> None:
    assert NEW.removesuffix(".sql") in migrate(before).pending
    rows = before.execute("SELECT kind, account, content FROM visit_piece ORDER BY kind").fetchall()
    assert rows == [
        ("claim", "budi", {"label": "SL1:pasuruan:M1-a:…", "hardware": "pi-7"}),
        ("note", "budi", {"text": "kabel: baru"}),
    ]
