-- Boxes: link, disk, temperature, outbox, versions.

-- name: boxes
-- For the variable `box`.
SELECT box AS __text, box AS __value FROM wall.box_version ORDER BY box

-- name: table_of_boxes
-- The boxes that are not heard of first, then those that hold most back.
SELECT box, site_name, district, state, since AS time, age_s, version, disk, disk_used_pct, soc_temperature_cel, outbox_messages,
    outbox_oldest_age_s, clock_offset_s, uptime_s
FROM wall.box_worst LIMIT 50

-- name: versions
-- Which versions run, on how many boxes.
SELECT coalesce(nullif(version, ''), '?') AS version, count(*) AS boxes FROM wall.box_version GROUP BY 1 ORDER BY 2 DESC LIMIT 20

-- name: course_of_box
-- One quantity of the chosen box.
SELECT wall.slot(time, $__interval_ms) AS time, avg(avg) AS value
FROM wall.course
WHERE level = wall.level($__timeFrom(), $__timeTo()) AND asset = ${{box:sqlstring}} AND quantity = {quantity} AND $__timeFilter(time)
GROUP BY 1 ORDER BY 1

-- name: outbox_of_regency
-- Messages that wait on all boxes together, and the most on one.
SELECT wall.slot(time, $__interval_ms) AS time, avg(total) AS total, max(most) AS most
FROM wall.total
WHERE level = wall.level($__timeFrom(), $__timeTo()) AND kind = 'box' AND quantity = 'outbox_messages' AND $__timeFilter(time)
GROUP BY 1 ORDER BY 1

-- name: screens
-- The wall itself: each of its screens.
SELECT asset, name, site_name, state, age_s FROM wall.screen ORDER BY asset LIMIT 50
