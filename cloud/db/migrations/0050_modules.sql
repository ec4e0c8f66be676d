-- Public services' figures: modules, their indicators, and every value with the time it was true and the time it was known.

DO $$
BEGIN
    CREATE ROLE modules LOGIN;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
    NULL;
END
$$;

CREATE TABLE district (
    code text PRIMARY KEY CHECK (code ~ '^\d{2}\.\d{2}\.\d{2}$'),
    name text NOT NULL UNIQUE
);
COMMENT ON TABLE district IS 'The regency''s districts with the home ministry''s codes: the dimension that all modules share.';

CREATE TABLE module (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL UNIQUE,
    manifest jsonb NOT NULL,
    active boolean NOT NULL DEFAULT true,
    loaded_at timestamptz NOT NULL DEFAULT now(),
    visited jsonb NOT NULL DEFAULT '{}'
);
COMMENT ON COLUMN module.active IS 'False when its folder is gone; its figures stay.';
COMMENT ON COLUMN module.visited IS 'What the source said of the version it gave last: ETag, Last-Modified, hash.';

CREATE TABLE indicator (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    module_id integer NOT NULL REFERENCES module (id),
    name text NOT NULL,
    dimensions text[] NOT NULL,
    UNIQUE (module_id, name)
);

CREATE TABLE indicator_cell (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    indicator_id integer NOT NULL REFERENCES indicator (id),
    keys text[] NOT NULL,
    seen_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (indicator_id, keys)
);
COMMENT ON TABLE indicator_cell IS 'One figure''s place: an indicator with a value for each of its dimensions, in their order.';
COMMENT ON COLUMN indicator_cell.seen_at IS 'When a source last said something of it, changed or not.';

CREATE TABLE module_run (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    module_id integer NOT NULL REFERENCES module (id),
    due_at timestamptz,
    started_at timestamptz NOT NULL DEFAULT now(),
    ended_at timestamptz,
    cause text NOT NULL CHECK (cause IN ('schedule', 'person', 'push', 'upload', 'backfill')),
    actor text,
    state text NOT NULL DEFAULT 'running' CHECK (state IN ('running', 'done', 'unchanged', 'failed')),
    rows bigint NOT NULL DEFAULT 0,
    figures bigint NOT NULL DEFAULT 0,
    changed bigint NOT NULL DEFAULT 0,
    rejected bigint NOT NULL DEFAULT 0,
    held bigint NOT NULL DEFAULT 0,
    kept_back bigint NOT NULL DEFAULT 0,
    fault_id text,
    fault_en text
);
CREATE INDEX module_run_module ON module_run (module_id, id DESC);

CREATE TABLE module_run_line (
    run_id bigint NOT NULL REFERENCES module_run (id) ON DELETE CASCADE,
    reason text NOT NULL,
    detail_id text NOT NULL,
    detail_en text NOT NULL,
    first_row bigint,
    count bigint NOT NULL DEFAULT 1,
    PRIMARY KEY (run_id, reason, detail_en)
);
COMMENT ON TABLE module_run_line IS 'What a run left out and why; never the value itself where it may be somebody''s.';

CREATE TABLE indicator_value (
    cell_id integer NOT NULL REFERENCES indicator_cell (id),
    true_at timestamptz NOT NULL,
    value double precision,
    known_from timestamptz NOT NULL,
    known_until timestamptz,
    run_id bigint NOT NULL REFERENCES module_run (id)
);
COMMENT ON TABLE indicator_value IS
'Bitemporal: true_at is the time that a figure is about, known_from to known_until the time in which it was the one shown.';
COMMENT ON COLUMN indicator_value.value IS 'NULL: kept back, for it would tell of too few people.';
CREATE UNIQUE INDEX indicator_value_current ON indicator_value (cell_id, true_at DESC) WHERE known_until IS NULL;
CREATE INDEX indicator_value_past ON indicator_value (cell_id, true_at, known_from) WHERE known_until IS NOT NULL;

CREATE TABLE indicator_held (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    cell_id integer NOT NULL REFERENCES indicator_cell (id),
    true_at timestamptz NOT NULL,
    value double precision NOT NULL,
    usual double precision NOT NULL,
    run_id bigint NOT NULL REFERENCES module_run (id),
    decided_at timestamptz,
    decided_by text,
    accepted boolean
);
COMMENT ON TABLE indicator_held IS 'Figures so far from the usual that a person must confirm them.';
CREATE UNIQUE INDEX indicator_held_open ON indicator_held (cell_id, true_at, value) WHERE decided_at IS NULL;

GRANT SELECT ON district, series, series_latest, asset, site TO modules;
GRANT SELECT, INSERT, UPDATE ON
module, indicator, indicator_cell, module_run, module_run_line, indicator_value, indicator_held, district TO modules;
GRANT SELECT ON district, module, indicator, indicator_cell, module_run, module_run_line, indicator_value, indicator_held TO api;
