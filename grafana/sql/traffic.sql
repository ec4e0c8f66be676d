-- Junctions: what the street sees, what the controller does, who changed it.

-- name: junctions
-- For the variable `site`.
SELECT name AS __text, site AS __value FROM wall.junction_site ORDER BY name

-- name: index_now
-- Mean occupancy of all detectors that are heard of.
SELECT mean AS occupancy_pct FROM wall.newest WHERE kind = 'detector' AND quantity = 'occupancy'

-- name: volume_of_regency
-- Vehicles a minute over all detectors.
SELECT wall.slot(time, $__interval_ms) AS time, avg(total) AS volume
FROM wall.total
WHERE level = wall.level($__timeFrom(), $__timeTo()) AND kind = 'detector' AND quantity = 'volume' AND $__timeFilter(time)
GROUP BY 1 ORDER BY 1

-- name: occupancy_of_regency
-- Mean occupancy over all detectors.
SELECT wall.slot(time, $__interval_ms) AS time, avg(mean) AS occupancy
FROM wall.total
WHERE level = wall.level($__timeFrom(), $__timeTo()) AND kind = 'detector' AND quantity = 'occupancy' AND $__timeFilter(time)
GROUP BY 1 ORDER BY 1

-- name: state_of_junctions
-- Each junction with its controller's liveness.
SELECT site, name, district, authority, corridor, box_state, controller_state, age_s
FROM wall.junction_now ORDER BY (box_state <> 'online' OR controller_state <> 'ok') DESC, name LIMIT 50

-- name: worst_junctions
-- Where most cycles failed to serve their queue, in the last 24 hours.
SELECT site, name, split_failures FROM wall.worst_junction ORDER BY split_failures DESC LIMIT 10

-- name: course_of_junction
-- One quantity of each asset of one kind at the junction.
SELECT wall.slot(time, $__interval_ms) AS time, asset AS metric, avg(avg) AS value
FROM wall.course
WHERE level = wall.level($__timeFrom(), $__timeTo()) AND site = ${{site:sqlstring}} AND quantity = {quantity} AND $__timeFilter(time)
GROUP BY 1, 2 ORDER BY 1

-- name: leases
-- Leases asked for at the junction, in the time shown.
SELECT requested_at AS time, phase_name, extra_green_s, duration_s, reason, requester, state, end_reason,
    {refusal} AS refusal
FROM wall.lease WHERE site = ${{site:sqlstring}} AND $__timeFilter(requested_at) ORDER BY requested_at DESC LIMIT 50

-- name: open_leases
-- Leases that may change signals now, in the whole regency.
SELECT requested_at AS time, site, site_name, phase_name, extra_green_s, requester, reason, state, remaining_s
FROM wall.lease_open ORDER BY requested_at DESC LIMIT 50
