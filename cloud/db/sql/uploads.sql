-- Parts of clips that boxes hand over by HTTPS.

-- name: asked
-- The box of a certificate, and the clip that was asked of it; it has a week to hand it over.
SELECT box.id AS box_id, request.id IS NOT NULL AS is_asked
FROM box
LEFT JOIN box_request AS request
    ON
        box.id = request.box_id AND request.id = %(command)s AND request.action = 'camera.clip'
        AND request.requested_at > now() - INTERVAL '7 days'
WHERE box.name = %(box)s;

-- name: forget_idle
-- Delete what has not grown for a day.
DELETE FROM clip_upload WHERE grown_at < now() - INTERVAL '1 day';

-- name: room_left
-- What a box has used of its day, with what is on its way, and how many are; without the part itself.
SELECT
    (coalesce((
        SELECT used.bytes FROM media_day AS used
        WHERE used.box_id = %(box_id)s AND used.day = (now() AT TIME ZONE INTERVAL '7 hours')::date
    ), 0) + coalesce(sum(greatest(clip_upload.bytes, %(least)s)), 0))::bigint AS bytes,
    count(*)::integer AS uploads
FROM clip_upload
WHERE clip_upload.box_id = %(box_id)s AND (clip_upload.event_id, clip_upload.sha256) <> (%(event)s, %(sha256)s);

-- name: begin
-- Begin a part; one that has begun goes on.
INSERT INTO clip_upload (box_id, event_id, sha256, command_id, bytes)
VALUES (%(box_id)s, %(event)s, %(sha256)s, %(command)s, %(bytes)s)
ON CONFLICT DO NOTHING;

-- name: stored
-- The length of a part that is whole.
SELECT octet_length(media.content) AS bytes
FROM media INNER JOIN box ON media.box_id = box.id
WHERE box.name = %(box)s AND media.event_id = %(event)s AND media.sha256 = %(sha256)s;

-- name: state
-- How much of a part is here.
SELECT clip_upload.box_id, clip_upload.bytes, clip_upload.taken
FROM clip_upload INNER JOIN box ON clip_upload.box_id = box.id
WHERE box.name = %(box)s AND clip_upload.event_id = %(event)s AND clip_upload.sha256 = %(sha256)s;

-- name: lock
-- The same, for whoever adds to it: one at a time.
SELECT clip_upload.box_id, clip_upload.bytes, clip_upload.taken
FROM clip_upload INNER JOIN box ON clip_upload.box_id = box.id
WHERE box.name = %(box)s AND clip_upload.event_id = %(event)s AND clip_upload.sha256 = %(sha256)s
FOR UPDATE OF clip_upload;

-- name: add
-- A piece of a part.
INSERT INTO clip_upload_piece (box_id, event_id, sha256, first, content)
VALUES (%(box_id)s, %(event)s, %(sha256)s, %(first)s, %(content)s);

-- name: grow
-- So much more of a part is here.
UPDATE clip_upload SET taken = %(taken)s, grown_at = now()
WHERE box_id = %(box_id)s AND event_id = %(event)s AND sha256 = %(sha256)s;

-- name: store
-- Put a part together, here and not in the API; nothing is stored where it is not what was announced, or no MP4.
INSERT INTO media (event_id, box_id, content_type, sha256, content)
SELECT %(event)s, %(box_id)s, 'video/mp4', %(sha256)s, whole.content
FROM (
    SELECT string_agg(piece.content, ''::bytea ORDER BY piece.first) AS content
    FROM clip_upload_piece AS piece
    WHERE piece.box_id = %(box_id)s AND piece.event_id = %(event)s AND piece.sha256 = %(sha256)s
) AS whole
WHERE sha256(whole.content) = %(sha256)s AND substring(whole.content FROM 5 FOR 4) = 'ftyp'::bytea
ON CONFLICT DO NOTHING;

-- name: count
-- Add a stored part to its box's day.
INSERT INTO media_day AS used (box_id, day, bytes)
VALUES (%(box_id)s, (now() AT TIME ZONE INTERVAL '7 hours')::date, %(bytes)s)
ON CONFLICT (box_id, day) DO UPDATE SET bytes = used.bytes + excluded.bytes;

-- name: forget
-- Delete a part's pieces: it is stored, or was not what it should have been.
DELETE FROM clip_upload WHERE box_id = %(box_id)s AND event_id = %(event)s AND sha256 = %(sha256)s;
