-- What the room asks of boxes.

-- name: camera_for
-- A camera as somebody who asks something of it meets it.
SELECT asset.id AS asset_id, asset.code AS asset, asset.kind, asset.box_id, box.name AS box, site.code AS site
FROM asset
INNER JOIN box ON asset.box_id = box.id
LEFT JOIN site ON coalesce(asset.site_id, box.site_id) = site.id
WHERE asset.code = %(asset)s AND asset.kind = 'camera';

-- name: known_request
-- What came of an earlier request with the same id.
SELECT id, action, asset_id, arguments, reason
FROM box_request WHERE requester = %(requester)s AND request_id = %(request_id)s;

-- name: open_requests
-- How many requests of a box have not been answered and may still be.
SELECT count(*) AS open
FROM box_request AS request
WHERE
    request.box_id = %(box_id)s AND request.action = %(action)s AND request.expires_at > now()
    AND NOT EXISTS (
        SELECT 1 FROM command_result AS told
        WHERE
            told.command_id = request.id AND told.box_id = request.box_id
            AND told.state IN ('confirmed', 'refused', 'failed', 'expired')
    );

-- name: add_request
-- Write down what somebody asks for.
INSERT INTO box_request (
    id, action, asset_id, box_id, requester, role, address, reason, request_id, arguments, expires_at
)
VALUES (
    %(id)s, %(action)s, %(asset_id)s, %(box_id)s, %(requester)s, %(role)s, %(address)s, %(reason)s, %(request_id)s,
    %(arguments)s, clock_timestamp() + make_interval(secs => %(expires_in_s)s)
);

-- name: waiting_requests
-- What is to be sent and still worth sending. Of a box that was not there it is tried again: it does nothing twice.
SELECT
    request.id, request.action, asset.code AS asset, box.name AS box, request.requester, request.arguments,
    request.requested_at, request.expires_at
FROM box_request AS request
INNER JOIN asset ON request.asset_id = asset.id
INNER JOIN box ON request.box_id = box.id
WHERE
    request.received IS NOT TRUE AND request.expires_at > clock_timestamp()
    AND (request.sent_at IS NULL OR request.sent_at < clock_timestamp() - make_interval(secs => %(again_s)s))
ORDER BY request.requested_at
LIMIT 100
FOR UPDATE OF request SKIP LOCKED;

-- name: request_sent
-- Remember that the broker has a request, and whether it had somebody to give it to.
UPDATE box_request SET sent_at = clock_timestamp(), received = %(received)s WHERE id = %(id)s;

-- name: sound_of
-- The sound of a clip that is to be announced.
SELECT encode(sha256, 'hex') AS sha256, coalesce(sound, '') AS sound FROM announcement_clip WHERE id = %(id)s;

-- name: siren_for
-- A siren as somebody who orders it meets it: an asset that says whether its siren sounds.
SELECT asset.id AS asset_id, asset.code AS asset, asset.kind, asset.box_id, box.name AS box, site.code AS site
FROM asset
INNER JOIN series ON asset.id = series.asset_id AND series.quantity = 'siren_on'
INNER JOIN box ON asset.box_id = box.id
LEFT JOIN site ON coalesce(asset.site_id, box.site_id) = site.id
WHERE asset.code = %(asset)s;

-- name: sirens
-- Sirens: whether they sound, and what was ordered of them last.
SELECT
    asset.code AS siren, asset.name, site.code AS site, site.name AS site_name, site.district, site.latitude,
    site.longitude, box_state.box, box_state.silent AS box_silent,
    latest.value > 0 AS sounding, latest."time" AS seen_at,
    newest.id AS request
FROM series
INNER JOIN asset ON series.asset_id = asset.id
INNER JOIN wall.box_state AS box_state ON asset.box_id = box_state.box_id
LEFT JOIN site ON asset.site_id = site.id
LEFT JOIN series_latest AS latest ON series.id = latest.series_id
LEFT JOIN LATERAL (
    SELECT request.id FROM box_request AS request
    WHERE request.asset_id = asset.id AND request.action LIKE 'siren.%%'
    ORDER BY request.requested_at DESC LIMIT 1
) AS newest ON true
WHERE series.quantity = 'siren_on' AND (%(siren)s::text IS NULL OR asset.code = %(siren)s)
ORDER BY asset.code;

-- name: requests_of
-- What was asked of an asset, newest first, with what its box said last.
SELECT
    request.id, request.action, asset.code AS asset, site.code AS site, box.name AS box, request.requester,
    request.role, request.reason, request.arguments, request.requested_at, request.expires_at, request.sent_at,
    coalesce(told.state, CASE
        WHEN request.expires_at <= now() THEN 'expired'
        WHEN request.received THEN 'sent'
        ELSE 'requested'
    END) AS state,
    told.reason AS rule, told.detail, told."time" AS told_at
FROM box_request AS request
INNER JOIN asset ON request.asset_id = asset.id
INNER JOIN box ON request.box_id = box.id
LEFT JOIN site ON coalesce(asset.site_id, box.site_id) = site.id
LEFT JOIN LATERAL (
    SELECT result.state, result.reason, result.detail, result."time" FROM command_result AS result
    WHERE result.command_id = request.id AND result.box_id = request.box_id
    ORDER BY array_position(ARRAY['accepted', 'applied', 'expired', 'refused', 'failed', 'confirmed'], result.state) DESC
    LIMIT 1
) AS told ON true
WHERE
    request.action LIKE 'siren.%%'
    AND (%(asset)s::text IS NULL OR asset.code = %(asset)s)
    AND (%(id)s::uuid IS NULL OR request.id = %(id)s)
    AND (request.requested_at, request.id) < (%(before_time)s, %(before_id)s)
ORDER BY request.requested_at DESC, request.id DESC
LIMIT %(limit)s;
