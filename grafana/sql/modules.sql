-- Public services: figures with their age. Empty until cloud/modules is there.

-- name: value_of
-- One indicator; no row where there is none.
SELECT value, target, age_s FROM wall.indicator WHERE indicator = {indicator} ORDER BY true_at DESC LIMIT 1

-- name: all_of
-- Every indicator of a module with its age.
SELECT {title} AS title, value, unit, target, state, true_at AS time, fetched_at, age_s
FROM wall.indicator WHERE module = {module} ORDER BY indicator LIMIT 100

-- name: all_indicators
-- Every indicator of every module with its age.
SELECT module, {title} AS title, value, unit, target, state, true_at AS time, fetched_at, age_s
FROM wall.indicator ORDER BY module, indicator LIMIT 300

-- name: course_of
-- One indicator over time against its target.
SELECT time, value, target FROM wall.indicator_course WHERE indicator = {indicator} AND $__timeFilter(time) ORDER BY 1
