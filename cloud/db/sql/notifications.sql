-- Notifications: what is due, what became of it, ways to people.

-- name: due
-- What is due for one way to somebody, oldest first, held until the end of the transaction.
SELECT
    due.id, due.owner, due.address, due.language, due.urgent, due.attempts, due.made_at,
    incident.number, incident.kind, incident.title_id, incident.title_en, incident.severity, incident.state,
    incident.count, entry.action, entry.text, entry.said, entry.detail, entry.at, site.code AS site, site.name AS site_name,
    site.district
FROM notification AS due
INNER JOIN incident ON due.incident_id = incident.id
INNER JOIN incident_log AS entry ON due.log_id = entry.id
LEFT JOIN site ON incident.site_id = site.id
WHERE
    due.sent_at IS NULL AND due.dead_at IS NULL AND due.next_at <= %(now)s
    AND due.address = (
        SELECT first.address FROM notification AS first
        WHERE
            first.sent_at IS NULL AND first.dead_at IS NULL AND first.next_at <= %(now)s
            AND NOT first.address = ANY(%(busy)s)
        ORDER BY first.urgent DESC, first.next_at, first.id
        LIMIT 1
    )
ORDER BY due.id
LIMIT %(most)s
FOR UPDATE OF due SKIP LOCKED;

-- name: attempt
-- An attempt begins: whatever happens to this program now, it is tried again only after a while.
UPDATE notification SET attempts = attempts + 1, next_at = %(next_at)s WHERE id = ANY(%(ids)s);

-- name: sent
-- It was taken.
UPDATE notification SET sent_at = now(), fault = NULL WHERE id = ANY(%(ids)s);

-- name: failed
-- It was not taken.
UPDATE notification SET fault = %(fault)s WHERE id = ANY(%(ids)s);

-- name: give_up
-- It could not be delivered: that is written into the incident's log, for somebody has to use the telephone.
WITH dead AS (
    UPDATE notification SET dead_at = now() WHERE id = ANY(%(ids)s) AND sent_at IS NULL AND dead_at IS NULL
    RETURNING incident_id, owner, split_part(address, ':', 1) AS way
)
INSERT INTO incident_log (incident_id, actor, action, detail, said)
SELECT DISTINCT
    incident_id, 'satulayar', 'not_told', jsonb_build_object('who', owner),
    jsonb_build_object('code', %(code)s::text, 'values', jsonb_build_object('who', owner, 'way', way))
FROM dead;

-- name: next_due
-- When the next one is due.
SELECT min(next_at) FROM notification WHERE sent_at IS NULL AND dead_at IS NULL;

-- name: retry
-- Try one again that was given up.
UPDATE notification SET dead_at = NULL, attempts = 0, next_at = now() WHERE id = %(id)s AND dead_at IS NOT NULL RETURNING id;

-- name: dead
-- What could not be delivered, newest first.
SELECT dead.id, incident.number, dead.owner, dead.made_at, dead.dead_at, dead.attempts, dead.fault
FROM notification AS dead INNER JOIN incident ON dead.incident_id = incident.id
WHERE dead.dead_at IS NOT NULL ORDER BY dead.dead_at DESC LIMIT %(limit)s;

-- name: contacts
-- Ways to people, without their keys.
SELECT id, owner, agency, split_part(address, ':', 1) AS way, language, quiet_from, quiet_to, digest_s
FROM contact ORDER BY owner, id;

-- name: add_contact
-- A way to somebody.
INSERT INTO contact (owner, agency, address, language, quiet_from, quiet_to, digest_s)
VALUES (%(owner)s, %(agency)s, %(address)s, %(language)s, %(quiet_from)s, %(quiet_to)s, %(digest_s)s)
ON CONFLICT (owner, address) DO NOTHING
RETURNING id;

-- name: remove_contact
-- Forget a way to somebody.
DELETE FROM contact WHERE id = %(id)s RETURNING owner;
