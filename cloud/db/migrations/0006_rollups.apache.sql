-- Rollups as tables, kept by `satulayar-db maintain`. Same names and columns as in the Community edition.
-- A day is a day in Pasuruan (fixed +07): 17:00 UTC to 17:00 UTC.

CREATE TABLE sample_1m (
    bucket timestamptz NOT NULL,
    series_id integer NOT NULL,
    n bigint NOT NULL,
    min double precision NOT NULL,
    max double precision NOT NULL,
    sum double precision NOT NULL,
    last double precision NOT NULL,
    PRIMARY KEY (series_id, bucket)
);
CREATE TABLE sample_1h (LIKE sample_1m INCLUDING ALL);
CREATE TABLE sample_1d (LIKE sample_1m INCLUDING ALL);
SELECT create_hypertable('sample_1m', by_range('bucket', INTERVAL '7 days'), create_default_indexes => false);
SELECT create_hypertable('sample_1h', by_range('bucket', INTERVAL '90 days'), create_default_indexes => false);
SELECT create_hypertable('sample_1d', by_range('bucket', INTERVAL '3650 days'), create_default_indexes => false);

INSERT INTO rollup_state (complete_until, minutes_until, hours_until, days_until)
SELECT minute, minute, time_bucket('5 minutes', minute), time_bucket('1 hour', minute)
FROM (SELECT time_bucket('1 minute', now()) AS minute) AS at_birth;
