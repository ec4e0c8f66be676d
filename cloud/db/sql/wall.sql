-- What keeps the wall's own tables. See migrations/0030_wall.sql.

-- name: pulse_assets
-- States of assets and boxes.
CALL wall_pulse_assets();

-- name: pulse_sites
-- States of sites, and the counts.
CALL wall_pulse_sites();

-- name: pulse_figures
-- Newest values over the regency, and what assets say is wrong with them.
CALL wall_pulse_figures();

-- name: pulse_beat
-- The minute's totals, and that all of this is done.
CALL wall_pulse_beat(%(begun_at)s);

-- name: read_totals
-- How far the totals have come, and how far the rollups are that they are made of.
SELECT total_state.hours_until, total_state.days_until, now() FROM total_state;

-- name: make_hour_totals
-- Totals of the hours of a span.
INSERT INTO total_1h AS known (site_id, kind, quantity, bucket, series, total, least, most)
SELECT
    CASE WHEN GROUPING(asset.site_id) = 1 THEN 0 ELSE asset.site_id END, asset.kind, series.quantity, rollup.bucket,
    count(*), sum(rollup.sum / rollup.n), min(rollup.min), max(rollup.max)
FROM total_of AS wanted
INNER JOIN asset ON wanted.kind = asset.kind
INNER JOIN series ON asset.id = series.asset_id AND wanted.quantity = series.quantity
INNER JOIN LATERAL (
    SELECT hours.bucket, hours.n, hours.sum, hours.min, hours.max FROM sample_1h AS hours
    WHERE hours.series_id = series.id AND hours.bucket >= %(start)s AND hours.bucket < %(stop)s
) AS rollup ON true
GROUP BY GROUPING SETS ((asset.kind, series.quantity, rollup.bucket), (asset.kind, series.quantity, rollup.bucket, asset.site_id, wanted.by_site))
HAVING GROUPING(asset.site_id) = 1 OR (wanted.by_site AND asset.site_id IS NOT NULL)
ON CONFLICT (site_id, kind, quantity, bucket) DO UPDATE
SET series = excluded.series, total = excluded.total, least = excluded.least, most = excluded.most;

-- name: make_day_totals
-- Totals of the days of a span.
INSERT INTO total_1d AS known (site_id, kind, quantity, bucket, series, total, least, most)
SELECT
    CASE WHEN GROUPING(asset.site_id) = 1 THEN 0 ELSE asset.site_id END, asset.kind, series.quantity, rollup.bucket,
    count(*), sum(rollup.sum / rollup.n), min(rollup.min), max(rollup.max)
FROM total_of AS wanted
INNER JOIN asset ON wanted.kind = asset.kind
INNER JOIN series ON asset.id = series.asset_id AND wanted.quantity = series.quantity
INNER JOIN LATERAL (
    SELECT days.bucket, days.n, days.sum, days.min, days.max FROM sample_1d AS days
    WHERE days.series_id = series.id AND days.bucket >= %(start)s AND days.bucket < %(stop)s
) AS rollup ON true
GROUP BY GROUPING SETS ((asset.kind, series.quantity, rollup.bucket), (asset.kind, series.quantity, rollup.bucket, asset.site_id, wanted.by_site))
HAVING GROUPING(asset.site_id) = 1 OR (wanted.by_site AND asset.site_id IS NOT NULL)
ON CONFLICT (site_id, kind, quantity, bucket) DO UPDATE
SET series = excluded.series, total = excluded.total, least = excluded.least, most = excluded.most;

-- name: make_platform_hours
-- The platform's own hours of a span, from its minutes.
INSERT INTO total_1h AS known (site_id, kind, quantity, bucket, series, total, least, most)
SELECT 0, 'platform', minute.quantity, date_trunc('hour', minute.bucket), max(minute.series), avg(minute.total),
    CASE minute.quantity WHEN 'lag' THEN avg(minute.least) ELSE min(minute.least) END, max(minute.most)
FROM total_1m AS minute
WHERE minute.site_id = 0 AND minute.kind = 'platform' AND minute.quantity IN ('samples_per_s', 'lag')
    AND minute.bucket >= %(start)s AND minute.bucket < %(stop)s
GROUP BY minute.quantity, date_trunc('hour', minute.bucket)
ON CONFLICT (site_id, kind, quantity, bucket) DO UPDATE
SET series = excluded.series, total = excluded.total, least = excluded.least, most = excluded.most;

-- name: make_platform_days
-- The same for days in Pasuruan, from hours.
INSERT INTO total_1d AS known (site_id, kind, quantity, bucket, series, total, least, most)
SELECT 0, 'platform', hours.quantity, wall.slot(hours.bucket, 86400000), max(hours.series), avg(hours.total),
    CASE hours.quantity WHEN 'lag' THEN avg(hours.least) ELSE min(hours.least) END, max(hours.most)
FROM total_1h AS hours
WHERE hours.site_id = 0 AND hours.kind = 'platform' AND hours.bucket >= %(start)s AND hours.bucket < %(stop)s
GROUP BY hours.quantity, wall.slot(hours.bucket, 86400000)
ON CONFLICT (site_id, kind, quantity, bucket) DO UPDATE
SET series = excluded.series, total = excluded.total, least = excluded.least, most = excluded.most;

-- name: make_worst_junctions
-- Split failures of each junction in the last 24 hours; what has had none since has no row.
WITH summed AS (
    SELECT hours.site_id, sum(hours.total) AS split_failures
    FROM total_1h AS hours
    WHERE hours.site_id <> 0 AND hours.kind = 'signal_phase' AND hours.quantity = 'split_failures'
        AND hours.bucket > now() - INTERVAL '24 hours'
    GROUP BY hours.site_id
),

gone AS (
    DELETE FROM wall_junction AS known WHERE NOT EXISTS (SELECT FROM summed WHERE summed.site_id = known.site_id)
)

INSERT INTO wall_junction AS known (site_id, split_failures)
SELECT summed.site_id, summed.split_failures FROM summed
ON CONFLICT (site_id) DO UPDATE SET split_failures = excluded.split_failures
WHERE known.split_failures <> excluded.split_failures;

-- name: make_incident_days
-- Incidents by the day of their opening: as they stand now, for a day is not over before its incidents are.
WITH counted AS (
    SELECT (incident.opened_at AT TIME ZONE INTERVAL '7 hours')::date AS day, incident.category,
        count(*) AS opened,
        count(*) FILTER (WHERE incident.state = 'closed') AS verified,
        count(*) FILTER (
            WHERE coalesce(incident.acknowledged_at, now()) > incident.due_acknowledge_at
            OR coalesce(incident.on_site_at, incident.resolved_at, now()) > incident.due_arrive_at
            OR coalesce(incident.resolved_at, now()) > incident.due_resolve_at
        ) AS late,
        coalesce(sum(extract(EPOCH FROM incident.acknowledged_at - incident.opened_at)), 0) AS acknowledge_s,
        count(incident.acknowledged_at) AS acknowledged,
        coalesce(sum(extract(EPOCH FROM incident.on_site_at - incident.opened_at)), 0) AS arrive_s,
        count(incident.on_site_at) AS arrived,
        coalesce(sum(extract(EPOCH FROM incident.resolved_at - incident.opened_at)), 0) AS resolve_s,
        count(incident.resolved_at) AS resolved
    FROM incident
    WHERE incident.opened_at > now() - INTERVAL '400 days' AND incident.state <> 'merged'
    GROUP BY 1, 2
),

gone AS (
    DELETE FROM wall_incident_day AS known
    WHERE NOT EXISTS (SELECT FROM counted WHERE counted.day = known.day AND counted.category = known.category)
)

INSERT INTO wall_incident_day AS known (
    day, category, opened, verified, late, acknowledge_s, acknowledged, arrive_s, arrived, resolve_s, resolved
)
SELECT day, category, opened, verified, late, acknowledge_s, acknowledged, arrive_s, arrived, resolve_s, resolved FROM counted
ON CONFLICT (day, category) DO UPDATE
SET
    opened = excluded.opened, verified = excluded.verified, late = excluded.late, acknowledge_s = excluded.acknowledge_s,
    acknowledged = excluded.acknowledged, arrive_s = excluded.arrive_s, arrived = excluded.arrived,
    resolve_s = excluded.resolve_s, resolved = excluded.resolved
WHERE known IS DISTINCT FROM excluded;

-- name: make_relation_sizes
-- Bytes of the hypertables and of the whole database: every file is asked, so not each time that somebody looks.
INSERT INTO wall_relation (relation, bytes, chunks)
SELECT '*', pg_database_size(current_database()), NULL
UNION ALL
SELECT
    named.hypertable_name::text,
    coalesce((
        SELECT sum(pg_total_relation_size(format('%%I.%%I', chunks.chunk_schema, chunks.chunk_name)::regclass))
        FROM timescaledb_information.chunks AS chunks
        WHERE chunks.hypertable_schema = named.hypertable_schema AND chunks.hypertable_name = named.hypertable_name
    ), 0),
    named.num_chunks
FROM timescaledb_information.hypertables AS named
ON CONFLICT (relation) DO UPDATE SET bytes = excluded.bytes, chunks = excluded.chunks;

-- name: forget_minute_totals
-- Minutes of the regency older than the finest course needs them.
DELETE FROM total_1m WHERE bucket < now() - INTERVAL '90 days';

-- name: forget_site_totals
-- Hours of single junctions; their days stay for good.
DELETE FROM total_1h WHERE site_id <> 0 AND bucket < now() - INTERVAL '90 days';

-- name: set_totals
-- Remember how far the totals have come.
UPDATE total_state SET hours_until = %(hours)s, days_until = %(days)s;

-- name: take_late_totals
-- Hours whose rollups were made again; they come back if this transaction does not commit.
DELETE FROM total_late RETURNING "hour";

-- name: note_late_totals
-- An hour whose rollups were made again.
INSERT INTO total_late ("hour") VALUES (%(hour)s) ON CONFLICT DO NOTHING;
