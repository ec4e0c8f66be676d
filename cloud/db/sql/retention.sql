-- What is forgotten, and when.

-- name: set_raw_from
-- Remember that samples below may be gone, so that no rollup below is ever made from the rest.
UPDATE rollup_state
SET raw_from = greatest(raw_from, time_bucket(INTERVAL '1 hour', %(before)s::timestamptz + INTERVAL '1 hour'));

-- name: set_minutes_from
-- Remember that minutes below may be gone.
UPDATE rollup_state SET minutes_from = greatest(minutes_from, %(before)s);

-- name: set_hours_from
-- Remember that hours below may be gone.
UPDATE rollup_state SET hours_from = greatest(hours_from, %(before)s);

-- name: drop_chunks
-- Drop the chunks of a hypertable that lie wholly before an instant.
SELECT drop_chunks(%(relation)s::regclass, older_than => %(before)s);

-- name: delete_rejected
-- Delete a bounded number of refused messages from before an instant.
DELETE FROM rejected_message
WHERE id IN (
    SELECT id FROM rejected_message WHERE received_at < %(before)s ORDER BY received_at LIMIT %(limit)s
);

-- name: delete_operations_refused
-- Delete a bounded number of what no incident could be made of, from before an instant.
DELETE FROM operations_refused
WHERE id IN (SELECT id FROM operations_refused WHERE at < %(before)s ORDER BY id LIMIT %(limit)s);

-- name: delete_photos
-- Delete a bounded number of photos of incidents that were closed before an instant.
DELETE FROM incident_photo
WHERE id IN (
    SELECT photo.id
    FROM incident_photo AS photo
    INNER JOIN incident ON incident.id = photo.incident_id
    WHERE incident.closed_at < %(before)s
    LIMIT %(limit)s
);

-- name: delete_notifications
-- Delete a bounded number of notifications of incidents that were closed before an instant.
DELETE FROM notification
WHERE id IN (
    SELECT told.id
    FROM notification AS told
    INNER JOIN incident ON incident.id = told.incident_id
    WHERE incident.closed_at < %(before)s
    LIMIT %(limit)s
);

-- name: delete_media
-- Delete a bounded number of pieces of evidence from before an instant.
DELETE FROM media
WHERE (event_id, box_id, sha256) IN (
    SELECT event_id, box_id, sha256 FROM media WHERE received_at < %(before)s ORDER BY received_at LIMIT %(limit)s
);

-- name: delete_media_beyond
-- Delete the oldest of what is beyond a number of bytes, a bounded number of pieces. A length is known without
-- reading the content.
DELETE FROM media
WHERE (event_id, box_id, sha256) IN (
    SELECT event_id, box_id, sha256
    FROM (
        SELECT
            event_id, box_id, sha256, received_at,
            sum(octet_length(content)) OVER (ORDER BY received_at DESC, event_id, box_id, sha256) AS newer_bytes
        FROM media
    ) AS counted
    WHERE newer_bytes > %(most)s
    ORDER BY received_at
    LIMIT %(limit)s
);

-- name: delete_media_days
-- Forget what boxes have used of days that are over.
DELETE FROM media_day WHERE day < (%(now)s AT TIME ZONE INTERVAL '7 hours')::date - 1;
