-- What stands where, for a map.

-- name: map_sites
-- Every site with a position and how it is.
SELECT site.code AS site, site.name, site.district, site.latitude, site.longitude, now.state, now.assets, now.assets_ok
FROM site INNER JOIN wall.site_now AS now ON site.code = now.site
WHERE site.latitude IS NOT NULL AND site.longitude IS NOT NULL
ORDER BY site.code;

-- name: map_cameras
-- Every camera, where it is and whether it is heard of.
SELECT state.asset AS camera, state.name, site.code AS site, site.latitude, site.longitude, state.state
FROM wall.asset_now AS state INNER JOIN site ON state.site = site.code
WHERE state.kind = 'camera' AND site.latitude IS NOT NULL AND site.longitude IS NOT NULL
ORDER BY state.asset;
