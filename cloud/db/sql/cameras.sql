-- Cameras: evidence, how they are, what of them is recorded, what was asked of their boxes.

-- name: media_head
-- A piece of evidence without its content, with the event it belongs to.
SELECT
    piece.content_type, piece.bytes, piece.position, event.type, event."time", coalesce(asset.code, box.name) AS subject,
    box.name AS box
FROM evidence AS piece
INNER JOIN event ON piece.event_id = event.id
INNER JOIN box ON event.box_id = box.id
LEFT JOIN asset ON event.asset_id = asset.id
WHERE piece.event_id = %(event)s AND piece.sha256 = decode(%(sha256)s, 'hex');

-- name: media_part
-- Octets of a piece of evidence, and whether all of it is still what its box sent.
SELECT
    sha256(media.content) = media.sha256 AS is_whole,
    substring(media.content FROM %(first)s::integer + 1 FOR %(length)s::integer) AS content
FROM media
INNER JOIN event ON media.event_id = event.id AND media.box_id = event.box_id
WHERE media.event_id = %(event)s AND media.sha256 = decode(%(sha256)s, 'hex');

-- name: cameras
-- Cameras: whether they are heard of, what is wrong with them now, their newest picture, how much was recorded.
WITH shown AS MATERIALIZED (
    SELECT state.*
    FROM wall.asset_state AS state
    WHERE
        state.kind = 'camera' AND state.asset > %(after)s
        AND (%(camera)s::text IS NULL OR state.asset = %(camera)s)
        AND (%(site)s::text IS NULL OR state.site = %(site)s)
    ORDER BY state.asset
    LIMIT %(limit)s
),
day AS (
    SELECT (date_trunc('day', now() AT TIME ZONE 'Asia/Jakarta') - INTERVAL '1 day') AT TIME ZONE 'Asia/Jakarta' AS began
)
SELECT
    shown.asset AS camera, shown.name, shown.site, shown.site_name, shown.district, shown.latitude, shown.longitude,
    shown.box, shown.box_silent, shown.state, shown.last_seen_at, shown.age_s,
    coalesce(health.open, '[]') AS health,
    -- Each box says in its status which assets it has.
    ARRAY(
        SELECT other.name
        FROM box AS owner INNER JOIN box AS other ON owner.site_id = other.site_id AND owner.id <> other.id
        WHERE owner.name = shown.box AND other.online AND other.status -> 'assets' ? shown.asset
        ORDER BY other.name
    ) AS other_boxes,
    picture.newest AS picture, rate.value AS frame_rate_hz,
    rate."time" AS frame_rate_at, kept.pct AS recorded_yesterday_pct, coalesce(kept.hours, 0) AS recorded_yesterday_hours
FROM shown
CROSS JOIN day
LEFT JOIN LATERAL (
    -- A camera tells each kind once at a time: what it said last of it is how it is.
    SELECT jsonb_agg(jsonb_build_object(
        'event', newest.id, 'type', newest.type, 'severity', newest.severity, 'since', newest."time",
        'message_id', newest.payload #>> '{data,message_id}', 'message_en', newest.payload #>> '{data,message_en}'
    ) ORDER BY newest."time") AS open
    FROM unnest(%(kinds)s::text[]) AS kind (type)
    CROSS JOIN LATERAL (
        SELECT event.id, event.type, event.severity, event."time", event.payload
        FROM event
        WHERE event.asset_id = shown.asset_id AND event.type = kind.type
        ORDER BY event."time" DESC, event.id DESC
        LIMIT 1
    ) AS newest
    WHERE newest.payload #> '{data,ended_at}' IS NULL
) AS health ON TRUE
LEFT JOIN LATERAL (
    SELECT jsonb_build_object(
        'event', event.id, 'type', event.type, 'time', event."time", 'sha256', encode(media.sha256, 'hex')
    ) AS newest
    FROM event
    INNER JOIN media ON event.id = media.event_id AND event.box_id = media.box_id
    WHERE event.asset_id = shown.asset_id AND media.content_type = 'image/jpeg'
    ORDER BY event."time" DESC
    LIMIT 1
) AS picture ON TRUE
LEFT JOIN LATERAL (
    SELECT latest.value, latest."time"
    FROM series INNER JOIN series_latest AS latest ON series.id = latest.series_id
    WHERE series.asset_id = shown.asset_id AND series.quantity = 'frame_rate'
) AS rate ON TRUE
LEFT JOIN LATERAL (
    -- An hour's account carries the hour's end. What was not accounted for counts as not recorded.
    SELECT sum(sample.value) / 24 AS pct, count(*) AS hours
    FROM series INNER JOIN sample ON series.id = sample.series_id
    WHERE
        series.asset_id = shown.asset_id AND series.quantity = 'recorded'
        AND sample."time" > day.began AND sample."time" <= day.began + INTERVAL '1 day'
    HAVING count(*) > 0
) AS kept ON TRUE
ORDER BY shown.asset;

-- name: shared_cameras
-- Cameras that two boxes of a site have, as both say in their status: each with each of its boxes.
SELECT asset.code AS camera, box.name AS box, coalesce(box.session, '') AS session,
    array_agg(other.name ORDER BY other.name) AS others
FROM box
INNER JOIN box AS other ON box.site_id = other.site_id AND box.id <> other.id
CROSS JOIN LATERAL jsonb_object_keys(box.status -> 'assets') AS named (code)
INNER JOIN asset ON named.code = asset.code AND asset.kind = 'camera'
WHERE
    box.online AND other.online AND jsonb_typeof(box.status -> 'assets') = 'object'
    AND other.status -> 'assets' ? named.code
GROUP BY asset.code, box.name, box.session
ORDER BY asset.code, box.name
LIMIT 1000;

-- name: recorded_hours
-- How much of each hour was recorded, oldest first; an hour's account carries the hour's end.
SELECT sample."time" - INTERVAL '1 hour' AS hour, sample.value AS recorded_pct
FROM series
INNER JOIN asset ON series.asset_id = asset.id
INNER JOIN sample ON series.id = sample.series_id
WHERE
    asset.code = %(camera)s AND series.quantity = 'recorded'
    AND sample."time" > %(start)s AND sample."time" <= %(stop)s
ORDER BY sample."time";

-- name: requests
-- What was asked of cameras, newest first, with what its box said last and what has come of it.
SELECT
    request.id, request.action, asset.code AS camera, site.code AS site, box.name AS box, request.requester,
    request.role, request.reason, request.arguments, request.requested_at, request.expires_at, request.sent_at,
    coalesce(told.state, CASE
        WHEN request.expires_at <= now() THEN 'expired'
        WHEN request.received THEN 'sent'
        ELSE 'requested'
    END) AS state,
    told.reason AS rule, told.detail, told."time" AS told_at, clip.id AS event,
    coalesce((clip.payload #>> '{data,values,parts}')::double precision, 0)::integer AS parts,
    (clip.payload #>> '{data,values,share_pct}')::double precision AS recorded_pct,
    coalesce((
        SELECT jsonb_agg(jsonb_build_object(
            'sha256', encode(piece.sha256, 'hex'), 'content_type', piece.content_type, 'bytes', piece.bytes,
            'position', piece.position
        ) ORDER BY piece.position)
        FROM evidence AS piece WHERE piece.event_id = clip.id
    ), '[]') AS evidence
FROM box_request AS request
INNER JOIN asset ON request.asset_id = asset.id
INNER JOIN box ON request.box_id = box.id
LEFT JOIN site ON coalesce(asset.site_id, box.site_id) = site.id
LEFT JOIN LATERAL (
    SELECT result.state, result.reason, result.detail, result."time"
    FROM command_result AS result
    WHERE result.command_id = request.id AND result.box_id = request.box_id
    ORDER BY array_position(ARRAY['accepted', 'applied', 'expired', 'refused', 'failed', 'confirmed'], result.state) DESC
    LIMIT 1
) AS told ON TRUE
LEFT JOIN LATERAL (
    SELECT event.id, event.payload
    FROM event
    WHERE
        event.type = 'id.satulayar.clip.delivered' AND event.box_id = request.box_id
        AND event.payload #>> '{data,values,command}' = request.id::text
    LIMIT 1
) AS clip ON TRUE
WHERE
    (request.requested_at, request.id) < (%(before_time)s::timestamptz, %(before_id)s::uuid)
    AND (%(id)s::uuid IS NULL OR request.id = %(id)s)
    AND (%(action)s::text IS NULL OR request.action = %(action)s)
    AND (%(camera)s::text IS NULL OR asset.code = %(camera)s)
    AND (%(site)s::text IS NULL OR site.code = %(site)s)
ORDER BY request.requested_at DESC, request.id DESC
LIMIT %(limit)s;

-- name: live_now
-- The live view of a camera that ends last, if one is on.
SELECT
    request.id, box.name AS box, asset.code AS camera, site.code AS site,
    request.requested_at + make_interval(secs => (request.arguments ->> 'seconds')::double precision) AS ends_at
FROM box_request AS request
INNER JOIN asset ON request.asset_id = asset.id
INNER JOIN box ON request.box_id = box.id
LEFT JOIN site ON coalesce(asset.site_id, box.site_id) = site.id
WHERE
    asset.code = %(camera)s AND request.action = 'camera.live'
    AND request.requested_at > now() - INTERVAL '10 minutes'
    AND request.requested_at + make_interval(secs => (request.arguments ->> 'seconds')::double precision) > now()
    AND NOT EXISTS (
        SELECT 1 FROM command_result AS told
        WHERE
            told.command_id = request.id AND told.box_id = request.box_id
            AND told.state IN ('refused', 'failed', 'expired')
    )
ORDER BY ends_at DESC
LIMIT 1;

-- name: live_refused
-- What the box says of the newest live view of a camera, where it does not show it and its time is not over.
SELECT newest.detail
FROM (
    SELECT told.state, told.detail
    FROM box_request AS request
    INNER JOIN asset ON request.asset_id = asset.id
    LEFT JOIN command_result AS told
        ON
            request.id = told.command_id AND request.box_id = told.box_id
            AND told.state IN ('refused', 'failed', 'expired')
    WHERE
        asset.code = %(camera)s AND request.action = 'camera.live'
        AND request.requested_at > now() - INTERVAL '10 minutes'
        AND request.requested_at + make_interval(secs => (request.arguments ->> 'seconds')::double precision) > now()
    ORDER BY request.requested_at DESC
    LIMIT 1
) AS newest
WHERE newest.state IS NOT NULL;

-- name: clip_chain
-- The records of a box's clips in the order in which it told them.
SELECT event.id AS event, event."time", event.payload #> '{data,values}' AS record
FROM event
INNER JOIN box ON event.box_id = box.id
WHERE event.type = 'id.satulayar.clip.delivered' AND box.name = %(box)s
ORDER BY event.id;

-- name: clip_parts
-- What is stored of a box's clips after a part, and whether it is what was sent: all of it is read, so a few at a time.
SELECT media.event_id AS event, encode(media.sha256, 'hex') AS sha256, sha256(media.content) = media.sha256 AS is_whole
FROM (
    SELECT piece.event_id, piece.box_id, piece.sha256
    FROM media AS piece
    INNER JOIN event ON piece.event_id = event.id AND piece.box_id = event.box_id
    INNER JOIN box ON event.box_id = box.id
    WHERE
        event.type = 'id.satulayar.clip.delivered' AND box.name = %(box)s
        AND (piece.event_id, piece.sha256) > (%(event)s, decode(%(sha256)s, 'hex'))
    ORDER BY piece.event_id, piece.sha256
    LIMIT %(limit)s
) AS page
INNER JOIN media ON page.event_id = media.event_id AND page.box_id = media.box_id AND page.sha256 = media.sha256
ORDER BY media.event_id, media.sha256;

-- name: clip_anchors
-- What the audit says of a box's records: when each came, and with which hash.
SELECT audit.subject::uuid AS event, audit.at AS "time", audit.detail ->> 'hash' AS hash
FROM audit
WHERE audit.action = 'clip_recorded' AND audit.detail ->> 'box' = %(box)s
ORDER BY audit.id;

-- name: clip_boxes
-- Boxes that have sent a clip, also those of which nothing is left but what the audit says.
SELECT box.name AS box
FROM event INNER JOIN box ON event.box_id = box.id
WHERE event.type = 'id.satulayar.clip.delivered'
UNION
SELECT audit.detail ->> 'box' FROM audit WHERE audit.action = 'clip_recorded'
ORDER BY box;

-- name: note_altered
-- Put into the audit that evidence was found altered, once for each.
INSERT INTO audit (actor, action, subject, detail)
SELECT %(actor)s, %(action)s, %(subject)s, %(detail)s
WHERE NOT EXISTS (
    SELECT 1 FROM audit
    WHERE action = %(action)s AND subject = %(subject)s AND detail ->> 'sha256' = %(detail)s::jsonb ->> 'sha256'
);

-- name: note_seen
-- Put into the audit who looked at a film, once an hour for each: players ask for it in many parts.
INSERT INTO audit (actor, action, subject, detail)
SELECT %(actor)s, %(action)s, %(subject)s, %(detail)s
WHERE NOT EXISTS (
    SELECT 1 FROM audit
    WHERE
        actor = %(actor)s AND action = %(action)s AND subject = %(subject)s AND at > now() - INTERVAL '1 hour'
        AND detail ->> 'sha256' = %(detail)s::jsonb ->> 'sha256'
);
