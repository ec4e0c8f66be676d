-- Incidents as the engine and the desk hold, change and remember them.

-- name: take_inbox
-- The oldest entries of the inbox, taken out of it.
DELETE FROM operations_inbox
WHERE id IN (SELECT id FROM operations_inbox ORDER BY id LIMIT %(most)s)
RETURNING id, source, ref, content, at;

-- name: refuse_entry
-- Lay an entry aside that nothing could be made of.
INSERT INTO operations_refused (source, ref, content, reason)
VALUES (%(source)s, %(ref)s, %(content)s, %(reason)s);

-- name: put_notice
-- Tell the engine of something that is neither event nor alarm.
INSERT INTO operations_inbox (source, ref, content) VALUES ('notice', %(ref)s, %(content)s);

-- name: read_event
-- What an event says, and where it is.
SELECT
    event.id, event.type, event.time, event.received_at, coalesce(event.severity, 'info') AS severity,
    event.asset_id, event.box_id,
    left(coalesce(event.payload #>> '{data,message_id}', ''), 500) AS text_id,
    left(coalesce(event.payload #>> '{data,message_en}', ''), 500) AS text_en,
    (event.payload #>> '{data,ended_at}') IS NOT NULL AS is_end,
    event.payload #>> '{data,values,begun_event}' AS begun
FROM event WHERE event.id = %(id)s;

-- name: find_end
-- Whether the end of a condition is there already, told before its beginning.
SELECT min(event.time) AS at FROM event
WHERE
    event.box_id = %(box_id)s
    AND (event.asset_id IS NOT DISTINCT FROM %(asset_id)s)
    AND event.type = %(type)s
    AND event.time >= %(since)s
    AND event.payload #>> '{data,values,begun_event}' = %(begun)s;

-- name: read_alert
-- What one of Grafana's alarms says.
SELECT id, fingerprint, status, starts_at, ends_at, received_at, labels, annotations
FROM grafana_alert WHERE id = %(id)s;

-- name: place_of_ids
-- Where an asset, a box or a site is.
SELECT
    asset.id AS asset_id, asset.code AS asset, box.id AS box_id, box.name AS box,
    site.id AS site_id, site.code AS site, site.district, site.latitude, site.longitude
FROM (SELECT %(asset_id)s::integer AS asset_id, %(box_id)s::integer AS box_id, %(site_id)s::integer AS site_id) AS named
LEFT JOIN asset ON named.asset_id = asset.id
LEFT JOIN box ON box.id = coalesce(asset.box_id, named.box_id)
LEFT JOIN site ON site.id = coalesce(named.site_id, asset.site_id, box.site_id);

-- name: place_of_code
-- Where something with this code or name is: an asset, a box or a site, in this order.
WITH named AS (
    SELECT
        (SELECT id FROM asset WHERE code = %(code)s) AS asset_id,
        (SELECT id FROM box WHERE name = %(code)s) AS box_id,
        (SELECT id FROM site WHERE code = %(code)s) AS site_id
)

SELECT
    asset.id AS asset_id, asset.code AS asset, box.id AS box_id, box.name AS box,
    site.id AS site_id, site.code AS site, site.district, site.latitude, site.longitude
FROM named
LEFT JOIN asset ON named.asset_id = asset.id
LEFT JOIN box ON box.id = coalesce(asset.box_id, named.box_id)
LEFT JOIN site ON site.id = coalesce(asset.site_id, box.site_id, named.site_id)
WHERE site.id IS NOT NULL;

-- name: evidence_of
-- How much evidence of some events has come.
SELECT media.event_id, count(*) AS pieces FROM media WHERE media.event_id = ANY(%(events)s) GROUP BY media.event_id;

-- name: announce
-- Tell whoever follows incidents that there is something new about one.
SELECT pg_notify('incident', %(id)s);

-- name: lock_key
-- Let one at a time decide about a key.
SELECT pg_advisory_xact_lock(73063, hashtext(%(key)s));

-- name: known_source
-- What became of a source that was seen before.
SELECT incident_id FROM incident_source WHERE source = %(source)s AND ref = %(ref)s;

-- name: candidates
-- Incidents to which some keys lead, those merged into others by way of these: open ones, such as ended a short while
-- ago, and such whose life a source of the past falls into.
WITH RECURSIVE way AS (
    (
        SELECT named.key AS by_key, named.id AS home_id, named.id, named.merged_into, 0 AS steps
        FROM incident AS named
        WHERE named.key = ANY(%(keys)s)
        ORDER BY named.opened_at DESC
        LIMIT 20
    )
    UNION ALL
    SELECT way.by_key, way.home_id, onward.id, onward.merged_into, way.steps + 1
    FROM way INNER JOIN incident AS onward ON way.merged_into = onward.id
    WHERE way.steps < 20
)

SELECT incident.*, way.by_key, way.home_id
FROM way INNER JOIN incident ON way.id = incident.id
WHERE
    way.merged_into IS NULL
    AND (incident.closed_at IS NULL OR incident.closed_at > least(%(since)s, %(happened_at)s))
ORDER BY (incident.closed_at IS NULL) DESC, incident.opened_at DESC
LIMIT 20
FOR UPDATE OF incident;

-- name: children
-- Open incidents, not yet taken up, that another one explains.
SELECT incident.* FROM incident
WHERE incident.key = ANY(%(keys)s) AND incident.state = 'open' AND incident.opened_at > %(since)s
ORDER BY incident.id
FOR UPDATE;

-- name: child_keys
-- Keys of open incidents of some kinds at a place.
SELECT incident.key FROM incident
WHERE
    incident.kind = ANY(%(kinds)s) AND incident.state = 'open'
    AND (%(box_id)s::integer IS NULL OR incident.box_id = %(box_id)s)
    AND (%(site_id)s::integer IS NULL OR incident.site_id = %(site_id)s);

-- name: add_incident
-- A new incident; nothing comes back where its key is open.
INSERT INTO incident (
    id, kind, key, category, agency, severity, priority, title_id, title_en, detail_id, detail_en, site_id, box_id,
    asset_id, latitude, longitude, happened_at, opened_at, changed_at, last_seen_at
)
VALUES (
    %(id)s, %(kind)s, %(key)s, %(category)s, %(agency)s, %(severity)s, %(priority)s, %(title_id)s, %(title_en)s,
    %(detail_id)s, %(detail_en)s, %(site_id)s, %(box_id)s, %(asset_id)s, %(latitude)s, %(longitude)s,
    %(happened_at)s, %(now)s, %(now)s, %(happened_at)s
)
RETURNING *;

-- name: hold
-- An incident by its id, held to the end of the transaction.
SELECT * FROM incident WHERE id = %(id)s FOR UPDATE;

-- name: hold_number
-- An incident by its number, held to the end of the transaction.
SELECT * FROM incident WHERE number = %(number)s FOR UPDATE;

-- name: save
-- Write a step down.
UPDATE incident SET
    severity = %(severity)s, priority = %(priority)s, detail_id = %(detail_id)s, detail_en = %(detail_en)s,
    state = %(state)s, changed_at = %(now)s, last_seen_at = %(last_seen_at)s, happened_at = %(happened_at)s,
    condition_ended_at = %(condition_ended_at)s, owner = %(owner)s, resolved_by = %(resolved_by)s,
    acknowledged_at = %(acknowledged_at)s, dispatched_at = %(dispatched_at)s, on_site_at = %(on_site_at)s,
    resolved_at = %(resolved_at)s, closed_at = %(closed_at)s, due_acknowledge_at = %(due_acknowledge_at)s,
    due_arrive_at = %(due_arrive_at)s, due_resolve_at = %(due_resolve_at)s, look_at = %(look_at)s,
    escalation = %(escalation)s, count = %(count)s, reopened = %(reopened)s, merged_into = %(merged_into)s,
    version = %(version)s
WHERE id = %(id)s;

-- name: add_source
-- What an incident is made of; again changes nothing.
INSERT INTO incident_source (
    source, ref, incident_id, home_id, key, guest, asset_id, at, ended_at, severity, text_id, text_en
)
VALUES (
    %(source)s, %(ref)s, %(incident_id)s, %(home_id)s, %(key)s,
    %(key)s <> (SELECT host.key FROM incident AS host WHERE host.id = %(incident_id)s), %(asset_id)s, %(at)s, %(ended_at)s, %(severity)s,
    %(text_id)s, %(text_en)s
)
ON CONFLICT (source, ref) DO NOTHING;

-- name: move_sources
-- Give the sources of one incident to another.
UPDATE incident_source SET incident_id = host.id, guest = incident_source.key <> host.key
FROM incident AS host WHERE host.id = %(into)s AND incident_source.incident_id = %(id)s;

-- name: end_source
-- Note that a source's condition is over; gives its incident.
UPDATE incident_source SET ended_at = coalesce(ended_at, %(at)s)
WHERE source = %(source)s AND ref = %(ref)s
RETURNING incident_id;

-- name: end_sources_of
-- The same for all of an asset's events in an open incident of a key, where nobody knows which began it.
UPDATE incident_source SET ended_at = coalesce(incident_source.ended_at, %(at)s)
FROM incident
WHERE
    incident_source.incident_id = incident.id AND incident.key = %(key)s AND incident.closed_at IS NULL
    AND incident_source.source = %(source)s AND incident_source.asset_id IS NOT DISTINCT FROM %(asset_id)s
RETURNING incident_source.incident_id;

-- name: sources_left
-- How many sources of an incident have not ended, and when the last one did; those that it only explains do not count.
SELECT count(*) FILTER (WHERE ended_at IS NULL) AS left, max(ended_at) AS ended_at
FROM incident_source
WHERE incident_id = %(id)s AND source <> 'call' AND split_part(key, ':', 1) <> ALL(%(explained)s::text[]);

-- name: left_over
-- Sources that last although what explained them is over, since a while or for good; the oldest first.
SELECT
    said.source, said.ref, said.incident_id, said.key, said.asset_id, said.at, said.severity, said.text_id,
    said.text_en
FROM incident_source AS said
INNER JOIN incident ON said.incident_id = incident.id
INNER JOIN unnest(%(hosts)s::text[], %(children)s::text[]) AS explained (host, child)
    ON incident.kind = explained.host AND split_part(said.key, ':', 1) = explained.child
WHERE
    said.guest AND said.ended_at IS NULL
    AND (incident.condition_ended_at <= %(settled)s OR incident.closed_at IS NOT NULL)
ORDER BY said.at, said.ref
LIMIT 20;

-- name: has_call
-- Whether a person has called about an incident.
SELECT 1 FROM incident_source WHERE incident_id = %(id)s AND source = 'call' LIMIT 1;

-- name: tell_again
-- Rules that still hold a while after people have ended their incident are told anew: what is seen is not over.
WITH told AS (
    UPDATE rule_state SET told_as = NULL, since = %(now)s
    FROM incident_source AS said
    INNER JOIN incident ON said.incident_id = incident.id
    WHERE
        rule_state.active AND rule_state.told_as = said.ref AND said.source = 'rule' AND said.ended_at IS NULL
        AND incident.state IN ('closed', 'cancelled') AND incident.closed_at <= %(before)s
    RETURNING said.ref
)

UPDATE incident_source SET ended_at = %(now)s FROM told
WHERE incident_source.source = 'rule' AND incident_source.ref = told.ref;

-- name: count_up
-- One source more of an incident that was merged: its own count, for the case that it is taken apart again.
UPDATE incident SET count = count + 1 WHERE id = %(id)s;

-- name: take_source
-- Take a source out of its incident, so that it is looked at anew.
DELETE FROM incident_source WHERE source = %(source)s AND ref = %(ref)s AND ended_at IS NULL RETURNING incident_id;

-- name: chain_of
-- An incident, and those that it was merged into, one after the other.
WITH RECURSIVE way AS (
    SELECT id, merged_into, 0 AS steps FROM incident WHERE id = %(id)s
    UNION ALL
    SELECT onward.id, onward.merged_into, way.steps + 1
    FROM way INNER JOIN incident AS onward ON way.merged_into = onward.id WHERE way.steps < 20
)

SELECT id FROM way ORDER BY steps;

-- name: bring_home
-- Give back the sources of an incident, and of those that were merged into it.
WITH RECURSIVE below AS (
    SELECT id, 0 AS steps FROM incident WHERE id = %(id)s
    UNION ALL
    SELECT merged.id, below.steps + 1
    FROM below INNER JOIN incident AS merged ON below.id = merged.merged_into WHERE below.steps < 20
)

UPDATE incident_source SET incident_id = own.id, guest = incident_source.key <> own.key
FROM incident AS own
WHERE own.id = %(id)s AND incident_source.home_id IN (SELECT below.id FROM below);

-- name: merged_from
-- The state in which an incident was merged.
SELECT from_state FROM incident_log WHERE incident_id = %(id)s AND action = 'merged' ORDER BY id DESC LIMIT 1;

-- name: add_log
-- A line of an incident's log.
INSERT INTO incident_log (incident_id, actor, address, action, from_state, to_state, text, detail, said, act_id)
VALUES (
    %(incident_id)s, %(actor)s, %(address)s, %(action)s, %(from_state)s, %(to_state)s, %(text)s, %(detail)s, %(said)s,
    %(act_id)s
);

-- name: known_act
-- An act that was sent before.
SELECT incident_id, action, actor FROM incident_log WHERE act_id = %(act_id)s;

-- name: last_act
-- The last thing that a person did about an incident.
SELECT actor, at FROM incident_log WHERE incident_id = %(id)s AND actor <> 'satulayar' ORDER BY id DESC LIMIT 1;

-- name: due_looks
-- Incidents whose clocks have to be looked at.
SELECT * FROM incident WHERE look_at <= %(now)s ORDER BY look_at LIMIT 200 FOR UPDATE SKIP LOCKED;

-- name: roster_of
-- Who is named at a level of an agency's roster, its own entries and those for every agency.
SELECT roster.who, roster.shift_from, roster.shift_to, roster.agency = '*' AS is_for_all
FROM roster
WHERE roster.level = %(level)s AND roster.agency IN (%(agency)s, '*')
ORDER BY roster.id;

-- name: shelf_of
-- The shelf on which a key lies.
SELECT id, until, author FROM shelf WHERE key = %(key)s AND ended_at IS NULL AND until > %(now)s FOR UPDATE;

-- name: shelve_source
-- Count what came for a shelved key, and keep it until the shelf ends.
WITH added AS (
    INSERT INTO shelf_source (shelf_id, source, ref, content, at)
    VALUES (%(shelf_id)s, %(source)s, %(ref)s, %(content)s, %(at)s)
    ON CONFLICT DO NOTHING
    RETURNING 1
)

UPDATE shelf SET count = count + (SELECT count(*) FROM added) WHERE id = %(shelf_id)s;

-- name: was_shelved
-- Whether a source lay on a shelf.
SELECT 1 FROM shelf_source WHERE source = %(source)s AND ref = %(ref)s;

-- name: end_shelved
-- Note that the condition of a shelved source is over.
UPDATE shelf_source SET ended_at = coalesce(ended_at, %(at)s) WHERE source = %(source)s AND ref = %(ref)s RETURNING shelf_id;

-- name: end_shelves
-- End shelves whose time is over; the newest event, alarm or notice of each that still lasts is looked at again.
WITH over AS (
    UPDATE shelf SET ended_at = %(now)s, ended_by = 'satulayar'
    WHERE ended_at IS NULL AND until <= %(now)s
    RETURNING id
)

INSERT INTO operations_inbox (source, ref, content)
SELECT DISTINCT ON (kept.shelf_id) kept.source, kept.ref, kept.content
FROM shelf_source AS kept INNER JOIN over ON kept.shelf_id = over.id
WHERE kept.ended_at IS NULL AND kept.source IN ('event', 'alert', 'notice')
ORDER BY kept.shelf_id, kept.at DESC;

-- name: pulse
-- Say that the engine is alive.
INSERT INTO operations_pulse (at, look_ms) VALUES (%(now)s, %(look_ms)s)
ON CONFLICT (id) DO UPDATE SET at = excluded.at, look_ms = excluded.look_ms;
