-- Places of what is still to come, empty, with the columns that the dashboards read; who builds that replaces the views
-- here, and no panel changes. Services are there: 62_modules.sql; incidents too: 64_operations.sql.

CREATE VIEW wall.indicator AS
-- Over all places of an indicator, as its manifest says, and only where none is missing.
WITH together AS (
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
WITH past AS (
    SELECT
        shown."time", shown.module, shown.indicator,
        CASE
            WHEN NOT bool_and(shown.value IS NOT NULL) THEN NULL
            WHEN count(*) = 1 OR min(shown.across) = 'sum' THEN sum(shown.value)
            WHEN min(shown.across) = 'mean' THEN avg(shown.value)
        END AS value,
        count(*) AS n
    FROM wall.module_figure_history AS shown
    -- Instants of different places are not the same instant: only periods can be taken together.
    WHERE cardinality(shown.keys) = 0 OR shown.period <> 'instant'
    GROUP BY shown."time", shown.module, shown.indicator
)

SELECT counted."time", counted.module, counted.indicator, counted.value, NULL::double precision AS target
FROM (SELECT past.*, max(past.n) OVER (PARTITION BY past.module, past.indicator) AS most FROM past) AS counted
WHERE counted.n = counted.most;
COMMENT ON VIEW wall.indicator_course IS
'Values over time: of indicators that have one place, and of periods for which all places have said something.';
