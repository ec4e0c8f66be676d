-- Incidents, their clocks, crews, alarms.

-- name: open_now
-- Incidents that are not yet verified; NULL where nothing counts them.
SELECT CASE WHEN is_there THEN (SELECT count(*) FROM wall.incident) END AS incidents FROM wall.capability WHERE capability = 'operations'

-- name: by_clock
-- Open incidents by the state of their legal clock; NULL where nothing counts them.
SELECT
    CASE WHEN there.is_there THEN counted.past END AS past,
    CASE WHEN there.is_there THEN counted.near END AS near,
    CASE WHEN there.is_there THEN counted.within END AS within,
    CASE WHEN there.is_there THEN counted.free END AS free
FROM wall.capability AS there
CROSS JOIN (
    SELECT
        count(*) FILTER (WHERE clock_state = 'over') AS past,
        count(*) FILTER (WHERE clock_state = 'near') AS near,
        count(*) FILTER (WHERE clock_state = 'within') AS within,
        count(*) FILTER (WHERE clock_state = 'none') AS free
    FROM wall.incident
) AS counted
WHERE there.capability = 'operations'

-- name: most_urgent
-- What is due first, in a few words.
SELECT left({title}, 60) AS title, clock_state FROM wall.incident ORDER BY due_at NULLS LAST, opened_at LIMIT 6

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

-- name: alarm_quality
-- Whether each agency's alarms can be borne, of the last day (ISA-18.2).
SELECT agency, operators, per_operator_h, last_hour_per_operator, busiest_10min, standing, chattering, top_ten_pct
FROM wall.alarm_quality ORDER BY per_operator_h DESC, agency

-- name: announcements
-- What was announced over loudspeakers in the last day, and what proves it.
SELECT at AS time, loudspeaker, site_name, kind, coalesce(said, clip) AS said, state, grade, detail, account, incident
FROM wall.announcement ORDER BY at DESC, loudspeaker LIMIT 50

-- name: alerts
-- What Grafana's rules have sent to the platform.
SELECT received_at AS time, status, rule, category, severity, summary FROM wall.grafana_alert
WHERE $__timeFilter(received_at) ORDER BY received_at DESC LIMIT 50
