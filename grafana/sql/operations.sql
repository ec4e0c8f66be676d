-- Incidents, their clocks, crews, alarms.

-- name: open_now
-- Incidents that are not yet verified; NULL where nothing counts them.
SELECT CASE WHEN is_there THEN (SELECT count(*) FROM wall.incident) END AS incidents FROM wall.capability WHERE capability = 'operations'

-- name: by_clock
-- Open incidents by the state of their legal clock.
SELECT clock_state, count(*) AS incidents FROM wall.incident GROUP BY 1 ORDER BY 1

-- name: queue
-- Open incidents, the one that is due first.
SELECT opened_at AS time, incident, {title} AS title, category, severity, state, clock_state, due_at, assigned_to, crews, count, district
FROM wall.incident ORDER BY due_at NULLS LAST LIMIT 50

-- name: alarm_rate
-- Alarms in ten minutes, for each operator.
SELECT wall.slot(time, $__interval_ms) AS time, operator AS metric, max(alarms_per_10min) AS value
FROM wall.alarm_rate WHERE $__timeFilter(time) GROUP BY 1, 2 ORDER BY 1

-- name: crews
-- Every crew: whether it is free, and what it is on.
SELECT crew, agency, CASE WHEN incident IS NOT NULL THEN 'busy' WHEN on_duty AND on_shift THEN 'free' ELSE 'off' END AS state,
    incident, site_name, position_at
FROM wall.crew ORDER BY (incident IS NULL), crew

-- name: by_category
-- What was opened in the time shown, how much of it past a clock, how long each step took.
SELECT category, sum(opened) AS opened, sum(verified) AS verified, sum(late) AS late,
    sum(acknowledge_s) / nullif(sum(acknowledged), 0) AS acknowledge_s,
    sum(arrive_s) / nullif(sum(arrived), 0) AS arrive_s,
    sum(resolve_s) / nullif(sum(resolved), 0) AS resolve_s
FROM wall.incident_total WHERE day >= ($__timeFrom()::timestamptz AT TIME ZONE 'Asia/Jakarta')::date
AND day <= ($__timeTo()::timestamptz AT TIME ZONE 'Asia/Jakarta')::date GROUP BY 1 ORDER BY 2 DESC

-- name: alerts
-- What Grafana's rules have sent to the platform.
SELECT received_at AS time, status, rule, category, severity, summary FROM wall.grafana_alert
WHERE $__timeFilter(received_at) ORDER BY received_at DESC LIMIT 50
