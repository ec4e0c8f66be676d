-- The platform itself: what comes in, how late, what is refused, how much room it takes.

CREATE VIEW wall.database_size AS
SELECT coalesce(
    (SELECT kept.bytes FROM wall_relation AS kept WHERE kept.relation = '*'), pg_database_size(current_database())
)::double precision AS bytes;
COMMENT ON VIEW wall.database_size IS 'Bytes of the whole database on disk, at most some minutes old.';

CREATE VIEW wall.relation_size AS
SELECT kept.relation, kept.bytes, kept.chunks FROM wall_relation AS kept WHERE kept.relation <> '*';
COMMENT ON VIEW wall.relation_size IS 'Bytes of each hypertable with its indexes, at most some minutes old.';

CREATE VIEW wall.ingest AS
SELECT kept.level, kept."time",
    CASE WHEN kept.quantity = 'samples_per_s' THEN kept.total END AS samples_per_s,
    CASE WHEN kept.quantity = 'lag' THEN kept.least END AS lag_p50_s,
    CASE WHEN kept.quantity = 'lag' THEN kept.most END AS lag_p99_s
FROM wall.total AS kept
WHERE kept.kind = 'platform' AND kept.quantity IN ('samples_per_s', 'lag');
COMMENT ON VIEW wall.ingest IS
'Samples stored a second, and how long newest samples took from the sensor to the database: filter by level and time.';

CREATE VIEW wall.capability AS
SELECT named.capability, named.is_there
FROM (VALUES ('operations', EXISTS (SELECT FROM operations_pulse)), ('modules', EXISTS (SELECT FROM module WHERE module.active))) AS named (capability, is_there);
COMMENT ON VIEW wall.capability IS
'Which parts are there, so that a panel says "not installed" instead of 0. Whoever adds one changes its row.';

-- Small lists for variables and tables, each by an index.

CREATE VIEW wall.camera_site AS
SELECT site.code AS site, site.name FROM site
WHERE EXISTS (SELECT FROM asset WHERE asset.site_id = site.id AND asset.kind = 'camera');

CREATE VIEW wall.junction_site AS
SELECT site.code AS site, site.name FROM site
WHERE EXISTS (SELECT FROM junction WHERE junction.site_id = site.id);

CREATE VIEW wall.lamp_site AS
SELECT site.code AS site, site.name FROM site
WHERE EXISTS (SELECT FROM asset WHERE asset.site_id = site.id AND asset.kind = 'lamp_circuit');

CREATE VIEW wall.box_worst AS
SELECT
    box.name AS box, site.name AS site_name, site.district,
    CASE WHEN (SELECT pulse.is_fresh FROM wall.pulse AS pulse) THEN kept.state ELSE 'unknown' END AS state, kept.since,
    extract(EPOCH FROM now() - greatest(box.last_seen_at, box.status_at))::double precision AS age_s,
    box.status ->> 'version' AS version, box.status ->> 'disk' AS disk,
    kept.disk_used_pct, kept.soc_temperature_cel, kept.outbox_messages, kept.outbox_oldest_age_s,
    kept.clock_offset_s, kept.uptime_s
FROM wall_box AS kept
INNER JOIN box ON kept.box_id = box.id
INNER JOIN site ON box.site_id = site.id
ORDER BY (kept.state = 'online'), kept.outbox_messages DESC NULLS LAST, kept.since DESC;
COMMENT ON VIEW wall.box_worst IS 'Boxes, the silent first, then those that hold most back. Health as of the last pulse.';

CREATE VIEW wall.box_version AS SELECT box.name AS box, box.status ->> 'version' AS version FROM box;

CREATE VIEW wall.incident_total AS
SELECT kept.day, kept.category, kept.opened, kept.verified, kept.late, kept.acknowledge_s, kept.acknowledged,
    kept.arrive_s, kept.arrived, kept.resolve_s, kept.resolved
FROM wall_incident_day AS kept;
COMMENT ON VIEW wall.incident_total IS
'Incidents by the day (WIB) of their opening, at most some minutes old: seconds of all steps together, and of how many.';

CREATE VIEW wall.screen AS
-- A screen that is off is heard as well as one that is on: what its unit says of it counts, too.
SELECT
    seen.asset, seen.name, seen.site_name,
    CASE
        WHEN seen.state = 'ok' AND told.quantity = 'screen_on' THEN 'dark'
        WHEN seen.state = 'ok' AND told.quantity = 'page_alive' THEN 'blank'
        ELSE seen.state
    END AS state,
    coalesce(seen.age_s, told.age_s) AS age_s
FROM wall.asset_now AS seen
LEFT JOIN LATERAL (
    SELECT sign.quantity, sign.age_s FROM wall.trouble AS sign
    WHERE sign.asset = seen.asset AND sign.quantity IN ('screen_on', 'page_alive')
    ORDER BY sign.quantity DESC LIMIT 1
) AS told ON true
WHERE seen.kind IN ('wall', 'screen');
COMMENT ON VIEW wall.screen IS
'The control room''s walls and each of their screens, always one row each. state: dark (off), blank (shows no wall), or as every asset''s.';

CREATE VIEW wall.junction_now AS
SELECT
    site.code AS site, site.name, site.district, junction.authority, corridor.name AS corridor,
    CASE WHEN (SELECT pulse.is_fresh FROM wall.pulse AS pulse) THEN box.state ELSE 'unknown' END AS box_state,
    CASE WHEN (SELECT pulse.is_fresh FROM wall.pulse AS pulse) THEN kept.state ELSE 'unknown' END AS controller_state,
    kept.since,
    CASE WHEN kept.state <> 'ok' THEN extract(EPOCH FROM now() - kept.last_seen_at) END::double precision AS age_s
FROM junction
INNER JOIN site ON junction.site_id = site.id
INNER JOIN asset AS controller ON junction.controller_id = controller.id
INNER JOIN wall_asset AS kept ON controller.id = kept.asset_id
LEFT JOIN wall_box AS box ON controller.box_id = box.box_id
LEFT JOIN corridor ON junction.corridor_id = corridor.id;
COMMENT ON VIEW wall.junction_now IS 'One row a junction: whether its box and controller were heard of at the last pulse.';

CREATE VIEW wall.lease_open AS
SELECT lease.* FROM wall.lease AS lease
WHERE lease.state IN ('requested', 'sent', 'accepted', 'applied', 'confirmed', 'ended') AND lease.open;
COMMENT ON VIEW wall.lease_open IS 'Leases that may still change signals.';

CREATE VIEW wall.worst_junction AS
SELECT site.code AS site, site.name, kept.split_failures
FROM wall_junction AS kept
INNER JOIN site ON kept.site_id = site.id;
COMMENT ON VIEW wall.worst_junction IS 'Split failures of each junction in the last 24 hours: the sum of hourly means of its phases.';
