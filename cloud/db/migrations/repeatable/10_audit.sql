-- The audit chain: rows get number, instant and hash from the trigger, whatever the writer says, and stay.

CREATE OR REPLACE FUNCTION audit_hash(entry audit) RETURNS bytea
LANGUAGE sql IMMUTABLE PARALLEL SAFE
-- The instant as seconds since the epoch: a timestamptz as text would depend on the session's time zone.
RETURN sha256(
    (entry).previous || convert_to(
        jsonb_build_array(
            (entry).id, extract(EPOCH FROM (entry).at), (entry).actor, (entry).action, (entry).subject, (entry).detail
        )::text, 'UTF8')
);

CREATE OR REPLACE FUNCTION audit_chain() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    newest audit;
BEGIN
    -- One writer at a time, to the end of its transaction: two rows must not follow the same one.
    PERFORM pg_advisory_xact_lock(7305810112003);
    SELECT * INTO newest FROM audit ORDER BY id DESC LIMIT 1;
    NEW.id := coalesce(newest.id, 0) + 1;
    NEW.at := clock_timestamp();
    NEW.previous := coalesce(newest.hash, '\x'::bytea);
    NEW.hash := audit_hash(NEW);
    RETURN NEW;
END
$$;

CREATE OR REPLACE FUNCTION audit_stay() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'audit is append-only: % is refused', TG_OP USING ERRCODE = 'insufficient_privilege';
END
$$;

CREATE OR REPLACE TRIGGER audit_chain BEFORE INSERT ON audit FOR EACH ROW EXECUTE FUNCTION audit_chain();
CREATE OR REPLACE TRIGGER audit_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
FOR EACH STATEMENT EXECUTE FUNCTION audit_stay();

CREATE OR REPLACE FUNCTION audit_broken() RETURNS SETOF bigint
LANGUAGE sql STABLE
-- Numbers of the rows that do not follow from the row before them. None: the chain holds.
BEGIN ATOMIC
    SELECT checked.id
    FROM (
        SELECT
            entry.id,
            entry.hash = audit_hash(entry) AS whole,
            entry.previous = lag(entry.hash, 1, '\x'::bytea) OVER (ORDER BY entry.id) AS follows
        FROM audit AS entry
    ) AS checked
    WHERE NOT (checked.whole AND checked.follows)
    ORDER BY checked.id;
END;
