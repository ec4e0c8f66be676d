-- Rivers and rain: where the level stands against its stages, and how long until the next at the present rate.

CREATE VIEW wall.gauge AS
SELECT
    asset.code AS gauge, asset.name, site.code AS site, site.name AS site_name, site.district,
    site.latitude, site.longitude,
    latest."time" AS level_at,
    extract(EPOCH FROM now() - latest."time")::double precision AS age_s,
    judged.liveness,
    latest.value AS level_m,
    (latest.value - before.level_m) * 3600 / extract(EPOCH FROM latest."time" - before.at) AS rate_m_h,
    reached.stage,
    next_up.stage AS next_stage,
    next_up.level_m AS next_level_m,
    -- Only while it rises by more than 2 cm an hour: below that a lead time would be noise.
    CASE
        WHEN (latest.value - before.level_m) * 3600 / extract(EPOCH FROM latest."time" - before.at) > 0.02
            THEN (next_up.level_m - latest.value) * extract(EPOCH FROM latest."time" - before.at)
                / (latest.value - before.level_m)
    END::double precision AS lead_s,
    stages.siaga_3_m, stages.siaga_2_m, stages.siaga_1_m,
    CASE
        WHEN judged.liveness IN ('silent', 'never') OR latest.value IS NULL THEN NULL
        ELSE 4 - coalesce(reached.stage, 4)
    END AS severity
FROM asset
LEFT JOIN site ON asset.site_id = site.id
LEFT JOIN series ON asset.id = series.asset_id AND series.quantity = 'water_level'
LEFT JOIN series_latest AS latest ON series.id = latest.series_id
-- Judged here and now, by the level itself: a warning does not wait for the pulse.
CROSS JOIN LATERAL (
    SELECT CASE
        WHEN latest."time" IS NULL THEN 'never'
        WHEN least(latest."time", latest.received_at)
            > now() - (2 * coalesce(asset.expected_interval_s, 300) + 5) * INTERVAL '1 s' THEN 'ok'
        WHEN least(latest."time", latest.received_at)
            > now() - (4 * coalesce(asset.expected_interval_s, 300) + 5) * INTERVAL '1 s' THEN 'late'
        ELSE 'silent'
    END AS liveness
) AS judged
LEFT JOIN LATERAL (
    SELECT kept.before_at AS at, kept.before_m AS level_m FROM wall_gauge AS kept
    WHERE kept.asset_id = asset.id AND (SELECT pulse.is_fresh FROM wall.pulse AS pulse)
    UNION ALL
    SELECT earlier.* FROM wall.level_before(series.id, latest."time") AS earlier
    WHERE NOT (SELECT pulse.is_fresh FROM wall.pulse AS pulse)
) AS before ON true
LEFT JOIN LATERAL (
    SELECT min(marks.stage) AS stage FROM gauge_stage AS marks
    WHERE marks.asset_id = asset.id AND marks.level_m <= latest.value
) AS reached ON true
LEFT JOIN LATERAL (
    SELECT marks.stage, marks.level_m FROM gauge_stage AS marks
    WHERE marks.asset_id = asset.id AND marks.level_m > latest.value
    ORDER BY marks.level_m
    LIMIT 1
) AS next_up ON true
LEFT JOIN LATERAL (
    SELECT
        max(marks.level_m) FILTER (WHERE marks.stage = 3) AS siaga_3_m,
        max(marks.level_m) FILTER (WHERE marks.stage = 2) AS siaga_2_m,
        max(marks.level_m) FILTER (WHERE marks.stage = 1) AS siaga_1_m
    FROM gauge_stage AS marks WHERE marks.asset_id = asset.id
) AS stages ON true
WHERE asset.kind = 'river_gauge';
COMMENT ON VIEW wall.gauge IS
'One row a river gauge, always. stage: the Siaga it has reached (3 first, 1 last); severity 0 to 3, NULL where nobody knows. lead_s: until the next stage at the rate of the last 20 minutes or more.';

CREATE VIEW wall.gauge_stage AS
SELECT asset.code AS gauge, marks.stage, marks.level_m
FROM gauge_stage AS marks INNER JOIN asset ON marks.asset_id = asset.id;

CREATE VIEW wall.rain AS
SELECT
    asset.code AS asset, asset.name, site.code AS site, site.name AS site_name, site.district,
    rate.value AS rate_mm_h, rate."time" AS rate_at,
    extract(EPOCH FROM now() - rate."time")::double precision AS age_s,
    fallen.hour_mm AS last_hour_mm, fallen.day_mm AS last_24h_mm
FROM asset
LEFT JOIN site ON asset.site_id = site.id
INNER JOIN series AS rate_series ON asset.id = rate_series.asset_id AND rate_series.quantity = 'rain_rate'
INNER JOIN series_latest AS rate ON rate_series.id = rate.series_id
LEFT JOIN series AS total_series ON asset.id = total_series.asset_id AND total_series.quantity = 'rain_total'
LEFT JOIN LATERAL (
    SELECT kept.hour_mm, kept.day_mm FROM wall_gauge AS kept
    WHERE kept.asset_id = asset.id AND (SELECT pulse.is_fresh FROM wall.pulse AS pulse)
    UNION ALL
    SELECT earlier.* FROM wall.rain_before(total_series.id) AS earlier
    WHERE NOT (SELECT pulse.is_fresh FROM wall.pulse AS pulse)
) AS fallen ON true;
COMMENT ON VIEW wall.rain IS 'One row a rain gauge: intensity now, and what fell in the last hour and the last 24.';
