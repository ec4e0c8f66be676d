-- Incidents, crews and shelves as people read and change them.

-- name: shown
-- Some incidents by their ids, as they are shown.
SELECT
    incident.id, incident_name(incident.number) AS incident, incident.kind, incident.key, incident.category,
    incident.agency, incident.severity, incident.priority, incident.title_id, incident.title_en, incident.detail_id,
    incident.detail_en, site.code AS site, site.name AS site_name, site.district, asset.code AS asset,
    asset.name AS asset_name, box.name AS box,
    coalesce(incident.latitude, site.latitude) AS latitude, coalesce(incident.longitude, site.longitude) AS longitude,
    incident.state, running.clock, running.clock_state, running.due_at, incident.happened_at, incident.opened_at,
    incident.changed_at, incident.last_seen_at, incident.condition_ended_at, incident.owner, incident.resolved_by,
    incident.acknowledged_at, incident.dispatched_at, incident.on_site_at, incident.resolved_at, incident.closed_at,
    incident.due_acknowledge_at, incident.due_arrive_at, incident.due_resolve_at, incident.escalation, incident.count,
    incident.reopened, incident_name(parent.number) AS merged_into, incident.version,
    coalesce(sent.crews, '{}') AS crews, picture.event_id AS picture_event, picture.sha256 AS picture_sha256
FROM incident
INNER JOIN wall.incident_clock AS running ON incident.id = running.incident_id
LEFT JOIN site ON incident.site_id = site.id
LEFT JOIN asset ON incident.asset_id = asset.id
LEFT JOIN box ON incident.box_id = box.id
LEFT JOIN incident AS parent ON incident.merged_into = parent.id
LEFT JOIN LATERAL (
    SELECT array_agg(crew.name ORDER BY dispatch.ordered_at) AS crews
    FROM dispatch INNER JOIN crew ON dispatch.crew_id = crew.id
    WHERE dispatch.incident_id = incident.id AND NOT dispatch.ended
) AS sent ON true
LEFT JOIN LATERAL (
    SELECT media.event_id, encode(media.sha256, 'hex') AS sha256
    FROM incident_source AS said
    INNER JOIN media ON media.event_id = said.ref::uuid AND media.content_type = 'image/jpeg'
    INNER JOIN event ON media.event_id = event.id AND media.box_id = event.box_id
    WHERE said.incident_id = incident.id AND said.source = 'event'
    ORDER BY said.at DESC, media.received_at
    LIMIT 1
) AS picture ON true
WHERE incident.id = ANY(%(ids)s)
ORDER BY array_position(%(ids)s::uuid[], incident.id);

-- name: queue
-- Ids of incidents that are not over, the most urgent first, from a place in that order on.
SELECT incident.id, incident.priority, incident.opened_at FROM incident
LEFT JOIN site ON incident.site_id = site.id
WHERE
    incident.state NOT IN ('closed', 'cancelled', 'merged')
    AND (incident.priority, incident.opened_at, incident.id) > (%(priority)s, %(opened_at)s, %(id)s)
    AND (%(state)s::text IS NULL OR incident.state = %(state)s)
    AND (%(category)s::text IS NULL OR incident.category = %(category)s)
    AND (%(agency)s::text IS NULL OR incident.agency = %(agency)s)
    AND (%(kind)s::text IS NULL OR incident.kind = %(kind)s)
    AND (%(site)s::text IS NULL OR site.code = %(site)s)
    AND (%(owner)s::text IS NULL OR incident.owner = %(owner)s)
ORDER BY incident.priority, incident.opened_at, incident.id
LIMIT %(limit)s;

-- name: newest
-- Ids of all incidents, the newest first, from a place in that order on.
SELECT incident.id, incident.priority, incident.opened_at FROM incident
LEFT JOIN site ON incident.site_id = site.id
WHERE
    (incident.opened_at, incident.id) < (%(opened_at)s, %(id)s)
    AND (%(state)s::text IS NULL OR incident.state = %(state)s)
    AND (%(category)s::text IS NULL OR incident.category = %(category)s)
    AND (%(agency)s::text IS NULL OR incident.agency = %(agency)s)
    AND (%(kind)s::text IS NULL OR incident.kind = %(kind)s)
    AND (%(site)s::text IS NULL OR site.code = %(site)s)
    AND (%(owner)s::text IS NULL OR incident.owner = %(owner)s)
ORDER BY incident.opened_at DESC, incident.id DESC
LIMIT %(limit)s;

-- name: id_of_number
-- The id of an incident that people name by its number.
SELECT id FROM incident WHERE number = %(number)s;

-- name: log_of
-- Everything that was done and said about an incident.
SELECT
    id, at, actor, address, action, from_state, to_state, said ->> 'code' AS code, said -> 'values' AS params, text, detail
FROM incident_log WHERE incident_id = %(id)s ORDER BY id;

-- name: sources_of
-- What an incident is made of, the newest first, with the evidence of events.
SELECT
    said.source, said.ref, asset.code AS asset, said.at, said.received_at, said.ended_at, said.severity,
    said.text_id, said.text_en,
    coalesce((
        SELECT jsonb_agg(
            jsonb_build_object(
                'content_type', piece.content_type, 'sha256', encode(piece.sha256, 'hex'), 'bytes', piece.bytes
            ) ORDER BY piece.content_type, piece.position
        )
        FROM evidence AS piece
        WHERE piece.event_id = CASE WHEN said.source = 'event' THEN said.ref::uuid END
    ), '[]') AS media
FROM incident_source AS said
LEFT JOIN asset ON said.asset_id = asset.id
WHERE said.incident_id = %(id)s
ORDER BY said.at DESC, said.source, said.ref
LIMIT 200;

-- name: known_call
-- What was said in a call that was taken before.
SELECT split_part(key, ':', 1) AS kind, text_id FROM incident_source WHERE source = 'call' AND ref = %(ref)s;

-- name: add_audit
-- Append to the audit chain.
INSERT INTO audit (actor, action, subject, detail) VALUES (%(actor)s, %(action)s, %(subject)s, %(detail)s);

-- name: crew_for
-- A crew by its name.
SELECT id, name, agency FROM crew WHERE name = %(crew)s;

-- name: open_dispatch
-- The order by which a crew is on an incident now.
SELECT id, ordered_by, ordered_at FROM dispatch
WHERE incident_id = %(incident_id)s AND crew_id = %(crew_id)s AND NOT ended;

-- name: add_dispatch
-- Send a crew to an incident.
INSERT INTO dispatch (id, incident_id, crew_id, ordered_by, ordered_at, note)
VALUES (%(id)s, %(incident_id)s, %(crew_id)s, %(ordered_by)s, %(now)s, %(note)s);

-- name: dispatch_head
-- An order with its crew, and whether an account is of that crew.
SELECT
    dispatch.id, dispatch.incident_id, dispatch.crew_id, crew.name AS crew, crew.agency, dispatch.accepted_at,
    dispatch.on_way_at, dispatch.arrived_at, dispatch.done_at, dispatch.declined_at, dispatch.recalled_at,
    EXISTS (
        SELECT FROM crew_member INNER JOIN account ON crew_member.account_id = account.id
        WHERE crew_member.crew_id = dispatch.crew_id AND account.name = %(account)s
    ) AS is_member
FROM dispatch INNER JOIN crew ON dispatch.crew_id = crew.id
WHERE dispatch.id = %(id)s;

-- name: step_dispatch
-- Write down how far a crew has come; what is known stays.
UPDATE dispatch SET
    accepted_at = coalesce(accepted_at, %(accepted_at)s), on_way_at = coalesce(on_way_at, %(on_way_at)s),
    arrived_at = coalesce(arrived_at, %(arrived_at)s), done_at = coalesce(done_at, %(done_at)s),
    declined_at = coalesce(declined_at, %(declined_at)s), recalled_at = coalesce(recalled_at, %(recalled_at)s)
WHERE id = %(id)s;

-- name: recall_all
-- Call all crews of an incident back; gives them.
UPDATE dispatch SET recalled_at = %(now)s
FROM crew
WHERE dispatch.crew_id = crew.id AND dispatch.incident_id = %(incident_id)s AND NOT dispatch.ended
RETURNING crew.name;

-- name: move_dispatches
-- Let crews go on under another incident, but those that are on it already.
UPDATE dispatch SET incident_id = %(into)s
WHERE
    incident_id = %(incident_id)s AND NOT ended
    AND crew_id NOT IN (SELECT there.crew_id FROM dispatch AS there WHERE there.incident_id = %(into)s AND NOT there.ended);

-- name: crews_left
-- How many crews are on an incident.
SELECT count(*) FROM dispatch WHERE incident_id = %(incident_id)s AND NOT ended;

-- name: crew_done
-- Whether a crew was done with an incident since it was opened, or opened again.
SELECT 1 FROM dispatch
WHERE
    incident_id = %(incident_id)s AND done_at IS NOT NULL
    AND ordered_at > coalesce(
        (SELECT max(at) FROM incident_log WHERE incident_id = %(incident_id)s AND action = 'reopened'), '-infinity'
    )
LIMIT 1;

-- name: crew_accounts
-- Accounts of the crews that were done with an incident, and whoever said so for them.
SELECT account.name AS account FROM dispatch
INNER JOIN crew_member ON dispatch.crew_id = crew_member.crew_id
INNER JOIN account ON crew_member.account_id = account.id
WHERE dispatch.incident_id = %(incident_id)s AND dispatch.done_at IS NOT NULL
UNION
SELECT actor FROM incident_log WHERE incident_id = %(incident_id)s AND action = 'done';

-- name: move_crew
-- Where a crew is, by the newest that it said.
UPDATE crew SET latitude = %(latitude)s, longitude = %(longitude)s, position_at = %(at)s
WHERE id = %(crew_id)s AND coalesce(position_at < %(at)s, true);

-- name: crews_of
-- Crews of an account.
SELECT crew.id, crew.name, crew.agency FROM crew
INNER JOIN crew_member ON crew.id = crew_member.crew_id
INNER JOIN account ON crew_member.account_id = account.id
WHERE account.name = %(account)s
ORDER BY crew.name;

-- name: crews
-- All crews, where they are, and what they are on.
SELECT
    crew.id, crew.name, crew.agency, crew.skills, crew.shift_from, crew.shift_to, crew.on_duty, seen.on_shift,
    crew.latitude, crew.longitude, crew.position_at,
    ARRAY(
        SELECT incident_name(incident.number) FROM dispatch INNER JOIN incident ON dispatch.incident_id = incident.id
        WHERE dispatch.crew_id = crew.id AND NOT dispatch.ended
        ORDER BY dispatch.ordered_at
    ) AS busy_with
FROM crew INNER JOIN wall.crew AS seen ON crew.name = seen.crew
ORDER BY crew.name;

-- name: dispatches_of
-- Orders of an incident, the newest first.
SELECT
    dispatch.id, incident_name(incident.number) AS incident, crew.name AS crew, dispatch.ordered_by, dispatch.ordered_at,
    dispatch.note, dispatch.accepted_at, dispatch.on_way_at, dispatch.arrived_at, dispatch.done_at,
    dispatch.declined_at, dispatch.recalled_at
FROM dispatch
INNER JOIN crew ON dispatch.crew_id = crew.id
INNER JOIN incident ON dispatch.incident_id = incident.id
WHERE dispatch.incident_id = %(id)s
ORDER BY dispatch.ordered_at DESC;

-- name: orders_of
-- What an account's crews have to do, and what they have done lately, the newest first.
SELECT
    dispatch.id, incident_name(incident.number) AS incident, crew.name AS crew, dispatch.ordered_by, dispatch.ordered_at,
    dispatch.note, dispatch.accepted_at, dispatch.on_way_at, dispatch.arrived_at, dispatch.done_at,
    dispatch.declined_at, dispatch.recalled_at, dispatch.incident_id
FROM dispatch
INNER JOIN crew ON dispatch.crew_id = crew.id
INNER JOIN crew_member ON crew.id = crew_member.crew_id
INNER JOIN account ON crew_member.account_id = account.id
INNER JOIN incident ON dispatch.incident_id = incident.id
WHERE account.name = %(account)s AND (NOT dispatch.ended OR dispatch.ordered_at > now() - INTERVAL '1 day')
ORDER BY dispatch.ended, dispatch.ordered_at DESC
LIMIT 50;

-- name: order
-- One order.
SELECT
    dispatch.id, incident_name(incident.number) AS incident, crew.name AS crew, dispatch.ordered_by, dispatch.ordered_at,
    dispatch.note, dispatch.accepted_at, dispatch.on_way_at, dispatch.arrived_at, dispatch.done_at,
    dispatch.declined_at, dispatch.recalled_at, dispatch.incident_id
FROM dispatch
INNER JOIN crew ON dispatch.crew_id = crew.id
INNER JOIN incident ON dispatch.incident_id = incident.id
WHERE dispatch.id = %(id)s;

-- name: known_photo
-- A photo that was sent before.
SELECT incident_id, sent_sha256 FROM incident_photo WHERE id = %(id)s;

-- name: add_photo
-- A photo of the spot; again changes nothing.
INSERT INTO incident_photo (
    id, incident_id, dispatch_id, account, taken_at, latitude, longitude, sent_sha256, sha256, content, thumbnail
)
VALUES (
    %(id)s, %(incident_id)s, %(dispatch_id)s, %(account)s, %(taken_at)s, %(latitude)s, %(longitude)s, %(sent_sha256)s,
    %(sha256)s, %(content)s, %(thumbnail)s
)
ON CONFLICT (id) DO NOTHING;

-- name: photos_of
-- Photos of an incident, the newest first.
SELECT id, dispatch_id, account, taken_at, received_at, latitude, longitude, encode(sha256, 'hex') AS sha256,
    octet_length(content) AS bytes
FROM incident_photo WHERE incident_id = %(id)s ORDER BY taken_at DESC, id;

-- name: photo
-- A photo's content, checked against its digest.
SELECT content, sha256(content) = sha256 AS is_whole FROM incident_photo WHERE id = %(id)s AND incident_id = %(incident_id)s;

-- name: thumbnail
-- The same, small.
SELECT thumbnail AS content, true AS is_whole FROM incident_photo WHERE id = %(id)s AND incident_id = %(incident_id)s;

-- name: has_proof
-- Whether a photo with a position has come since an incident was opened, or opened again.
SELECT EXISTS (
    SELECT FROM incident_photo WHERE incident_id = %(incident_id)s AND latitude IS NOT NULL AND longitude IS NOT NULL
    AND received_at > coalesce(
        (SELECT max(at) FROM incident_log WHERE incident_id = %(incident_id)s AND action = 'reopened'), '-infinity'
    )
);

-- name: number_of
-- The number of an incident, for people.
SELECT incident_name(number) FROM incident WHERE key = %(key)s AND state NOT IN ('closed', 'cancelled', 'merged');

-- name: shelves
-- Keys that make no incident for now.
SELECT key, until, author, reason, at, count FROM shelf
WHERE ended_at IS NULL AND until > now() ORDER BY until, key;

-- name: alarm_quality
-- How good the alarms of each agency are, of the last day.
SELECT
    agency, operators, per_operator_h, last_hour_per_operator, busiest_10min, standing, chattering,
    top_ten_pct::double precision AS top_ten_pct
FROM wall.alarm_quality ORDER BY agency;

-- name: alarm_operators
-- Alarms of each account in the last day, an hour: its share of all the agencies that it sits for.
SELECT
    there.name AS account, sum(quality.per_operator_h)::double precision AS per_h,
    sum(quality.last_hour_per_operator)::double precision AS last_hour,
    array_agg(quality.agency ORDER BY quality.agency) AS agencies
FROM wall.alarm_quality AS quality CROSS JOIN LATERAL desk_accounts(quality.agency) AS there
GROUP BY there.name ORDER BY per_h DESC, there.name;

-- name: alarm_worst
-- The keys that were put before people most often in the last day.
SELECT
    often.key, often.agency, often.kind, often.title_id, often.title_en, often.alarms_24h, often.reopened_24h,
    often.last_at, shelf.until AS shelved_until
FROM wall.alarm_worst AS often
LEFT JOIN shelf ON often.key = shelf.key AND shelf.ended_at IS NULL AND shelf.until > now()
ORDER BY often.alarms_24h DESC, often.key
LIMIT 10;

-- name: end_old_shelf
-- Make room for a new shelf of a key whose last one is over.
UPDATE shelf SET ended_at = until, ended_by = 'satulayar' WHERE key = %(key)s AND ended_at IS NULL AND until <= %(now)s
RETURNING id;

-- name: add_shelf
-- Shelve a key; nothing comes back where it is shelved.
INSERT INTO shelf (key, until, author, reason, at)
VALUES (%(key)s, %(until)s, %(author)s, %(reason)s, %(now)s)
ON CONFLICT (key) WHERE ended_at IS NULL DO NOTHING
RETURNING id;

-- name: carry_over
-- Put on a new shelf what the last one of the key still held, since the engine has not given it back.
WITH moved AS (
    UPDATE shelf_source SET shelf_id = %(id)s WHERE shelf_id = %(last)s AND ended_at IS NULL RETURNING 1
)

UPDATE shelf SET count = count + (SELECT count(*) FROM moved) WHERE id = %(id)s;

-- name: lift_shelf
-- End a shelf at once: its time is over now, and the engine looks at what it held.
UPDATE shelf SET until = %(now)s WHERE key = %(key)s AND ended_at IS NULL AND until > %(now)s RETURNING id;

-- name: put_crew
-- Register a crew, or correct it.
INSERT INTO crew (name, agency, skills, shift_from, shift_to, on_duty, notify, latitude, longitude, position_at)
VALUES (
    %(name)s, %(agency)s, %(skills)s, %(shift_from)s, %(shift_to)s, %(on_duty)s, %(notify)s, %(latitude)s,
    %(longitude)s, CASE WHEN %(latitude)s::float8 IS NOT NULL THEN now() END
)
ON CONFLICT (name) DO UPDATE SET
    agency = excluded.agency, skills = excluded.skills, shift_from = excluded.shift_from,
    shift_to = excluded.shift_to, on_duty = excluded.on_duty, notify = excluded.notify,
    latitude = coalesce(crew.latitude, excluded.latitude), longitude = coalesce(crew.longitude, excluded.longitude),
    position_at = coalesce(crew.position_at, excluded.position_at)
RETURNING id;

-- name: clear_members
-- Nobody is of a crew, before its members are said anew.
DELETE FROM crew_member WHERE crew_id = %(crew_id)s;

-- name: add_member
-- Let an account be of a crew; nothing happens where there is no such account.
INSERT INTO crew_member (crew_id, account_id) SELECT %(crew_id)s, id FROM account WHERE name = %(account)s;

-- name: clear_roster
-- Empty the roster, before it is said anew.
DELETE FROM roster;

-- name: add_roster
-- Who is told at a level.
INSERT INTO roster (agency, level, who, shift_from, shift_to)
VALUES (%(agency)s, %(level)s, %(who)s, %(shift_from)s, %(shift_to)s);
