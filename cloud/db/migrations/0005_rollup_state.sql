-- How far the rollups of the Apache edition have come. In the Community edition complete_until stays at the
-- epoch: no sample is older, so no writer ever reports one as late, and writers need not know the edition.
--
-- Protocol. A writer of samples takes the shared ROLLUP_LOCK, and THEN, in a further statement, reads
-- complete_until; what it writes below that instant it also reports in rollup_late, in the same transaction.
-- The job takes the exclusive lock just long enough to move complete_until. So each sample was either
-- committed before the job looked, or is reported as late. Each further column moves in the transaction that
-- writes what it promises: a job that is killed redoes, it never forgets.

CREATE TABLE rollup_state (
    id boolean PRIMARY KEY DEFAULT true CHECK (id),
    complete_until timestamptz NOT NULL,
    minutes_until timestamptz NOT NULL,
    hours_until timestamptz NOT NULL,
    days_until timestamptz NOT NULL,
    raw_from timestamptz NOT NULL DEFAULT '1970-01-01 00:00+00',
    minutes_from timestamptz NOT NULL DEFAULT '1970-01-01 00:00+00',
    hours_from timestamptz NOT NULL DEFAULT '1970-01-01 00:00+00'
);
COMMENT ON COLUMN rollup_state.complete_until IS 'A sample below this instant that is written now is late.';
COMMENT ON COLUMN rollup_state.minutes_until IS 'sample_1m holds everything below, but what rollup_late names.';
COMMENT ON COLUMN rollup_state.hours_until IS 'sample_1h was made from all minutes below.';
COMMENT ON COLUMN rollup_state.days_until IS 'sample_1d was made from all hours below.';

CREATE TABLE rollup_late (
    "hour" timestamptz NOT NULL,
    series_ids integer[] NOT NULL
);
COMMENT ON TABLE rollup_late IS 'A queue: hours whose rollups must be made again for these series.';
CREATE INDEX rollup_late_hour ON rollup_late ("hour");
