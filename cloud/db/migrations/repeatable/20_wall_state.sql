-- Liveness, computed: silence is a value here, never "no data".
--
-- Seconds are since now(). A sample counts as seen at its own time, but never later than it was received, so
-- a box whose clock runs ahead does not look alive after it has died.

CREATE VIEW wall.box_state AS
SELECT
    box.id AS box_id,
    box.name AS box,
    site.code AS site,
    site.name AS site_name,
    site.district,
    box.online,
    box.status_at,
    seen.last_seen_at,
    seen.age_s,
    judged.state,
    judged.state <> 'online' AS silent,
    box.status
FROM box
INNER JOIN site ON box.site_id = site.id
CROSS JOIN LATERAL (
    SELECT
        known.last_seen_at,
        -- Not greatest(0, …), which would take what is unknown for zero.
        CASE WHEN known.last_seen_at > now() THEN 0 ELSE extract(EPOCH FROM now() - known.last_seen_at) END
        ::double precision AS age_s
    FROM (SELECT greatest(box.last_seen_at, box.status_at) AS last_seen_at) AS known
) AS seen
CROSS JOIN LATERAL (
    SELECT CASE
        WHEN seen.last_seen_at IS NULL THEN 'never'
        WHEN NOT box.online THEN 'offline'
        -- A box reports its own health at least each minute: two missed reports are silence.
        WHEN seen.age_s > 120 THEN 'silent'
        ELSE 'online'
    END AS state
) AS judged;
COMMENT ON VIEW wall.box_state IS
'One row a box. state: online, silent (said nothing for 120 s), offline (it or its will said so), never.';

CREATE VIEW wall.asset_state AS
SELECT
    asset.id AS asset_id,
    asset.code AS asset,
    asset.name,
    asset.kind,
    site.code AS site,
    site.name AS site_name,
    site.district,
    site.latitude,
    site.longitude,
    box_state.box,
    box_state.silent AS box_silent,
    seen.last_seen_at,
    judged.age_s,
    judged.expected_interval_s,
    asset.expected_interval_s IS NULL AS interval_assumed,
    CASE
        WHEN seen.last_seen_at IS NULL THEN 'never'
        -- 5 s for the path; one report may be lost to a reconnection before anybody is told.
        WHEN judged.age_s <= 2 * judged.expected_interval_s + 5 THEN 'ok'
        WHEN judged.age_s <= 4 * judged.expected_interval_s + 5 THEN 'late'
        ELSE 'silent'
    END AS state
FROM asset
INNER JOIN wall.box_state AS box_state ON asset.box_id = box_state.box_id
INNER JOIN box ON asset.box_id = box.id
LEFT JOIN site ON coalesce(asset.site_id, box.site_id) = site.id
LEFT JOIN (
    SELECT series.asset_id, max(least(latest."time", latest.received_at)) AS last_seen_at
    FROM series
    INNER JOIN series_latest AS latest ON series.id = latest.series_id
    GROUP BY series.asset_id
) AS seen ON asset.id = seen.asset_id
CROSS JOIN LATERAL (
    SELECT
        CASE WHEN seen.last_seen_at > now() THEN 0 ELSE extract(EPOCH FROM now() - seen.last_seen_at) END
        ::double precision AS age_s,
        -- Five minutes for what nobody stated: longer than any live quantity, shorter than a shift's patience.
        coalesce(asset.expected_interval_s, 300) AS expected_interval_s
) AS judged;
COMMENT ON VIEW wall.asset_state IS
'One row an asset, always. state: ok (within 2 expected intervals), late (4), silent (more), never (not once).';

CREATE VIEW wall.site_state AS
SELECT
    site.id AS site_id,
    site.code AS site,
    site.name,
    site.district,
    site.latitude,
    site.longitude,
    coalesce(boxes.boxes, 0) AS boxes,
    coalesce(boxes.boxes_silent, 0) AS boxes_silent,
    coalesce(assets.assets, 0) AS assets,
    coalesce(assets.assets_ok, 0) AS assets_ok,
    coalesce(assets.assets_late, 0) AS assets_late,
    coalesce(assets.assets_silent, 0) AS assets_silent,
    coalesce(assets.assets_never, 0) AS assets_never,
    greatest(boxes.last_seen_at, assets.last_seen_at) AS last_seen_at,
    CASE
        WHEN boxes.boxes IS NULL THEN 'empty'
        WHEN boxes.boxes = boxes.boxes_silent THEN 'silent'
        WHEN boxes.boxes_silent + coalesce(assets.assets_silent + assets.assets_never, 0) > 0 THEN 'degraded'
        ELSE 'ok'
    END AS state
FROM site
LEFT JOIN (
    SELECT
        box_state.site,
        count(*) AS boxes,
        count(*) FILTER (WHERE box_state.silent) AS boxes_silent,
        max(box_state.last_seen_at) AS last_seen_at
    FROM wall.box_state AS box_state
    GROUP BY box_state.site
) AS boxes ON site.code = boxes.site
LEFT JOIN (
    SELECT
        asset_state.site,
        count(*) AS assets,
        count(*) FILTER (WHERE asset_state.state = 'ok') AS assets_ok,
        count(*) FILTER (WHERE asset_state.state = 'late') AS assets_late,
        count(*) FILTER (WHERE asset_state.state = 'silent') AS assets_silent,
        count(*) FILTER (WHERE asset_state.state = 'never') AS assets_never,
        max(asset_state.last_seen_at) AS last_seen_at
    FROM wall.asset_state AS asset_state
    GROUP BY asset_state.site
) AS assets ON site.code = assets.site;
COMMENT ON VIEW wall.site_state IS
'One row a site. state: ok, degraded (a box or asset silent), silent (every box silent), empty (no box).';
