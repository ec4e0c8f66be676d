-- The registry tells when something in it is moved, so that no ingester goes on with what it once read.

CREATE OR REPLACE FUNCTION registry_moved() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('registry', '');
    RETURN NULL;
END
$$;

-- By column: an ingester itself writes the liveness of boxes all the time.
CREATE OR REPLACE TRIGGER registry_moved AFTER UPDATE OF code, box_id OR DELETE ON asset
FOR EACH STATEMENT EXECUTE FUNCTION registry_moved();
CREATE OR REPLACE TRIGGER registry_moved AFTER UPDATE OF name, site_id OR DELETE ON box
FOR EACH STATEMENT EXECUTE FUNCTION registry_moved();
CREATE OR REPLACE TRIGGER registry_moved AFTER UPDATE OF code OR DELETE ON site
FOR EACH STATEMENT EXECUTE FUNCTION registry_moved();
CREATE OR REPLACE TRIGGER registry_moved AFTER UPDATE OF quantity, unit OR DELETE ON series
FOR EACH STATEMENT EXECUTE FUNCTION registry_moved();
