-- Events with their evidence, and what was refused.

CREATE TABLE event (
    id uuid PRIMARY KEY,
    type text NOT NULL,
    source text NOT NULL,
    subject text,
    box_id integer NOT NULL REFERENCES box (id),
    asset_id integer REFERENCES asset (id),
    "time" timestamptz NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now(),
    severity text,
    payload jsonb
);
COMMENT ON TABLE event IS 'Something a box noticed at an instant. The id is the CloudEvents id, a UUIDv7.';
CREATE INDEX event_time ON event ("time" DESC, id DESC);
CREATE INDEX event_asset_id ON event (asset_id, "time" DESC);

CREATE TABLE media (
    event_id uuid NOT NULL,
    position integer NOT NULL DEFAULT 0,
    content_type text NOT NULL,
    sha256 bytea NOT NULL CHECK (octet_length(sha256) = 32),
    content bytea NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (event_id, sha256)
);
-- JPEG and MP4 are compressed already: do not spend time trying again.
ALTER TABLE media ALTER COLUMN content SET STORAGE EXTERNAL;
COMMENT ON TABLE media IS 'Evidence of an event. It may arrive before its event, so there is no foreign key.';

CREATE TABLE rejected_message (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    received_at timestamptz NOT NULL DEFAULT now(),
    box text,
    topic text NOT NULL,
    reason text NOT NULL,
    detail text,
    count integer NOT NULL DEFAULT 1 CHECK (count > 0),
    payload bytea CHECK (octet_length(payload) <= 65536)
);
COMMENT ON TABLE rejected_message IS 'What was refused and why, with at most 64 KiB of what was sent.';
COMMENT ON COLUMN rejected_message.count IS 'How many messages or records this row stands for.';
CREATE INDEX rejected_message_received_at ON rejected_message (received_at);
