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
