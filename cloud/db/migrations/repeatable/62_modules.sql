-- Public services' figures for the wall: one row for each cell, always, with both of its times and how old it is.

-- A figure of a period is about the time until its end; from then on it ages.
CREATE OR REPLACE FUNCTION module_period(manifest jsonb) RETURNS interval
LANGUAGE sql STABLE PARALLEL SAFE AS $$
SELECT CASE manifest ->> 'period'
    WHEN 'day' THEN INTERVAL '1 day'
    WHEN 'month' THEN INTERVAL '1 month'
    WHEN 'quarter' THEN INTERVAL '3 months'
    WHEN 'year' THEN INTERVAL '1 year'
    ELSE INTERVAL '0'
END
$$;

CREATE VIEW wall.module_figure AS
SELECT
    module.name AS module,
    module.manifest #>> '{title,id}' AS module_title_id,
    module.manifest #>> '{title,en}' AS module_title_en,
    module.manifest ->> 'owner' AS owner,
    indicator.name AS indicator,
    defined.about #>> '{title,id}' AS title_id,
    defined.about #>> '{title,en}' AS title_en,
    defined.about ->> 'unit' AS unit,
    (defined.about ->> 'decimals')::integer AS decimals,
    indicator.dimensions,
    cell.keys,
    district.code AS district_code,
    district.name AS district,
    newest.value,
    newest.true_at,
    cell.seen_at AS fetched_at,
    newest.known_from,
    extract(EPOCH FROM now() - newest.true_at)::double precision AS age_s,
    coalesce(
        now() > newest.true_at + module_period(module.manifest) + (module.manifest ->> 'fresh_for')::interval, true
    ) AS stale,
    newest.cell_id IS NOT NULL AND newest.value IS NULL AS kept_back,
    cell.id AS cell_id
FROM indicator_cell AS cell
INNER JOIN indicator ON cell.indicator_id = indicator.id
INNER JOIN module ON indicator.module_id = module.id AND module.active
CROSS JOIN LATERAL (SELECT module.manifest #> ARRAY['indicators', indicator.name] AS about) AS defined
LEFT JOIN LATERAL (
    SELECT shown.cell_id, shown.value, shown.true_at, shown.known_from
    FROM indicator_value AS shown
    WHERE shown.cell_id = cell.id AND shown.known_until IS NULL
    ORDER BY shown.true_at DESC LIMIT 1
) AS newest ON true
LEFT JOIN district ON district.code = cell.keys[array_position(indicator.dimensions, 'district')];
COMMENT ON VIEW wall.module_figure IS 'Every figure as it is shown now: when it was true, when it was fetched, whether it is stale.';

CREATE VIEW wall.module_figure_history AS
SELECT
    module.name AS module, indicator.name AS indicator, indicator.dimensions, cell.keys, cell.id AS cell_id,
    shown.true_at AS "time", shown.value
FROM indicator_value AS shown
INNER JOIN indicator_cell AS cell ON shown.cell_id = cell.id
INNER JOIN indicator ON cell.indicator_id = indicator.id
INNER JOIN module ON indicator.module_id = module.id
WHERE shown.known_until IS NULL;

CREATE VIEW wall.district_figure AS
SELECT
    district.code AS district_code, district.name AS district, shown_figure.module, shown_figure.module_title_id,
    shown_figure.module_title_en, shown_figure.indicator, shown_figure.title_id, shown_figure.title_en,
    shown_figure.unit, shown_figure.decimals, shown_figure.keys,
    shown_figure.value, shown_figure.true_at, shown_figure.fetched_at, shown_figure.stale, shown_figure.kept_back
FROM district
LEFT JOIN wall.module_figure AS shown_figure ON shown_figure.district_code = district.code;
COMMENT ON VIEW wall.district_figure IS 'One single data: everything that any module says of a district.';

CREATE VIEW wall.module_state AS
SELECT
    module.name AS module, module.manifest #>> '{title,id}' AS title_id, module.manifest #>> '{title,en}' AS title_en,
    module.manifest ->> 'owner' AS owner, module.manifest ->> 'contact' AS contact,
    last_run.state, last_run.started_at, last_run.ended_at, last_run.rows, last_run.figures, last_run.changed,
    last_run.rejected, last_run.held, last_run.kept_back, last_run.fault_id, last_run.fault_en,
    newest.true_at,
    coalesce(
        now() > newest.true_at + module_period(module.manifest) + (module.manifest ->> 'fresh_for')::interval, true
    ) AS overdue
FROM module
LEFT JOIN LATERAL (
    SELECT run.* FROM module_run AS run WHERE run.module_id = module.id AND run.state <> 'running'
    ORDER BY run.id DESC LIMIT 1
) AS last_run ON true
LEFT JOIN LATERAL (
    SELECT max(shown_figure.true_at) AS true_at FROM wall.module_figure AS shown_figure WHERE shown_figure.module = module.name
) AS newest ON true
WHERE module.active;
COMMENT ON VIEW wall.module_state IS 'One row for each module: its last run, and whether its figures are overdue.';
