-- Incidents, their clocks, alarms. Empty until cloud/operations is there.

-- name: open_now
-- Incidents that are not yet verified; NULL where nothing counts them.
SELECT CASE WHEN is_there THEN (SELECT count(*) FROM wall.incident) END AS incidents FROM wall.capability WHERE capability = 'operations'

-- name: by_clock
-- Open incidents by the state of their legal clock.
SELECT clock_state, count(*) AS incidents FROM wall.incident GROUP BY 1 ORDER BY 1

-- name: queue
-- Open incidents, the one that is due first.
SELECT opened_at AS time, incident, title, category, severity, state, clock_state, due_at, assigned_to, site_name, district
FROM wall.incident ORDER BY due_at NULLS LAST LIMIT 100

-- name: alarm_rate
-- Alarms in ten minutes, for each operator.
SELECT wall.slot(time, $__interval_ms) AS time, operator AS metric, max(alarms_per_10min) AS value
FROM wall.alarm_rate WHERE $__timeFilter(time) GROUP BY 1, 2 ORDER BY 1

-- name: alerts
-- What Grafana's rules have sent to the platform.
SELECT received_at AS time, status, rule, category, severity, summary FROM wall.grafana_alert
WHERE $__timeFilter(received_at) ORDER BY received_at DESC LIMIT 50
