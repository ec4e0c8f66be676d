-- The truth itself, for where the pulse is old. As functions, because a view that may turn to it is otherwise planned
-- with all of it each time: 11 ms for an answer that takes 0.3 (2026-11-22). They are their owner's: who reads the wall
-- reads no table.

CREATE OR REPLACE FUNCTION wall.asset_truth() RETURNS TABLE (
    asset text, name text, kind text, site text, site_name text, district text, box text, state text, since timestamptz,
    last_seen_at timestamptz, age_s double precision
)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
BEGIN ATOMIC
    SELECT seen.asset, seen.name, seen.kind, seen.site, seen.site_name, seen.district, seen.box, seen.state,
        NULL::timestamptz, seen.last_seen_at, seen.age_s
    FROM wall.asset_state AS seen;
END;

CREATE OR REPLACE FUNCTION wall.site_truth() RETURNS TABLE (
    site text, name text, district text, latitude double precision, longitude double precision, state text,
    boxes integer, boxes_silent integer, assets integer, assets_ok integer, last_seen_at timestamptz
)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
BEGIN ATOMIC
    SELECT seen.site, seen.name, seen.district, seen.latitude, seen.longitude, seen.state,
        seen.boxes::integer, seen.boxes_silent::integer, seen.assets::integer, seen.assets_ok::integer, seen.last_seen_at
    FROM wall.site_state AS seen;
END;

CREATE OR REPLACE FUNCTION wall.count_truth() RETURNS TABLE (kind text, state text, n integer)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
BEGIN ATOMIC
    SELECT seen.kind, seen.state, count(*)::integer FROM wall.asset_state AS seen GROUP BY seen.kind, seen.state
    UNION ALL
    SELECT 'box_slot', seen.state, count(*)::integer FROM wall.box_state AS seen GROUP BY seen.state
    UNION ALL
    SELECT 'site', seen.state, count(*)::integer FROM wall.site_state AS seen GROUP BY seen.state;
END;

CREATE OR REPLACE FUNCTION wall.level_before(of_series integer, newest_at timestamptz)
RETURNS TABLE (at timestamptz, level_m double precision)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp ROWS 1
BEGIN ATOMIC
    SELECT minute.bucket, minute.last
    FROM sample_1m AS minute
    WHERE minute.series_id = of_series AND minute.bucket > now() - INTERVAL '2 hours'
    AND minute.bucket <= newest_at - INTERVAL '20 minutes'
    ORDER BY minute.bucket DESC
    LIMIT 1;
END;

CREATE OR REPLACE FUNCTION wall.rain_before(of_series integer)
RETURNS TABLE (hour_mm double precision, day_mm double precision)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp ROWS 1
BEGIN ATOMIC
    SELECT
        (SELECT max(minute.max) - min(minute.min) FROM sample_1m AS minute
         WHERE minute.series_id = of_series AND minute.bucket > now() - INTERVAL '1 hour'),
        (SELECT max(hours.max) - min(hours.min) FROM sample_1h AS hours
         WHERE hours.series_id = of_series AND hours.bucket > now() - INTERVAL '24 hours');
END;
