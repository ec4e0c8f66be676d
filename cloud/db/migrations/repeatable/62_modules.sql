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

-- When a figure's period ends. Months are those of West Indonesia Time, whatever the session's zone: in UTC they begin on
-- the last day of the month before, and a month later is up to three days too early.
CREATE OR REPLACE FUNCTION module_period_end(true_at timestamptz, period interval) RETURNS timestamptz
LANGUAGE sql STABLE PARALLEL SAFE AS $$
SELECT (true_at AT TIME ZONE 'Asia/Jakarta' + period) AT TIME ZONE 'Asia/Jakarta'
$$;

-- The worst border that a figure is beyond, as the wall names it; NULL where it is beyond none.
CREATE OR REPLACE FUNCTION module_severity(about jsonb, figure double precision) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
SELECT CASE border ->> 'severity' WHEN 'warning' THEN 'minor' ELSE 'critical' END
FROM jsonb_array_elements(about -> 'thresholds') AS border
WHERE
    figure < (border ->> 'below')::double precision OR figure > (border ->> 'above')::double precision
ORDER BY border ->> 'severity' LIMIT 1
$$;

-- A cell by the titles of its keys, in a language.
CREATE OR REPLACE FUNCTION module_place(manifest jsonb, dimensions text[], keys text[], district text, language text)
RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
SELECT string_agg(
    CASE
        WHEN named.dimension = 'district' THEN coalesce(district, named.key)
        ELSE coalesce(manifest #>> ARRAY['dimensions', named.dimension, 'values', named.key, language], named.key)
    END, ', ' ORDER BY named.n
)
FROM unnest(dimensions, keys) WITH ORDINALITY AS named (dimension, key, n)
$$;

-- Whether a manifest still has all codes that a cell is told apart by: a hospital that was closed is shown nowhere.
CREATE OR REPLACE FUNCTION module_has_codes(manifest jsonb, dimensions text[], keys text[]) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
SELECT coalesce(bool_and(
    named.dimension = 'district' OR manifest #> ARRAY['dimensions', named.dimension, 'values'] ? named.key
), true)
FROM unnest(dimensions, keys) AS named (dimension, key)
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
    coalesce(now() > waited.until_at, true) AS stale,
    waited.until_at AS due_at,
    newest.cell_id IS NOT NULL AND newest.value IS NULL AS kept_back,
    module_severity(defined.about, newest.value) AS severity,
    defined.about ->> 'across' AS across,
    defined.about ->> 'target' AS target_indicator,
    module_place(module.manifest, indicator.dimensions, cell.keys, district.name, 'id') AS place_id,
    module_place(module.manifest, indicator.dimensions, cell.keys, district.name, 'en') AS place_en,
    cell.id AS cell_id
FROM indicator_cell AS cell
INNER JOIN indicator ON cell.indicator_id = indicator.id
-- What the manifest no longer has is shown nowhere; it stays in the tables.
INNER JOIN module
    ON indicator.module_id = module.id AND module.active AND module.manifest -> 'indicators' ? indicator.name
CROSS JOIN LATERAL (SELECT module.manifest #> ARRAY['indicators', indicator.name] AS about) AS defined
LEFT JOIN LATERAL (
    SELECT shown.cell_id, shown.value, shown.true_at, shown.known_from
    FROM indicator_value AS shown
    WHERE shown.cell_id = cell.id AND shown.known_until IS NULL
    ORDER BY shown.true_at DESC LIMIT 1
) AS newest ON true
CROSS JOIN LATERAL (
    SELECT
        module_period_end(newest.true_at, module_period(module.manifest))
        + coalesce(defined.about ->> 'fresh_for', module.manifest ->> 'fresh_for')::interval AS until_at
) AS waited
LEFT JOIN district ON district.code = cell.keys[array_position(indicator.dimensions, 'district')]
WHERE module_has_codes(module.manifest, indicator.dimensions, cell.keys);
COMMENT ON VIEW wall.module_figure IS 'Every figure as it is shown now: when it was true, when it was fetched, whether it is stale.';

CREATE VIEW wall.module_figure_history AS
SELECT
    module.name AS module, indicator.name AS indicator, indicator.dimensions, cell.keys, cell.id AS cell_id,
    shown.true_at AS "time", shown.value,
    module.manifest #>> ARRAY['indicators', indicator.name, 'across'] AS across, module.manifest ->> 'period' AS period
FROM indicator_value AS shown
INNER JOIN indicator_cell AS cell ON shown.cell_id = cell.id
INNER JOIN indicator ON cell.indicator_id = indicator.id
INNER JOIN module ON indicator.module_id = module.id AND module.manifest -> 'indicators' ? indicator.name
WHERE shown.known_until IS NULL AND module_has_codes(module.manifest, indicator.dimensions, cell.keys);

CREATE VIEW wall.module_figure_version AS
SELECT
    module.name AS module, indicator.name AS indicator,
    module.manifest #>> ARRAY['indicators', indicator.name, 'title', 'id'] AS title_id,
    module.manifest #>> ARRAY['indicators', indicator.name, 'title', 'en'] AS title_en,
    module.manifest #>> ARRAY['indicators', indicator.name, 'unit'] AS unit,
    (module.manifest #>> ARRAY['indicators', indicator.name, 'decimals'])::integer AS decimals,
    cell.id AS cell_id, cell.keys, district.code AS district_code, district.name AS district,
    version.true_at, version.value, version.value IS NULL AS kept_back, version.known_from, version.known_until,
    version.run_id
FROM indicator_value AS version
INNER JOIN indicator_cell AS cell ON version.cell_id = cell.id
INNER JOIN indicator ON cell.indicator_id = indicator.id
INNER JOIN module
    ON indicator.module_id = module.id AND module.active AND module.manifest -> 'indicators' ? indicator.name
LEFT JOIN district ON district.code = cell.keys[array_position(indicator.dimensions, 'district')];
COMMENT ON VIEW wall.module_figure_version IS
'Every figure that was ever shown. As shown at an instant: known_from <= it AND (known_until IS NULL OR known_until > it).';

CREATE VIEW wall.district_figure AS
SELECT
    district.code AS district_code, district.name AS district, shown_figure.module, shown_figure.module_title_id,
    shown_figure.module_title_en, shown_figure.indicator, shown_figure.title_id, shown_figure.title_en,
    shown_figure.unit, shown_figure.decimals, shown_figure.keys,
    shown_figure.value, shown_figure.true_at, shown_figure.fetched_at, shown_figure.stale, shown_figure.kept_back,
    shown_figure.severity, shown_figure.place_id, shown_figure.place_en
FROM district
LEFT JOIN wall.module_figure AS shown_figure ON shown_figure.district_code = district.code;
COMMENT ON VIEW wall.district_figure IS 'One single data: everything that any module says of a district.';

CREATE VIEW wall.module_state AS
SELECT
    module.name AS module, module.manifest #>> '{title,id}' AS title_id, module.manifest #>> '{title,en}' AS title_en,
    module.manifest ->> 'owner' AS owner, module.manifest ->> 'contact' AS contact,
    module.manifest #>> '{source,kind}' AS source, module.manifest ->> 'schedule' AS schedule,
    last_run.state, last_run.started_at, last_run.ended_at, last_run.rows, last_run.figures, last_run.changed,
    last_run.rejected, last_run.held, last_run.kept_back, last_run.fault_id, last_run.fault_en,
    newest.true_at,
    waited.until_at AS due_at,
    coalesce(now() > waited.until_at, false) AS overdue,
    waited.late AS figures_late,
    waited.n AS figures_waited_for
FROM module
LEFT JOIN LATERAL (
    SELECT run.* FROM module_run AS run WHERE run.module_id = module.id AND run.state <> 'running'
    ORDER BY run.id DESC LIMIT 1
) AS last_run ON true
LEFT JOIN LATERAL (
    SELECT
        max(figure.true_at) AS true_at,
        min(figure.due_at) AS due_at,
        count(figure.true_at) AS n,
        count(*) FILTER (WHERE figure.stale AND figure.true_at IS NOT NULL) AS late,
        array_agg(DISTINCT figure.indicator) FILTER (WHERE figure.true_at IS NOT NULL) AS indicators
    FROM wall.module_figure AS figure WHERE figure.module = module.name
) AS newest ON true
CROSS JOIN LATERAL (
    -- Indicators that have no figure yet: they are given as long from when their module was put there.
    SELECT
        count(*) AS n, min(never.until_at) AS due_at, count(*) FILTER (WHERE now() > never.until_at) AS late
    FROM (
        SELECT
            module.loaded_at + coalesce(wanted.about ->> 'fresh_for', module.manifest ->> 'fresh_for')::interval AS until_at
        FROM jsonb_each(module.manifest -> 'indicators') AS wanted (name, about)
        WHERE newest.indicators IS NULL OR wanted.name <> ALL(newest.indicators)
    ) AS never
) AS missing
CROSS JOIN LATERAL (
    -- Each cell is waited for by itself: the others' newer figures do not hide that one district has fallen silent.
    SELECT least(newest.due_at, missing.due_at) AS until_at, newest.late + missing.late AS late, newest.n + missing.n AS n
) AS waited
WHERE module.active;
COMMENT ON VIEW wall.module_state IS 'One row for each module: its last run, and whether its figures are overdue.';

CREATE VIEW wall.module_trouble AS
SELECT
    'overdue:' || state.module AS trouble, 'overdue' AS kind, state.module, state.title_id, state.title_en, state.owner,
    state.contact, state.due_at AS since, NULL::bigint AS held_id, NULL::text AS indicator, NULL::text[] AS keys,
    NULL::double precision AS value, NULL::double precision AS usual,
    format('%s dari %s angka terlambat. ', state.figures_late, state.figures_waited_for)
    || CASE WHEN state.state = 'failed' THEN state.fault_id ELSE 'Tidak ada angka baru.' END AS detail_id,
    format('%s of %s figures are overdue. ', state.figures_late, state.figures_waited_for)
    || CASE WHEN state.state = 'failed' THEN state.fault_en ELSE 'There is no new figure.' END AS detail_en
FROM wall.module_state AS state
WHERE state.overdue
UNION ALL
SELECT
    'held:' || held.id, 'held', module.name, module.manifest #>> '{title,id}', module.manifest #>> '{title,en}',
    module.manifest ->> 'owner', module.manifest ->> 'contact', run.started_at, held.id, indicator.name, cell.keys,
    held.value, held.usual,
    format('Angka %s, biasanya %s: benar?', held.value, held.usual),
    format('The figure is %s, usually %s: is it right?', held.value, held.usual)
FROM indicator_held AS held
INNER JOIN indicator_cell AS cell ON held.cell_id = cell.id
INNER JOIN indicator ON cell.indicator_id = indicator.id
INNER JOIN module
    ON indicator.module_id = module.id AND module.active AND module.manifest -> 'indicators' ? indicator.name
INNER JOIN module_run AS run ON held.run_id = run.id
WHERE held.decided_at IS NULL;
COMMENT ON VIEW wall.module_trouble IS
'One row for each overdue module and each figure that waits for a person, for as long as it is so; trouble names it.';

-- Where an asset stands, for figures that are computed by district.
GRANT SELECT (id, site_id) ON box TO modules;
