-- Places of what is still to come: incidents of cloud/operations. Empty, with the columns that the dashboards read; who
-- builds that replaces the views here, and no panel changes. Services are there: 62_modules.sql.

CREATE VIEW wall.incident AS
SELECT
    NULL::text AS incident, NULL::text AS title, NULL::text AS category, NULL::text AS severity, NULL::text AS state,
    NULL::text AS clock_state, NULL::timestamptz AS opened_at, NULL::timestamptz AS due_at, NULL::text AS assigned_to,
    NULL::text AS site, NULL::text AS site_name, NULL::text AS district,
    NULL::double precision AS latitude, NULL::double precision AS longitude
WHERE false;
COMMENT ON VIEW wall.incident IS
'Incidents that are not yet verified. clock_state: within, near, over. Empty until cloud/operations is there.';

CREATE VIEW wall.alarm_rate AS
SELECT NULL::timestamptz AS "time", NULL::text AS operator, NULL::double precision AS alarms_per_10min WHERE false;
COMMENT ON VIEW wall.alarm_rate IS 'Alarms shown to each operator in ten minutes (EEMUA 191). Empty until cloud/operations is there.';

CREATE VIEW wall.indicator AS
-- Over all places of an indicator: a sum only of what is counted (a unit such as {bed}), and only where none is missing.
SELECT
    shown.module, shown.indicator, min(shown.title_id) AS title_id, min(shown.title_en) AS title_en, min(shown.unit) AS unit,
    CASE
        WHEN bool_and(shown.value IS NOT NULL) AND (count(*) = 1 OR min(shown.unit) LIKE '{%') THEN sum(shown.value)
    END AS value,
    NULL::double precision AS target,
    min(shown.true_at) AS true_at, min(shown.fetched_at) AS fetched_at, max(shown.age_s) AS age_s,
    CASE WHEN bool_or(shown.stale) THEN 'late' ELSE 'ok' END AS state
FROM wall.module_figure AS shown
GROUP BY shown.module, shown.indicator;
COMMENT ON VIEW wall.indicator IS
'One row an indicator: its value over all its places, as old as the oldest of them. No module states a target yet.';

CREATE VIEW wall.indicator_course AS
SELECT past."time", past.module, past.indicator, past.value, NULL::double precision AS target
FROM wall.module_figure_history AS past
WHERE cardinality(past.keys) = 0;
COMMENT ON VIEW wall.indicator_course IS 'The values over time of indicators that have one place.';
