"""Writes the schema of a database as text that two runs write alike.

`python -m tests.migration.snapshot` builds it from all migrations (Apache edition) and rewrites `schema.sql`.
"""

import re
import subprocess
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict

from cloud.db.connection import connect
from cloud.db.local import LocalCluster
from cloud.db.migrate import migrate
from cloud.db.places import make_temporary_home
from cloud.db.prefix import ensure_timescaledb

SNAPSHOT = Path(__file__).parent / "schema.sql"

_NOISE = re.compile(r"^(--.*|SET .*|SELECT pg_catalog\.set_config.*|\\(un)?restrict .*)\n", re.MULTILINE)


def dump_schema(dsn: str) -> str:
    """Dump schemas public and wall of a local database, without comments, settings and owners."""
    given = conninfo_to_dict(dsn)
    target = ["-h", given["host"], "-p", given["port"], "-U", given["user"], "-d", given["dbname"]]
    command = [ensure_timescaledb() / "pg_dump", "--schema-only", "--no-owner", "-n", "public", "-n", "wall", *target]
    written = subprocess.run([str(part) for part in command], check=True, capture_output=True, text=True).stdout
    return re.sub(r"\n{2,}", "\n\n", _NOISE.sub("", written)).strip() + "\n"


def main() -> None:
    """Rewrite the snapshot."""
    with make_temporary_home() as home, LocalCluster(home / "cluster") as cluster:
        dsn = cluster.create_database("snapshot", "template0")
        with connect(dsn, "snapshot", autocommit=True) as connection:
            migrate(connection)
        SNAPSHOT.write_text(dump_schema(dsn))


if __name__ == "__main__":
    main()
