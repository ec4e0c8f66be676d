-- The views are made anew in one transaction, so that a column may be renamed, and a view removed.
DO $$
DECLARE
    doomed text;
BEGIN
    FOR doomed IN SELECT format('%I.%I', schemaname, viewname) FROM pg_views WHERE schemaname = 'wall' LOOP
        EXECUTE 'DROP VIEW IF EXISTS ' || doomed || ' CASCADE';
    END LOOP;
END
$$;
