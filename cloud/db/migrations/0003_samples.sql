-- Samples. Narrow on purpose: a new sensor is a new row in series, not a migration.
--
-- No foreign key to series: the ingester resolves every series id from that table, and a key check per row
-- would halve what the database takes in. No index on time alone: every reader names its series.

CREATE TABLE sample (
    "time" timestamptz NOT NULL,
    value double precision NOT NULL,
    series_id integer NOT NULL,
    UNIQUE (series_id, "time")
);
SELECT create_hypertable('sample', by_range('time', INTERVAL '1 day'), create_default_indexes => false);
COMMENT ON TABLE sample IS 'Numbers and truth values (0 or 1), as measured. Identity: (series_id, time).';

CREATE TABLE sample_text (
    "time" timestamptz NOT NULL,
    series_id integer NOT NULL,
    value text NOT NULL,
    UNIQUE (series_id, "time")
);
SELECT create_hypertable('sample_text', by_range('time', INTERVAL '1 day'), create_default_indexes => false);
COMMENT ON TABLE sample_text IS 'Words, such as the name of a signal plan. Never rolled up.';

CREATE TABLE series_latest (
    series_id integer PRIMARY KEY,
    "time" timestamptz NOT NULL,
    value double precision,
    received_at timestamptz NOT NULL
)
-- Every series is rewritten up to twice a second: room on the page keeps the updates heap-only.
WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05);
COMMENT ON TABLE series_latest IS 'The newest sample of each series. NULL value: the newest is in sample_text.';
