-- The newest row of the audit chain, kept beside it: a chain whose newest rows were taken away is whole, too.

LOCK TABLE audit IN EXCLUSIVE MODE;

CREATE TABLE audit_head (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    id bigint NOT NULL,
    hash bytea NOT NULL
);
COMMENT ON TABLE audit_head IS 'Written by the trigger of audit alone. Whoever owns the database can alter both: anchors outside of it show that.';
INSERT INTO audit_head (id, hash)
SELECT coalesce(max(id), 0), coalesce((SELECT hash FROM audit ORDER BY id DESC LIMIT 1), '\x') FROM audit;

-- The same words as in repeatable/10_audit.sql: a row that came between the two would stand in the way of the next one.
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
