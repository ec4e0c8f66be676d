-- What happened, and what was refused.

CREATE VIEW wall.event_recent AS
SELECT
    event.id,
    event.type,
    split_part(event.type, '.', 3) AS topic,
    event.severity,
    event."time",
    event.received_at,
    box.name AS box,
    asset.code AS asset,
    asset.name AS asset_name,
    site.code AS site,
    site.name AS site_name,
    site.district,
    site.latitude,
    site.longitude,
    event.source,
    event.subject,
    event.payload,
    event.payload #>> '{data,message_id}' AS message_id,
    event.payload #>> '{data,message_en}' AS message_en,
    event.clock_suspect,
    (SELECT count(*) FROM media WHERE media.event_id = event.id AND media.box_id = event.box_id) AS media
FROM event
INNER JOIN box ON event.box_id = box.id
LEFT JOIN asset ON event.asset_id = asset.id
LEFT JOIN site ON coalesce(asset.site_id, box.site_id) = site.id
WHERE event."time" > now() - INTERVAL '7 days';
COMMENT ON VIEW wall.event_recent IS 'Events of the last seven days, with the number of pieces of evidence.';

CREATE VIEW wall.rejected_1h AS
SELECT
    time_bucket(INTERVAL '1 hour', rejected_message.received_at) AS "time",
    rejected_message.box,
    rejected_message.reason,
    sum(rejected_message.count)::bigint AS count
FROM rejected_message
WHERE rejected_message.received_at > now() - INTERVAL '30 days'
GROUP BY 1, 2, 3;
COMMENT ON VIEW wall.rejected_1h IS 'Refused messages and records of the last 30 days, by hour, box and reason.';

CREATE VIEW wall.maintenance AS
SELECT
    state.minutes_until,
    extract(EPOCH FROM now() - state.minutes_until)::double precision AS lag_s,
    (SELECT count(DISTINCT late."hour") FROM rollup_late AS late) AS late_hours
FROM rollup_state AS state
-- In the Community edition TimescaleDB's own policies do this work, and the row never moves.
WHERE state.minutes_until > TIMESTAMPTZ '1970-01-01 00:00+00';
COMMENT ON VIEW wall.maintenance IS 'How far the rollups are behind now; above some minutes the job is not running.';
