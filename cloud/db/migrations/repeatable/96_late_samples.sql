-- A sample that comes after its day went to the columnstore has neighbours decompressed, to see whether it is a repeat;
-- TimescaleDB refuses a transaction that would need more than 100,000 of them. Late samples of a few hundred series
-- need that many. (The Apache edition knows the setting and never needs it.)
-- Source: TimescaleDB, "Tuple decompression limit exceeded by operation".
DO $$
BEGIN
    EXECUTE format(
        'ALTER ROLE ingest IN DATABASE %I SET timescaledb.max_tuples_decompressed_per_dml_transaction = 0',
        current_database());
END
$$;
