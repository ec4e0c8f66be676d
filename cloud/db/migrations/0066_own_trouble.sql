-- What each source of an incident is of its own right, so that a merge can be undone and trouble can outlast its cause;
-- and what the engine says, as a code with its values.

ALTER TABLE incident_source ADD COLUMN home_id uuid REFERENCES incident (id);
ALTER TABLE incident_source ADD COLUMN key text;
ALTER TABLE incident_source ADD COLUMN guest boolean NOT NULL DEFAULT false;
UPDATE incident_source SET home_id = incident.id, key = incident.key
FROM incident WHERE incident_source.incident_id = incident.id;
ALTER TABLE incident_source ALTER COLUMN home_id SET NOT NULL;
ALTER TABLE incident_source ALTER COLUMN key SET NOT NULL;
COMMENT ON COLUMN incident_source.home_id IS 'The incident that it came to; another than incident_id where that was merged since.';
COMMENT ON COLUMN incident_source.key IS 'What is wrong by itself, and where: another key than its incident''s where that explains it.';
CREATE INDEX incident_source_home ON incident_source (home_id);
COMMENT ON COLUMN incident_source.guest IS 'Its incident is of another key: it was merged, or explains it.';
CREATE INDEX incident_source_guest ON incident_source (incident_id) WHERE guest AND ended_at IS NULL;
CREATE INDEX incident_merged ON incident (merged_into) WHERE merged_into IS NOT NULL;

ALTER TABLE incident_log ADD COLUMN said jsonb;
COMMENT ON COLUMN incident_log.said IS 'What the engine says, as code and values: see cloud/said.py. text is what a person said.';

GRANT DELETE ON incident_source TO operations;

-- An instant that no program can read makes the whole queue unreadable. What is there already is left alone.
ALTER TABLE incident ADD CONSTRAINT incident_instants_sane CHECK (
    least(happened_at, last_seen_at, on_site_at) >= '2000-01-01+00' AND greatest(happened_at, last_seen_at) < '2200-01-01+00'
) NOT VALID;
