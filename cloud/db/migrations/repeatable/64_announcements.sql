-- Announcements as the wall shows them.

CREATE VIEW wall.announcement AS
SELECT
    announcement.id::text AS announcement, announcement.requested_at AS at, announcement.kind, announcement.emergency,
    asset.code AS loudspeaker, site.code AS site, site.name AS site_name, site.latitude, site.longitude,
    announcement.account, announcement.reason, clip.name AS clip, clip.text AS said, clip.seconds, incident.number AS incident,
    CASE
        WHEN lost.is_so THEN 'failed'
        WHEN told.state IS NOT NULL THEN told.state
        WHEN request.expires_at <= now() THEN 'expired'
        ELSE 'requested'
    END AS state,
    CASE WHEN told.state = 'confirmed' THEN told.reason END AS grade,
    CASE WHEN lost.is_so THEN 'no_word' WHEN told.state IN ('failed', 'refused', 'expired') THEN told.reason END AS fault,
    told.detail, told."time" AS told_at
FROM announcement
INNER JOIN announcement_place AS place ON announcement.id = place.announcement_id
INNER JOIN box_request AS request ON place.request_id = request.id
INNER JOIN asset ON request.asset_id = asset.id
LEFT JOIN site ON asset.site_id = site.id
LEFT JOIN announcement_clip AS clip ON announcement.clip_id = clip.id
LEFT JOIN incident ON announcement.incident_id = incident.id
LEFT JOIN LATERAL (
    SELECT result.state, result.reason, result.detail, result."time" FROM command_result AS result
    WHERE result.command_id = request.id AND result.box_id = request.box_id
    ORDER BY array_position(ARRAY['accepted', 'applied', 'expired', 'refused', 'failed', 'confirmed'], result.state) DESC
    LIMIT 1
) AS told ON true
CROSS JOIN LATERAL (
    SELECT
        coalesce(told.state IN ('accepted', 'applied'), false)
        AND request.requested_at + make_interval(secs => CASE announcement.kind
            WHEN 'voice' THEN 180
            ELSE (coalesce(clip.seconds, 60) + 1) * announcement.times + 60
        END) < now() AS is_so
) AS lost
WHERE announcement.requested_at > now() - INTERVAL '1 day';
COMMENT ON VIEW wall.announcement IS
'Announcements of the last day, a row for each loudspeaker. grade: heard, played, received, distorted: what proves it.';
