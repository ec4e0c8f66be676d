-- Rivers and rain.

-- name: gauges
-- For the variable `gauge`.
SELECT name AS __text, gauge AS __value FROM wall.gauge ORDER BY name

-- name: stages_now
-- Each gauge against its stages, the worst first; what nobody knows comes before what is well.
SELECT name, severity, level_m, lead_s, next_stage, rate_m_h, liveness, age_s, gauge
FROM wall.gauge ORDER BY coalesce(severity, 0.5) DESC, name LIMIT 60

-- name: rivers
-- The highest rivers: name, level and the minutes to the next stage; what nobody knows is -1.
SELECT
    name || coalesce('  ' || replace(to_char(level_m, 'FM990.00'), '.', {point}) || ' m', '')
    || coalesce('  ↑ ' || ceil(lead_s / 60)::integer || ' ' || {minutes}, '') AS river,
    coalesce(severity, -1) AS severity
FROM wall.gauge ORDER BY coalesce(wall.gauge.severity, 0.5) DESC, level_m DESC NULLS LAST LIMIT 6

-- name: worst_stage
-- The most serious stage that any gauge has reached, and how many gauges are silent.
SELECT coalesce(max(severity), -1) AS severity, count(*) FILTER (WHERE severity IS NULL) AS silent FROM wall.gauge

-- name: level
-- Level of the chosen gauge.
SELECT wall.slot(time, $__interval_ms) AS time, max(max) AS level
FROM wall.course
WHERE level = wall.level($__timeFrom(), $__timeTo()) AND asset = ${{gauge:sqlstring}} AND quantity = 'water_level' AND $__timeFilter(time)
GROUP BY 1 ORDER BY 1

-- name: stage_lines
-- Its stages, as lines over the time shown.
SELECT at.time, 'Siaga ' || marks.stage AS metric, marks.level_m AS value
FROM wall.gauge_stage AS marks
CROSS JOIN (VALUES ($__timeFrom()::timestamptz), ($__timeTo()::timestamptz)) AS at (time)
WHERE marks.gauge = ${{gauge:sqlstring}} ORDER BY 1

-- name: rain_now
-- Each rain gauge: now, last hour, last day.
SELECT name, site_name, district, rate_mm_h, last_hour_mm, last_24h_mm, age_s
FROM wall.rain ORDER BY rate_mm_h DESC NULLS LAST, name LIMIT 60

-- name: rain_of_regency
-- The heaviest rain anywhere.
SELECT wall.slot(time, $__interval_ms) AS time, max(most) AS rate
FROM wall.total
WHERE level = wall.level($__timeFrom(), $__timeTo()) AND kind IN ('river_gauge', 'weather_mast') AND quantity = 'rain_rate'
    AND $__timeFilter(time)
GROUP BY 1 ORDER BY 1

-- name: warnings
-- Warnings in force by CAP.
SELECT sent_at AS time, {headline} AS headline, severity, area, sender, expires_at
FROM wall.warning ORDER BY sent_at DESC LIMIT 20

-- name: feeds
-- What others publish and we read; the longest silent first.
SELECT regexp_replace(url, '^https?://', '') AS source, age_s, {fault} AS detail FROM wall.feed ORDER BY age_s DESC NULLS FIRST LIMIT 20

-- name: arrivals
-- When what stands above arrives below, the soonest first.
SELECT upstream_name, downstream_name, downstream_district, arrives_at, lead_s
FROM wall.river_reach WHERE arrives_at IS NOT NULL ORDER BY arrives_at LIMIT 20

-- name: city_stage
-- The stage of the regency; nothing while nobody has set one.
SELECT stage FROM wall.city_stage

-- name: earthquakes
-- Earthquakes of the span, newest first.
SELECT at AS time, magnitude, place AS site_name, depth_km, distance_km, felt
FROM wall.earthquake WHERE $__timeFilter(at) ORDER BY at DESC LIMIT 20
