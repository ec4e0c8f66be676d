-- Operations: what is told to the engine in the transaction of its cause, what stays as it was written, and the wall.

-- Who writes events needs no right on the inbox: the function is its owner's.
CREATE OR REPLACE FUNCTION operations_told() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO operations_inbox (source, ref) VALUES (TG_ARGV[0], NEW.id::text);
    PERFORM pg_notify('operations', '');
    RETURN NULL;
END
$$;

CREATE OR REPLACE TRIGGER operations_told AFTER INSERT ON event
FOR EACH ROW EXECUTE FUNCTION operations_told('event');
CREATE OR REPLACE TRIGGER operations_told AFTER INSERT ON grafana_alert
FOR EACH ROW EXECUTE FUNCTION operations_told('alert');

CREATE OR REPLACE FUNCTION operations_noticed() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('operations', '');
    RETURN NULL;
END
$$;

CREATE OR REPLACE TRIGGER operations_noticed AFTER INSERT ON operations_inbox
FOR EACH ROW WHEN (NEW.source = 'notice') EXECUTE FUNCTION operations_noticed();

CREATE OR REPLACE FUNCTION incident_moved() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('incident', NEW.id::text);
    RETURN NULL;
END
$$;

CREATE OR REPLACE TRIGGER incident_moved AFTER INSERT OR UPDATE ON incident
FOR EACH ROW EXECUTE FUNCTION incident_moved();

CREATE OR REPLACE FUNCTION incident_log_stay() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'incident_log is append-only: % is refused', TG_OP USING ERRCODE = 'insufficient_privilege';
END
$$;

CREATE OR REPLACE TRIGGER incident_log_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON incident_log
FOR EACH STATEMENT EXECUTE FUNCTION incident_log_stay();

CREATE OR REPLACE FUNCTION incident_name(number integer) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN 'INS-' || CASE WHEN number < 10000 THEN lpad(number::text, 4, '0') ELSE number::text END;

-- The clock that runs: to somebody's taking it up, then to a crew's arrival, then to its end. The last quarter is near.
CREATE VIEW wall.incident_clock AS
SELECT
    incident.id AS incident_id,
    running.clock,
    running.due_at,
    CASE
        WHEN running.due_at IS NULL THEN 'none'
        WHEN now() > running.due_at THEN 'over'
        WHEN now() > running.due_at - (running.due_at - incident.opened_at) / 4 THEN 'near'
        ELSE 'within'
    END AS clock_state
FROM incident
CROSS JOIN LATERAL (
    SELECT
        CASE
            WHEN incident.state = 'open' THEN 'acknowledge'
            WHEN incident.state IN ('acknowledged', 'dispatched') AND incident.due_arrive_at IS NOT NULL THEN 'arrive'
            WHEN incident.state IN ('acknowledged', 'dispatched', 'on_site') THEN 'resolve'
            WHEN incident.state = 'resolved' THEN 'verify'
        END AS clock,
        CASE
            WHEN incident.state = 'open' THEN incident.due_acknowledge_at
            WHEN incident.state IN ('acknowledged', 'dispatched')
                THEN coalesce(incident.due_arrive_at, incident.due_resolve_at)
            WHEN incident.state IN ('on_site', 'resolved') THEN incident.due_resolve_at
        END AS due_at
) AS running;
COMMENT ON VIEW wall.incident_clock IS
'One row an incident: which clock runs, until when; clock_state within, near (the last quarter), over, none.';

CREATE VIEW wall.incident AS
SELECT
    incident_name(incident.number) AS incident,
    incident.title_id || coalesce(': ' || site.name, '') AS title,
    incident.title_en || coalesce(': ' || site.name, '') AS title_en,
    incident.category, incident.severity, incident.priority, incident.state,
    running.clock, running.clock_state, incident.opened_at, running.due_at,
    incident.owner AS assigned_to, incident.agency, incident.count, incident.escalation, incident.last_seen_at,
    (
        SELECT string_agg(crew.name, ', ' ORDER BY dispatch.ordered_at)
        FROM dispatch INNER JOIN crew ON dispatch.crew_id = crew.id
        WHERE dispatch.incident_id = incident.id AND NOT dispatch.ended
    ) AS crews,
    site.code AS site, site.name AS site_name, site.district,
    coalesce(incident.latitude, site.latitude) AS latitude, coalesce(incident.longitude, site.longitude) AS longitude
FROM incident
INNER JOIN wall.incident_clock AS running ON incident.id = running.incident_id
LEFT JOIN site ON incident.site_id = site.id
WHERE incident.state NOT IN ('closed', 'cancelled', 'merged');
COMMENT ON VIEW wall.incident IS 'Incidents that are not yet verified. clock_state: within, near, over, none.';

CREATE OR REPLACE FUNCTION desk_accounts(agency text) RETURNS TABLE (name text)
LANGUAGE sql STABLE
-- Accounts at an agency's desk: whom its roster names at the first level, or that for all; a role names its accounts.
BEGIN ATOMIC
    SELECT DISTINCT account.name
    FROM roster INNER JOIN account ON (
        roster.who = 'account:' || account.name
        OR (
            roster.who = 'role:' || account.role
            AND (account.role = 'admin' OR desk_accounts.agency = ANY (account.agencies))
        )
    )
    WHERE
        roster.level = 1 AND account.disabled_at IS NULL
        AND roster.agency = (
            SELECT named.agency FROM roster AS named
            WHERE named.level = 1 AND named.agency IN (desk_accounts.agency, '*')
            ORDER BY named.agency = '*' LIMIT 1
        );
END;

CREATE OR REPLACE FUNCTION desk_size(agency text) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
-- How many accounts are at an agency's desk: the wall may know that, and no roster.
BEGIN ATOMIC
    SELECT count(*) FROM desk_accounts(desk_size.agency) AS there;
END;

CREATE VIEW wall.alarm_rate AS
-- What the engine put before people: new incidents, those that came again or grew worse, escalations.
WITH shown AS (
    SELECT date_bin(INTERVAL '10 minutes', log.at, TIMESTAMPTZ '2020-01-01 00:00+00') AS "time", incident.agency, count(*) AS n
    FROM incident_log AS log
    INNER JOIN incident ON log.incident_id = incident.id
    WHERE log.action IN ('opened', 'reopened', 'raised', 'escalated') AND log.at > now() - INTERVAL '7 days'
    GROUP BY 1, 2
),

desk AS MATERIALIZED ( -- the roster is read once for each agency, not for each ten minutes
    SELECT named.agency, greatest(1, desk_size(named.agency)) AS accounts
    FROM (SELECT DISTINCT shown.agency FROM shown) AS named
)

SELECT shown."time", shown.agency AS operator, shown.n::double precision / desk.accounts AS alarms_per_10min
FROM shown
INNER JOIN desk ON shown.agency IS NOT DISTINCT FROM desk.agency;
COMMENT ON VIEW wall.alarm_rate IS
'Alarms in ten minutes at each agency''s desk, shared by the accounts that its roster names (EEMUA 191: one is bearable).';

-- Source of the figures: ANSI/ISA-18.2-2016, table 7 (rates, chattering, stale alarms, share of the ten most frequent).
CREATE VIEW wall.alarm_worst AS
SELECT
    incident.key, incident.agency, max(incident.kind) AS kind,
    (array_agg(incident.title_id ORDER BY log.id DESC))[1] AS title_id,
    (array_agg(incident.title_en ORDER BY log.id DESC))[1] AS title_en,
    count(*) AS alarms_24h,
    count(*) FILTER (WHERE log.action = 'reopened') AS reopened_24h,
    max(log.at) AS last_at
FROM incident_log AS log
INNER JOIN incident ON log.incident_id = incident.id
WHERE log.action IN ('opened', 'reopened', 'raised', 'escalated') AND log.at > now() - INTERVAL '1 day'
GROUP BY incident.key, incident.agency;
COMMENT ON VIEW wall.alarm_worst IS 'One row a key: how often it was put before people in the last day, how often because it came again.';

CREATE VIEW wall.alarm_quality AS
SELECT
    desk.agency,
    desk.operators,
    coalesce(day.alarms, 0)::double precision / 24 / desk.operators AS per_operator_h,
    coalesce(day.last_hour, 0)::double precision / desk.operators AS last_hour_per_operator,
    coalesce(busiest.alarms_per_10min, 0)::double precision AS busiest_10min,
    coalesce(standing.n, 0) AS standing,
    coalesce(worst.chattering, 0) AS chattering,
    worst.top_ten_pct
FROM (
    SELECT named.agency, greatest(1, desk_size(named.agency)) AS operators
    FROM (SELECT DISTINCT incident.agency FROM incident) AS named
) AS desk
LEFT JOIN (
    SELECT
        incident.agency, count(*) AS alarms, count(*) FILTER (WHERE log.at > now() - INTERVAL '1 hour') AS last_hour
    FROM incident_log AS log INNER JOIN incident ON log.incident_id = incident.id
    WHERE log.action IN ('opened', 'reopened', 'raised', 'escalated') AND log.at > now() - INTERVAL '1 day'
    GROUP BY incident.agency
) AS day ON desk.agency = day.agency
LEFT JOIN (
    SELECT rate.operator, max(rate.alarms_per_10min) AS alarms_per_10min
    FROM wall.alarm_rate AS rate WHERE rate."time" > now() - INTERVAL '1 day'
    GROUP BY rate.operator
) AS busiest ON desk.agency = busiest.operator
LEFT JOIN (
    SELECT incident.agency, count(*) AS n FROM incident
    WHERE
        incident.state NOT IN ('closed', 'cancelled', 'merged') AND incident.condition_ended_at IS NULL
        AND incident.opened_at < now() - INTERVAL '1 day'
    GROUP BY incident.agency
) AS standing ON desk.agency = standing.agency
LEFT JOIN (
    SELECT
        ranked.agency,
        count(*) FILTER (WHERE ranked.reopened_24h >= 3) AS chattering,
        100.0 * sum(ranked.alarms_24h) FILTER (WHERE ranked.place <= 10) / sum(ranked.alarms_24h) AS top_ten_pct
    FROM (
        SELECT
            often.agency, often.alarms_24h, often.reopened_24h,
            row_number() OVER (PARTITION BY often.agency ORDER BY often.alarms_24h DESC, often.key) AS place
        FROM wall.alarm_worst AS often
    ) AS ranked
    GROUP BY ranked.agency
) AS worst ON desk.agency = worst.agency;
COMMENT ON VIEW wall.alarm_quality IS
'One row an agency, of the last day: alarms an hour and operator, the busiest ten minutes, standing (a day and more), chattering (came again three times and more), share of the ten most frequent keys.';

CREATE VIEW wall.incident_day AS
SELECT
    (incident.opened_at AT TIME ZONE INTERVAL '7 hours')::date AS day, incident.kind, incident.category, incident.agency,
    count(*) AS opened,
    count(*) FILTER (WHERE incident.state = 'closed') AS verified,
    count(*) FILTER (WHERE incident.state = 'cancelled') AS cancelled,
    count(*) FILTER (
        WHERE coalesce(incident.acknowledged_at, now()) > incident.due_acknowledge_at
        OR coalesce(incident.on_site_at, incident.resolved_at, now()) > incident.due_arrive_at
        OR coalesce(incident.resolved_at, now()) > incident.due_resolve_at
    ) AS late,
    avg(extract(EPOCH FROM incident.acknowledged_at - incident.opened_at))::double precision AS acknowledge_s,
    avg(extract(EPOCH FROM incident.on_site_at - incident.opened_at))::double precision AS arrive_s,
    avg(extract(EPOCH FROM incident.resolved_at - incident.opened_at))::double precision AS resolve_s
FROM incident
WHERE incident.opened_at > now() - INTERVAL '400 days' AND incident.state <> 'merged'
GROUP BY 1, 2, 3, 4;
COMMENT ON VIEW wall.incident_day IS 'Incidents by the day (WIB) of their opening: how many, how many past a clock, how long each step took.';

CREATE VIEW wall.crew AS
SELECT
    crew.name AS crew, crew.agency, crew.skills, crew.on_duty,
    crew.shift_from = crew.shift_to
    OR (crew.shift_from < crew.shift_to AND clock.wib >= crew.shift_from AND clock.wib < crew.shift_to)
    OR (crew.shift_from > crew.shift_to AND (clock.wib >= crew.shift_from OR clock.wib < crew.shift_to)) AS on_shift,
    crew.latitude, crew.longitude, crew.position_at,
    busy.incident, busy.site_name
FROM crew
CROSS JOIN (SELECT (now() AT TIME ZONE INTERVAL '7 hours')::time AS wib) AS clock
LEFT JOIN LATERAL (
    SELECT incident_name(incident.number) AS incident, site.name AS site_name
    FROM dispatch
    INNER JOIN incident ON dispatch.incident_id = incident.id
    LEFT JOIN site ON incident.site_id = site.id
    WHERE dispatch.crew_id = crew.id AND NOT dispatch.ended
    ORDER BY dispatch.ordered_at DESC
    LIMIT 1
) AS busy ON true;
COMMENT ON VIEW wall.crew IS 'One row a crew: on duty, on shift (WIB), where last seen, and what it is on.';

CREATE VIEW wall.operations AS
SELECT
    (SELECT extract(EPOCH FROM now() - pulse.at) FROM operations_pulse AS pulse)::double precision AS age_s,
    (SELECT pulse.look_ms FROM operations_pulse AS pulse) AS look_ms,
    (SELECT count(*) FROM operations_inbox) AS waiting,
    (SELECT extract(EPOCH FROM now() - min(inbox.at)) FROM operations_inbox AS inbox)::double precision AS oldest_s,
    (SELECT count(*) FROM operations_refused AS refused WHERE refused.at > now() - INTERVAL '1 day') AS refused_24h,
    (SELECT count(*) FROM shelf WHERE shelf.ended_at IS NULL) AS shelved;
COMMENT ON VIEW wall.operations IS 'One row: when the engine last looked, what waits for it, what it could make nothing of.';

CREATE VIEW wall.alarm_operations AS
-- Where operations were never installed there is nothing to miss.
SELECT 'operations' AS job, coalesce(engine.age_s, 0)::double precision AS value FROM wall.operations AS engine;
COMMENT ON VIEW wall.alarm_operations IS 'One row: seconds since the engine of incidents looked at its rules.';
