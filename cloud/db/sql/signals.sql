-- Leases of signals: what is asked, what is sent, what the boxes say of it.

-- name: junction_for
-- A junction as a request of somebody meets it.
SELECT
    junction.site_id, site.code AS site, junction.authority, controller.code AS controller, box.name AS box,
    ARRAY(
        SELECT phase.phase FROM junction_phase AS phase WHERE phase.site_id = junction.site_id ORDER BY phase.phase
    ) AS phases,
    most.extra_green_s AS extra_green_limit_s, most.duration_s AS duration_limit_s,
    EXISTS (
        SELECT 1 FROM delegation INNER JOIN account ON delegation.account_id = account.id
        WHERE account.name = %(account)s AND delegation.authority = junction.authority
    ) AS is_delegated
FROM junction
INNER JOIN site ON junction.site_id = site.id
INNER JOIN asset AS controller ON junction.controller_id = controller.id
INNER JOIN box ON controller.box_id = box.id
LEFT JOIN junction_allowance AS most ON junction.site_id = most.site_id AND most.role = %(role)s
WHERE site.code = %(site)s;

-- name: corridor_sites
-- The junctions of a corridor in its order, each with the phase of its green wave.
SELECT corridor.id AS corridor_id, site.code AS site, junction.site_id, junction.corridor_phase AS phase
FROM corridor
INNER JOIN junction ON corridor.id = junction.corridor_id
INNER JOIN site ON junction.site_id = site.id
WHERE corridor.name = %(corridor)s
ORDER BY junction.corridor_position, site.code;

-- name: lock_site
-- One request at a time for a junction, to the end of the transaction.
SELECT pg_advisory_xact_lock(%(lock)s::integer, %(site_id)s::integer);

-- name: lock_feed
-- One process at a time moves leases on.
SELECT pg_advisory_xact_lock(%(lock)s::bigint);

-- name: known_request
-- What came of an earlier request with the same id.
SELECT id AS lease_id, site_id, phase, extra_green_s, duration_s, reason
FROM lease WHERE requester = %(requester)s AND request_id = %(request_id)s;

-- name: known_corridor_request
-- What came of an earlier corridor request with the same id.
SELECT id AS corridor_lease_id, corridor_id, extra_green_s, duration_s, reason
FROM corridor_lease WHERE requester = %(requester)s AND request_id = %(request_id)s;

-- name: holder
-- Who holds a junction; the highest rank if there are several for a moment.
SELECT id AS lease_id, requester, rank, coalesce(ends_at, requested_at + make_interval(secs => duration_s)) AS ends_at
FROM lease
WHERE
    site_id = %(site_id)s
    AND (
        state IN ('requested', 'sent', 'accepted', 'applied', 'confirmed')
        OR (applied_at IS NOT NULL AND ended_at IS NULL AND ends_at > now())
    )
ORDER BY rank DESC, requested_at
LIMIT 1;

-- name: add_lease
-- Write down a request.
INSERT INTO lease (
    id, site_id, corridor_lease_id, requester, request_id, role, rank, phase, extra_green_s, duration_s, reason,
    state, confirm_by
)
VALUES (
    %(id)s, %(site_id)s, %(corridor_lease_id)s, %(requester)s, %(request_id)s, %(role)s, %(rank)s, %(phase)s,
    %(extra_green_s)s, %(duration_s)s, %(reason)s, 'requested', now() + make_interval(secs => %(confirm_within_s)s)
);

-- name: add_corridor_lease
-- Write down a request for a corridor.
INSERT INTO corridor_lease (id, corridor_id, requester, request_id, reason, extra_green_s, duration_s, state)
VALUES (
    %(id)s, %(corridor_id)s, %(requester)s, %(request_id)s, %(reason)s, %(extra_green_s)s, %(duration_s)s, 'preparing'
);

-- name: add_command
-- Write down what is to be sent.
INSERT INTO lease_command (id, lease_id, action, actor, arguments, expires_at)
VALUES (
    %(id)s, %(lease_id)s, %(action)s, %(actor)s, %(arguments)s,
    clock_timestamp() + make_interval(secs => %(expires_in_s)s)
);

-- name: add_withdrawal
-- Write down that a lease is to be withdrawn. A box obeys an equal or higher rank; the room itself speaks with that of
-- whoever asked for the lease.
INSERT INTO lease_command (id, lease_id, action, actor, arguments, expires_at)
SELECT
    %(id)s, lease.id, 'signal.lease.withdraw', %(actor)s,
    jsonb_build_object('lease', lease.id, 'role', coalesce(%(role)s::text, lease.role)),
    clock_timestamp() + make_interval(secs => %(expires_in_s)s)
FROM lease WHERE lease.id = %(lease_id)s;

-- name: add_log
-- Write down what was said of a lease; nothing comes back if that was written before.
INSERT INTO lease_log (lease_id, state, source, origin, box_time, actor, rule, text_id, text_en)
VALUES (
    %(lease_id)s, %(state)s, %(source)s, %(origin)s, %(box_time)s, %(actor)s, %(rule)s, %(text_id)s, %(text_en)s
)
ON CONFLICT (origin) DO NOTHING
RETURNING id;

-- name: lease_requester
-- Who asked for a lease, where, and why, by what a box calls it.
SELECT lease.requester, lease.role, site.code AS site, lease.reason
FROM lease INNER JOIN site ON lease.site_id = site.id
WHERE lease.id::text = %(lease)s;

-- name: lock_lease
-- A lease, held to the end of the transaction.
SELECT
    lease.id AS lease_id, lease.site_id, site.code AS site, lease.corridor_lease_id, lease.requester, lease.rank,
    lease.state, lease.duration_s, lease.confirmed_at, lease.withdrawn_by
FROM lease INNER JOIN site ON lease.site_id = site.id
WHERE lease.id = %(lease_id)s
FOR UPDATE OF lease;

-- name: move_lease
-- Put a lease into a state, with the instant at which the room learned what it was told.
UPDATE lease
SET
    state = %(state)s,
    accepted_at = CASE
        WHEN %(told)s IN ('accepted', 'applied', 'confirmed') THEN coalesce(accepted_at, now()) ELSE accepted_at
    END,
    applied_at = CASE WHEN %(told)s IN ('applied', 'confirmed') THEN coalesce(applied_at, now()) ELSE applied_at END,
    confirmed_at = CASE WHEN %(told)s = 'confirmed' THEN coalesce(confirmed_at, now()) ELSE confirmed_at END,
    ends_at = CASE
        WHEN %(told)s IN ('accepted', 'applied', 'confirmed')  -- the box counts from its acceptance
            THEN coalesce(ends_at, now() + make_interval(secs => duration_s))
        ELSE ends_at
    END,
    ended_at = CASE WHEN %(told)s IN ('ended', 'reverted') THEN coalesce(ended_at, now()) ELSE ended_at END,
    reverted_at = CASE WHEN %(told)s = 'reverted' THEN coalesce(reverted_at, now()) ELSE reverted_at END,
    end_reason = coalesce(end_reason, %(end_reason)s),
    rule = CASE WHEN %(text_id)s <> '' OR rule IS NULL THEN coalesce(%(rule)s, rule) ELSE rule END,
    text_id = CASE WHEN %(text_id)s <> '' THEN %(text_id)s ELSE text_id END,
    text_en = CASE WHEN %(text_en)s <> '' THEN %(text_en)s ELSE text_en END
WHERE id = %(lease_id)s;

-- name: mark_withdrawn
-- Remember who withdrew a lease; the first stands.
UPDATE lease SET withdrawn_by = coalesce(withdrawn_by, %(account)s) WHERE id = %(lease_id)s;

-- name: postpone
-- Give a lease another deadline: a prepared one for its commit or its withdrawal, one that waits for the earlier one.
UPDATE lease SET confirm_by = now() + make_interval(secs => %(confirm_within_s)s) WHERE id = %(lease_id)s;

-- name: waiting_commands
-- What is to be sent and still worth sending, in the order of its making; nothing but the withdrawal of what has been
-- withdrawn. A withdrawal that nobody was there to get is sent again once its box is back.
SELECT
    command.id AS command_id, command.lease_id, command.action, command.actor, command.arguments, command.issued_at,
    command.expires_at, box.name AS box, controller.code AS controller
FROM lease_command AS command
INNER JOIN lease ON command.lease_id = lease.id
INNER JOIN junction ON lease.site_id = junction.site_id
INNER JOIN asset AS controller ON junction.controller_id = controller.id
INNER JOIN box ON controller.box_id = box.id
WHERE
    command.expires_at > clock_timestamp()
    AND (
        command.action = 'signal.lease.withdraw'
        OR NOT EXISTS (
            SELECT 1 FROM lease_command AS other
            WHERE other.lease_id = command.lease_id AND other.action = 'signal.lease.withdraw'
        )
    )
    AND (
        command.sent_at IS NULL
        OR (
            command.action = 'signal.lease.withdraw' AND NOT command.received AND box.online
            AND lease.state <> 'reverted' AND command.sent_at < clock_timestamp() - make_interval(secs => %(again_s)s)
        )
    )
ORDER BY command.issued_at, command.id
LIMIT 100
FOR UPDATE OF command SKIP LOCKED;

-- name: command_sent
-- Remember that the broker has a command, and whether it had somebody to give it to.
UPDATE lease_command SET sent_at = clock_timestamp(), received = %(received)s WHERE id = %(command_id)s;

-- name: news
-- What boxes have said of leases and was not yet taken in, in the order of their own clocks. A box is heard on the
-- leases of its own junctions only.
SELECT
    told.origin, told.lease_id, told.state, 'box' AS source, told.box_time, told.rule, told.text_id, told.text_en,
    told.end_reason, told.wait_s
FROM (
    SELECT
        'event:' || event.id AS origin,
        lease.id AS lease_id,
        substr(event.type, length('id.satulayar.lease.') + 1) AS state,
        event."time" AS box_time,
        event.received_at,
        coalesce(event.payload #>> '{data,values,rule}', event.payload #>> '{data,values,reason}') AS rule,
        coalesce(event.payload #>> '{data,message_id}', '') AS text_id,
        coalesce(event.payload #>> '{data,message_en}', '') AS text_en,
        coalesce(event.payload #>> '{data,values,end_reason}', event.payload #>> '{data,values,end}') AS end_reason,
        CASE
            WHEN jsonb_typeof(event.payload #> '{data,values,wait_s}') = 'number'
                THEN (event.payload #>> '{data,values,wait_s}')::double precision
        END AS wait_s,
        event.box_id,
        lease.site_id
    FROM event
    INNER JOIN lease ON lease.id = CASE
        WHEN event.payload #>> '{data,values,lease}' ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
            THEN (event.payload #>> '{data,values,lease}')::uuid
    END
    WHERE event.type LIKE 'id.satulayar.lease.%%' AND event.received_at > now() - INTERVAL '1 day'
    UNION ALL
    SELECT
        'result:' || result.command_id || ':' || result.state AS origin,
        command.lease_id,
        CASE
            WHEN command.action = 'signal.lease.withdraw' THEN 'withdraw_' || result.state
            WHEN command.arguments ->> 'prepare' = 'true' AND result.state IN ('applied', 'confirmed') THEN 'accepted'
            WHEN result.state = 'failed' AND ended.reason IS NOT NULL THEN 'ended'
            ELSE result.state
        END AS state,
        result."time" AS box_time,
        result.received_at,
        nullif(result.reason, '') AS rule,
        -- A box writes both sentences into the one field that a result has.
        split_part(coalesce(result.detail, ''), ' | ', 1) AS text_id,
        split_part(coalesce(result.detail, ''), ' | ', -1) AS text_en,
        ended.reason AS end_reason,
        NULL AS wait_s,
        result.box_id,
        lease.site_id
    FROM command_result AS result
    INNER JOIN lease_command AS command ON result.command_id = command.id
    INNER JOIN lease ON command.lease_id = lease.id
    -- A request whose lease ended before it was confirmed has failed; the lease has ended, and the event that says so
    -- may come later.
    LEFT JOIN (
        VALUES
        ('expired', 'expired'), ('not_committed', 'expired'), ('withdrawn', 'withdrawn'), ('superseded', 'superseded'),
        ('link_lost', 'link_lost'), ('local_override', 'local_override')
    ) AS ended (rule, reason) ON result.state = 'failed' AND result.reason = ended.rule
    WHERE result.received_at > now() - INTERVAL '1 day'
) AS told
INNER JOIN junction ON told.site_id = junction.site_id
INNER JOIN asset AS controller ON junction.controller_id = controller.id AND told.box_id = controller.box_id
WHERE NOT EXISTS (SELECT 1 FROM lease_log AS written WHERE written.origin = told.origin)
ORDER BY told.box_time, told.received_at
LIMIT 500;

-- name: overdue
-- Leases that were to be confirmed by now, and confirmed ones whose end nobody has told for a minute, or whose box has
-- been offline for so long that its controller has fallen back to its own plan; those of a corridor end with it.
SELECT
    lease.id AS lease_id, lease.state, lease.duration_s, box.name AS box, lease.withdrawn_by,
    extract(EPOCH FROM lease.confirm_by - lease.requested_at)::double precision AS allowed_s,
    EXISTS (
        SELECT 1 FROM lease_command AS command WHERE command.lease_id = lease.id AND command.sent_at IS NOT NULL
    ) AS was_sent,
    coalesce(box.online, false) AND NOT EXISTS (
        SELECT 1 FROM lease_command AS command WHERE command.lease_id = lease.id AND NOT command.received
    ) AS was_reachable,
    NOT coalesce(box.online, FALSE) AND box.status_at < now() - make_interval(secs => %(gone_s)s) AS is_gone
FROM lease
INNER JOIN junction ON lease.site_id = junction.site_id
INNER JOIN asset AS controller ON junction.controller_id = controller.id
INNER JOIN box ON controller.box_id = box.id
LEFT JOIN corridor_lease AS wave ON lease.corridor_lease_id = wave.id
WHERE
    (
        lease.state IN ('requested', 'sent', 'accepted', 'applied') AND lease.confirm_by < now()
        -- One that is prepared waits for the others: it is withdrawn with its corridor, and has not failed.
        AND NOT (lease.state = 'accepted' AND wave.state IS NOT DISTINCT FROM 'preparing')
    )
    OR (lease.state = 'confirmed' AND lease.ends_at < now() - INTERVAL '60 s')
    OR (
        lease.state = 'confirmed' AND lease.corridor_lease_id IS NULL
        AND NOT coalesce(box.online, FALSE) AND box.status_at < now() - make_interval(secs => %(gone_s)s)
    )
FOR UPDATE OF lease;

-- name: unanswered_withdrawals
-- Withdrawals that no box has answered while their lease goes on.
SELECT command.id AS command_id, command.lease_id, box.name AS box
FROM lease_command AS command
INNER JOIN lease ON command.lease_id = lease.id
INNER JOIN junction ON lease.site_id = junction.site_id
INNER JOIN asset AS controller ON junction.controller_id = controller.id
INNER JOIN box ON controller.box_id = box.id
WHERE
    lease.state IN ('sent', 'accepted', 'applied', 'confirmed')
    AND command.action = 'signal.lease.withdraw'
    AND command.issued_at < clock_timestamp() - make_interval(secs => %(confirm_within_s)s)
    AND NOT EXISTS (
        SELECT 1 FROM lease_log AS written
        WHERE written.origin IN ('withdraw:' || command.id, 'result:' || command.id || ':refused')
    );

-- name: open_corridor_leases
-- Corridor leases that may still change, with their members; gone: the box has been offline for so long.
SELECT
    wave.id AS corridor_lease_id, wave.state, wave.requester,
    array_agg(lease.id ORDER BY site.code) AS leases,
    array_agg(lease.state ORDER BY site.code) AS states,
    array_agg(site.code ORDER BY site.code) AS sites,
    array_agg(coalesce(lease.text_id, '') ORDER BY site.code) AS texts_id,
    array_agg(coalesce(lease.text_en, '') ORDER BY site.code) AS texts_en,
    array_agg(box.name ORDER BY site.code) AS boxes,
    array_agg(
        NOT coalesce(box.online, FALSE) AND box.status_at < now() - make_interval(secs => %(gone_s)s)
        ORDER BY site.code
    ) AS gone
FROM corridor_lease AS wave
INNER JOIN lease ON wave.id = lease.corridor_lease_id
INNER JOIN site ON lease.site_id = site.id
INNER JOIN junction ON lease.site_id = junction.site_id
INNER JOIN asset AS controller ON junction.controller_id = controller.id
INNER JOIN box ON controller.box_id = box.id
WHERE wave.state IN ('preparing', 'committing', 'confirmed')
GROUP BY wave.id;

-- name: corridor_members
-- The leases of a corridor lease that are not over.
SELECT id FROM lease
WHERE corridor_lease_id = %(corridor_lease_id)s AND state NOT IN ('ended', 'reverted', 'refused')
ORDER BY site_id;

-- name: move_corridor_lease
-- Put a corridor lease into a state.
UPDATE corridor_lease
SET
    state = %(state)s, changed_at = now(), rule = coalesce(%(rule)s, rule), text_id = coalesce(%(text_id)s, text_id),
    text_en = coalesce(%(text_en)s, text_en)
WHERE id = %(corridor_lease_id)s;

-- name: next_look
-- Seconds until something is overdue (NULL when nothing is open), and whether a command waits for the broker.
SELECT
    (
        SELECT extract(EPOCH FROM min(confirm_by) - clock_timestamp())::double precision
        FROM lease WHERE state IN ('requested', 'sent', 'accepted', 'applied')
    ) AS in_s,
    EXISTS (
        SELECT 1 FROM lease_command WHERE sent_at IS NULL AND expires_at > clock_timestamp()
    ) AS is_waiting;

-- name: leases
-- Leases, newest first.
SELECT
    id, site, site_name, phase, phase_name, extra_green_s, duration_s, reason, requester, withdrawn_by, role, state,
    requested_at, accepted_at, applied_at, confirmed_at, ends_at, ended_at, reverted_at, end_reason, rule, text_id,
    text_en, corridor_lease_id, corridor, open, remaining_s
FROM wall.lease
WHERE
    (requested_at, id) < (%(before_time)s::timestamptz, %(before_id)s::uuid)
    AND (%(site)s::text IS NULL OR site = %(site)s)
    AND (%(state)s::text IS NULL OR state = %(state)s)
    AND (%(requester)s::text IS NULL OR requester = %(requester)s)
    AND (%(open)s::boolean IS NULL OR open = %(open)s)
ORDER BY requested_at DESC, id DESC
LIMIT %(limit)s;

-- name: leases_by_id
-- Some leases.
SELECT
    id, site, site_name, phase, phase_name, extra_green_s, duration_s, reason, requester, withdrawn_by, role, state,
    requested_at, accepted_at, applied_at, confirmed_at, ends_at, ended_at, reverted_at, end_reason, rule, text_id,
    text_en, corridor_lease_id, corridor, open, remaining_s
FROM wall.lease
WHERE id = ANY(%(ids)s::uuid[]) OR corridor_lease_id = ANY(%(ids)s::uuid[])
ORDER BY site;

-- name: open_lease
-- The lease that holds a junction; the highest rank if there are several for a moment.
SELECT
    id, site, site_name, phase, phase_name, extra_green_s, duration_s, reason, requester, withdrawn_by, role, state,
    requested_at, accepted_at, applied_at, confirmed_at, ends_at, ended_at, reverted_at, end_reason, rule, text_id,
    text_en, corridor_lease_id, corridor, open, remaining_s
FROM wall.lease
WHERE site = %(site)s AND open
ORDER BY rank DESC, requested_at
LIMIT 1;

-- name: lease_log
-- Everything that was said of a lease.
SELECT at, state, source, box_time, actor, rule, text_id, text_en
FROM lease_log WHERE lease_id = %(lease_id)s ORDER BY id;

-- name: corridor_lease
-- A corridor lease.
SELECT
    wave.id, corridor.name AS corridor, corridor.title, wave.requester, wave.reason, wave.extra_green_s,
    wave.duration_s, wave.state, wave.requested_at, wave.changed_at, wave.rule, wave.text_id, wave.text_en
FROM corridor_lease AS wave INNER JOIN corridor ON wave.corridor_id = corridor.id
WHERE wave.id = %(id)s;

-- name: junctions
-- Junctions with whether they are heard of.
SELECT
    site, name, district, latitude, longitude, authority, controller, box, box_state, corridor, corridor_position,
    corridor_phase, controller_state, age_s
FROM wall.junction
WHERE site > %(after)s AND (%(corridor)s::text IS NULL OR corridor = %(corridor)s)
ORDER BY site
LIMIT %(limit)s;

-- name: junction_by_site
-- One junction.
SELECT
    site, name, district, latitude, longitude, authority, controller, box, box_state, corridor, corridor_position,
    corridor_phase, controller_state, age_s
FROM wall.junction WHERE site = %(site)s;

-- name: junction_state
-- What is known of a junction's box and controller, and until when its own plan has its turn after a lease.
SELECT
    junction.box, junction.box_state, junction.controller_state,
    (
        SELECT latest.text FROM wall.series_latest AS latest
        WHERE latest.asset = junction.controller AND latest.quantity = 'signal_state' AND latest.age_s < 120
        LIMIT 1
    ) AS displayed,
    (
        SELECT max(written.at + make_interval(secs => (event.payload #>> '{data,values,rest_s}')::double precision))
        FROM lease
        INNER JOIN site ON lease.site_id = site.id
        INNER JOIN lease_log AS written ON lease.id = written.lease_id AND written.state = 'reverted'
        INNER JOIN event ON written.origin = 'event:' || event.id
        WHERE
            site.code = junction.site AND lease.reverted_at > now() - INTERVAL '1 hour'
            AND jsonb_typeof(event.payload #> '{data,values,rest_s}') = 'number'
    ) AS rests_until
FROM wall.junction AS junction
WHERE junction.site = %(site)s;

-- name: junction_phases
-- What is known of a junction's phases.
SELECT phase.phase, phase.name, phase.ring, phase.barrier, phase.saturation_per_h, phase.lost_s,
    phase.least_green_s, phase.detectors
FROM junction_phase AS phase INNER JOIN site ON phase.site_id = site.id
WHERE site.code = %(site)s ORDER BY phase.phase;

-- name: junction_limits
-- The most that each role may ask for.
SELECT most.role, most.extra_green_s, most.duration_s
FROM junction_allowance AS most INNER JOIN site ON most.site_id = site.id
WHERE site.code = %(site)s ORDER BY most.role DESC;

-- name: site_figures
-- The newest figure of every series at a site that is not older than some seconds.
SELECT asset, quantity, unit, "time", value, text, age_s
FROM wall.series_latest
WHERE site = %(site)s AND age_s < %(at_most_s)s;

-- name: displayed
-- What a controller displayed in the last seconds, oldest first.
SELECT sample_text."time", sample_text.value AS text
FROM sample_text
INNER JOIN series ON sample_text.series_id = series.id
INNER JOIN asset ON series.asset_id = asset.id
WHERE
    asset.code = %(controller)s AND series.quantity = 'signal_state'
    AND sample_text."time" > now() - make_interval(secs => %(seconds)s)
ORDER BY sample_text."time";

-- name: site_means
-- Means of the last seconds of what advice needs.
SELECT asset.code AS asset, series.quantity, avg(sample.value) AS value, count(*) AS n
FROM sample
INNER JOIN series ON sample.series_id = series.id
INNER JOIN asset ON series.asset_id = asset.id
INNER JOIN site ON asset.site_id = site.id
WHERE
    site.code = %(site)s AND series.quantity = ANY(%(quantities)s::text[])
    AND sample."time" > now() - make_interval(secs => %(seconds)s)
GROUP BY asset.code, series.quantity;
