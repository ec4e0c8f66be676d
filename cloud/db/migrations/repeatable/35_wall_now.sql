-- The regency now, from what the pulse keeps (70_wall_pulse.sql), so that ten times the regency costs the same. Where
-- the pulse is older than 30 s it says so, and the same view answers from the truth: slower, never stale.

CREATE VIEW wall.pulse AS
SELECT
    pulse.at,
    extract(EPOCH FROM now() - pulse.at)::double precision AS age_s,
    pulse.took_ms,
    coalesce(pulse.at > now() - INTERVAL '30 s', false) AS is_fresh
FROM (SELECT true AS id) AS always
LEFT JOIN wall_pulse AS pulse ON always.id = pulse.id;
COMMENT ON VIEW wall.pulse IS 'One row, always: when the figures of the wall were last brought up to date. NULL: never.';

CREATE VIEW wall.asset_now AS
SELECT
    asset.code AS asset, asset.name, asset.kind, site.code AS site, site.name AS site_name, site.district,
    box.name AS box, kept.state, kept.since,
    CASE WHEN kept.state IN ('silent', 'late') THEN kept.last_seen_at END AS last_seen_at,
    CASE WHEN kept.state IN ('silent', 'late') THEN extract(EPOCH FROM now() - kept.last_seen_at) END
    ::double precision AS age_s
FROM wall_asset AS kept
INNER JOIN asset ON kept.asset_id = asset.id
INNER JOIN box ON asset.box_id = box.id
LEFT JOIN site ON asset.site_id = site.id
WHERE (SELECT pulse.is_fresh FROM wall.pulse AS pulse)
UNION ALL
SELECT seen.* FROM wall.asset_truth() AS seen WHERE NOT (SELECT pulse.is_fresh FROM wall.pulse AS pulse);
COMMENT ON VIEW wall.asset_now IS
'One row an asset, always: state ok, late, silent, never; since when, where known. age_s only of what is not ok.';

CREATE VIEW wall.asset_troubled AS
-- The newest first and not all: a panel shows some dozens, and a night without mains has thousands.
SELECT named.asset, named.name, named.kind, named.site, named.site_name, named.district, named.box, named.state, named.since,
    named.last_seen_at, named.age_s
FROM (
    SELECT kept.asset_id, kept.state, kept.since, kept.last_seen_at
    FROM wall_asset AS kept
    WHERE kept.state <> 'ok' AND (SELECT pulse.is_fresh FROM wall.pulse AS pulse)
    ORDER BY kept.since DESC, kept.asset_id
    LIMIT 200
) AS newest
INNER JOIN LATERAL (
    SELECT
        asset.code AS asset, asset.name, asset.kind, site.code AS site, site.name AS site_name, site.district,
        box.name AS box, newest.state, newest.since, newest.last_seen_at,
        extract(EPOCH FROM now() - newest.last_seen_at)::double precision AS age_s
    FROM asset
    INNER JOIN box ON asset.box_id = box.id
    LEFT JOIN site ON asset.site_id = site.id
    WHERE asset.id = newest.asset_id
) AS named ON true
UNION ALL
(
    SELECT
        seen.asset, seen.name, seen.kind, seen.site, seen.site_name, seen.district, seen.box, seen.state,
        seen.last_seen_at, seen.last_seen_at, seen.age_s
    FROM wall.asset_truth() AS seen
    WHERE seen.state <> 'ok' AND NOT (SELECT pulse.is_fresh FROM wall.pulse AS pulse)
    ORDER BY seen.last_seen_at DESC NULLS LAST
    LIMIT 200
);
COMMENT ON VIEW wall.asset_troubled IS 'The 200 assets that have been late, silent or never heard of for the shortest time.';

CREATE VIEW wall.kind_troubled AS
-- The same for each kind, by its own index: filter by kind.
SELECT named.asset, named.name, of_kind.kind, named.site, named.site_name, named.district, named.box, newest.state,
    newest.since, newest.last_seen_at, extract(EPOCH FROM now() - newest.last_seen_at)::double precision AS age_s
FROM (SELECT DISTINCT counted.kind FROM wall_count AS counted) AS of_kind
CROSS JOIN LATERAL (
    SELECT kept.asset_id, kept.state, kept.since, kept.last_seen_at
    FROM wall_asset AS kept
    WHERE kept.kind = of_kind.kind AND kept.state <> 'ok' AND (SELECT pulse.is_fresh FROM wall.pulse AS pulse)
    ORDER BY kept.since DESC, kept.asset_id
    LIMIT 100
) AS newest
INNER JOIN LATERAL (
    SELECT asset.code AS asset, asset.name, site.code AS site, site.name AS site_name, site.district, box.name AS box
    FROM asset
    INNER JOIN box ON asset.box_id = box.id
    LEFT JOIN site ON asset.site_id = site.id
    WHERE asset.id = newest.asset_id
) AS named ON true
UNION ALL
(
    SELECT
        seen.asset, seen.name, seen.kind, seen.site, seen.site_name, seen.district, seen.box, seen.state,
        seen.last_seen_at, seen.last_seen_at, seen.age_s
    FROM wall.asset_truth() AS seen
    WHERE seen.state <> 'ok' AND NOT (SELECT pulse.is_fresh FROM wall.pulse AS pulse)
);
COMMENT ON VIEW wall.kind_troubled IS 'The 100 assets of each kind that have been late, silent or never heard of for the shortest time.';

CREATE VIEW wall.site_now AS
SELECT
    site.code AS site, site.name, site.district, site.latitude, site.longitude, kept.state, kept.since,
    kept.boxes, kept.boxes_silent, kept.assets, kept.assets_ok, kept.last_seen_at,
    CASE kept.state WHEN 'silent' THEN 2 WHEN 'degraded' THEN 1 WHEN 'ok' THEN 0 END AS severity
FROM wall_site AS kept
INNER JOIN site ON kept.site_id = site.id
WHERE (SELECT pulse.is_fresh FROM wall.pulse AS pulse)
UNION ALL
SELECT
    seen.site, seen.name, seen.district, seen.latitude, seen.longitude, seen.state, NULL,
    seen.boxes, seen.boxes_silent, seen.assets, seen.assets_ok, seen.last_seen_at,
    CASE seen.state WHEN 'silent' THEN 2 WHEN 'degraded' THEN 1 WHEN 'ok' THEN 0 END
FROM wall.site_truth() AS seen
WHERE NOT (SELECT pulse.is_fresh FROM wall.pulse AS pulse);
COMMENT ON VIEW wall.site_now IS 'One row a site: ok, degraded, silent, empty. severity: 0, 1, 2, NULL.';

CREATE VIEW wall.state_count AS
SELECT kept.kind, kept.state, kept.n
FROM wall_count AS kept WHERE kept.n > 0 AND (SELECT pulse.is_fresh FROM wall.pulse AS pulse)
UNION ALL
SELECT counted.* FROM wall.count_truth() AS counted WHERE NOT (SELECT pulse.is_fresh FROM wall.pulse AS pulse);
COMMENT ON VIEW wall.state_count IS
'How many assets of each kind are in each state; kind box_slot: boxes, kind site: sites.';

CREATE VIEW wall.box_now AS
SELECT
    box.name AS box, site.code AS site, site.name AS site_name, site.district, kept.state, kept.since,
    greatest(box.last_seen_at, box.status_at) AS last_seen_at,
    extract(EPOCH FROM now() - greatest(box.last_seen_at, box.status_at))::double precision AS age_s,
    box.status ->> 'version' AS version, box.status ->> 'hardware_id' AS hardware_id, box.status ->> 'disk' AS disk,
    kept.disk_used_pct, kept.soc_temperature_cel, kept.outbox_messages, kept.outbox_oldest_age_s,
    kept.clock_offset_s, kept.uptime_s
FROM wall_box AS kept
INNER JOIN box ON kept.box_id = box.id
INNER JOIN site ON box.site_id = site.id
WHERE (SELECT pulse.is_fresh FROM wall.pulse AS pulse)
UNION ALL
SELECT
    seen.box, seen.site, seen.site_name, seen.district, seen.state, NULL, seen.last_seen_at, seen.age_s,
    seen.status ->> 'version', seen.status ->> 'hardware_id', seen.status ->> 'disk',
    NULL, NULL, NULL, NULL, NULL, NULL
FROM wall.box_state AS seen
WHERE NOT (SELECT pulse.is_fresh FROM wall.pulse AS pulse);
COMMENT ON VIEW wall.box_now IS 'One row a box: its link, its version and its health. Health is NULL while the pulse is old.';

CREATE VIEW wall.trouble AS
SELECT
    asset.code AS asset, asset.name, asset.kind, site.code AS site, site.name AS site_name, site.district,
    kept.quantity, kept.since, extract(EPOCH FROM now() - kept.since)::double precision AS age_s
FROM wall_trouble AS kept
INNER JOIN asset ON kept.asset_id = asset.id
LEFT JOIN site ON asset.site_id = site.id;
COMMENT ON VIEW wall.trouble IS 'What assets say of themselves that should not be: lamp_fault, door_open, mains_present (0), …';

CREATE VIEW wall.newest AS
SELECT
    kept.kind, kept.quantity, kept.series, kept.fresh, kept.total,
    kept.total / nullif(kept.fresh, 0) AS mean, kept.least, kept.most, kept.oldest_at
FROM wall_figure AS kept
WHERE (SELECT pulse.is_fresh FROM wall.pulse AS pulse);
COMMENT ON VIEW wall.newest IS
'Newest values of a quantity over all assets of a kind that were heard of lately (fresh of series). No row while the pulse is old.';
