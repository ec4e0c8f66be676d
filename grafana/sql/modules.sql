-- Public services: figures with their age.

-- name: value_of
-- One indicator against its target; no row where there is none.
SELECT value, target, state, age_s
FROM wall.indicator WHERE module = {module} AND indicator = {indicator} ORDER BY true_at DESC LIMIT 1

-- name: by_place
-- One indicator by its places, the greatest first.
SELECT coalesce({place}, '-') AS place, value
FROM wall.module_figure WHERE module = {module} AND indicator = {indicator} ORDER BY value DESC NULLS LAST LIMIT 30

-- name: all_of
-- Every figure of a module with its place and its age; what is kept back has no value.
SELECT {title} AS title, {place} AS place, value, unit,
    CASE WHEN stale THEN 'late' ELSE coalesce(severity, 'ok') END AS state, true_at AS time, fetched_at, age_s
FROM wall.module_figure WHERE module = {module} ORDER BY indicator, keys LIMIT 300

-- name: all_indicators
-- Every indicator of every module with its age.
SELECT {module_title} AS module, {title} AS title, value, unit, target, state, true_at AS time, fetched_at, age_s
FROM wall.indicator ORDER BY module, indicator LIMIT 300

-- name: of_district
-- Everything that any module says of one district.
SELECT {module_title} AS module, {title} AS title, {place} AS place, value, unit,
    CASE WHEN stale THEN 'late' ELSE coalesce(severity, 'ok') END AS state, true_at AS time, fetched_at
FROM wall.district_figure
WHERE district_code = ${{district:sqlstring}} AND module IS NOT NULL ORDER BY module, indicator, keys LIMIT 300

-- name: districts
-- The regency's districts by their names.
SELECT DISTINCT district AS __text, district_code AS __value FROM wall.district_figure ORDER BY 1

-- name: troubles
-- What is overdue, and figures that wait for a person.
SELECT {title} AS title, kind AS status, owner, {detail} AS detail, since AS time
FROM wall.module_trouble ORDER BY since LIMIT 100

-- name: course_of
-- One indicator over time against its target.
SELECT time, value, target
FROM wall.indicator_course
WHERE module = {module} AND indicator = {indicator} AND $__timeFilter(time) ORDER BY 1
