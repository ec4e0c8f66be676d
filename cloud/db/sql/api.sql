-- What the API asks. Lists are paged by key (`after`), never by offset: a page costs the same wherever it is.

-- name: sites
-- Sites with the number of their boxes and assets and how many of these are silent.
SELECT
    site, name, district, latitude, longitude, state, boxes, boxes_silent,
    assets, assets_ok, assets_late, assets_silent, assets_never, last_seen_at
FROM wall.site_state
WHERE site > %(after)s
ORDER BY site
LIMIT %(limit)s;

-- name: boxes
-- Boxes with their liveness.
SELECT box, site, site_name, state, silent, online, last_seen_at, age_s, status_at, status
FROM wall.box_state
WHERE box > %(after)s AND (%(site)s::text IS NULL OR site = %(site)s)
ORDER BY box
LIMIT %(limit)s;

-- name: assets
-- Assets with their liveness.
SELECT
    asset, name, kind, site, site_name, district, latitude, longitude, box, box_silent,
    state, last_seen_at, age_s, expected_interval_s, interval_assumed
FROM wall.asset_state
WHERE
    asset > %(after)s
    AND (%(site)s::text IS NULL OR site = %(site)s)
    AND (%(kind)s::text IS NULL OR kind = %(kind)s)
    AND (%(state)s::text IS NULL OR state = %(state)s)
ORDER BY asset
LIMIT %(limit)s;

-- name: series
-- Series with their place.
SELECT series_id, series, asset, asset_name, kind, site, quantity, unit, created_at
FROM wall.series
WHERE
    series_id > %(after)s
    AND (%(asset)s::text IS NULL OR asset = %(asset)s)
    AND (%(site)s::text IS NULL OR site = %(site)s)
    AND (%(quantity)s::text IS NULL OR quantity = %(quantity)s)
ORDER BY series_id
LIMIT %(limit)s;

-- name: series_by_id
-- One series, and whether its newest sample is a word.
SELECT named.series_id, named.series, named.asset, named.quantity, named.unit, latest.value IS NULL AS is_text
FROM wall.series AS named
LEFT JOIN series_latest AS latest ON named.series_id = latest.series_id
WHERE named.series_id = %(series_id)s;

-- name: series_by_name
-- One series by asset and quantity, and whether its newest sample is a word.
SELECT named.series_id, named.series, named.asset, named.quantity, named.unit, latest.value IS NULL AS is_text
FROM wall.series AS named
LEFT JOIN series_latest AS latest ON named.series_id = latest.series_id
WHERE named.asset = %(asset)s AND named.quantity = %(quantity)s;

-- name: latest
-- The newest sample of each series.
SELECT series_id, series, asset, asset_name, kind, site, quantity, unit, "time", value, text, received_at, age_s
FROM wall.series_latest
WHERE
    series_id > %(after)s
    AND (%(series_ids)s::integer[] IS NULL OR series_id = ANY(%(series_ids)s::integer[]))
    AND (%(asset)s::text IS NULL OR asset = %(asset)s)
    AND (%(site)s::text IS NULL OR site = %(site)s)
    AND (%(quantity)s::text IS NULL OR quantity = %(quantity)s)
ORDER BY series_id
LIMIT %(limit)s;

-- name: moved
-- The newest samples that came after an instant, without names: asked twice a second by the stream.
SELECT
    latest.series_id, latest."time", latest.value,
    CASE WHEN latest.value IS NULL THEN (
        SELECT spoken.value FROM sample_text AS spoken
        WHERE spoken.series_id = latest.series_id AND spoken."time" = latest."time"
    ) END AS text,
    latest.received_at
FROM series_latest AS latest
WHERE latest.received_at > %(since)s;

-- name: horizons
-- From when on each level is whole.
SELECT raw_from, minutes_from, hours_from FROM rollup_state;

-- name: history_raw
-- Samples as measured.
SELECT "time", value
FROM sample
WHERE series_id = %(series_id)s AND "time" >= %(start)s AND "time" < %(stop)s
ORDER BY "time"
LIMIT %(limit)s;

-- name: history_text
-- Words as they were said.
SELECT "time", value AS text
FROM sample_text
WHERE series_id = %(series_id)s AND "time" >= %(start)s AND "time" < %(stop)s
ORDER BY "time"
LIMIT %(limit)s;

-- name: history_1m
-- Minutes.
SELECT bucket AS "time", sum / n AS value, min, max, last, n
FROM sample_1m
WHERE series_id = %(series_id)s AND bucket >= %(start)s AND bucket < %(stop)s
ORDER BY bucket
LIMIT %(limit)s;

-- name: history_1h
-- Hours.
SELECT bucket AS "time", sum / n AS value, min, max, last, n
FROM sample_1h
WHERE series_id = %(series_id)s AND bucket >= %(start)s AND bucket < %(stop)s
ORDER BY bucket
LIMIT %(limit)s;

-- name: history_1d
-- Days in Pasuruan, or several of them at a time.
SELECT
    time_bucket(make_interval(days => %(days)s), bucket, origin => TIMESTAMPTZ '2000-01-01 00:00+07') AS "time",
    sum(sum) / sum(n)::double precision AS value,
    min(min) AS min,
    max(max) AS max,
    last(last, bucket) AS last,
    sum(n)::bigint AS n
FROM sample_1d
WHERE series_id = %(series_id)s AND bucket >= %(start)s AND bucket < %(stop)s
GROUP BY 1
ORDER BY 1
LIMIT %(limit)s;

-- name: rejected
-- Refused messages, newest first, with the beginning of what was sent.
SELECT id, received_at, box, topic, reason, detail, count, left(encode(substring(payload FOR 256), 'escape'), 400) AS excerpt
FROM rejected_message
WHERE
    id < %(before)s
    AND (%(box)s::text IS NULL OR box = %(box)s)
    AND (%(reason)s::text IS NULL OR reason = %(reason)s)
ORDER BY id DESC
LIMIT %(limit)s;

-- name: events
-- Events, newest first.
SELECT
    event.id, event.type, event.severity, event."time", event.clock_suspect, event.received_at, box.name AS box,
    asset.code AS asset, site.code AS site, event.source, event.subject, event.payload,
    (SELECT count(*) FROM media WHERE media.event_id = event.id AND media.box_id = event.box_id) AS media,
    coalesce((
        SELECT jsonb_agg(jsonb_build_object(
            'sha256', encode(piece.sha256, 'hex'), 'content_type', piece.content_type, 'bytes', piece.bytes,
            'position', piece.position
        ) ORDER BY piece.position, piece.content_type)
        FROM evidence AS piece WHERE piece.event_id = event.id
    ), '[]') AS evidence
FROM event
INNER JOIN box ON event.box_id = box.id
LEFT JOIN asset ON event.asset_id = asset.id
LEFT JOIN site ON coalesce(asset.site_id, box.site_id) = site.id
WHERE
    (event."time", event.id) < (%(before_time)s::timestamptz, %(before_id)s::uuid)
    AND (%(site)s::text IS NULL OR site.code = %(site)s)
    AND (%(asset)s::text IS NULL OR asset.code = %(asset)s)
    AND (%(type)s::text IS NULL OR event.type = %(type)s)
    AND (%(hidden)s::text IS NULL OR event.type <> %(hidden)s)
ORDER BY event."time" DESC, event.id DESC
LIMIT %(limit)s;

-- name: events_by_id
-- Some events, oldest first.
SELECT
    event.id, event.type, event.severity, event."time", event.clock_suspect, event.received_at, box.name AS box,
    asset.code AS asset, site.code AS site, event.source, event.subject, event.payload,
    (SELECT count(*) FROM media WHERE media.event_id = event.id AND media.box_id = event.box_id) AS media,
    coalesce((
        SELECT jsonb_agg(jsonb_build_object(
            'sha256', encode(piece.sha256, 'hex'), 'content_type', piece.content_type, 'bytes', piece.bytes,
            'position', piece.position
        ) ORDER BY piece.position, piece.content_type)
        FROM evidence AS piece WHERE piece.event_id = event.id
    ), '[]') AS evidence
FROM event
INNER JOIN box ON event.box_id = box.id
LEFT JOIN asset ON event.asset_id = asset.id
LEFT JOIN site ON coalesce(asset.site_id, box.site_id) = site.id
WHERE event.id = ANY(%(ids)s::uuid[])
ORDER BY event."time";

-- name: applied_migrations
-- What this database has of the schema.
SELECT name, checksum FROM schema_migration;

-- name: licence
-- Which edition of TimescaleDB this is.
SELECT current_setting('timescaledb.license', true);
