-- The three roles of the running system. They are cluster-wide, so another database of the same cluster may
-- have made them already, or may be making them in this very moment.
--
-- They log in without a password where the socket vouches for them; `satulayar-db roles` sets passwords.
DO $$
DECLARE
    wanted text;
BEGIN
    FOREACH wanted IN ARRAY ARRAY['ingest', 'api', 'wall_reader'] LOOP
        BEGIN
            EXECUTE format('CREATE ROLE %I LOGIN', wanted);
            IF wanted = 'wall_reader' THEN
                ALTER ROLE wall_reader SET statement_timeout = '30s';
                ALTER ROLE wall_reader SET default_transaction_read_only = on;
            END IF;
        EXCEPTION WHEN duplicate_object OR unique_violation THEN
            NULL;
        END;
    END LOOP;
END
$$;

CREATE SCHEMA wall;
