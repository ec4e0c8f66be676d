-- Operations: what comes in, incidents with all that was done about them, crews, dispatches, shelves, rosters.

DO $$
BEGIN
    CREATE ROLE operations LOGIN;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
    NULL;
END
$$;

CREATE TABLE operations_inbox (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source text NOT NULL CHECK (source IN ('event', 'alert', 'notice')),
    ref text NOT NULL CHECK (ref <> ''),
    content jsonb,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CHECK ((source = 'notice') = (content IS NOT NULL))
);
COMMENT ON TABLE operations_inbox IS
'What the engine has not yet looked at. Written in the transaction of its cause, deleted in that of its incident.';
COMMENT ON COLUMN operations_inbox.ref IS 'Of an event or an alert its id; of a notice a name by which it is known again.';

CREATE TABLE operations_refused (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT now(),
    source text NOT NULL,
    ref text NOT NULL,
    content jsonb,
    reason text NOT NULL
);
COMMENT ON TABLE operations_refused IS 'What the engine could make nothing of: laid aside, so that the rest goes on.';

CREATE TABLE operations_pulse (
    id boolean PRIMARY KEY DEFAULT true CHECK (id),
    at timestamptz NOT NULL,
    look_ms double precision NOT NULL
);
COMMENT ON TABLE operations_pulse IS 'When the engine last looked at its rules, and how long that took.';

CREATE TABLE incident (
    id uuid PRIMARY KEY,
    number integer GENERATED ALWAYS AS IDENTITY UNIQUE,
    kind text NOT NULL,
    key text NOT NULL,
    category text NOT NULL,
    agency text NOT NULL,
    severity text NOT NULL CHECK (severity IN ('info', 'minor', 'major', 'critical')),
    priority smallint NOT NULL CHECK (priority BETWEEN 1 AND 4),
    title_id text NOT NULL,
    title_en text NOT NULL,
    detail_id text NOT NULL DEFAULT '',
    detail_en text NOT NULL DEFAULT '',
    site_id integer REFERENCES site (id),
    box_id integer REFERENCES box (id),
    asset_id integer REFERENCES asset (id),
    latitude double precision CHECK (latitude BETWEEN -90 AND 90),
    longitude double precision CHECK (longitude BETWEEN -180 AND 180),
    state text NOT NULL DEFAULT 'open' CHECK (
        state IN ('open', 'acknowledged', 'dispatched', 'on_site', 'resolved', 'closed', 'cancelled', 'merged')
    ),
    happened_at timestamptz NOT NULL,
    opened_at timestamptz NOT NULL DEFAULT now(),
    changed_at timestamptz NOT NULL DEFAULT now(),
    last_seen_at timestamptz NOT NULL,
    condition_ended_at timestamptz,
    owner text,
    resolved_by text,
    acknowledged_at timestamptz,
    dispatched_at timestamptz,
    on_site_at timestamptz,
    resolved_at timestamptz,
    closed_at timestamptz,
    due_acknowledge_at timestamptz,
    due_arrive_at timestamptz,
    due_resolve_at timestamptz,
    look_at timestamptz,
    escalation smallint NOT NULL DEFAULT 0 CHECK (escalation >= 0),
    count integer NOT NULL DEFAULT 1 CHECK (count > 0),
    reopened integer NOT NULL DEFAULT 0,
    merged_into uuid REFERENCES incident (id),
    version integer NOT NULL DEFAULT 1,
    CHECK ((state = 'merged') = (merged_into IS NOT NULL)),
    CHECK ((state IN ('closed', 'cancelled', 'merged')) = (closed_at IS NOT NULL))
);
COMMENT ON TABLE incident IS 'Something the room must handle, from open to verified. closed: somebody else has verified it.';
COMMENT ON COLUMN incident.key IS 'What is wrong, and where: kind:scope. At most one incident of a key is open.';
COMMENT ON COLUMN incident.happened_at IS 'When it began, as far as known; opened_at is when the room was told.';
COMMENT ON COLUMN incident.condition_ended_at IS 'When the last of its sources said that it is over. NULL: it is not, or nobody can tell.';
COMMENT ON COLUMN incident.look_at IS 'When the engine has to look at its clocks again. NULL: no more.';
COMMENT ON COLUMN incident.version IS 'Grows with each change by a person, so that a form that is stale is noticed.';
CREATE UNIQUE INDEX incident_open_key ON incident (key) WHERE state NOT IN ('closed', 'cancelled', 'merged');
CREATE INDEX incident_key ON incident (key, opened_at DESC);
CREATE INDEX incident_newest ON incident (opened_at DESC, id DESC);
CREATE INDEX incident_queue ON incident (priority, opened_at, id) WHERE state NOT IN ('closed', 'cancelled', 'merged');
CREATE INDEX incident_look ON incident (look_at) WHERE look_at IS NOT NULL;
CREATE INDEX incident_site ON incident (site_id, opened_at DESC);

CREATE TABLE incident_source (
    source text NOT NULL CHECK (source IN ('event', 'alert', 'notice', 'rule', 'call')),
    ref text NOT NULL,
    incident_id uuid NOT NULL REFERENCES incident (id),
    asset_id integer REFERENCES asset (id),
    at timestamptz NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now(),
    ended_at timestamptz,
    severity text NOT NULL,
    text_id text NOT NULL DEFAULT '',
    text_en text NOT NULL DEFAULT '',
    PRIMARY KEY (source, ref)
);
COMMENT ON TABLE incident_source IS 'What an incident was made of, each once: events, alerts, rules, calls, notices.';
CREATE INDEX incident_source_of ON incident_source (incident_id, at);

CREATE TABLE incident_log (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    incident_id uuid NOT NULL REFERENCES incident (id),
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    actor text NOT NULL,
    address text,
    action text NOT NULL,
    from_state text,
    to_state text,
    text text NOT NULL DEFAULT '',
    detail jsonb NOT NULL DEFAULT '{}',
    act_id uuid UNIQUE
);
COMMENT ON TABLE incident_log IS 'Append-only: who did what, when, from which address. The engine is satulayar.';
COMMENT ON COLUMN incident_log.act_id IS 'Made by whoever asks, so that what is sent twice is done once.';
CREATE INDEX incident_log_of ON incident_log (incident_id, id);
CREATE INDEX incident_log_shown ON incident_log (at) WHERE action IN ('opened', 'reopened', 'raised', 'escalated');

CREATE TABLE crew (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL UNIQUE CHECK (name <> ''),
    agency text NOT NULL,
    skills text[] NOT NULL DEFAULT '{}',
    shift_from time NOT NULL DEFAULT '00:00',
    shift_to time NOT NULL DEFAULT '00:00',
    on_duty boolean NOT NULL DEFAULT true,
    notify text,
    latitude double precision CHECK (latitude BETWEEN -90 AND 90),
    longitude double precision CHECK (longitude BETWEEN -180 AND 180),
    position_at timestamptz
);
COMMENT ON TABLE crew IS 'People who go there. The shift is in WIB; from and to alike: around the clock.';
COMMENT ON COLUMN crew.notify IS 'Where notifications go, as the notifier''s library writes addresses.';

CREATE TABLE crew_member (
    crew_id integer NOT NULL REFERENCES crew (id),
    account_id integer NOT NULL REFERENCES account (id),
    PRIMARY KEY (crew_id, account_id)
);
CREATE INDEX crew_member_account ON crew_member (account_id);

CREATE TABLE dispatch (
    id uuid PRIMARY KEY,
    incident_id uuid NOT NULL REFERENCES incident (id),
    crew_id integer NOT NULL REFERENCES crew (id),
    ordered_by text NOT NULL,
    ordered_at timestamptz NOT NULL DEFAULT now(),
    note text NOT NULL DEFAULT '',
    accepted_at timestamptz,
    on_way_at timestamptz,
    arrived_at timestamptz,
    done_at timestamptz,
    declined_at timestamptz,
    recalled_at timestamptz,
    ended boolean GENERATED ALWAYS AS (coalesce(done_at, declined_at, recalled_at) IS NOT NULL) STORED
);
COMMENT ON TABLE dispatch IS 'A crew sent to an incident. Instants of a crew are by its phone''s clock, never later than they came.';
CREATE UNIQUE INDEX dispatch_open ON dispatch (incident_id, crew_id) WHERE NOT ended;
CREATE INDEX dispatch_incident ON dispatch (incident_id, ordered_at);
CREATE INDEX dispatch_crew ON dispatch (crew_id, ordered_at DESC);

CREATE TABLE incident_photo (
    id uuid PRIMARY KEY,
    incident_id uuid NOT NULL REFERENCES incident (id),
    dispatch_id uuid REFERENCES dispatch (id),
    account text NOT NULL,
    taken_at timestamptz NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now(),
    latitude double precision CHECK (latitude BETWEEN -90 AND 90),
    longitude double precision CHECK (longitude BETWEEN -180 AND 180),
    sent_sha256 bytea NOT NULL CHECK (octet_length(sent_sha256) = 32),
    sha256 bytea NOT NULL CHECK (octet_length(sha256) = 32),
    content bytea NOT NULL,
    thumbnail bytea NOT NULL
);
-- JPEG is compressed already.
ALTER TABLE incident_photo ALTER COLUMN content SET STORAGE EXTERNAL;
ALTER TABLE incident_photo ALTER COLUMN thumbnail SET STORAGE EXTERNAL;
COMMENT ON TABLE incident_photo IS 'What was photographed on the spot, as JPEG without its own notes; sent_sha256 is of what was sent.';
CREATE INDEX incident_photo_of ON incident_photo (incident_id, taken_at);

CREATE TABLE shelf (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key text NOT NULL,
    until timestamptz NOT NULL,
    author text NOT NULL,
    reason text NOT NULL CHECK (reason <> ''),
    at timestamptz NOT NULL DEFAULT now(),
    count integer NOT NULL DEFAULT 0,
    ended_at timestamptz,
    ended_by text
);
COMMENT ON TABLE shelf IS 'Keys that make no incident for a while: who wants that, why, until when, and how often they would have.';
CREATE UNIQUE INDEX shelf_open ON shelf (key) WHERE ended_at IS NULL;
CREATE INDEX shelf_until ON shelf (until) WHERE ended_at IS NULL;

CREATE TABLE shelf_source (
    shelf_id bigint NOT NULL REFERENCES shelf (id),
    source text NOT NULL,
    ref text NOT NULL,
    content jsonb,
    at timestamptz NOT NULL,
    ended_at timestamptz,
    PRIMARY KEY (shelf_id, source, ref)
);
CREATE INDEX shelf_source_ref ON shelf_source (source, ref);
COMMENT ON TABLE shelf_source IS 'What came for a shelved key. What has not ended by then is looked at again when the shelf ends.';

CREATE TABLE roster (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    agency text NOT NULL,
    level smallint NOT NULL CHECK (level BETWEEN 1 AND 5),
    who text NOT NULL CHECK (who ~ '^(account|role|crew):.+$'),
    shift_from time NOT NULL DEFAULT '00:00',
    shift_to time NOT NULL DEFAULT '00:00',
    UNIQUE (agency, level, who, shift_from)
);
COMMENT ON TABLE roster IS 'Who is told at which level of escalation. agency *: every one that has no entry of its own at that level. WIB.';
INSERT INTO roster (agency, level, who) VALUES
('*', 1, 'role:operator'), ('*', 2, 'role:head_of_shift'), ('*', 3, 'role:admin');

CREATE TABLE rule_state (
    rule text NOT NULL,
    subject text NOT NULL,
    since timestamptz NOT NULL,
    active boolean NOT NULL DEFAULT false,
    told_as text,
    PRIMARY KEY (rule, subject)
);
COMMENT ON TABLE rule_state IS 'Rules that hold, or have begun to. since: of the state it is in. told_as: the source that was made of it.';

GRANT SELECT, DELETE ON operations_inbox TO operations;
GRANT INSERT ON operations_inbox, operations_refused TO operations, api;
GRANT SELECT, INSERT, UPDATE ON
operations_pulse, incident, incident_source, dispatch, shelf, shelf_source, rule_state, crew TO operations;
GRANT DELETE ON rule_state TO operations;
GRANT SELECT, INSERT ON incident_log TO operations, api;
GRANT SELECT, INSERT, DELETE ON crew_member, roster TO operations, api;
GRANT SELECT ON incident_photo TO operations;
GRANT SELECT, INSERT, UPDATE ON incident, incident_source, dispatch, shelf, shelf_source, crew TO api;
GRANT SELECT, INSERT ON incident_photo TO api;
GRANT SELECT ON operations_pulse, operations_refused TO api;
GRANT SELECT ON
site, box, asset, series, series_latest, sample_1m, event, media, grafana_alert, gauge_stage, junction, account,
module, indicator, indicator_cell, indicator_value
TO operations;
GRANT INSERT ON audit TO operations;
