-- Places of what is still to come: incidents of cloud/operations, figures of cloud/modules. Empty, with the columns that
-- the dashboards read; who builds these capabilities replaces the views here, and no panel changes.

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
SELECT
    NULL::text AS module, NULL::text AS indicator, NULL::text AS title_id, NULL::text AS title_en, NULL::text AS unit,
    NULL::double precision AS value, NULL::double precision AS target,
    NULL::timestamptz AS true_at, NULL::timestamptz AS fetched_at, NULL::double precision AS age_s, NULL::text AS state
WHERE false;
COMMENT ON VIEW wall.indicator IS
'Newest value of each indicator, with when it was true and when it was fetched. Empty until cloud/modules is there.';

CREATE VIEW wall.indicator_course AS
SELECT NULL::timestamptz AS "time", NULL::text AS module, NULL::text AS indicator, NULL::double precision AS value,
    NULL::double precision AS target
WHERE false;
COMMENT ON VIEW wall.indicator_course IS 'The values of indicators over time. Empty until cloud/modules is there.';

CREATE VIEW wall.warning AS
SELECT
    NULL::text AS warning, NULL::text AS headline_id, NULL::text AS headline_en, NULL::text AS severity,
    NULL::text AS area, NULL::text AS sender, NULL::timestamptz AS sent_at, NULL::timestamptz AS expires_at
WHERE false;
COMMENT ON VIEW wall.warning IS 'Warnings in force by CAP 1.2, ours and BMKG''s. Empty until cloud/operations is there.';
