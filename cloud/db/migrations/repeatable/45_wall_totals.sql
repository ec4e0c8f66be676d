-- The course of the regency's totals, and the choice of level by span: a panel never reads more than about 1,500 rows.

CREATE OR REPLACE FUNCTION wall.level(from_at timestamptz, to_at timestamptz) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
-- Minutes up to a day, hours up to seven weeks, then days.
RETURN CASE
    WHEN to_at - from_at <= INTERVAL '26 hours' THEN '1m'
    WHEN to_at - from_at <= INTERVAL '50 days' THEN '1h'
    ELSE '1d'
END;
COMMENT ON FUNCTION wall.level IS 'Level of rollup for a span of time: 1m, 1h or 1d.';

CREATE OR REPLACE FUNCTION wall.level_of_hours(from_at timestamptz, to_at timestamptz) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN to_at - from_at <= INTERVAL '8 days' THEN '1h' ELSE '1d' END;
COMMENT ON FUNCTION wall.level_of_hours IS 'The same for what is kept by the hour and by the day only.';

CREATE OR REPLACE FUNCTION wall.slot(at timestamptz, width_ms double precision) RETURNS timestamptz
LANGUAGE sql IMMUTABLE PARALLEL SAFE
-- Days begin at midnight in Pasuruan (+07); Grafana's own macro would begin them at midnight in Greenwich.
RETURN time_bucket(
    make_interval(secs => greatest(width_ms, 1000) / 1000), at, origin => TIMESTAMPTZ '2000-01-01 00:00+07');
COMMENT ON FUNCTION wall.slot IS 'The slot of a width in milliseconds that an instant falls into.';

CREATE VIEW wall.total AS
SELECT '1m' AS level, kept.bucket AS "time", kept.kind, kept.quantity, kept.series, kept.total,
    kept.total / nullif(kept.series, 0) AS mean, kept.least, kept.most
FROM total_1m AS kept WHERE kept.site_id = 0
UNION ALL
SELECT '1h', kept.bucket, kept.kind, kept.quantity, kept.series, kept.total,
    kept.total / nullif(kept.series, 0), kept.least, kept.most
FROM total_1h AS kept WHERE kept.site_id = 0
UNION ALL
SELECT '1d', kept.bucket, kept.kind, kept.quantity, kept.series, kept.total,
    kept.total / nullif(kept.series, 0), kept.least, kept.most
FROM total_1d AS kept WHERE kept.site_id = 0;
COMMENT ON VIEW wall.total IS
'Totals over the regency: filter by level (wall.level), kind, quantity and time. series: of how many; the silent are missing.';

CREATE VIEW wall.site_total AS
SELECT '1h' AS level, kept.bucket AS "time", site.code AS site, site.name AS site_name, kept.kind, kept.quantity,
    kept.series, kept.total, kept.total / nullif(kept.series, 0) AS mean, kept.least, kept.most
FROM total_1h AS kept INNER JOIN site ON kept.site_id = site.id
UNION ALL
SELECT '1d', kept.bucket, site.code, site.name, kept.kind, kept.quantity,
    kept.series, kept.total, kept.total / nullif(kept.series, 0), kept.least, kept.most
FROM total_1d AS kept INNER JOIN site ON kept.site_id = site.id;
COMMENT ON VIEW wall.site_total IS 'The same for each junction, hours of the last 90 days: filter by level, site and time.';

CREATE VIEW wall.course AS
SELECT '1m' AS level, minutes.* FROM wall.sample_1m AS minutes
UNION ALL
SELECT '1h', hours.* FROM wall.sample_1h AS hours
UNION ALL
SELECT '1d', days.* FROM wall.sample_1d AS days;
COMMENT ON VIEW wall.course IS 'Minutes, hours and days of single series: filter by level (wall.level), site or asset, quantity and time.';
