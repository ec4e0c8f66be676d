-- What stands where: written by `satulayar-db load` in bulk, from one JSON array per table.

-- name: put_sites
-- Register sites or correct them; a row comes back for each that is new (true) or changed (false).
INSERT INTO site (code, name, district, latitude, longitude)
SELECT wanted.code, wanted.name, wanted.district, wanted.latitude, wanted.longitude
FROM jsonb_to_recordset(%(rows)s) AS wanted (
    code text, name text, district text, latitude double precision, longitude double precision
)
ON CONFLICT (code) DO UPDATE
SET
    name = excluded.name, district = excluded.district,
    latitude = excluded.latitude, longitude = excluded.longitude
WHERE (site.name, site.district, site.latitude, site.longitude)
IS DISTINCT FROM (excluded.name, excluded.district, excluded.latitude, excluded.longitude)
RETURNING xmax = 0 AS is_new;

-- name: put_boxes
-- Register boxes at their sites or correct them.
INSERT INTO box (name, site_id, series_limit)
SELECT wanted.name, site.id, wanted.series_limit
FROM jsonb_to_recordset(%(rows)s) AS wanted (name text, site text, series_limit integer)
INNER JOIN site ON wanted.site = site.code
ON CONFLICT (name) DO UPDATE
SET site_id = excluded.site_id, series_limit = excluded.series_limit
WHERE (box.site_id, box.series_limit) IS DISTINCT FROM (excluded.site_id, excluded.series_limit)
RETURNING xmax = 0 AS is_new;

-- name: put_assets
-- Register assets with the box that reads them, or correct them.
INSERT INTO asset (code, site_id, box_id, kind, name, expected_interval_s)
SELECT wanted.code, site.id, box.id, wanted.kind, wanted.name, wanted.expected_interval_s
FROM jsonb_to_recordset(%(rows)s) AS wanted (
    code text, site text, box text, kind text, name text, expected_interval_s double precision
)
INNER JOIN site ON wanted.site = site.code
INNER JOIN box ON wanted.box = box.name
ON CONFLICT (code) DO UPDATE
SET
    site_id = excluded.site_id, box_id = excluded.box_id, kind = excluded.kind,
    name = excluded.name, expected_interval_s = excluded.expected_interval_s
WHERE (asset.site_id, asset.box_id, asset.kind, asset.name, asset.expected_interval_s)
IS DISTINCT FROM
(excluded.site_id, excluded.box_id, excluded.kind, excluded.name, excluded.expected_interval_s)
RETURNING xmax = 0 AS is_new;

-- name: put_gauge_stages
-- Register the stages of river gauges or correct them.
INSERT INTO gauge_stage (asset_id, stage, level_m)
SELECT asset.id, wanted.stage, wanted.level_m
FROM jsonb_to_recordset(%(rows)s) AS wanted (asset text, stage smallint, level_m double precision)
INNER JOIN asset ON wanted.asset = asset.code
ON CONFLICT (asset_id, stage) DO UPDATE SET level_m = excluded.level_m
WHERE gauge_stage.level_m IS DISTINCT FROM excluded.level_m
RETURNING xmax = 0 AS is_new;

-- name: put_loudspeakers
-- Register whose loudspeakers are, or correct it.
INSERT INTO loudspeaker (asset_id, agency)
SELECT asset.id, wanted.agency
FROM jsonb_to_recordset(%(rows)s) AS wanted (asset text, agency text)
INNER JOIN asset ON wanted.asset = asset.code
ON CONFLICT (asset_id) DO UPDATE SET agency = excluded.agency
WHERE loudspeaker.agency IS DISTINCT FROM excluded.agency
RETURNING xmax = 0 AS is_new;

-- name: put_reaches
-- Register stretches of river or correct them.
INSERT INTO river_reach (upstream_id, downstream_id, travel_s)
SELECT upper_gauge.id, lower_gauge.id, wanted.travel_min * 60
FROM jsonb_to_recordset(%(rows)s) AS wanted (upstream text, downstream text, travel_min double precision)
INNER JOIN asset AS upper_gauge ON wanted.upstream = upper_gauge.code
INNER JOIN asset AS lower_gauge ON wanted.downstream = lower_gauge.code
ON CONFLICT (upstream_id, downstream_id) DO UPDATE SET travel_s = excluded.travel_s
WHERE river_reach.travel_s IS DISTINCT FROM excluded.travel_s
RETURNING xmax = 0 AS is_new;

-- name: put_corridors
-- Register corridors or correct their titles.
INSERT INTO corridor (name, title)
SELECT wanted.name, wanted.title FROM jsonb_to_recordset(%(rows)s) AS wanted (name text, title text)
ON CONFLICT (name) DO UPDATE SET title = excluded.title
WHERE corridor.title IS DISTINCT FROM excluded.title
RETURNING xmax = 0 AS is_new;

-- name: put_junctions
-- Register junctions with their controllers or correct them.
INSERT INTO junction (site_id, controller_id, authority, corridor_id, corridor_position, corridor_phase)
SELECT site.id, asset.id, wanted.authority, corridor.id, wanted.position, wanted.phase
FROM jsonb_to_recordset(%(rows)s) AS wanted (
    site text, controller text, authority text, corridor text, position integer, phase integer
)
INNER JOIN site ON wanted.site = site.code
INNER JOIN asset ON wanted.controller = asset.code
LEFT JOIN corridor ON wanted.corridor = corridor.name
ON CONFLICT (site_id) DO UPDATE
SET
    controller_id = excluded.controller_id, authority = excluded.authority, corridor_id = excluded.corridor_id,
    corridor_position = excluded.corridor_position, corridor_phase = excluded.corridor_phase
WHERE (
    junction.controller_id, junction.authority, junction.corridor_id,
    junction.corridor_position, junction.corridor_phase
)
IS DISTINCT FROM (
    excluded.controller_id, excluded.authority, excluded.corridor_id,
    excluded.corridor_position, excluded.corridor_phase
)
RETURNING xmax = 0 AS is_new;

-- name: put_junction_phases
-- Register what advice must know of phases, or correct it.
INSERT INTO junction_phase (site_id, phase, name, ring, barrier, saturation_per_h, lost_s, least_green_s, detectors)
SELECT
    site.id, wanted.phase, wanted.name, wanted.ring, wanted.barrier, wanted.saturation_per_h, wanted.lost_s,
    wanted.least_green_s, wanted.detectors
FROM jsonb_to_recordset(%(rows)s) AS wanted (
    site text, phase integer, name text, ring integer, barrier integer, saturation_per_h double precision,
    lost_s double precision, least_green_s double precision, detectors text[]
)
INNER JOIN site ON wanted.site = site.code
ON CONFLICT (site_id, phase) DO UPDATE
SET
    name = excluded.name, ring = excluded.ring, barrier = excluded.barrier,
    saturation_per_h = excluded.saturation_per_h, lost_s = excluded.lost_s, least_green_s = excluded.least_green_s, detectors = excluded.detectors
WHERE (
    junction_phase.name, junction_phase.ring, junction_phase.barrier, junction_phase.saturation_per_h,
    junction_phase.lost_s, junction_phase.least_green_s, junction_phase.detectors
)
IS DISTINCT FROM (
    excluded.name, excluded.ring, excluded.barrier, excluded.saturation_per_h, excluded.lost_s,
    excluded.least_green_s, excluded.detectors
)
RETURNING xmax = 0 AS is_new;

-- name: put_junction_limits
-- Register what roles may ask for at junctions, or correct it.
INSERT INTO junction_limit (site_id, role, extra_green_s, duration_s)
SELECT site.id, wanted.role, wanted.extra_green_s, wanted.duration_s
FROM jsonb_to_recordset(%(rows)s) AS wanted (site text, role text, extra_green_s integer, duration_s integer)
INNER JOIN site ON wanted.site = site.code
ON CONFLICT (site_id, role) DO UPDATE
SET extra_green_s = excluded.extra_green_s, duration_s = excluded.duration_s
WHERE (junction_limit.extra_green_s, junction_limit.duration_s)
IS DISTINCT FROM (excluded.extra_green_s, excluded.duration_s)
RETURNING xmax = 0 AS is_new;
