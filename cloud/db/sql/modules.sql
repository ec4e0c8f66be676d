-- What modules write and read of their figures.

-- name: districts
-- Codes and names of the regency's districts.
SELECT code, name FROM district ORDER BY code;

-- name: put_district
-- A district, or its new name.
INSERT INTO district (code, name) VALUES (%(code)s, %(name)s)
ON CONFLICT (code) DO UPDATE SET name = excluded.name;

-- name: put_module
-- A module as its folder has it now.
INSERT INTO module (name, manifest) VALUES (%(name)s, %(manifest)s)
ON CONFLICT (name) DO UPDATE SET manifest = excluded.manifest, active = true, loaded_at = now()
RETURNING id;

-- name: put_indicator
-- An indicator; its dimensions cannot change, for its cells are known by them.
INSERT INTO indicator (module_id, name, dimensions) VALUES (%(module_id)s, %(name)s, %(dimensions)s)
ON CONFLICT (module_id, name) DO NOTHING;

-- name: indicators
-- Numbers of a module's indicators.
SELECT name, id FROM indicator WHERE module_id = %(module_id)s;

-- name: cells
-- Cells of a module.
SELECT cell.id, indicator.name, cell.keys
FROM indicator_cell AS cell
INNER JOIN indicator ON cell.indicator_id = indicator.id
WHERE indicator.module_id = %(module_id)s;

-- name: put_cell
-- A cell, new or there already.
INSERT INTO indicator_cell (indicator_id, keys) VALUES (%(indicator_id)s, %(keys)s::text[])
ON CONFLICT (indicator_id, keys) DO UPDATE SET seen_at = now()
RETURNING id;

-- name: visited
-- What the source said of its version at the last good visit.
SELECT visited FROM module WHERE id = %(module_id)s;

-- name: note_visit
-- The same, of this visit.
UPDATE module SET visited = %(visited)s WHERE id = %(module_id)s;

-- name: begin_run
-- A run begins.
INSERT INTO module_run (module_id, cause, actor, due_at) VALUES (%(module_id)s, %(cause)s, %(actor)s, %(due_at)s)
RETURNING id;

-- name: end_run
-- A run ends.
UPDATE module_run SET
    ended_at = clock_timestamp(), state = %(state)s, rows = %(rows)s, figures = %(figures)s, changed = %(changed)s,
    rejected = %(rejected)s, held = %(held)s, kept_back = %(kept_back)s, fault_id = %(fault_id)s, fault_en = %(fault_en)s
WHERE id = %(run_id)s;

-- name: put_line
-- A line of a run's log.
INSERT INTO module_run_line (run_id, reason, detail_id, detail_en, first_row, count)
VALUES (%(run_id)s, %(reason)s, %(detail_id)s, %(detail_en)s, %(first_row)s, %(count)s);

-- name: make_staging
-- Where a run's figures wait until all are there.
CREATE TEMPORARY TABLE staged (
    n bigint GENERATED ALWAYS AS IDENTITY, cell_id integer, true_at timestamptz, value double precision
) ON COMMIT DROP;

-- name: copy_staging
-- Figures into it.
COPY staged (cell_id, true_at, value) FROM STDIN (FORMAT binary);

-- name: index_staging
-- Of a figure that came twice the last one counts.
CREATE TEMPORARY TABLE fresh ON COMMIT DROP AS
SELECT DISTINCT ON (cell_id, true_at) cell_id, true_at, value FROM staged ORDER BY cell_id, true_at, n DESC;

-- name: hold_unusual
-- Figures so many times the usual of their cell (the median of its last ten), or so small a part of it, wait for a person.
WITH usual AS (
    SELECT cell.id AS cell_id, (%(factors)s::jsonb ->> cell.indicator_id::text)::double precision AS factor, typical.value
    FROM (SELECT DISTINCT cell_id FROM fresh) AS met
    INNER JOIN indicator_cell AS cell ON met.cell_id = cell.id
    CROSS JOIN LATERAL (
        SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY abs(past.value)) AS value, count(*) AS n
        FROM (
            SELECT stored.value FROM indicator_value AS stored
            WHERE stored.cell_id = cell.id AND stored.known_until IS NULL AND stored.value IS NOT NULL
            ORDER BY stored.true_at DESC LIMIT 10
        ) AS past
    ) AS typical
    WHERE typical.n >= 3 AND typical.value > 0 AND %(factors)s::jsonb ? cell.indicator_id::text
),

odd AS (
    DELETE FROM fresh USING usual
    WHERE
        fresh.cell_id = usual.cell_id AND fresh.value IS NOT NULL AND fresh.value <> 0
        AND (abs(fresh.value) >= usual.value * usual.factor OR abs(fresh.value) * usual.factor <= usual.value)
        AND NOT EXISTS (
            SELECT FROM indicator_held AS held
            WHERE
                held.cell_id = fresh.cell_id AND held.true_at = fresh.true_at AND held.value = fresh.value
                AND held.accepted
        )
    RETURNING fresh.cell_id, fresh.true_at, fresh.value, usual.value AS usual
)

INSERT INTO indicator_held (cell_id, true_at, value, usual, run_id)
SELECT odd.cell_id, odd.true_at, odd.value, odd.usual, %(run_id)s FROM odd
ON CONFLICT (cell_id, true_at, value) WHERE decided_at IS NULL DO NOTHING;

-- name: find_changed
-- Figures that differ from what is shown.
CREATE TEMPORARY TABLE changed ON COMMIT DROP AS
SELECT fresh.cell_id, fresh.true_at, fresh.value, shown.cell_id IS NOT NULL AS is_correction
FROM fresh
LEFT JOIN indicator_value AS shown
    ON fresh.cell_id = shown.cell_id AND fresh.true_at = shown.true_at AND shown.known_until IS NULL
WHERE shown.cell_id IS NULL OR shown.value IS DISTINCT FROM fresh.value;

-- name: close_changed
-- What was shown until now stays, with its end.
UPDATE indicator_value AS shown SET known_until = now()
FROM changed
WHERE
    changed.is_correction AND shown.cell_id = changed.cell_id AND shown.true_at = changed.true_at
    AND shown.known_until IS NULL;

-- name: insert_changed
-- What is shown from now on.
INSERT INTO indicator_value (cell_id, true_at, value, known_from, run_id)
SELECT cell_id, true_at, value, now(), %(run_id)s FROM changed ORDER BY cell_id, true_at;

-- name: see_cells
-- The source has said something of these.
UPDATE indicator_cell SET seen_at = now() WHERE id IN (SELECT cell_id FROM staged);

-- name: see_all_cells
-- The source still says what it said of all of them.
UPDATE indicator_cell SET seen_at = now()
FROM indicator WHERE indicator_cell.indicator_id = indicator.id AND indicator.module_id = %(module_id)s;
