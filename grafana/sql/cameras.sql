-- Cameras: whether they see, what they count, what they noticed.

-- name: sites
-- For the variable `site`.
SELECT name AS __text, site AS __value FROM wall.camera_site ORDER BY name

-- name: figure_of_cameras
-- Mean of a quantity over all cameras.
SELECT wall.slot(time, $__interval_ms) AS time, avg(mean) AS value, avg(series) AS cameras
FROM wall.total
WHERE level = wall.level($__timeFrom(), $__timeTo()) AND kind = 'camera' AND quantity = {quantity} AND $__timeFilter(time)
GROUP BY 1 ORDER BY 1

-- name: course_of_site
-- One quantity of each camera of the site.
SELECT wall.slot(time, $__interval_ms) AS time, asset AS metric, avg(avg) AS value
FROM wall.course
WHERE level = wall.level($__timeFrom(), $__timeTo()) AND site = ${{site:sqlstring}} AND quantity = {quantity} AND $__timeFilter(time)
GROUP BY 1, 2 ORDER BY 1

-- name: classes_of_site
-- What passes a minute, by class, over the counting lines of the site.
SELECT time, quantity AS metric, sum(value) AS value
FROM (
    SELECT wall.slot(time, $__interval_ms) AS time, asset, quantity, avg(avg) AS value
    FROM wall.course
    WHERE level = wall.level($__timeFrom(), $__timeTo()) AND site = ${{site:sqlstring}}
        AND quantity IN ('volume_person', 'volume_motorcycle', 'volume_car', 'volume_bus', 'volume_truck')
        AND $__timeFilter(time)
    GROUP BY 1, 2, 3
) AS each
GROUP BY 1, 2 ORDER BY 1
