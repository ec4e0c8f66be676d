-- Places of what is still to come, empty, with the columns that the dashboards read; who builds that replaces the views
-- here, and no panel changes. Services are there: 62_modules.sql; incidents too: 64_operations.sql.

CREATE VIEW wall.indicator AS
-- Over all places of an indicator, as its manifest says, and only where none is missing. NOT MATERIALIZED, so that who asks
-- for one indicator does not compute all of them.
WITH together AS NOT MATERIALIZED (
    SELECT
        shown.module, shown.indicator, min(shown.module_title_id) AS module_title_id,
        min(shown.module_title_en) AS module_title_en, min(shown.title_id) AS title_id, min(shown.title_en) AS title_en,
        min(shown.unit) AS unit, min(shown.decimals) AS decimals,
        CASE
            WHEN NOT bool_and(shown.value IS NOT NULL) THEN NULL
            WHEN count(*) = 1 OR min(shown.across) = 'sum' THEN sum(shown.value)
            WHEN min(shown.across) = 'mean' THEN avg(shown.value)
        END AS value,
        min(shown.target_indicator) AS target_indicator,
        min(shown.true_at) AS true_at, min(shown.fetched_at) AS fetched_at, max(shown.age_s) AS age_s,
        CASE WHEN bool_or(shown.stale) THEN 'late' ELSE coalesce(min(shown.severity), 'ok') END AS state
    FROM wall.module_figure AS shown
    GROUP BY shown.module, shown.indicator
)

SELECT
    own.module, own.indicator, own.module_title_id, own.module_title_en, own.title_id, own.title_en, own.unit, own.decimals,
    own.value, aim.value AS target, own.true_at, own.fetched_at, own.age_s, own.state
FROM together AS own
LEFT JOIN together AS aim ON own.module = aim.module AND own.target_indicator = aim.indicator;
COMMENT ON VIEW wall.indicator IS
'One row an indicator: its value over all its places against its target, as old as the oldest of them; state is the worst.';

CREATE VIEW wall.indicator_course AS
SELECT
    shown."time", shown.module, shown.indicator,
    CASE
        WHEN NOT bool_and(shown.value IS NOT NULL) THEN NULL
        WHEN count(*) = 1 OR min(shown.across) = 'sum' THEN sum(shown.value)
        WHEN min(shown.across) = 'mean' THEN avg(shown.value)
    END AS value,
    NULL::double precision AS target
FROM wall.module_figure_history AS shown
INNER JOIN (
    SELECT module.name AS module, indicator.name AS indicator, array_agg(begun.true_at) AS begun_at
    FROM indicator
    INNER JOIN module ON indicator.module_id = module.id
    INNER JOIN indicator_cell AS cell ON indicator.id = cell.indicator_id
    CROSS JOIN LATERAL (
        SELECT earliest.true_at FROM indicator_value AS earliest
        WHERE earliest.cell_id = cell.id AND earliest.known_until IS NULL
        ORDER BY earliest.true_at LIMIT 1
    ) AS begun
    GROUP BY module.name, indicator.name
) AS places ON shown.module = places.module AND shown.indicator = places.indicator
-- Instants of different places are not the same instant: only periods can be taken together.
WHERE cardinality(shown.keys) = 0 OR shown.period <> 'instant'
GROUP BY shown."time", shown.module, shown.indicator, places.begun_at
-- Only where every place that had spoken by then has said something: not counted over the whole past, so that a week costs
-- what is in a week.
HAVING count(*) >= (SELECT count(*) FROM unnest(places.begun_at) AS begun (at) WHERE begun.at <= shown."time");
COMMENT ON VIEW wall.indicator_course IS
'Values over time: of indicators that have one place, and of periods for which all places have said something.';
