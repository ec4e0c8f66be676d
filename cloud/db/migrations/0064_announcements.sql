-- Announcements over roadside loudspeakers: what can be said, what was said, where, and by whom.

CREATE TABLE loudspeaker (
    asset_id integer PRIMARY KEY REFERENCES asset (id) ON DELETE CASCADE,
    agency text NOT NULL DEFAULT 'transport'
    CHECK (agency IN ('transport', 'disaster', 'public_order', 'health', '112', 'platform'))
);
COMMENT ON TABLE loudspeaker IS 'Whose loudspeakers are, where they are not the transport agency''s. Which there are: assets of that kind.';

CREATE TABLE announcement_clip (
    id uuid PRIMARY KEY,
    name text NOT NULL CHECK (name <> ''),
    language text NOT NULL CHECK (language IN ('id', 'jv', 'mad', 'en')),
    origin text NOT NULL CHECK (origin IN ('recorded', 'spoken', 'voice')),
    text text NOT NULL DEFAULT '',
    engine text NOT NULL DEFAULT '',
    seconds double precision NOT NULL CHECK (seconds > 0),
    level_db double precision NOT NULL,
    sha256 bytea NOT NULL CHECK (octet_length(sha256) = 32),
    sound bytea,
    account text NOT NULL,
    address text NOT NULL,
    made_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    request_id text NOT NULL,
    retired_at timestamptz,
    retired_by text,
    UNIQUE (account, request_id)
);
COMMENT ON TABLE announcement_clip IS 'Sound that can be or was announced: G.711 mu-law, 8 kHz, one channel. Of live voice it is the recording.';
COMMENT ON COLUMN announcement_clip.sound IS 'NULL once it was forgotten, see announcement_keep: hash and length stay.';
COMMENT ON COLUMN announcement_clip.level_db IS 'Root mean square of its loud parts, dB of full scale.';
CREATE INDEX announcement_clip_newest ON announcement_clip (made_at DESC, id DESC);

CREATE TABLE announcement (
    id uuid PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('clip', 'voice')),
    clip_id uuid REFERENCES announcement_clip (id),
    emergency boolean NOT NULL,
    times smallint NOT NULL DEFAULT 1 CHECK (times BETWEEN 1 AND 5),
    requested_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    account text NOT NULL,
    role text NOT NULL,
    address text NOT NULL,
    reason text NOT NULL CHECK (reason <> ''),
    request_id text NOT NULL,
    incident_id uuid REFERENCES incident (id),
    warning_id uuid REFERENCES warning (id),
    ended_at timestamptz,
    UNIQUE (account, request_id),
    CHECK (kind = 'voice' OR clip_id IS NOT NULL)
);
COMMENT ON TABLE announcement IS 'What somebody had said over loudspeakers, and why. Of live voice clip_id is its recording, once it is over.';
CREATE INDEX announcement_newest ON announcement (requested_at DESC, id DESC);
CREATE INDEX announcement_of_incident ON announcement (incident_id) WHERE incident_id IS NOT NULL;

CREATE TABLE announcement_place (
    announcement_id uuid NOT NULL REFERENCES announcement (id),
    request_id uuid NOT NULL REFERENCES box_request (id),
    PRIMARY KEY (announcement_id, request_id)
);
COMMENT ON TABLE announcement_place IS 'At which loudspeakers: each is a request to a box, and the box says what became of it.';
CREATE INDEX announcement_place_request ON announcement_place (request_id);

CREATE TABLE announcement_keep (
    origin text PRIMARY KEY CHECK (origin IN ('recorded', 'spoken', 'voice')),
    days double precision NOT NULL CHECK (days > 0)
);
COMMENT ON TABLE announcement_keep IS 'How long sound is kept; recorded and spoken clips from when they were retired, live voice from when it was spoken.';
INSERT INTO announcement_keep (origin, days) VALUES ('recorded', 365), ('spoken', 90), ('voice', 90);

-- Which actions there are is in cloud/requests/actions.py; a list here had to be written anew with each.
ALTER TABLE box_request DROP CONSTRAINT box_request_action_check;
ALTER TABLE box_request ADD CONSTRAINT box_request_action_check CHECK (action ~ '^(camera|siren|announcement)\.[a-z_]+$');

INSERT INTO role_right (role, action)
VALUES ('head_of_shift', 'announcement.emergency'), ('admin', 'announcement.emergency'),
('head_of_shift', 'announcement.keep'), ('admin', 'announcement.keep'), ('operator', 'announcement.keep');

GRANT SELECT ON loudspeaker, announcement_keep TO api;
GRANT SELECT, INSERT ON announcement_clip, announcement, announcement_place TO api;
GRANT UPDATE (retired_at, retired_by) ON announcement_clip TO api;
GRANT UPDATE (clip_id, ended_at) ON announcement TO api;
