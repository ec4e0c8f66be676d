-- Who may do what: the least that each program needs. Last, because it speaks of every view.

GRANT USAGE ON SCHEMA public TO ingest, api;
GRANT SELECT ON site, box, asset, series, series_latest, sample, sample_text, rollup_state TO ingest;
GRANT INSERT ON asset, series, sample, sample_text, rollup_late, rejected_message TO ingest;
GRANT SELECT, INSERT ON event, media TO ingest;
GRANT INSERT, UPDATE ON series_latest TO ingest;
GRANT UPDATE (online, session, status, status_at, last_seen_at) ON box TO ingest;

GRANT USAGE ON SCHEMA wall TO api, operations, wall_reader;
GRANT SELECT ON ALL TABLES IN SCHEMA wall TO api, operations, wall_reader;
GRANT SELECT ON
site, box, asset, series, sample, sample_text, series_latest, sample_1m, sample_1h, sample_1d,
event, media, rejected_message, rollup_state, account, token, schema_migration
TO api;
GRANT UPDATE (last_used_at) ON token TO api;

-- Leases: the room writes what it asks for, never what an account may.
GRANT SELECT ON corridor, junction, junction_phase, junction_limit, delegation, command_result TO api;
GRANT SELECT, INSERT, UPDATE ON lease, corridor_lease, lease_command TO api;
GRANT SELECT, INSERT ON lease_log TO api;
-- Provisioning registers a river gauge's stages with its site.
GRANT SELECT, INSERT, UPDATE ON gauge_stage TO api;
-- What Grafana's contact point sends.
GRANT INSERT, SELECT (fingerprint, starts_at, status) ON grafana_alert TO api;
GRANT INSERT ON audit TO api;
GRANT SELECT (id, at, actor, action, subject, detail) ON audit TO api;

-- Said again per database, for a role that somebody made by hand before the first migration; by name of the
-- database, so that two databases of one cluster may be migrated at the same time.
DO $$
BEGIN
    EXECUTE format('ALTER ROLE wall_reader IN DATABASE %I SET statement_timeout = %L', current_database(), '30s');
    EXECUTE format('ALTER ROLE wall_reader IN DATABASE %I SET default_transaction_read_only = on', current_database());
END
$$;
