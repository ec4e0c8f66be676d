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
    ORDER BY said.at DESC, media.position
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
SELECT id, at, actor, address, action, from_state, to_state, text, detail
FROM incident_log WHERE incident_id = %(id)s ORDER BY id;

-- name: sources_of
-- What an incident is made of, the newest first, with the evidence of events.
SELECT
    said.source, said.ref, asset.code AS asset, said.at, said.received_at, said.ended_at, said.severity,
    said.text_id, said.text_en,
    coalesce((
        SELECT jsonb_agg(
            jsonb_build_object(
                'content_type', media.content_type, 'sha256', encode(media.sha256, 'hex'),
                'bytes', octet_length(media.content)
            ) ORDER BY media.position, media.sha256
        )
        FROM media INNER JOIN event ON media.event_id = event.id AND media.box_id = event.box_id
        WHERE media.event_id = CASE WHEN said.source = 'event' THEN said.ref::uuid END
    ), '[]') AS media
FROM incident_source AS said
LEFT JOIN asset ON said.asset_id = asset.id
WHERE said.incident_id = %(id)s
ORDER BY said.at DESC, said.source, said.ref
LIMIT 200;
