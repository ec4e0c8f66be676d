-- Warnings, ours and others', the feeds they come from, the stage of the city.

-- name: add_warning
-- A message; one that is known already changes nothing.
INSERT INTO warning (
    id, source, sender, identifier, sent_at, status, message_type, scope, severity, urgency, certainty,
    event_id, event_en, headline_id, headline_en, description_id, description_en, instruction_id, instruction_en,
    area, geometry, web, effective_at, onset_at, expires_at, account, reason, request_id, document
)
VALUES (
    %(id)s, %(source)s, %(sender)s, %(identifier)s, %(sent_at)s, %(status)s, %(message_type)s, %(scope)s,
    %(severity)s, %(urgency)s, %(certainty)s, %(event_id)s, %(event_en)s, %(headline_id)s, %(headline_en)s,
    %(description_id)s, %(description_en)s, %(instruction_id)s, %(instruction_en)s, %(area)s, %(geometry)s, %(web)s,
    %(effective_at)s, %(onset_at)s, %(expires_at)s, %(account)s, %(reason)s, %(request_id)s, %(document)s
)
ON CONFLICT DO NOTHING
RETURNING id;

-- name: supersede
-- Note which message follows an earlier one; nothing if another one did already.
UPDATE warning SET superseded_by = %(later)s
WHERE sender = %(sender)s AND identifier = %(identifier)s AND superseded_by IS NULL AND id <> %(later)s
RETURNING id;

-- name: known_others
-- Which of some messages of others are here already.
SELECT identifier FROM warning WHERE source <> 'regency' AND identifier = ANY(%(identifiers)s);

-- name: warning_for_change
-- A warning of ours, held until the end of the transaction.
SELECT
    id, sender, identifier, sent_at, status, message_type, superseded_by, expires_at, document,
    expires_at <= clock_timestamp() AS is_over
FROM warning WHERE id = %(id)s AND source = 'regency' FOR UPDATE;

-- name: earlier_of
-- The messages that led to a warning, the oldest first: a later one refers to them all.
WITH RECURSIVE line AS (
    SELECT id, sender, identifier, sent_at, 0 AS step FROM warning WHERE id = %(id)s
    UNION ALL
    SELECT before.id, before.sender, before.identifier, before.sent_at, line.step + 1
    FROM warning AS before INNER JOIN line ON before.superseded_by = line.id
    WHERE line.step < 500
)
SELECT sender, identifier, sent_at AS sent FROM line ORDER BY step DESC;

-- name: known_warning_request
-- What came of an earlier request with the same id.
SELECT id, document FROM warning WHERE account = %(account)s AND request_id = %(request_id)s;

-- name: warnings
-- Warnings, newest first.
SELECT
    id, source, sender, identifier, sent_at, received_at, status, message_type, severity, urgency, certainty,
    event_id, event_en, headline_id, headline_en, description_id, description_en, instruction_id, instruction_en,
    area, geometry, web, effective_at, onset_at, expires_at, superseded_by, account, reason,
    coalesce(message_type IN ('Alert', 'Update') AND superseded_by IS NULL AND expires_at > now(), false) AS in_force
FROM warning
WHERE
    (%(id)s::uuid IS NULL OR id = %(id)s)
    AND (%(source)s::text IS NULL OR source = %(source)s)
    AND (%(status)s::text IS NULL OR status = %(status)s)
    AND (
        %(in_force)s::boolean IS NULL
        OR coalesce(message_type IN ('Alert', 'Update') AND superseded_by IS NULL AND expires_at > now(), false) = %(in_force)s
    )
    AND (sent_at, id) < (%(before_time)s, %(before_id)s)
ORDER BY sent_at DESC, id DESC
LIMIT %(limit)s;

-- name: feed_entries
-- Our own public messages of one status, newest first, while somebody may still need them.
SELECT id, identifier, sent_at, message_type, headline_id, headline_en, description_id, area, expires_at
FROM warning
WHERE
    source = 'regency' AND scope = 'Public' AND status = %(status)s
    AND sent_at > now() - INTERVAL '30 days'
ORDER BY sent_at DESC, id DESC
LIMIT 100;

-- name: document
-- The XML of one of our public messages.
SELECT document FROM warning WHERE id = %(id)s AND source = 'regency' AND scope = 'Public';

-- name: tell_room
-- Something for the engine of incidents to look at.
INSERT INTO operations_inbox (source, ref, content) VALUES ('notice', %(ref)s, %(content)s);

-- name: over
-- Warnings of others that are over, or followed by a later message, and of which the room was not told so.
UPDATE warning SET end_told = true
WHERE
    source <> 'regency' AND status = 'Actual' AND NOT end_told
    AND message_type IN ('Alert', 'Update') AND (expires_at <= now() OR superseded_by IS NOT NULL)
RETURNING id, headline_id, headline_en;

-- name: known_earthquake
-- The earthquake that one is, half a minute or half a degree (50 km) apart; nothing where it is new.
SELECT id FROM earthquake
WHERE
    at BETWEEN %(at)s::timestamptz - interval '30 s' AND %(at)s::timestamptz + interval '30 s'
    AND abs(latitude - %(latitude)s) <= 0.5 AND abs(longitude - %(longitude)s) <= 0.5
ORDER BY received_at, id LIMIT 1;

-- name: put_earthquake
-- An earthquake; BMKG corrects its figures, so the newest word counts.
INSERT INTO earthquake AS known (id, at, magnitude, depth_km, latitude, longitude, distance_km, place, felt, potential)
VALUES (
    %(id)s, %(at)s, %(magnitude)s, %(depth_km)s, %(latitude)s, %(longitude)s, %(distance_km)s, %(place)s, %(felt)s,
    %(potential)s
)
ON CONFLICT (id) DO UPDATE
SET
    magnitude = excluded.magnitude, depth_km = excluded.depth_km, place = excluded.place,
    felt = coalesce(nullif(excluded.felt, ''), known.felt),
    potential = coalesce(nullif(excluded.potential, ''), known.potential)
WHERE (known.magnitude, known.depth_km, known.place, known.felt, known.potential)
    IS DISTINCT FROM (
        excluded.magnitude, excluded.depth_km, excluded.place,
        coalesce(nullif(excluded.felt, ''), known.felt), coalesce(nullif(excluded.potential, ''), known.potential)
    )
RETURNING id;

-- name: gauges
-- River gauges against their stages, the gravest first.
SELECT
    gauge, name, site, site_name, district, latitude, longitude, level_at, liveness, level_m, rate_m_h, stage,
    next_stage, next_level_m, lead_s, severity
FROM wall.gauge ORDER BY coalesce(severity, 0.5) DESC, name;

-- name: reaches
-- Stretches between gauges.
SELECT
    upstream, upstream_name, upstream_severity, downstream, downstream_name, downstream_district, downstream_severity,
    travel_s, arrives_at, lead_s
FROM wall.river_reach ORDER BY upstream, downstream;

-- name: earthquakes
-- Earthquakes, newest first.
SELECT id, at, magnitude, depth_km, latitude, longitude, distance_km, place, felt, potential
FROM earthquake WHERE at < %(before)s ORDER BY at DESC LIMIT %(limit)s;

-- name: feed
-- What a feed said of its version.
SELECT etag, last_modified FROM feed WHERE url = %(url)s;

-- name: note_answer
-- A feed has answered; changed or not.
INSERT INTO feed AS known (url, etag, last_modified, asked_at, answered_at, changed_at)
VALUES (%(url)s, %(etag)s, %(last_modified)s, now(), now(), now())
ON CONFLICT (url) DO UPDATE
SET
    etag = excluded.etag, last_modified = excluded.last_modified, asked_at = now(), answered_at = now(),
    changed_at = CASE WHEN %(changed)s THEN now() ELSE known.changed_at END, fault_id = NULL, fault_en = NULL;

-- name: note_fault
-- A feed has not answered, or not with what it should.
INSERT INTO feed (url, asked_at, fault_id, fault_en) VALUES (%(url)s, now(), %(text_id)s, %(text_en)s)
ON CONFLICT (url) DO UPDATE SET asked_at = now(), fault_id = excluded.fault_id, fault_en = excluded.fault_en;

-- name: feeds
-- What others publish and we read.
SELECT url, asked_at, answered_at, changed_at, fault_id, fault_en FROM feed ORDER BY url;

-- name: region
-- The rectangle that holds all sites, in degrees; nothing while there are none.
SELECT min(latitude) AS south, min(longitude) AS west, max(latitude) AS north, max(longitude) AS east
FROM site WHERE latitude IS NOT NULL AND longitude IS NOT NULL HAVING count(*) > 0;

-- name: set_stage
-- The stage from now on; nothing if it is so already.
INSERT INTO city_stage (stage, account, address, reason)
SELECT %(stage)s, %(account)s, %(address)s, %(reason)s
WHERE %(stage)s IS DISTINCT FROM (SELECT stage FROM city_stage ORDER BY id DESC LIMIT 1)
RETURNING id;

-- name: lock_stage
-- One at a time sets the stage.
SELECT pg_advisory_xact_lock(7305810112021);

-- name: stages
-- The stages that were set, newest first.
SELECT id, stage, at, account, reason FROM city_stage WHERE id < %(before)s ORDER BY id DESC LIMIT %(limit)s;
