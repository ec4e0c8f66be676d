-- Sites, assets, boxes as they are now.

-- name: map_of_sites
-- Every site that is not well, then others, as many as a map can show.
SELECT site, name, district, latitude, longitude, state, severity, assets_ok, assets, boxes_silent
FROM wall.site_now
WHERE latitude IS NOT NULL
ORDER BY severity DESC NULLS FIRST, site
LIMIT 500

-- name: map_of_incidents
-- Incidents that are open, where they are.
SELECT incident, title, severity, clock_state, latitude, longitude FROM wall.incident WHERE latitude IS NOT NULL LIMIT 500

-- name: alive_of_kind
-- How many of a kind are alive and how many are not; NULL where there are none.
SELECT
    CASE WHEN count(*) > 0 THEN coalesce(sum(n) FILTER (WHERE state IN ('ok', 'online')), 0) END AS alive,
    CASE WHEN count(*) > 0 THEN coalesce(sum(n) FILTER (WHERE state NOT IN ('ok', 'online')), 0) END AS silent
FROM wall.state_count WHERE kind = {kind}

-- name: states_of_kind
-- How many of a kind are in each state.
SELECT state, n FROM wall.state_count WHERE kind = {kind} ORDER BY state

-- name: troubled
-- What has fallen silent last.
SELECT since AS time, asset, name, kind, site, district, state, age_s FROM wall.asset_troubled ORDER BY since DESC LIMIT 50

-- name: troubled_of_kind
-- The same for one kind of asset.
SELECT since AS time, asset, name, site, district, state, age_s
FROM wall.kind_troubled WHERE kind = {kind} ORDER BY since DESC NULLS LAST LIMIT 50

-- name: silent_by_kind
-- How many of each kind are not heard, the most first.
SELECT coalesce(named.word, counted.kind) AS kind, counted.n
FROM (
    SELECT kind, sum(n)::integer AS n FROM wall.state_count
    WHERE state NOT IN ('ok', 'online') AND kind <> 'site' GROUP BY kind
) AS counted
LEFT JOIN (VALUES {kinds}) AS named (kind, word) ON counted.kind = named.kind
ORDER BY counted.n DESC, counted.kind LIMIT 6

-- name: newest_events
-- What boxes noticed last: when, and in a few words.
SELECT to_char(time AT TIME ZONE 'Asia/Jakarta', 'HH24:MI') || '  ' || left(coalesce({message}, type), 60) AS event, severity
FROM wall.event_recent ORDER BY time DESC LIMIT 6

-- name: events
-- What boxes noticed last.
SELECT time, coalesce(asset, box) AS asset, site, site_name, topic, severity, coalesce({message}, type) AS message, media
FROM wall.event_recent ORDER BY time DESC LIMIT 30

-- name: events_of_topic
-- The same for one topic.
SELECT time, coalesce(asset, box) AS asset, site, site_name, type, severity, coalesce({message}, type) AS message, media
FROM wall.event_recent WHERE topic = ANY ({topics}) ORDER BY time DESC LIMIT 50

-- name: pulse
-- How old what the wall shows is.
SELECT age_s FROM wall.pulse
