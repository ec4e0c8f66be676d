-- name: all_boxes
-- Every box that may publish.
SELECT box.id, box.name, site.code FROM box INNER JOIN site ON site.id = box.site_id;

-- name: one_box
-- A box that was not known before.
SELECT box.id, site.code FROM box INNER JOIN site ON site.id = box.site_id WHERE box.name = %(name)s;

-- name: all_series
-- Every series with the box that writes it.
SELECT box.name, asset.code, series.quantity, series.id, series.unit
FROM series
INNER JOIN asset ON asset.id = series.asset_id
INNER JOIN box ON box.id = asset.box_id;

-- name: listen_registry
-- Be told when something of the registry is moved.
LISTEN registry;

-- name: hear
-- Nothing: notifications come with the answer to a statement.
SELECT 1;

-- name: lock_boxes
-- How many series each box may have; holds the rows, so that two ingesters cannot both use a box's last room.
SELECT id, series_limit FROM box WHERE id = ANY(%(boxes)s) ORDER BY id FOR NO KEY UPDATE;

-- name: count_series
-- How many series each box has; a statement of its own, so that it sees what came while a lock was waited for.
SELECT asset.box_id, count(*)
FROM series
INNER JOIN asset ON asset.id = series.asset_id
WHERE asset.box_id = ANY(%(boxes)s)
GROUP BY asset.box_id;

-- name: find_series
-- What there is of the wanted names: whose the asset is, and the series, if any.
SELECT wanted.code, wanted.quantity, asset.box_id, series.id, series.unit
FROM unnest(%(codes)s::text[], %(quantities)s::text[]) AS wanted (code, quantity)
INNER JOIN asset ON asset.code = wanted.code
LEFT JOIN series ON series.asset_id = asset.id AND series.quantity = wanted.quantity;

-- name: register_assets
-- Makes the assets that are new.
INSERT INTO asset (code, site_id, box_id)
SELECT DISTINCT wanted.code, box.site_id, box.id
FROM unnest(%(codes)s::text[], %(boxes)s::integer[]) AS wanted (code, box_id)
INNER JOIN box ON box.id = wanted.box_id
ORDER BY wanted.code
ON CONFLICT (code) DO NOTHING;

-- name: register_series
-- Makes the series that are new, of assets that are the box's own.
INSERT INTO series (asset_id, quantity, unit)
SELECT asset.id, wanted.quantity, wanted.unit
FROM unnest(%(codes)s::text[], %(boxes)s::integer[], %(quantities)s::text[], %(units)s::text[])
    AS wanted (code, box_id, quantity, unit)
INNER JOIN asset ON asset.code = wanted.code AND asset.box_id = wanted.box_id
ORDER BY asset.id, wanted.quantity
ON CONFLICT (asset_id, quantity) DO NOTHING;

-- name: complete_until
-- The instant up to which minutes are rolled up; read after the shared lock, in a statement of its own.
SELECT coalesce(extract(epoch FROM complete_until), '-Infinity')::float8 FROM rollup_state;

-- name: copy_samples
-- Straight into the hypertable; a sample that is there already fails the whole batch.
COPY sample (time, value, series_id) FROM STDIN (FORMAT binary);

-- name: make_staging
-- Where a batch goes that has met a sample stored before.
CREATE TEMPORARY TABLE IF NOT EXISTS staging (time timestamptz, value float8, series_id integer) ON COMMIT DELETE ROWS;

-- name: copy_staging
-- The batch, without any constraint.
COPY staging (time, value, series_id) FROM STDIN (FORMAT binary);

-- name: merge_staging
-- What of the batch is new.
INSERT INTO sample (time, value, series_id)
SELECT time, value, series_id FROM staging
ON CONFLICT (series_id, time) DO NOTHING;

-- name: insert_text
-- String values.
INSERT INTO sample_text (time, series_id, value)
SELECT to_timestamp(wanted.time_s), wanted.series_id, wanted.value
FROM unnest(%(times)s::float8[], %(series)s::integer[], %(values)s::text[]) AS wanted (time_s, series_id, value)
ON CONFLICT (series_id, time) DO NOTHING;

-- name: note_late
-- Hours that the rollups must look at again, with the series concerned.
INSERT INTO rollup_late (hour, series_ids) VALUES (to_timestamp(%s), %s);

-- name: insert_event
-- One event; a repeat is nothing new.
INSERT INTO event (id, type, source, subject, box_id, asset_id, time, clock_suspect, received_at, severity, payload)
VALUES (
    %(id)s, %(type)s, %(source)s, %(subject)s, %(box)s,
    (SELECT asset.id FROM asset WHERE asset.code = %(subject)s AND asset.box_id = %(box)s),
    %(time)s, %(clock_suspect)s, to_timestamp(%(received_s)s), %(severity)s, %(payload)s
)
ON CONFLICT (id) DO NOTHING;

-- name: announce_event
-- Tells listeners of an event, once the transaction is committed.
SELECT pg_notify('event', %(id)s::text);

-- name: insert_media
-- Evidence; the same picture of the same event is stored once.
INSERT INTO media (event_id, box_id, content_type, sha256, content, received_at)
VALUES (%(event)s, %(box)s, %(content_type)s, %(sha256)s, %(content)s, to_timestamp(%(received_s)s))
ON CONFLICT (event_id, box_id, sha256) DO NOTHING;

-- name: count_media
-- Adds stored evidence to its box's day.
INSERT INTO media_day AS used (box_id, day, bytes)
VALUES (%(box)s, (to_timestamp(%(received_s)s) AT TIME ZONE INTERVAL '7 hours')::date, %(bytes)s)
ON CONFLICT (box_id, day) DO UPDATE SET bytes = used.bytes + excluded.bytes;

-- name: media_of_day
-- What some boxes have used of their day.
SELECT box_id, bytes FROM media_day
WHERE box_id = ANY(%(boxes)s) AND day = (to_timestamp(%(received_s)s) AT TIME ZONE INTERVAL '7 hours')::date;

-- name: find_media
-- Whether a piece of evidence is stored.
SELECT 1 FROM media WHERE event_id = %(event)s AND box_id = %(box)s AND sha256 = %(sha256)s;

-- name: insert_result
-- One state of a command.
INSERT INTO command_result (command_id, state, box_id, time, received_at, reason, detail)
VALUES (%(command)s, %(state)s, %(box)s, %(time)s, to_timestamp(%(received_s)s), %(reason)s, %(detail)s)
ON CONFLICT (command_id, box_id, state) DO NOTHING;

-- name: update_status
-- The status of a box; a will counts only for the session that it names.
UPDATE box
SET online = %(online)s, session = %(session)s, status = %(status)s, status_at = to_timestamp(%(received_s)s)
WHERE id = %(box)s AND (%(online)s OR session IS NULL OR session = %(session)s);

-- name: insert_rejected
-- What was refused, with the beginning of what was sent.
INSERT INTO rejected_message (received_at, box, topic, reason, detail, count, payload)
VALUES (to_timestamp(%(received_s)s), %(box)s, %(topic)s, %(reason)s, %(detail)s, %(count)s, %(payload)s);

-- name: make_latest_staging
-- Where the newest values wait for their merge.
CREATE TEMPORARY TABLE IF NOT EXISTS latest_staging (time timestamptz, value float8, series_id integer)
ON COMMIT DELETE ROWS;

-- name: copy_latest_staging
-- The newest value of each series of which one came since the last flush, in order of the series.
COPY latest_staging (time, value, series_id) FROM STDIN (FORMAT binary);

-- name: merge_latest
-- Moves the newest values on, never back in time.
INSERT INTO series_latest AS known (series_id, time, value, received_at)
SELECT series_id, time, nullif(value, 'NaN'), now() FROM latest_staging
ON CONFLICT (series_id) DO UPDATE
SET time = excluded.time, value = excluded.value, received_at = excluded.received_at
WHERE excluded.time > known.time;

-- name: repair_latest
-- Newest values that an ingester could not write before it was ended.
INSERT INTO series_latest AS known (series_id, time, value, received_at)
SELECT series.id, newest.time, newest.value, now()
FROM series
CROSS JOIN LATERAL (
    SELECT sample.time, sample.value FROM sample
    WHERE sample.series_id = series.id AND sample.time > now() - INTERVAL '1 hour'
    ORDER BY sample.time DESC
    LIMIT 1
) AS newest
ON CONFLICT (series_id) DO UPDATE
SET time = excluded.time, value = excluded.value, received_at = excluded.received_at
WHERE excluded.time > known.time;

-- name: touch_boxes
-- When each box was last heard of.
-- Locked in order first: an update of many rows takes them in any order, and two ingesters could wait in a circle.
WITH held AS (
    SELECT id FROM box WHERE id = ANY(%(boxes)s::integer[]) ORDER BY id FOR NO KEY UPDATE
)

UPDATE box
SET last_seen_at = greatest(box.last_seen_at, to_timestamp(heard.at_s))
FROM unnest(%(boxes)s::integer[], %(times)s::float8[]) AS heard (box_id, at_s)
INNER JOIN held ON heard.box_id = held.id
WHERE box.id = heard.box_id;

-- name: announce_latest
-- Tells listeners that newest values have moved on.
SELECT pg_notify('sample_latest', '');
