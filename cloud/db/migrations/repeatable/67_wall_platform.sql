-- The platform itself: what comes in, how late, what is refused, how much room it takes.

CREATE VIEW wall.database_size AS
SELECT pg_database_size(current_database())::double precision AS bytes;
COMMENT ON VIEW wall.database_size IS 'Bytes of the whole database on disk.';

CREATE VIEW wall.relation_size AS
SELECT
    named.hypertable_name::text AS relation,
    (SELECT sum(pg_total_relation_size(format('%I.%I', chunks.chunk_schema, chunks.chunk_name)::regclass))
     FROM timescaledb_information.chunks AS chunks
     WHERE chunks.hypertable_schema = named.hypertable_schema
         AND chunks.hypertable_name = named.hypertable_name)::double precision AS bytes,
    named.num_chunks::integer AS chunks
FROM timescaledb_information.hypertables AS named;
COMMENT ON VIEW wall.relation_size IS 'Bytes of each hypertable with its indexes.';
