-- Public services: figures with their age.

-- name: value_of
-- One indicator; no row where there is none.
SELECT value, target, age_s FROM wall.indicator WHERE indicator = {indicator} ORDER BY true_at DESC LIMIT 1

-- name: all_of
-- Every figure of a module with its place and its age; what is kept back has no value.
SELECT {title} AS title, array_to_string(keys, ', ') AS place, value, unit,
    CASE WHEN stale THEN 'late' ELSE 'ok' END AS state, true_at AS time, fetched_at, age_s
FROM wall.module_figure WHERE module = {module} ORDER BY indicator, keys LIMIT 300

-- name: all_indicators
-- Every indicator of every module with its age.
SELECT module, {title} AS title, value, unit, target, state, true_at AS time, fetched_at, age_s
FROM wall.indicator ORDER BY module, indicator LIMIT 300

-- name: course_of
-- One indicator over time against its target.
SELECT time, value, target FROM wall.indicator_course WHERE indicator = {indicator} AND $__timeFilter(time) ORDER BY 1
