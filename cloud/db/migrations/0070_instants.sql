-- Instants that a clock of ours can have shown. One from before PostgreSQL's or Python's calendars cannot be read back,
-- and a list that holds it is read by nobody. What is there already is left alone (NOT VALID).
ALTER TABLE earthquake ADD CONSTRAINT earthquake_at_sane CHECK (at >= '2000-01-01+00') NOT VALID;
ALTER TABLE crew ADD CONSTRAINT crew_position_at_sane CHECK (position_at >= '2000-01-01+00') NOT VALID;
ALTER TABLE incident_photo ADD CONSTRAINT incident_photo_taken_at_sane CHECK (taken_at >= '2000-01-01+00') NOT VALID;
ALTER TABLE dispatch ADD CONSTRAINT dispatch_instants_sane CHECK (
    least(accepted_at, on_way_at, arrived_at, done_at, declined_at, recalled_at) >= '2000-01-01+00'
) NOT VALID;
