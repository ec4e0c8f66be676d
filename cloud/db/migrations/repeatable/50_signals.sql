-- Leases: the log stays as it was written, results of commands are announced, and the wall sees both.

CREATE OR REPLACE FUNCTION lease_log_stay() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'lease_log is append-only: % is refused', TG_OP USING ERRCODE = 'insufficient_privilege';
END
$$;

CREATE OR REPLACE TRIGGER lease_log_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON lease_log
FOR EACH STATEMENT EXECUTE FUNCTION lease_log_stay();

CREATE OR REPLACE FUNCTION command_result_told() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('command_result', NEW.command_id::text);
    RETURN NULL;
END
$$;

CREATE OR REPLACE TRIGGER command_result_told AFTER INSERT ON command_result
FOR EACH ROW EXECUTE FUNCTION command_result_told();

CREATE OR REPLACE FUNCTION lease_moved() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('lease', NEW.id::text);
    RETURN NULL;
END
$$;

CREATE OR REPLACE TRIGGER lease_moved AFTER INSERT OR UPDATE ON lease
FOR EACH ROW EXECUTE FUNCTION lease_moved();

CREATE VIEW wall.lease AS
SELECT
    lease.id,
    site.code AS site,
    site.name AS site_name,
    lease.phase,
    phase.name AS phase_name,
    lease.extra_green_s,
    lease.duration_s,
    lease.reason,
    lease.requester,
    lease.withdrawn_by,
    lease.role,
    lease.rank,
    lease.state,
    lease.requested_at,
    lease.confirm_by,
    lease.accepted_at,
    lease.applied_at,
    lease.confirmed_at,
    lease.ends_at,
    lease.ended_at,
    lease.reverted_at,
    lease.end_reason,
    lease.rule,
    lease.text_id,
    lease.text_en,
    lease.corridor_lease_id,
    corridor.name AS corridor,
    lease.state IN ('requested', 'sent', 'accepted', 'applied', 'confirmed')
    -- Given up by the room, but the box has said that it is in force and not yet that it has ended.
    OR (lease.applied_at IS NOT NULL AND lease.ended_at IS NULL AND lease.ends_at > now()) AS open,
    extract(EPOCH FROM lease.ends_at - now())::double precision AS remaining_s
FROM lease
INNER JOIN site ON lease.site_id = site.id
LEFT JOIN junction_phase AS phase ON lease.site_id = phase.site_id AND lease.phase = phase.phase
LEFT JOIN corridor_lease ON lease.corridor_lease_id = corridor_lease.id
LEFT JOIN corridor ON corridor_lease.corridor_id = corridor.id;
COMMENT ON VIEW wall.lease IS 'Every lease with its place. open: it may still change the signals.';

CREATE VIEW wall.junction AS
SELECT
    site.code AS site,
    site.name,
    site.district,
    site.latitude,
    site.longitude,
    junction.authority,
    controller.code AS controller,
    box_state.box,
    box_state.state AS box_state,
    corridor.name AS corridor,
    junction.corridor_position,
    junction.corridor_phase,
    asset_state.state AS controller_state,
    asset_state.age_s
FROM junction
INNER JOIN site ON junction.site_id = site.id
INNER JOIN asset AS controller ON junction.controller_id = controller.id
INNER JOIN wall.box_state AS box_state ON controller.box_id = box_state.box_id
INNER JOIN wall.asset_state AS asset_state ON controller.id = asset_state.asset_id
LEFT JOIN corridor ON junction.corridor_id = corridor.id;
COMMENT ON VIEW wall.junction IS 'One row a junction, with whether its box and controller are heard of.';

-- What each role may ask for at a junction: a head of shift as much as an operator where nothing else is said.
CREATE OR REPLACE VIEW junction_allowance AS
SELECT site_id, role, extra_green_s, duration_s FROM junction_limit
UNION ALL
SELECT most.site_id, 'head_of_shift', most.extra_green_s, most.duration_s
FROM junction_limit AS most
WHERE
    most.role = 'operator'
    AND NOT EXISTS (
        SELECT 1 FROM junction_limit AS own WHERE own.site_id = most.site_id AND own.role = 'head_of_shift'
    );
GRANT SELECT ON junction_allowance TO api;
