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
    head audit_head;
BEGIN
    -- One writer at a time, to the end of its transaction: two rows must not follow the same one.
    PERFORM pg_advisory_xact_lock(7305810112003);
    -- Not the newest row that is there: where the newest were taken away, the next one must not fill the gap.
    SELECT * INTO STRICT head FROM audit_head;
    NEW.id := head.id + 1;
    NEW.at := clock_timestamp();
    NEW.previous := head.hash;
    NEW.hash := audit_hash(NEW);
    UPDATE audit_head SET id = NEW.id, hash = NEW.hash;
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
            entry.previous = lag(entry.hash, 1, '\x'::bytea) OVER (ORDER BY entry.id)
            AND entry.id = lag(entry.id, 1, 0::bigint) OVER (ORDER BY entry.id) + 1 AS follows
        FROM audit AS entry
    ) AS checked
    WHERE NOT (checked.whole AND checked.follows)
    UNION
    -- The newest row is not the one that was written last: the rows up to that one were taken away.
    SELECT head.id FROM audit_head AS head
    WHERE NOT EXISTS (SELECT 1 FROM audit AS entry WHERE entry.id = head.id AND entry.hash = head.hash) AND head.id > 0
    UNION
    SELECT entry.id FROM audit AS entry WHERE entry.id > (SELECT head.id FROM audit_head AS head)
    ORDER BY 1;
END;
