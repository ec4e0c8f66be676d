-- Street lamps: what burns, what should, what does not.

-- name: burning_now
-- Circuits that are commanded on and have no fault, and those with a fault; NULL where nobody knows.
SELECT
    -- A fault may be known by day, too, when nothing burns. greatest() alone would take what is unknown for 0.
    CASE WHEN seen.commanded_on IS NOT NULL THEN greatest(0, seen.commanded_on - coalesce(seen.faults, 0)) END AS burning,
    seen.faults
FROM (
    SELECT
        max(total) FILTER (WHERE quantity = 'commanded_on') AS commanded_on,
        max(total) FILTER (WHERE quantity = 'lamp_fault') AS faults
    FROM wall.newest WHERE kind = 'lamp_circuit' AND quantity IN ('commanded_on', 'lamp_fault')
) AS seen

-- name: course_of_regency
-- Circuits commanded on and circuits with a fault.
SELECT wall.slot(time, $__interval_ms) AS time,
    avg(total) FILTER (WHERE quantity = 'commanded_on') AS commanded_on,
    avg(total) FILTER (WHERE quantity = 'lamp_fault') AS faults
FROM wall.total
WHERE level = wall.level($__timeFrom(), $__timeTo()) AND kind = 'lamp_circuit'
    AND quantity IN ('commanded_on', 'lamp_fault') AND $__timeFilter(time)
GROUP BY 1 ORDER BY 1

-- name: current_of_regency
-- Current of all circuits together.
SELECT wall.slot(time, $__interval_ms) AS time, avg(total) AS current
FROM wall.total
WHERE level = wall.level($__timeFrom(), $__timeTo()) AND kind = 'lamp_circuit' AND quantity = 'current' AND $__timeFilter(time)
GROUP BY 1 ORDER BY 1

-- name: faults
-- Circuits that report a fault, the newest first.
SELECT since AS time, asset, name, site, site_name, district, age_s
FROM wall.trouble WHERE quantity = 'lamp_fault' ORDER BY since DESC LIMIT 50

-- name: cabinets
-- Open doors and missing mains.
SELECT since AS time, asset, name, site, site_name, district, quantity, age_s
FROM wall.trouble WHERE quantity IN ('door_open', 'mains_present') ORDER BY since DESC LIMIT 50

-- name: sites
-- For the variable `site`.
SELECT name AS __text, site AS __value FROM wall.lamp_site ORDER BY name

-- name: course_of_site
-- One quantity of each circuit of the site.
SELECT wall.slot(time, $__interval_ms) AS time, asset AS metric, avg(avg) AS value
FROM wall.course
WHERE level = wall.level($__timeFrom(), $__timeTo()) AND site = ${{site:sqlstring}} AND quantity = {quantity} AND $__timeFilter(time)
GROUP BY 1, 2 ORDER BY 1
