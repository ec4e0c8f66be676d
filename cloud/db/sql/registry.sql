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
