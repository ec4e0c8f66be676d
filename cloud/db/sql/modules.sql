-- What modules write and read of their figures.

-- name: districts
-- Codes and names of the regency's districts.
SELECT code, name FROM district ORDER BY code;

-- name: put_district
-- A district, or its new name.
INSERT INTO district (code, name) VALUES (%(code)s, %(name)s)
ON CONFLICT (code) DO UPDATE SET name = excluded.name;

-- name: put_module
-- A module as its folder has it now; written only where something differs.
-- What was read by another manifest is read again: a corrected mapping counts for what has not changed, too.
INSERT INTO module (name, manifest) VALUES (%(name)s, %(manifest)s)
ON CONFLICT (name) DO UPDATE SET
    manifest = excluded.manifest, active = true, loaded_at = now(),
    visited = CASE WHEN module.manifest = excluded.manifest THEN module.visited ELSE '{}' END
WHERE module.manifest IS DISTINCT FROM excluded.manifest OR NOT module.active;

-- name: module
-- Number and manifest of a module that is there.
SELECT id, manifest FROM module WHERE name = %(name)s AND active;

-- name: module_named
-- A module by its name, where it is there.
SELECT name FROM module WHERE name = %(module)s AND active;

-- name: put_indicators
-- Indicators that are new.
INSERT INTO indicator (module_id, name, dimensions)
SELECT module.id, wanted.key, ARRAY(SELECT jsonb_array_elements_text(wanted.value -> 'dimensions'))
FROM module CROSS JOIN LATERAL jsonb_each(module.manifest -> 'indicators') AS wanted
WHERE
    module.name = %(name)s
    AND NOT EXISTS (SELECT FROM indicator AS known WHERE known.module_id = module.id AND known.name = wanted.key)
ON CONFLICT (module_id, name) DO NOTHING;

-- name: changed_dimensions
-- Indicators whose dimensions are others than their cells are known by.
SELECT indicator.name, indicator.dimensions
FROM indicator INNER JOIN module ON indicator.module_id = module.id
WHERE
    module.name = %(name)s AND module.manifest -> 'indicators' ? indicator.name
    AND to_jsonb(indicator.dimensions) <> module.manifest #> ARRAY['indicators', indicator.name, 'dimensions'];

-- name: retire_modules
-- Modules whose folder is gone; their figures stay.
UPDATE module SET active = false WHERE active AND name <> ALL(%(names)s::text[]);

-- name: lock_module
-- One run of a module stores at a time.
SELECT id FROM module WHERE id = %(module_id)s FOR NO KEY UPDATE;

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
-- A run begins; its session has a lock for as long as it goes on, so that others know of its end whatever ends it.
INSERT INTO module_run (module_id, cause, actor, due_at) VALUES (%(module_id)s, %(cause)s, %(actor)s, %(due_at)s)
RETURNING id, pg_advisory_lock(73064, mod(id, 2147483647)::integer);

-- name: preview_run
-- A run that is only looked at: it is rolled back with everything that it did.
INSERT INTO module_run (module_id, cause) VALUES (%(module_id)s, 'upload') RETURNING id;

-- name: last_start
-- When a module ran last.
SELECT run.started_at
FROM module_run AS run INNER JOIN module ON run.module_id = module.id
WHERE module.name = %(name)s ORDER BY run.id DESC LIMIT 1;

-- name: end_abandoned
-- Runs whose process died in the middle: nobody has their lock.
UPDATE module_run SET
    state = 'failed', ended_at = clock_timestamp(), fault_id = 'Terputus: prosesnya berakhir di tengah jalan.',
    fault_en = 'Interrupted: its process ended in the middle.'
WHERE
    state = 'running'
    AND NOT EXISTS (
        SELECT FROM pg_locks AS lock
        WHERE
            lock.locktype = 'advisory' AND lock.objsubid = 2 AND lock.classid = 73064
            AND lock.objid = mod(module_run.id, 2147483647)::integer::oid
            AND lock.database = (SELECT own.oid FROM pg_database AS own WHERE own.datname = current_database())
    );

-- name: end_run
-- A run ends.
UPDATE module_run SET
    ended_at = clock_timestamp(), state = %(state)s, rows = %(rows)s, figures = %(figures)s, changed = %(changed)s,
    rejected = %(rejected)s, held = %(held)s, kept_back = %(kept_back)s, fault_id = %(fault_id)s, fault_en = %(fault_en)s
WHERE id = %(run_id)s
RETURNING pg_advisory_unlock(73064, mod(id, 2147483647)::integer);

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

-- name: stored_at
-- From when the figures of a run are known: not from its transaction's beginning, which may lie before another's end.
SELECT clock_timestamp();

-- name: index_staging
-- A figure that came twice counts where it is the same; nobody knows which of two that differ is right.
CREATE TEMPORARY TABLE fresh ON COMMIT DROP AS
SELECT cell_id, true_at, nullif(min(value), 'NaN') AS value
FROM staged GROUP BY cell_id, true_at HAVING min(value) = max(value);

-- name: clashing
-- Figures that came twice and differ, with how many of them there are in all.
SELECT indicator.name, cell.keys, count(*) AS n, sum(twice.n)::bigint AS figures
FROM (
    SELECT cell_id, true_at, count(*) AS n
    FROM staged GROUP BY cell_id, true_at HAVING min(value) <> max(value)
) AS twice
INNER JOIN indicator_cell AS cell ON twice.cell_id = cell.id
INNER JOIN indicator ON cell.indicator_id = indicator.id
GROUP BY indicator.name, cell.keys ORDER BY indicator.name, cell.keys;

-- name: find_guarded
-- Cells from which a count of people could be reckoned, with the place that they are of; none: the whole regency.
CREATE TEMPORARY TABLE guarded ON COMMIT DROP AS
SELECT cell.id AS cell_id, coalesce(cell.keys[array_position(indicator.dimensions, 'district')], '') AS place
FROM indicator_cell AS cell INNER JOIN indicator ON cell.indicator_id = indicator.id
WHERE indicator.id = ANY(%(guarded)s::integer[]);

-- name: find_hushed
-- Places of which, at a time, a count is too small to be told: it came now, or stays as it was stored before. The
-- regency's own counts of that time are with them, for a total less the others would be the count.
CREATE TEMPORARY TABLE hushed ON COMMIT DROP AS
WITH small AS (
    SELECT guarded.place, fresh.true_at
    FROM fresh INNER JOIN guarded ON fresh.cell_id = guarded.cell_id WHERE fresh.value IS NULL
    UNION
    SELECT guarded.place, stored.true_at
    FROM guarded INNER JOIN indicator_value AS stored ON guarded.cell_id = stored.cell_id
    WHERE
        stored.known_until IS NULL AND stored.value IS NULL
        AND EXISTS (
            SELECT FROM fresh INNER JOIN guarded AS met ON fresh.cell_id = met.cell_id WHERE fresh.true_at = stored.true_at
        )
        AND NOT EXISTS (SELECT FROM fresh WHERE fresh.cell_id = stored.cell_id AND fresh.true_at = stored.true_at)
)

SELECT place, true_at FROM small
UNION
SELECT '', true_at FROM small;

-- name: keep_back_fresh
-- What would tell of it among what came now.
UPDATE fresh SET value = NULL
FROM guarded INNER JOIN hushed ON guarded.place = hushed.place
WHERE fresh.cell_id = guarded.cell_id AND fresh.true_at = hushed.true_at AND fresh.value IS NOT NULL;

-- name: keep_back_shown
-- What would tell of it among what is shown already.
INSERT INTO fresh (cell_id, true_at, value)
SELECT stored.cell_id, stored.true_at, NULL
FROM hushed
INNER JOIN guarded ON hushed.place = guarded.place
INNER JOIN indicator_value AS stored ON guarded.cell_id = stored.cell_id AND hushed.true_at = stored.true_at
WHERE
    stored.known_until IS NULL AND stored.value IS NOT NULL
    AND NOT EXISTS (SELECT FROM fresh WHERE fresh.cell_id = stored.cell_id AND fresh.true_at = stored.true_at);

-- name: withdraw_hushed
-- What would tell of it among what waits for a person.
UPDATE indicator_held AS held SET decided_at = clock_timestamp(), decided_by = 'source'
FROM guarded INNER JOIN hushed ON guarded.place = hushed.place
WHERE held.decided_at IS NULL AND held.cell_id = guarded.cell_id AND held.true_at = hushed.true_at;

-- name: hold_unusual
-- Figures so many times the usual of their cell (the median of its last ten), or so small a part of it, wait for a
-- person; what was refused once is left out without another word, what is shown already is no surprise.
WITH usual AS (
    SELECT cell.id AS cell_id, (%(factors)s::jsonb ->> cell.indicator_id::text)::double precision AS factor,
        cell.indicator_id = ANY(%(growing)s::integer[]) AS grows, typical.value
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
        AND (
            abs(fresh.value) >= usual.value * usual.factor
            OR (NOT usual.grows AND abs(fresh.value) * usual.factor <= usual.value)
        )
        AND NOT EXISTS (
            SELECT FROM indicator_held AS held
            WHERE
                held.cell_id = fresh.cell_id AND held.true_at = fresh.true_at AND held.value = fresh.value
                AND held.accepted
        )
        AND NOT EXISTS (
            SELECT FROM indicator_value AS shown
            WHERE
                shown.cell_id = fresh.cell_id AND shown.true_at = fresh.true_at AND shown.known_until IS NULL
                AND shown.value = fresh.value
        )
    RETURNING fresh.cell_id, fresh.true_at, fresh.value, usual.value AS usual
),

-- Of instants a value that stays is one question, about the newest of them; a month is a question of its own.
asked AS (
    SELECT DISTINCT ON (odd.cell_id, odd.value, CASE WHEN NOT %(is_instant)s THEN odd.true_at END) odd.*
    FROM odd
    ORDER BY odd.cell_id, odd.value, CASE WHEN NOT %(is_instant)s THEN odd.true_at END, odd.true_at DESC
),

moved AS (
    UPDATE indicator_held AS held SET true_at = asked.true_at
    FROM asked
    WHERE
        %(is_instant)s AND held.decided_at IS NULL AND held.cell_id = asked.cell_id AND held.value = asked.value
        AND held.true_at < asked.true_at
)

INSERT INTO indicator_held (cell_id, true_at, value, usual, run_id)
SELECT asked.cell_id, asked.true_at, asked.value, asked.usual, %(run_id)s
FROM asked
WHERE NOT EXISTS (
    SELECT FROM indicator_held AS held
    WHERE
        held.cell_id = asked.cell_id AND held.value = asked.value AND (
            (held.true_at = asked.true_at AND held.accepted IS NOT NULL)
            OR (%(is_instant)s AND held.decided_at IS NULL)
        )
)
ON CONFLICT (cell_id, true_at, value) WHERE decided_at IS NULL DO NOTHING;

-- name: withdraw_held
-- The source has said otherwise meanwhile: the question whether the old figure is right is no question any more.
UPDATE indicator_held AS held SET decided_at = clock_timestamp(), decided_by = 'source'
FROM fresh
WHERE
    held.decided_at IS NULL AND held.cell_id = fresh.cell_id AND held.true_at = fresh.true_at
    AND held.value IS DISTINCT FROM fresh.value AND held.run_id <= %(run_id)s;

-- name: find_changed
-- Figures that differ from what is shown; NaN stands for what is kept back.
CREATE TEMPORARY TABLE changed ON COMMIT DROP AS
SELECT fresh.cell_id, fresh.true_at, fresh.value, shown.cell_id IS NOT NULL AS is_correction
FROM fresh
LEFT JOIN indicator_value AS shown
    ON fresh.cell_id = shown.cell_id AND fresh.true_at = shown.true_at AND shown.known_until IS NULL
WHERE
    shown.cell_id IS NULL
    -- A run that began earlier and was slower does not overwrite what a later one has read.
    OR (shown.value IS DISTINCT FROM fresh.value AND coalesce(shown.confirmed_by, shown.run_id) <= %(run_id)s);

-- name: changes
-- What would change, the largest changes first: a figure that is new has no value before.
SELECT
    indicator.name, cell.keys, changed.true_at, shown.value AS before, changed.value AS after,
    NOT changed.is_correction AS is_new
FROM changed
INNER JOIN indicator_cell AS cell ON changed.cell_id = cell.id
INNER JOIN indicator ON cell.indicator_id = indicator.id
LEFT JOIN indicator_value AS shown
    ON shown.cell_id = changed.cell_id AND shown.true_at = changed.true_at AND shown.known_until IS NULL
ORDER BY abs(changed.value - shown.value) DESC NULLS LAST, changed.true_at, indicator.name, cell.keys;

-- name: count_fresh
-- How many figures are left to be stored.
SELECT count(*) FROM fresh;

-- name: confirm_fresh
-- What this run saw as it is shown. Only a run that began earlier and still reads has to know: it shall not overwrite it.
UPDATE indicator_value AS shown SET confirmed_by = %(run_id)s
FROM fresh
WHERE
    shown.cell_id = fresh.cell_id AND shown.true_at = fresh.true_at AND shown.known_until IS NULL
    AND coalesce(shown.confirmed_by, shown.run_id) < %(run_id)s
    AND EXISTS (
        SELECT FROM module_run AS earlier
        WHERE
            earlier.module_id = %(module_id)s AND earlier.state = 'running' AND earlier.id < %(run_id)s
            AND earlier.started_at > now() - INTERVAL '1 day'
    );

-- name: confirm_all
-- The same, of a source that still says all that it said.
UPDATE indicator_value AS shown SET confirmed_by = %(run_id)s
FROM indicator_cell AS cell INNER JOIN indicator ON cell.indicator_id = indicator.id
WHERE
    indicator.module_id = %(module_id)s AND shown.cell_id = cell.id AND shown.known_until IS NULL
    AND coalesce(shown.confirmed_by, shown.run_id) < %(run_id)s
    AND EXISTS (
        SELECT FROM module_run AS earlier
        WHERE
            earlier.module_id = %(module_id)s AND earlier.state = 'running' AND earlier.id < %(run_id)s
            AND earlier.started_at > now() - INTERVAL '1 day'
    );

-- name: close_changed
-- What was shown until now stays, with its end.
UPDATE indicator_value AS shown SET known_until = %(at)s
FROM changed
WHERE
    changed.is_correction AND shown.cell_id = changed.cell_id AND shown.true_at = changed.true_at
    AND shown.known_until IS NULL;

-- name: insert_changed
-- What is shown from now on.
INSERT INTO indicator_value (cell_id, true_at, value, known_from, run_id)
SELECT cell_id, true_at, value, %(at)s, %(run_id)s FROM changed ORDER BY cell_id, true_at;

-- name: see_cells
-- The source has said something of these.
UPDATE indicator_cell SET seen_at = now() WHERE id IN (SELECT cell_id FROM staged);

-- name: see_all_cells
-- The source still says what it said of all of them.
UPDATE indicator_cell SET seen_at = now()
FROM indicator WHERE indicator_cell.indicator_id = indicator.id AND indicator.module_id = %(module_id)s;

-- name: put_token
-- A token for pushing.
INSERT INTO module_token (id, module_id, hash, created_by)
SELECT %(id)s, module.id, %(hash)s, %(by)s FROM module WHERE module.name = %(name)s AND module.active;

-- name: revoke_tokens
-- All tokens of a module, from now on worth nothing.
UPDATE module_token SET revoked_at = now()
FROM module WHERE module_token.module_id = module.id AND module.name = %(name)s AND module_token.revoked_at IS NULL;

-- name: token
-- A token that is worth something, and whose it is.
SELECT module_token.hash, module.name AS module
FROM module_token INNER JOIN module ON module_token.module_id = module.id
WHERE module_token.id = %(id)s AND module_token.revoked_at IS NULL AND module.active;

-- name: use_token
-- When a token was last of use, by the minute.
UPDATE module_token SET last_used_at = now()
WHERE id = %(id)s AND (last_used_at IS NULL OR last_used_at < now() - INTERVAL '1 minute');

-- name: forget_drafts
-- Drafts that nobody confirmed within a day, and all but the newest of a module.
DELETE FROM module_draft
WHERE
    made_at < now() - INTERVAL '1 day'
    OR id IN (SELECT old.id FROM module_draft AS old WHERE old.module_id = %(module_id)s ORDER BY old.made_at DESC OFFSET 9);

-- name: put_draft
-- A draft.
INSERT INTO module_draft (module_id, actor, report, shown)
VALUES (%(module_id)s, %(actor)s, %(report)s, %(shown)s) RETURNING id;

-- name: copy_draft
-- Its figures.
COPY module_draft_figure (draft_id, indicator, keys, true_at, value) FROM STDIN;

-- name: draft_figures
-- Its figures.
SELECT indicator, keys, true_at, value FROM module_draft_figure WHERE draft_id = %(id)s;

-- name: drop_draft
-- A draft that was confirmed or thrown away, by whoever was shown it.
DELETE FROM module_draft WHERE id = %(id)s AND module_id = %(module_id)s AND actor = %(actor)s RETURNING report, shown;

-- name: held
-- Figures that wait for a person, oldest first.
SELECT
    held.id, module.name AS module, module.manifest #>> '{title,id}' AS title_id,
    module.manifest #>> '{title,en}' AS title_en, indicator.name AS indicator,
    module.manifest #>> ARRAY['indicators', indicator.name, 'title', 'id'] AS indicator_id,
    module.manifest #>> ARRAY['indicators', indicator.name, 'title', 'en'] AS indicator_en,
    module.manifest #>> ARRAY['indicators', indicator.name, 'unit'] AS unit,
    cell.keys, held.true_at, held.value, held.usual, run.started_at AS held_at
FROM indicator_held AS held
INNER JOIN indicator_cell AS cell ON held.cell_id = cell.id
INNER JOIN indicator ON cell.indicator_id = indicator.id
INNER JOIN module
    ON indicator.module_id = module.id AND module.active AND module.manifest -> 'indicators' ? indicator.name
INNER JOIN module_run AS run ON held.run_id = run.id
WHERE held.decided_at IS NULL
ORDER BY held.id;

-- name: lock_held
-- The module whose figure waits, before the figure: a run that stores takes them in this order.
SELECT module.id
FROM indicator_held AS held
INNER JOIN indicator_cell AS cell ON held.cell_id = cell.id
INNER JOIN indicator ON cell.indicator_id = indicator.id
INNER JOIN module ON indicator.module_id = module.id
WHERE held.id = %(id)s
FOR NO KEY UPDATE OF module;

-- name: decide
-- A person's word on a held figure, once.
UPDATE indicator_held AS held SET decided_at = now(), decided_by = %(actor)s, accepted = %(accepted)s
FROM indicator_cell AS cell
INNER JOIN indicator ON cell.indicator_id = indicator.id
INNER JOIN module ON indicator.module_id = module.id
WHERE held.id = %(id)s AND held.decided_at IS NULL AND cell.id = held.cell_id
RETURNING module.name, indicator.name, cell.keys, held.true_at, held.value;

-- name: computed
-- The newest samples of a kind of assets, taken together by district; only those that are fresh count.
SELECT
    grouping(district.code) = 1 AS is_all, district.code, count(latest.value) AS n, sum(latest.value) AS sum, avg(latest.value) AS mean,
    min(latest.value) AS min, max(latest.value) AS max,
    100.0 * avg((latest.value > 0)::integer) AS share_pct, min(latest."time") AS oldest_at
FROM series
INNER JOIN asset ON series.asset_id = asset.id
INNER JOIN box ON asset.box_id = box.id
INNER JOIN site ON coalesce(asset.site_id, box.site_id) = site.id
INNER JOIN series_latest AS latest ON series.id = latest.series_id
LEFT JOIN district ON lower(site.district) = lower(district.name)
WHERE
    series.quantity = %(quantity)s AND asset.kind = %(asset_kind)s AND latest.value IS NOT NULL
    AND latest."time" > %(now)s::timestamptz - %(fresh_for)s::interval AND latest."time" <= %(now)s::timestamptz
GROUP BY GROUPING SETS ((district.code), ());

-- name: shown
-- What is shown now of an indicator, by the codes of its cells.
SELECT cell.keys, newest.true_at, newest.value
FROM indicator_cell AS cell
INNER JOIN indicator ON cell.indicator_id = indicator.id
INNER JOIN module ON indicator.module_id = module.id
CROSS JOIN LATERAL (
    SELECT value.true_at, value.value FROM indicator_value AS value
    WHERE value.cell_id = cell.id AND value.known_until IS NULL
    ORDER BY value.true_at DESC LIMIT 1
) AS newest
WHERE module.name = %(module)s AND indicator.name = %(indicator)s;

-- name: states
-- Modules with their last runs.
SELECT
    state.module, state.title_id, state.title_en, state.owner, state.contact, state.source, state.state, state.ended_at,
    state.fault_id, state.fault_en, state.true_at, state.due_at, state.overdue, state.figures_late,
    state.figures_waited_for,
    coalesce(module.manifest -> 'uploaders', '[]') AS uploaders
FROM wall.module_state AS state INNER JOIN module ON state.module = module.name ORDER BY state.module;

-- name: figures
-- Figures as they are shown now, of a module or of a district, by their cells.
SELECT
    shown.cell_id, shown.module, shown.indicator, shown.title_id, shown.title_en, shown.unit, shown.decimals, shown.keys,
    shown.district_code, shown.district, shown.value, shown.true_at, shown.fetched_at, shown.known_from, shown.due_at,
    shown.stale, shown.kept_back, shown.severity
FROM wall.module_figure AS shown
WHERE
    (%(module)s::text IS NULL OR shown.module = %(module)s)
    AND (%(indicator)s::text IS NULL OR shown.indicator = %(indicator)s)
    AND (%(district)s::text IS NULL OR shown.district_code = %(district)s)
    AND shown.cell_id > %(after)s
ORDER BY shown.cell_id LIMIT %(limit)s;

-- name: figures_as_of
-- Figures as they were shown at an instant; what a source still said of them then is not known, only since when they were.
SELECT DISTINCT ON (version.cell_id)
    version.cell_id, version.module, version.indicator, version.title_id, version.title_en, version.unit, version.decimals,
    version.keys, version.district_code, version.district, version.value, version.true_at,
    version.known_from AS fetched_at, version.known_from, due.at AS due_at, due.at < %(as_of)s AS stale, version.kept_back,
    module_severity(module.manifest #> ARRAY['indicators', version.indicator], version.value) AS severity
FROM wall.module_figure_version AS version
INNER JOIN module ON version.module = module.name
CROSS JOIN LATERAL (
    SELECT
        module_period_end(version.true_at, module_period(module.manifest)) + coalesce(
            module.manifest #>> ARRAY['indicators', version.indicator, 'fresh_for'], module.manifest ->> 'fresh_for'
        )::interval AS at
) AS due
WHERE
    version.module = %(module)s
    AND (%(indicator)s::text IS NULL OR version.indicator = %(indicator)s)
    AND (%(district)s::text IS NULL OR version.district_code = %(district)s)
    AND version.cell_id > %(after)s
    AND version.known_from <= %(as_of)s AND (version.known_until IS NULL OR version.known_until > %(as_of)s)
ORDER BY version.cell_id, version.true_at DESC LIMIT %(limit)s;

-- name: corrections
-- Figures that were shown and are shown otherwise since, the newest corrections first.
SELECT
    before.cell_id, before.indicator, before.title_id, before.title_en, before.unit, before.decimals, before.keys,
    before.district, before.true_at, before.value AS before, since.value AS after, before.known_from AS shown_from,
    before.known_until AS corrected_at, since.run_id AS run, run.cause, run.actor
FROM wall.module_figure_version AS before
INNER JOIN indicator_value AS since
    ON before.cell_id = since.cell_id AND before.true_at = since.true_at AND before.known_until = since.known_from
INNER JOIN module_run AS run ON since.run_id = run.id
WHERE
    before.module = %(module)s
    AND (%(indicator)s::text IS NULL OR before.indicator = %(indicator)s)
    AND (%(district)s::text IS NULL OR before.district_code = %(district)s)
    AND (before.known_until, before.cell_id, before.true_at)
    < (%(before_at)s::timestamptz, %(before_cell)s::integer, %(before_true_at)s::timestamptz)
ORDER BY before.known_until DESC, before.cell_id DESC, before.true_at DESC LIMIT %(limit)s;

-- name: runs
-- Runs of a module, newest first, with their lines.
SELECT
    run.id, run.cause, run.actor, run.due_at, run.started_at, run.ended_at, run.state, run.rows, run.figures, run.changed,
    run.rejected, run.held, run.kept_back, run.fault_id, run.fault_en,
    coalesce((
        SELECT jsonb_agg(to_jsonb(line) - 'run_id' ORDER BY line.count DESC) FROM module_run_line AS line
        WHERE line.run_id = run.id
    ), '[]') AS lines
FROM module_run AS run INNER JOIN module ON run.module_id = module.id
WHERE module.name = %(module)s AND run.id < %(before)s ORDER BY run.id DESC LIMIT %(limit)s;
