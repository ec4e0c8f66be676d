-- Rollups as continuous aggregates, and the columnstore. Same names and columns as in the Apache edition.
-- Source: TimescaleDB documentation, "Hierarchical continuous aggregates" and "add_columnstore_policy" (2.18).
--
-- All three levels name the same origin, because TimescaleDB refuses a hierarchy with different ones; it is a
-- midnight in Pasuruan (fixed +07), and as it is a whole minute and hour too, it changes only the days.
-- Real-time (materialized_only = false): what is not yet materialized is computed when asked for.

CREATE MATERIALIZED VIEW sample_1m
WITH (timescaledb.continuous, timescaledb.materialized_only = false) AS
SELECT
    time_bucket(INTERVAL '1 minute', "time", origin => TIMESTAMPTZ '2000-01-01 00:00:00+07') AS bucket,
    series_id,
    count(*) AS n,
    min(value) AS min,
    max(value) AS max,
    sum(value) AS sum,
    last(value, "time") AS last
FROM sample
GROUP BY 1, 2
WITH NO DATA;

CREATE MATERIALIZED VIEW sample_1h
WITH (timescaledb.continuous, timescaledb.materialized_only = false) AS
SELECT
    time_bucket(INTERVAL '1 hour', bucket, origin => TIMESTAMPTZ '2000-01-01 00:00:00+07') AS bucket,
    series_id,
    sum(n)::bigint AS n,
    min(min) AS min,
    max(max) AS max,
    sum(sum) AS sum,
    last(last, bucket) AS last
FROM sample_1m
GROUP BY 1, 2
WITH NO DATA;

CREATE MATERIALIZED VIEW sample_1d
WITH (timescaledb.continuous, timescaledb.materialized_only = false) AS
SELECT
    time_bucket(INTERVAL '1 day', bucket, origin => TIMESTAMPTZ '2000-01-01 00:00:00+07') AS bucket,
    series_id,
    sum(n)::bigint AS n,
    min(min) AS min,
    max(max) AS max,
    sum(sum) AS sum,
    last(last, bucket) AS last
FROM sample_1h
GROUP BY 1, 2
WITH NO DATA;

-- A refresh looks back 10 days: more than the longest promised outage (7 days), so a late backlog is found,
-- and less than the shortest raw retention the settings allow (15 days), so a refresh never looks at dropped
-- samples, which would empty the aggregate.
SELECT add_continuous_aggregate_policy(
    'sample_1m', start_offset => INTERVAL '10 days', end_offset => INTERVAL '1 minute',
    schedule_interval => INTERVAL '1 minute');
SELECT add_continuous_aggregate_policy(
    'sample_1h', start_offset => INTERVAL '10 days', end_offset => INTERVAL '1 hour',
    schedule_interval => INTERVAL '10 minutes');
SELECT add_continuous_aggregate_policy(
    'sample_1d', start_offset => INTERVAL '12 days', end_offset => INTERVAL '1 day',
    schedule_interval => INTERVAL '1 hour');

-- 14 days: after the longest promised outage, because a late sample is dearer to add to a compressed chunk.
ALTER TABLE sample SET (
    timescaledb.enable_columnstore = true,
    timescaledb.segmentby = 'series_id',
    timescaledb.orderby = 'time');
CALL add_columnstore_policy('sample', after => INTERVAL '14 days');

INSERT INTO rollup_state (complete_until, minutes_until, hours_until, days_until)
SELECT epoch, epoch, epoch, epoch FROM (SELECT TIMESTAMPTZ '1970-01-01 00:00+00' AS epoch) AS never;
