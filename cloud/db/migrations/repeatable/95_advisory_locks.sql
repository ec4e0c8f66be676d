-- Advisory locks only for who needs them: whoever may take ROLLUP_LOCK can hold up every writer of samples, and
-- PostgreSQL lets everybody, the dashboards' role too.
DO $$
DECLARE
    lock_function regprocedure;
BEGIN
    FOR lock_function IN
        SELECT oid FROM pg_proc
        WHERE pronamespace = 'pg_catalog'::regnamespace AND proname ~ '^pg_(try_)?advisory_(xact_)?lock'
    LOOP
        EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', lock_function);
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO ingest, api, modules, operations, warnings', lock_function);
    END LOOP;
EXCEPTION WHEN insufficient_privilege THEN
    RAISE WARNING 'advisory locks stay open to all roles: only a superuser may change that';
END
$$;
