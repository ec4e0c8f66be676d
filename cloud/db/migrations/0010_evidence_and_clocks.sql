-- Evidence and results belong to the box that sent them, and events know whether the clock of their box was right.

-- Evidence that came before its event was stored without a box; where the event never came nobody can tell whose it is.
ALTER TABLE media ADD COLUMN box_id integer REFERENCES box (id);
UPDATE media SET box_id = event.box_id FROM event WHERE event.id = media.event_id;
DELETE FROM media WHERE box_id IS NULL;
ALTER TABLE media ALTER COLUMN box_id SET NOT NULL;
-- The box is part of the key: one box cannot take the place of another one's evidence, or of its result.
ALTER TABLE media DROP CONSTRAINT media_pkey;
ALTER TABLE media ADD PRIMARY KEY (event_id, box_id, sha256);
ALTER TABLE media ADD CHECK (octet_length(content) > 0) NOT VALID;
COMMENT ON COLUMN media.box_id IS 'Who sent it. Shown only with an event of the same box.';
CREATE INDEX media_received_at ON media (received_at);

CREATE TABLE media_day (
    box_id integer NOT NULL REFERENCES box (id),
    day date NOT NULL,
    bytes bigint NOT NULL,
    PRIMARY KEY (box_id, day)
);
COMMENT ON TABLE media_day IS 'Bytes of evidence that each box has had stored on each day in Pasuruan (+07).';

ALTER TABLE command_result DROP CONSTRAINT command_result_pkey;
ALTER TABLE command_result ADD PRIMARY KEY (command_id, box_id, state);

ALTER TABLE event ADD COLUMN clock_suspect boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN event.clock_suspect IS
'The box''s clock was ahead: time is when the event was received, what the box said stands in payload.';

GRANT SELECT, INSERT, UPDATE ON media_day TO ingest;
