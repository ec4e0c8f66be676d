-- Parts of clips that boxes hand over by HTTPS, as long as they are not whole; then they are evidence like any other.

CREATE TABLE clip_upload (
    box_id integer NOT NULL REFERENCES box (id),
    event_id uuid NOT NULL,
    sha256 bytea NOT NULL CHECK (octet_length(sha256) = 32),
    command_id uuid NOT NULL REFERENCES box_request (id),
    bytes integer NOT NULL CHECK (bytes > 0),
    taken integer NOT NULL DEFAULT 0 CHECK (taken >= 0),
    grown_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (box_id, event_id, sha256)
);
COMMENT ON TABLE clip_upload IS 'A part that is on its way. What has not grown for a day is deleted.';
COMMENT ON COLUMN clip_upload.taken IS 'How many of its bytes are here, from the first on.';
CREATE INDEX clip_upload_grown_at ON clip_upload (grown_at);
CREATE INDEX clip_upload_command_id ON clip_upload (command_id);

CREATE TABLE clip_upload_piece (
    box_id integer NOT NULL,
    event_id uuid NOT NULL,
    sha256 bytea NOT NULL,
    first integer NOT NULL,
    content bytea NOT NULL,
    PRIMARY KEY (box_id, event_id, sha256, first),
    FOREIGN KEY (box_id, event_id, sha256) REFERENCES clip_upload ON DELETE CASCADE
);
ALTER TABLE clip_upload_piece ALTER COLUMN content SET STORAGE EXTERNAL;
COMMENT ON COLUMN clip_upload_piece.first IS 'Offset of its first byte.';

GRANT SELECT, INSERT, UPDATE, DELETE ON clip_upload, clip_upload_piece TO api;
GRANT INSERT ON media TO api;
GRANT SELECT, INSERT, UPDATE ON media_day TO api;
