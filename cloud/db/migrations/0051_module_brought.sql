-- What is brought to modules (pushed, uploaded, put into a folder), tokens for pushing, and what became of held figures.

ALTER TABLE module_run DROP CONSTRAINT module_run_cause_check;
ALTER TABLE module_run ADD CONSTRAINT module_run_cause_check
CHECK (cause IN ('schedule', 'person', 'push', 'upload', 'folder', 'held', 'backfill'));

CREATE TABLE module_token (
    id text PRIMARY KEY,
    module_id integer NOT NULL REFERENCES module (id),
    hash bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by text NOT NULL,
    last_used_at timestamptz,
    revoked_at timestamptz
);
COMMENT ON TABLE module_token IS 'With what a service pushes its figures: 256 random bits, of which only the SHA-256 is kept.';

CREATE TABLE module_draft (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    module_id integer NOT NULL REFERENCES module (id),
    actor text NOT NULL,
    made_at timestamptz NOT NULL DEFAULT now(),
    report jsonb NOT NULL
);
COMMENT ON TABLE module_draft IS
'An upload that was read and not yet confirmed. The file itself is never kept: what could not be stored must not be here.';
CREATE INDEX module_draft_module ON module_draft (module_id, made_at);

CREATE TABLE module_draft_figure (
    draft_id uuid NOT NULL REFERENCES module_draft (id) ON DELETE CASCADE,
    indicator text NOT NULL,
    keys text[] NOT NULL,
    true_at timestamptz NOT NULL,
    value double precision
);
CREATE INDEX module_draft_figure_draft ON module_draft_figure (draft_id);

-- A figure that a person has refused is not held again each time the source repeats it.
CREATE INDEX indicator_held_decided ON indicator_held (cell_id, true_at, value) WHERE decided_at IS NOT NULL;

GRANT SELECT, INSERT, UPDATE ON module_token TO modules;
GRANT SELECT, INSERT, DELETE ON module_draft, module_draft_figure TO modules, api;
GRANT INSERT ON audit TO modules;
-- The API stores what is pushed and uploaded, and what a person decides; manifests and tokens are the modules' own.
GRANT SELECT, UPDATE (last_used_at) ON module_token TO api;
GRANT UPDATE (visited) ON module TO api;
GRANT INSERT, UPDATE ON module_run, indicator_cell, indicator_value, indicator_held TO api;
GRANT SELECT, INSERT ON module_run_line TO api;
