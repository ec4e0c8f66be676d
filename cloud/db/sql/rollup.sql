-- Rollups of the Apache edition. Every statement names the series first, because (series_id, time) is the only
-- index there is: a scan by time alone would read a chunk of half a billion samples.

-- name: lock_exclusively
-- Wait until no transaction that writes samples is under way; held to the end of this transaction.
SELECT pg_advisory_xact_lock(%(lock)s);

-- name: advance
-- Close all minutes that ended a given time ago; from now on their samples are late.
UPDATE rollup_state
SET complete_until = greatest(complete_until, time_bucket(INTERVAL '1 minute', now() - %(grace)s));

-- name: read_state
-- How far each level has come.
SELECT complete_until, minutes_until, hours_until, days_until, raw_from FROM rollup_state;

-- name: set_minutes_until
-- Remember that all minutes below are made.
UPDATE rollup_state SET minutes_until = %(until)s;

-- name: set_hours_until
-- Remember that hours were made from all minutes below.
UPDATE rollup_state SET hours_until = %(until)s;

-- name: set_days_until
-- Remember that days were made from all hours below.
UPDATE rollup_state SET days_until = %(until)s;

-- name: all_series
-- Every series there is.
SELECT id FROM series;

-- name: make_minutes
-- Make the minutes of a span anew for some series.
INSERT INTO sample_1m (bucket, series_id, n, min, max, sum, last)
SELECT made.bucket, wanted.series_id, made.n, made.min, made.max, made.sum, made.last
FROM unnest(%(series_ids)s::integer[]) AS wanted (series_id)
CROSS JOIN LATERAL (
    SELECT
        time_bucket(INTERVAL '1 minute', sample."time") AS bucket,
        count(*) AS n,
        min(sample.value) AS min,
        max(sample.value) AS max,
        sum(sample.value) AS sum,
        last(sample.value, sample."time") AS last
    FROM sample
    WHERE sample.series_id = wanted.series_id AND sample."time" >= %(start)s AND sample."time" < %(stop)s
    GROUP BY 1
) AS made
ON CONFLICT (series_id, bucket) DO UPDATE
SET n = excluded.n, min = excluded.min, max = excluded.max, sum = excluded.sum, last = excluded.last;

-- name: make_hours
-- Make the hours of a span anew from minutes for some series.
INSERT INTO sample_1h (bucket, series_id, n, min, max, sum, last)
SELECT made.bucket, wanted.series_id, made.n, made.min, made.max, made.sum, made.last
FROM unnest(%(series_ids)s::integer[]) AS wanted (series_id)
CROSS JOIN LATERAL (
    SELECT
        time_bucket(INTERVAL '1 hour', finer.bucket) AS bucket,
        sum(finer.n)::bigint AS n,
        min(finer.min) AS min,
        max(finer.max) AS max,
        sum(finer.sum) AS sum,
        last(finer.last, finer.bucket) AS last
    FROM sample_1m AS finer
    WHERE finer.series_id = wanted.series_id AND finer.bucket >= %(start)s AND finer.bucket < %(stop)s
    GROUP BY 1
) AS made
ON CONFLICT (series_id, bucket) DO UPDATE
SET n = excluded.n, min = excluded.min, max = excluded.max, sum = excluded.sum, last = excluded.last;

-- name: make_days
-- Make the days of a span anew from hours for some series. A day is a day in Pasuruan (+07).
INSERT INTO sample_1d (bucket, series_id, n, min, max, sum, last)
SELECT made.bucket, wanted.series_id, made.n, made.min, made.max, made.sum, made.last
FROM unnest(%(series_ids)s::integer[]) AS wanted (series_id)
CROSS JOIN LATERAL (
    SELECT
        time_bucket(INTERVAL '1 day', finer.bucket, origin => TIMESTAMPTZ '2000-01-01 00:00+07') AS bucket,
        sum(finer.n)::bigint AS n,
        min(finer.min) AS min,
        max(finer.max) AS max,
        sum(finer.sum) AS sum,
        last(finer.last, finer.bucket) AS last
    FROM sample_1h AS finer
    WHERE finer.series_id = wanted.series_id AND finer.bucket >= %(start)s AND finer.bucket < %(stop)s
    GROUP BY 1
) AS made
ON CONFLICT (series_id, bucket) DO UPDATE
SET n = excluded.n, min = excluded.min, max = excluded.max, sum = excluded.sum, last = excluded.last;

-- name: late_hours
-- The hours that wait to be made again, oldest first.
SELECT DISTINCT "hour" FROM rollup_late ORDER BY "hour";

-- name: take_late
-- Take one hour out of the queue; its rows come back if this transaction does not commit.
WITH taken AS (
    DELETE FROM rollup_late WHERE "hour" = %(hour)s RETURNING series_ids
)

SELECT DISTINCT unnest(taken.series_ids) AS series_id FROM taken ORDER BY 1;
