-- Signalised junctions, and the leases of their timing that the room asks for.
--
-- The box at the junction is the only one that writes to the controller, and it judges every request anew. What
-- stands here is the room's side: what was asked, by whom and why, and what the box has said of it.

CREATE TABLE corridor (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL UNIQUE CHECK (name ~ '^[a-z0-9]+(-[a-z0-9]+)*$'),
    title text NOT NULL
);
COMMENT ON TABLE corridor IS 'A road whose junctions may be leased together: a green wave, all or none.';

CREATE TABLE junction (
    site_id integer PRIMARY KEY REFERENCES site (id),
    controller_id integer NOT NULL UNIQUE REFERENCES asset (id),
    authority text NOT NULL CHECK (authority IN ('regency', 'province')),
    corridor_id integer REFERENCES corridor (id),
    corridor_position integer,
    corridor_phase integer CHECK (corridor_phase BETWEEN 1 AND 16),
    CHECK ((corridor_id IS NULL) = (corridor_phase IS NULL)),
    CHECK ((corridor_id IS NULL) = (corridor_position IS NULL))
);
COMMENT ON TABLE junction IS 'A site with a signal controller. authority: who may retime it.';
COMMENT ON COLUMN junction.corridor_phase IS 'The phase that a green wave along the corridor lengthens here.';
CREATE INDEX junction_corridor_id ON junction (corridor_id);

CREATE TABLE junction_phase (
    site_id integer NOT NULL REFERENCES junction (site_id),
    phase integer NOT NULL CHECK (phase BETWEEN 1 AND 16),
    name text NOT NULL,
    ring integer NOT NULL CHECK (ring BETWEEN 1 AND 4),
    barrier integer NOT NULL CHECK (barrier BETWEEN 1 AND 8),
    saturation_per_h double precision NOT NULL CHECK (saturation_per_h > 0),
    lost_s double precision NOT NULL CHECK (lost_s >= 0),
    least_green_s double precision NOT NULL DEFAULT 7 CHECK (least_green_s > 0),
    detectors text[] NOT NULL DEFAULT '{}',
    PRIMARY KEY (site_id, phase)
);
COMMENT ON TABLE junction_phase IS 'What advice must know of a phase; its timing is read from the controller.';
COMMENT ON COLUMN junction_phase.least_green_s IS 'Below which advice takes nothing. The box knows the controller''s own.';
COMMENT ON COLUMN junction_phase.detectors IS 'Codes of the assets that count this phase''s approach.';

CREATE TABLE junction_limit (
    site_id integer NOT NULL REFERENCES junction (site_id),
    role text NOT NULL CHECK (role IN ('operator', 'admin')),
    extra_green_s integer NOT NULL CHECK (extra_green_s > 0),
    duration_s integer NOT NULL CHECK (duration_s > 0),
    PRIMARY KEY (site_id, role)
);
COMMENT ON TABLE junction_limit IS 'The most that a role may ask for. The box has limits of its own and judges again.';

CREATE TABLE delegation (
    account_id integer NOT NULL REFERENCES account (id),
    authority text NOT NULL CHECK (authority IN ('province')),
    granted_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (account_id, authority)
);
COMMENT ON TABLE delegation IS 'Accounts that another authority lets retime its junctions. The regency''s need none.';

CREATE TABLE corridor_lease (
    id uuid PRIMARY KEY,
    corridor_id integer NOT NULL REFERENCES corridor (id),
    requester text NOT NULL,
    request_id text NOT NULL,
    reason text NOT NULL,
    extra_green_s integer NOT NULL,
    duration_s integer NOT NULL,
    state text NOT NULL CHECK (
        state IN ('preparing', 'committing', 'confirmed', 'ended', 'refused', 'failed')
    ),
    requested_at timestamptz NOT NULL DEFAULT now(),
    changed_at timestamptz NOT NULL DEFAULT now(),
    rule text,
    text_id text,
    text_en text,
    UNIQUE (requester, request_id)
);
CREATE INDEX corridor_lease_open ON corridor_lease (requested_at)
WHERE state IN ('preparing', 'committing', 'confirmed');

CREATE TABLE lease (
    id uuid PRIMARY KEY,
    site_id integer NOT NULL REFERENCES junction (site_id),
    corridor_lease_id uuid REFERENCES corridor_lease (id),
    requester text NOT NULL,
    request_id text NOT NULL,
    role text NOT NULL,
    rank integer NOT NULL,
    phase integer NOT NULL,
    extra_green_s integer NOT NULL CHECK (extra_green_s > 0),
    duration_s integer NOT NULL CHECK (duration_s > 0),
    reason text NOT NULL CHECK (reason <> ''),
    state text NOT NULL CHECK (
        state IN (
            'requested', 'sent', 'accepted', 'applied', 'confirmed', 'ended', 'reverted',
            'refused', 'failed', 'expired'
        )
    ),
    requested_at timestamptz NOT NULL DEFAULT now(),
    confirm_by timestamptz NOT NULL,
    accepted_at timestamptz,
    applied_at timestamptz,
    confirmed_at timestamptz,
    ends_at timestamptz,
    ended_at timestamptz,
    reverted_at timestamptz,
    end_reason text,
    rule text,
    text_id text,
    text_en text,
    withdrawn_by text,
    UNIQUE (requester, request_id)
);
COMMENT ON TABLE lease IS 'A bounded, expiring change of a junction''s timing. It ends by itself.';
COMMENT ON COLUMN lease.confirm_by IS 'When the request has failed if the box has not read the controller back.';
COMMENT ON COLUMN lease.ends_at IS 'When it runs out, counted from its confirmation.';
COMMENT ON COLUMN lease.rule IS 'The rule by which it was refused or failed; its sentences in text_id and text_en.';
CREATE INDEX lease_site_id ON lease (site_id, requested_at DESC);
CREATE INDEX lease_newest ON lease (requested_at DESC, id DESC);
CREATE INDEX lease_corridor_lease_id ON lease (corridor_lease_id) WHERE corridor_lease_id IS NOT NULL;
CREATE INDEX lease_open ON lease (confirm_by)
WHERE state IN ('requested', 'sent', 'accepted', 'applied', 'confirmed', 'ended');

CREATE TABLE lease_log (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    lease_id uuid NOT NULL REFERENCES lease (id),
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    state text NOT NULL,
    source text NOT NULL CHECK (source IN ('room', 'box', 'watchdog')),
    origin text UNIQUE,
    box_time timestamptz,
    actor text,
    rule text,
    text_id text,
    text_en text
);
COMMENT ON TABLE lease_log IS 'Append-only: everything that was said of a lease, by whom, when.';
COMMENT ON COLUMN lease_log.origin IS 'The event or result that a line came from, so that it is written once.';
CREATE INDEX lease_log_lease_id ON lease_log (lease_id, id);

CREATE TABLE lease_command (
    id uuid PRIMARY KEY,
    lease_id uuid NOT NULL REFERENCES lease (id),
    action text NOT NULL CHECK (action IN ('signal.lease.request', 'signal.lease.commit', 'signal.lease.withdraw')),
    actor text NOT NULL,
    arguments jsonb NOT NULL,
    issued_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at timestamptz NOT NULL,
    sent_at timestamptz,
    received boolean
);
COMMENT ON TABLE lease_command IS 'What is to be sent to boxes: written with its cause, sent after that is committed.';
COMMENT ON COLUMN lease_command.sent_at IS 'When the broker had it.';
COMMENT ON COLUMN lease_command.received IS 'False: the broker had nobody to give it to.';
CREATE INDEX lease_command_lease_id ON lease_command (lease_id);
CREATE INDEX lease_command_waiting ON lease_command (issued_at) WHERE sent_at IS NULL;

-- What boxes say of leases is looked for again after every start; this keeps that look short.
CREATE INDEX event_lease ON event (received_at) WHERE type LIKE 'id.satulayar.lease.%';
CREATE INDEX command_result_received_at ON command_result (received_at);
