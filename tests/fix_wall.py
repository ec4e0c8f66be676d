"""A small regency for the wall: built once, read by many tests as the dashboards' own role."""

from collections.abc import Iterator

import pytest

from cloud.db.connection import Connection, connect
from cloud.db.local import LocalCluster
from cloud.db.wall import make_totals, pulse
from tests.fix_database import as_role
from tests.wall_regency import Size, build


@pytest.fixture(scope="session")
def regency_database(cluster: LocalCluster, migrated_template: str) -> Iterator[str]:
    """The dsn of a small regency, as its owner; not to be written to."""
    dsn = cluster.create_database("wall", migrated_template)
    with connect(dsn, "test", autocommit=True) as connection:
        build(connection, Size())
        pulse(connection)
        make_totals(connection)
    yield dsn
    cluster.drop_database("wall")


@pytest.fixture(scope="module")
def reader(regency_database: str) -> Iterator[Connection]:
    """A connection of the dashboards' role."""
    with connect(as_role(regency_database, "wall_reader"), "test", autocommit=True) as connection:
        yield connection
