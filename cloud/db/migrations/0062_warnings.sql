-- Warning the public: what we and others have warned of, earthquakes, the stage of the city, and how rivers hang together.

DO $$
BEGIN
    CREATE ROLE warnings LOGIN;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
    NULL;
END
$$;

CREATE TABLE warning (
    id uuid PRIMARY KEY,
    source text NOT NULL CHECK (source IN ('regency', 'bmkg')),
    sender text NOT NULL,
    identifier text NOT NULL,
    sent_at timestamptz NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now(),
    status text NOT NULL CHECK (status IN ('Actual', 'Exercise', 'System', 'Test', 'Draft')),
    message_type text NOT NULL CHECK (message_type IN ('Alert', 'Update', 'Cancel', 'Ack', 'Error')),
    scope text NOT NULL CHECK (scope IN ('Public', 'Restricted', 'Private')),
    severity text,
    urgency text,
    certainty text,
    event_id text NOT NULL DEFAULT '',
    event_en text NOT NULL DEFAULT '',
    headline_id text NOT NULL DEFAULT '',
    headline_en text NOT NULL DEFAULT '',
    description_id text NOT NULL DEFAULT '',
    description_en text NOT NULL DEFAULT '',
    instruction_id text NOT NULL DEFAULT '',
    instruction_en text NOT NULL DEFAULT '',
    area text NOT NULL DEFAULT '',
    geometry jsonb,
    web text NOT NULL DEFAULT '',
    effective_at timestamptz,
    onset_at timestamptz,
    expires_at timestamptz,
    superseded_by uuid REFERENCES warning (id),
    end_told boolean NOT NULL DEFAULT false,
    account text,
    reason text,
    request_id text,
    document bytea NOT NULL,
    UNIQUE (sender, identifier),
    UNIQUE (account, request_id),
    CHECK ((source = 'regency') = (account IS NOT NULL))
);
COMMENT ON TABLE warning IS 'Messages of the Common Alerting Protocol 1.2: ours (source regency) and those of others.';
COMMENT ON COLUMN warning.document IS 'The XML exactly as it was issued or received.';
COMMENT ON COLUMN warning.superseded_by IS 'The later message of the same matter: an Update, or the Cancel that ended it.';
COMMENT ON COLUMN warning.end_told IS 'Of others'': whether the room was told that it is over.';
COMMENT ON COLUMN warning.geometry IS 'GeoJSON MultiPolygon, longitude before latitude.';
CREATE INDEX warning_newest ON warning (sent_at DESC, id DESC);
CREATE INDEX warning_in_force ON warning (expires_at) WHERE superseded_by IS NULL AND status = 'Actual';

CREATE TABLE earthquake (
    id text PRIMARY KEY,
    at timestamptz NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now(),
    magnitude double precision NOT NULL,
    depth_km double precision NOT NULL,
    latitude double precision NOT NULL CHECK (latitude BETWEEN -90 AND 90),
    longitude double precision NOT NULL CHECK (longitude BETWEEN -180 AND 180),
    distance_km double precision,
    place text NOT NULL,
    felt text NOT NULL DEFAULT '',
    potential text NOT NULL DEFAULT ''
);
COMMENT ON TABLE earthquake IS 'Source: BMKG, open earthquake data. distance_km: to the middle of the regency.';
CREATE INDEX earthquake_at ON earthquake (at DESC);

CREATE TABLE feed (
    url text PRIMARY KEY,
    etag text,
    last_modified text,
    asked_at timestamptz NOT NULL,
    answered_at timestamptz,
    changed_at timestamptz,
    fault_id text,
    fault_en text
);
COMMENT ON TABLE feed IS 'What others publish and we read: when it last answered, and what is wrong with it.';

CREATE TABLE city_stage (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    stage smallint NOT NULL CHECK (stage BETWEEN 1 AND 5),
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    account text NOT NULL,
    address text NOT NULL,
    reason text NOT NULL CHECK (reason <> '')
);
COMMENT ON TABLE city_stage IS 'The stage of the regency, 1 (ordinary) to 5 (disaster), as a head of shift has set it. The newest row counts.';

CREATE TABLE river_reach (
    upstream_id integer NOT NULL REFERENCES asset (id) ON DELETE CASCADE,
    downstream_id integer NOT NULL REFERENCES asset (id) ON DELETE CASCADE,
    travel_s double precision NOT NULL CHECK (travel_s > 0),
    PRIMARY KEY (upstream_id, downstream_id),
    CHECK (upstream_id <> downstream_id)
);
COMMENT ON TABLE river_reach IS 'How long a rise takes from one gauge to the next one down the river.';

-- What the room asks of boxes is one table, whatever it is: a clip, a live view, a siren.
ALTER TABLE camera_request RENAME TO box_request;
ALTER TABLE box_request DROP CONSTRAINT camera_request_action_check;
ALTER TABLE box_request ADD CONSTRAINT box_request_action_check
CHECK (action IN ('camera.clip', 'camera.live', 'siren.sound', 'siren.silence', 'siren.test', 'announcement.play'));
COMMENT ON TABLE box_request IS 'What somebody asked a box for, once: a clip, a live view, a siren, an announcement. The id is the command''s.';

GRANT SELECT, INSERT ON warning, earthquake, city_stage TO warnings, api;
GRANT UPDATE (superseded_by) ON warning TO warnings, api;
GRANT UPDATE (end_told) ON warning TO warnings;
GRANT INSERT ON operations_inbox TO warnings;
GRANT UPDATE ON earthquake TO warnings;
GRANT SELECT, INSERT, UPDATE ON feed TO warnings;
GRANT SELECT ON feed, river_reach TO api;
GRANT SELECT ON site, asset, feed TO warnings;
