-- Crews at boxes: claims of slots, and what phones report.

-- name: slots
-- Every box with its place, who has claimed it, and what it reads: what a phone takes along.
SELECT
    box.name AS box,
    site.code AS site,
    site.name AS site_name,
    site.district,
    site.latitude,
    site.longitude,
    claim.hardware,
    claim.claimed_at,
    claim.claimed_by,
    coalesce(assets.assets, '[]') AS assets
FROM box
INNER JOIN site ON box.site_id = site.id
LEFT JOIN claim ON box.id = claim.box_id AND claim.ended_at IS NULL
LEFT JOIN (
    SELECT
        asset.box_id,
        jsonb_agg(jsonb_build_object('asset', asset.code, 'kind', asset.kind, 'name', asset.name) ORDER BY asset.code) AS assets
    FROM asset
    WHERE asset.kind <> 'box'
    GROUP BY asset.box_id
) AS assets ON box.id = assets.box_id
WHERE box.name > %(after)s
ORDER BY box.name
LIMIT %(limit)s;

-- name: box_id
-- The number of a box.
SELECT id FROM box WHERE name = %(box)s;

-- name: lock_claims
-- One claim at a time: whoever is second must see who was first.
LOCK TABLE claim IN SHARE ROW EXCLUSIVE MODE;

-- name: add_codes
-- Register the codes of labels that were printed; how many are new comes back.
INSERT INTO claim_code (fingerprint, box_id, issued_by)
SELECT decode(wanted.fingerprint, 'hex'), box.id, %(by)s
FROM jsonb_to_recordset(%(rows)s) AS wanted (box text, fingerprint text)
INNER JOIN box ON wanted.box = box.name
ON CONFLICT (fingerprint) DO NOTHING;

-- name: code
-- A printed code of a box: whether it was used.
SELECT used_at, used_by FROM claim_code WHERE fingerprint = %(fingerprint)s AND box_id = %(box_id)s;

-- name: standing_of_box
-- Who stands in a slot now.
SELECT box.name AS box, claim.hardware, claim.claimed_at, claim.claimed_by, claim.ended_at, claim.ended_by, claim.reason
FROM claim
INNER JOIN box ON claim.box_id = box.id
WHERE claim.box_id = %(box_id)s AND claim.ended_at IS NULL;

-- name: standing_of_hardware
-- Where a computer stands now; its number may have been typed in capitals.
SELECT box.name AS box, claim.hardware, claim.claimed_at, claim.claimed_by, claim.ended_at, claim.ended_by, claim.reason
FROM claim
INNER JOIN box ON claim.box_id = box.id
WHERE lower(claim.hardware) = lower(%(hardware)s) AND claim.ended_at IS NULL;

-- name: add_claim
-- Put a computer into a slot.
INSERT INTO claim (box_id, hardware, claimed_at, claimed_by)
VALUES (%(box_id)s, %(hardware)s, %(at)s, %(by)s);

-- name: use_code
-- A code is used once.
UPDATE claim_code SET used_at = %(at)s, used_by = %(by)s WHERE fingerprint = %(fingerprint)s;

-- name: end_claim
-- Take a computer out of its slot; the claim comes back.
UPDATE claim SET ended_at = now(), ended_by = %(by)s, reason = %(reason)s
FROM box
WHERE claim.box_id = %(box_id)s AND claim.ended_at IS NULL AND box.id = claim.box_id
RETURNING box.name AS box, claim.hardware, claim.claimed_at, claim.claimed_by, claim.ended_at, claim.ended_by, claim.reason;

-- name: void_codes
-- Codes that were printed for the computer before are good no more.
UPDATE claim_code SET used_at = now(), used_by = %(by)s WHERE box_id = %(box_id)s AND used_at IS NULL;

-- name: claims
-- Every computer that stands or stood in a slot, the oldest first.
SELECT box.name AS box, claim.hardware, claim.claimed_at, claim.claimed_by, claim.ended_at, claim.ended_by, claim.reason
FROM claim
INNER JOIN box ON claim.box_id = box.id
WHERE box.name = %(box)s
ORDER BY claim.id;

-- name: add_visit
-- Begin a visit; one that is known stays as it is.
INSERT INTO visit (id, box_id, account) VALUES (%(id)s, %(box_id)s, %(account)s) ON CONFLICT (id) DO NOTHING;

-- name: visit
-- A visit with its place.
SELECT
    visit.id, visit.box_id, box.name AS box, site.code AS site, site.name AS site_name, visit.account, visit.received_at
FROM visit
INNER JOIN box ON visit.box_id = box.id
INNER JOIN site ON box.site_id = site.id
WHERE visit.id = %(id)s;

-- name: visits
-- Visits, newest first, with whether they were finished.
SELECT
    visit.id, visit.box_id, box.name AS box, site.code AS site, site.name AS site_name, visit.account, visit.received_at,
    EXISTS (SELECT FROM visit_piece WHERE visit_piece.visit_id = visit.id AND visit_piece.kind = 'done') AS done
FROM visit
INNER JOIN box ON visit.box_id = box.id
INNER JOIN site ON box.site_id = site.id
WHERE (%(box)s::text IS NULL OR box.name = %(box)s) AND (visit.received_at, visit.id) < (%(before_time)s, %(before_id)s)
ORDER BY visit.received_at DESC, visit.id DESC
LIMIT %(limit)s;

-- name: add_piece
-- Keep a piece of a visit; a row comes back only when it is new.
INSERT INTO visit_piece (id, visit_id, account, kind, at, content, photo, rule, text_id, text_en)
VALUES (
    %(id)s, %(visit_id)s, %(account)s, %(kind)s, %(at)s, %(content)s, %(photo)s, %(rule)s, %(text_id)s, %(text_en)s
)
ON CONFLICT (id) DO NOTHING
RETURNING id;

-- name: piece
-- A piece by its id.
SELECT id, visit_id, account, kind, at, received_at, content, rule, text_id, text_en FROM visit_piece WHERE id = %(id)s;

-- name: pieces
-- Everything of a visit, in the order in which it was done.
SELECT id, visit_id, account, kind, at, received_at, content, rule, text_id, text_en
FROM visit_piece
WHERE visit_id = %(visit_id)s
ORDER BY at, received_at, id
LIMIT 1000;

-- name: photo
-- A photo of a visit.
SELECT photo AS content FROM visit_piece WHERE visit_id = %(visit_id)s AND id = %(id)s AND photo IS NOT NULL;

-- name: results
-- What boxes said of a visit's commands.
SELECT result.command_id, result.state, result.time, result.reason, result.detail
FROM command_result AS result
INNER JOIN visit_piece AS piece ON result.command_id = piece.id
WHERE piece.visit_id = %(visit_id)s AND piece.kind = 'command' AND result.box_id = %(box_id)s
ORDER BY result.received_at;

-- name: reports
-- What a box reported of itself for a visit, newest first.
SELECT event.id AS event, event."time", event.received_at, event.payload #> '{data,values}' AS signed
FROM event
WHERE
    event.box_id = %(box_id)s
    AND event.type = 'id.satulayar.commissioning.reported'
    AND event.payload #>> '{data,values,visit}' = %(visit)s
ORDER BY event."time" DESC
LIMIT 5;

-- name: report
-- Whether an event is what a box reported of itself for a visit.
SELECT event.id AS event
FROM event
WHERE
    event.id = %(event)s
    AND event.box_id = %(box_id)s
    AND event.type = 'id.satulayar.commissioning.reported'
    AND event.payload #>> '{data,values,visit}' = %(visit)s;

-- name: registered_sites
-- Every site as it is registered, with its boxes and what they read: what provisioning compares its files with.
SELECT
    site.code,
    site.name,
    site.district,
    site.latitude,
    site.longitude,
    site.applied,
    coalesce((
        SELECT jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
            'name', box.name,
            'health_interval_s', (SELECT itself.expected_interval_s FROM asset AS itself WHERE itself.code = box.name),
            'assets', coalesce((
                SELECT jsonb_agg(
                    jsonb_build_object(
                        'code', asset.code, 'kind', asset.kind, 'name', asset.name,
                        'expected_interval_s', asset.expected_interval_s,
                        'stages_m', (
                            SELECT jsonb_object_agg('siaga_' || stage.stage, stage.level_m)
                            FROM gauge_stage AS stage WHERE stage.asset_id = asset.id
                        )
                    )
                    ORDER BY asset.code
                )
                FROM asset WHERE asset.box_id = box.id AND asset.code <> box.name
            ), '[]')
        )) ORDER BY box.name)
        FROM box WHERE box.site_id = site.id
    ), '[]') AS boxes,
    (
        SELECT jsonb_strip_nulls(jsonb_build_object(
            'controller', controller.code,
            'authority', junction.authority,
            'corridor', CASE WHEN corridor.id IS NOT NULL THEN jsonb_build_object(
                'name', corridor.name, 'position', junction.corridor_position, 'phase', junction.corridor_phase
            ) END,
            'limits', coalesce((
                SELECT jsonb_object_agg(
                    most.role, jsonb_build_object('extra_green_s', most.extra_green_s, 'duration_s', most.duration_s)
                )
                FROM junction_limit AS most WHERE most.site_id = site.id
            ), '{}'),
            'phases', coalesce((
                SELECT jsonb_agg(to_jsonb(known) - 'site_id' ORDER BY known.phase)
                FROM junction_phase AS known WHERE known.site_id = site.id
            ), '[]')
        ))
        FROM junction
        INNER JOIN asset AS controller ON junction.controller_id = controller.id
        LEFT JOIN corridor ON junction.corridor_id = corridor.id
        WHERE junction.site_id = site.id
    ) AS junction
FROM site
WHERE site.code > %(after)s
ORDER BY site.code
LIMIT %(limit)s;

-- name: note_applied
-- Note what provisioning wrote.
UPDATE site SET applied = %(applied)s WHERE code = %(code)s;
