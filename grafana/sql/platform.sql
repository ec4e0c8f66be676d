-- The platform itself.

-- name: ingest_rate
-- Samples stored a second.
SELECT wall.slot(time, $__interval_ms) AS time, avg(samples_per_s) AS samples_per_s FROM wall.ingest
WHERE level = wall.level($__timeFrom(), $__timeTo()) AND samples_per_s IS NOT NULL AND $__timeFilter(time) GROUP BY 1 ORDER BY 1

-- name: lag
-- From the sensor to the database, of the newest samples.
SELECT wall.slot(time, $__interval_ms) AS time, avg(lag_p50_s) AS p50, max(lag_p99_s) AS p99 FROM wall.ingest
WHERE level = wall.level($__timeFrom(), $__timeTo()) AND lag_p99_s IS NOT NULL AND $__timeFilter(time) GROUP BY 1 ORDER BY 1

-- name: rejected
-- What was refused, by reason.
SELECT time, reason AS metric, sum(count) AS value FROM wall.rejected_1h WHERE $__timeFilter(time) GROUP BY 1, 2 ORDER BY 1

-- name: rejected_by_box
-- Whose messages were refused in the time shown.
SELECT box, reason, sum(count) AS count FROM wall.rejected_1h WHERE $__timeFilter(time) GROUP BY 1, 2 ORDER BY 3 DESC LIMIT 20

-- name: database_size
-- Bytes of the database.
SELECT bytes FROM wall.database_size

-- name: relation_sizes
-- Bytes of the hypertables.
SELECT relation, bytes, chunks FROM wall.relation_size ORDER BY bytes DESC NULLS LAST

-- name: jobs
-- How far behind the jobs are.
SELECT 'pulse' AS job, age_s FROM wall.pulse UNION ALL SELECT 'rollups', lag_s FROM wall.maintenance
UNION ALL SELECT 'operations', age_s FROM wall.operations
