"""The database: migrations, queries, and a local TimescaleDB."""
