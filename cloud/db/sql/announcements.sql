-- Announcements: clips, what was announced, where, and what became of it.

-- name: speakers_for
-- Loudspeakers as somebody who speaks over them meets them, those that there are of the named.
SELECT
    asset.id AS asset_id, asset.code AS asset, asset.kind, asset.box_id, box.name AS box, site.code AS site,
    coalesce(loudspeaker.agency, 'transport') AS agency
FROM asset
INNER JOIN box ON asset.box_id = box.id
LEFT JOIN site ON coalesce(asset.site_id, box.site_id) = site.id
LEFT JOIN loudspeaker ON asset.id = loudspeaker.asset_id
WHERE asset.kind = 'loudspeaker' AND asset.code = ANY(%(assets)s)
ORDER BY asset.code
FOR UPDATE OF asset;

-- name: speakers
-- Loudspeakers: whether they play, how they answer, and what was asked of them last.
SELECT
    asset.code AS loudspeaker, asset.name, site.code AS site, site.name AS site_name, site.district, site.latitude,
    site.longitude, box_state.box, box_state.silent AS box_silent, coalesce(loudspeaker.agency, 'transport') AS agency,
    latest.value > 0 AND latest."time" > now() - INTERVAL '10 minutes' AS playing, latest."time" AS seen_at,
    newest.announcement_id AS announcement
FROM asset
INNER JOIN wall.box_state AS box_state ON asset.box_id = box_state.box_id
LEFT JOIN site ON asset.site_id = site.id
LEFT JOIN loudspeaker ON asset.id = loudspeaker.asset_id
LEFT JOIN series ON asset.id = series.asset_id AND series.quantity = 'speaker_on'
LEFT JOIN series_latest AS latest ON series.id = latest.series_id
LEFT JOIN LATERAL (
    SELECT place.announcement_id FROM box_request AS request
    INNER JOIN announcement_place AS place ON request.id = place.request_id
    WHERE request.asset_id = asset.id AND request.action IN ('announcement.play', 'announcement.voice')
    ORDER BY request.requested_at DESC LIMIT 1
) AS newest ON true
WHERE asset.kind = 'loudspeaker'
ORDER BY asset.code;

-- name: speaking
-- Who speaks live over one of these loudspeakers, or is about to.
SELECT announcement.account, asset.code AS asset, announcement.emergency
FROM announcement
INNER JOIN announcement_place AS place ON announcement.id = place.announcement_id
INNER JOIN box_request AS request ON place.request_id = request.id
INNER JOIN asset ON request.asset_id = asset.id
WHERE
    announcement.kind = 'voice' AND announcement.ended_at IS NULL AND asset.id = ANY(%(asset_ids)s)
    -- A process that died in the middle holds nobody up for longer than anybody may speak.
    AND announcement.requested_at > now() - make_interval(secs => %(most_s)s)
    AND NOT EXISTS (
        SELECT 1 FROM command_result AS told
        WHERE
            told.command_id = request.id AND told.box_id = request.box_id
            AND told.state IN ('confirmed', 'refused', 'failed', 'expired')
    )
LIMIT 1;

-- name: add_clip
-- Keep sound that can be announced, or was.
INSERT INTO announcement_clip (
    id, name, language, origin, text, engine, seconds, level_db, sha256, sound, account, address, request_id
)
VALUES (
    %(id)s, %(name)s, %(language)s, %(origin)s, %(text)s, %(engine)s, %(seconds)s, %(level_db)s, %(sha256)s, %(sound)s,
    %(account)s, %(address)s, %(request_id)s
);

-- name: known_clip
-- What an earlier request with the same id made.
SELECT id, name, language, text, origin FROM announcement_clip WHERE account = %(account)s AND request_id = %(request_id)s;

-- name: retire_clip
-- Take a clip out of the list; what was announced with it keeps it.
UPDATE announcement_clip SET retired_at = coalesce(retired_at, now()), retired_by = coalesce(retired_by, %(account)s)
WHERE id = %(id)s
RETURNING id, name, language, text, origin;

-- name: clips
-- Clips that can be announced, newest first, or one.
SELECT
    id, name, language, origin, text, engine, seconds, level_db, encode(sha256, 'hex') AS sha256, account, made_at,
    retired_at, sound IS NOT NULL AS is_kept
FROM announcement_clip
WHERE
    (%(id)s::uuid IS NOT NULL OR (retired_at IS NULL AND origin <> 'voice'))
    AND (%(id)s::uuid IS NULL OR id = %(id)s)
    AND (made_at, id) < (%(before_time)s, %(before_id)s)
ORDER BY made_at DESC, id DESC
LIMIT %(limit)s;

-- name: sound
-- The sound of a clip.
SELECT sound, encode(sha256, 'hex') AS sha256, seconds, retired_at, name FROM announcement_clip WHERE id = %(id)s;

-- name: add_announcement
-- Write down what is to be announced.
INSERT INTO announcement (
    id, kind, clip_id, emergency, times, account, role, address, reason, request_id, incident_id, warning_id
)
VALUES (
    %(id)s, %(kind)s, %(clip_id)s, %(emergency)s, %(times)s, %(account)s, %(role)s, %(address)s, %(reason)s,
    %(request_id)s, %(incident_id)s, %(warning_id)s
);

-- name: add_place
-- Write down where.
INSERT INTO announcement_place (announcement_id, request_id) VALUES (%(announcement_id)s, %(request_id)s);

-- name: known_announcement
-- What an earlier request with the same id came to.
SELECT id, kind, clip_id, emergency, times, reason FROM announcement
WHERE account = %(account)s AND request_id = %(request_id)s;

-- name: incident_for
-- An incident by its number.
SELECT id FROM incident WHERE number = %(number)s;

-- name: warning_for
-- A warning that can be announced.
SELECT id FROM warning WHERE id = %(id)s;

-- name: note_in_incident
-- Put into an incident's log that something was announced for it.
INSERT INTO incident_log (incident_id, actor, address, action, text, detail)
VALUES (%(incident_id)s, %(account)s, %(address)s, 'announced', %(text)s, %(detail)s);

-- name: end_voice
-- Live voice is over: its recording.
UPDATE announcement SET ended_at = clock_timestamp(), clip_id = %(clip_id)s WHERE id = %(id)s AND ended_at IS NULL;

-- name: announcements
-- What was announced, newest first, with what became of it at each loudspeaker.
SELECT
    announcement.id, announcement.kind, announcement.emergency, announcement.times, announcement.requested_at,
    announcement.account, announcement.role, announcement.reason, announcement.ended_at,
    announcement.clip_id, clip.name AS clip, clip.text AS said, clip.language, clip.seconds,
    encode(clip.sha256, 'hex') AS sha256, incident.number AS incident, announcement.warning_id AS warning,
    places.places
FROM announcement
LEFT JOIN announcement_clip AS clip ON announcement.clip_id = clip.id
LEFT JOIN incident ON announcement.incident_id = incident.id
INNER JOIN LATERAL (
    SELECT
        jsonb_agg(jsonb_build_object(
            'loudspeaker', asset.code, 'name', asset.name, 'site', site.code, 'site_name', site.name, 'box', box.name,
            'state', CASE
                WHEN lost.is_so THEN 'failed'
                WHEN told.state IS NOT NULL THEN told.state
                WHEN request.expires_at <= now() THEN 'expired'
                WHEN request.received THEN 'sent'
                ELSE 'requested'
            END,
            'grade', CASE WHEN told.state = 'confirmed' THEN told.reason END,
            'rule', CASE WHEN lost.is_so THEN 'no_word' WHEN told.state IN ('failed', 'refused', 'expired') THEN told.reason END,
            'detail', CASE
                WHEN lost.is_so THEN 'Kotak menerima perintah lalu tidak memberi kabar lagi. | The box took the order and was not heard of again.'
                ELSE told.detail
            END,
            'told_at', told."time"
        ) ORDER BY asset.code) AS places,
        bool_or(asset.code = %(loudspeaker)s) AS is_wanted
    FROM announcement_place AS place
    INNER JOIN box_request AS request ON place.request_id = request.id
    INNER JOIN asset ON request.asset_id = asset.id
    INNER JOIN box ON request.box_id = box.id
    LEFT JOIN site ON asset.site_id = site.id
    LEFT JOIN LATERAL (
        SELECT result.state, result.reason, result.detail, result."time" FROM command_result AS result
        WHERE result.command_id = request.id AND result.box_id = request.box_id
        ORDER BY
            array_position(ARRAY['accepted', 'applied', 'expired', 'refused', 'failed', 'confirmed'], result.state) DESC
        LIMIT 1
    ) AS told ON true
    -- What was begun and is long over without a word: whether it was heard, nobody knows. A late word still counts.
    CROSS JOIN LATERAL (
        SELECT
            coalesce(told.state IN ('accepted', 'applied'), false)
            AND request.requested_at + make_interval(secs => CASE announcement.kind
                WHEN 'voice' THEN 180
                ELSE (coalesce(clip.seconds, 60) + 1) * announcement.times + 60
            END) < now() AS is_so
    ) AS lost
    WHERE place.announcement_id = announcement.id
) AS places ON true
WHERE
    (%(id)s::uuid IS NULL OR announcement.id = %(id)s)
    AND (%(loudspeaker)s::text IS NULL OR places.is_wanted)
    AND (%(incident)s::integer IS NULL OR incident.number = %(incident)s)
    AND (announcement.requested_at, announcement.id) < (%(before_time)s, %(before_id)s)
ORDER BY announcement.requested_at DESC, announcement.id DESC
LIMIT %(limit)s;

-- name: warning_text
-- A warning as it can be said aloud.
SELECT
    headline_id AS headline, event_id AS event, instruction_id AS instruction, area, status, message_type, expires_at, source
FROM warning WHERE id = %(id)s;

-- name: incident_text
-- An incident as it can be said aloud.
SELECT incident.kind, incident.title_id AS title, site.name AS place
FROM incident LEFT JOIN site ON incident.site_id = site.id
WHERE incident.number = %(number)s;

-- name: forget_sound
-- Forget sound that was kept long enough; its hash and length stay.
UPDATE announcement_clip AS clip SET sound = NULL
FROM announcement_keep AS keep
WHERE
    clip.sound IS NOT NULL AND keep.origin = clip.origin
    AND CASE WHEN clip.origin = 'voice' THEN clip.made_at ELSE clip.retired_at END < %(now)s - keep.days * INTERVAL '1 day';
