-- Who is told of what, by which way, and what could not be delivered.

CREATE TABLE contact (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    owner text NOT NULL CHECK (owner ~ '^(account|role|crew):.+$'),
    agency text,
    address text NOT NULL CHECK (address <> ''),
    language text NOT NULL DEFAULT 'id' CHECK (language IN ('id', 'en')),
    quiet_from time,
    quiet_to time,
    digest_s integer NOT NULL DEFAULT 0 CHECK (digest_s BETWEEN 0 AND 86400),
    UNIQUE (owner, address),
    CHECK ((quiet_from IS NULL) = (quiet_to IS NULL))
);
COMMENT ON TABLE contact IS 'A way to somebody, as the notifier''s library writes addresses. It holds a password or a key.';
COMMENT ON COLUMN contact.owner IS 'account:NAME, crew:NAME or role:ROLE, as in the roster.';
COMMENT ON COLUMN contact.agency IS 'Of a role: only of this agency''s incidents. NULL: of all.';
COMMENT ON COLUMN contact.quiet_from IS 'WIB. Between quiet_from and quiet_to only what is urgent is sent; the rest comes together afterwards.';
COMMENT ON COLUMN contact.digest_s IS 'What is not urgent is collected for so long and sent as one.';

CREATE TABLE notification (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    log_id bigint NOT NULL REFERENCES incident_log (id),
    incident_id uuid NOT NULL REFERENCES incident (id),
    owner text NOT NULL,
    address text NOT NULL,
    language text NOT NULL,
    urgent boolean NOT NULL,
    made_at timestamptz NOT NULL DEFAULT now(),
    next_at timestamptz NOT NULL,
    attempts integer NOT NULL DEFAULT 0,
    sent_at timestamptz,
    dead_at timestamptz,
    fault text,
    UNIQUE (log_id, address)
);
COMMENT ON TABLE notification IS 'One line of an incident''s log for one way to somebody. Neither sent_at nor dead_at: still to be sent.';
CREATE INDEX notification_due ON notification (next_at) WHERE sent_at IS NULL AND dead_at IS NULL;
CREATE INDEX notification_dead ON notification (dead_at DESC) WHERE dead_at IS NOT NULL;
CREATE INDEX notification_of ON notification (incident_id, id);

GRANT SELECT, INSERT, UPDATE ON notification TO operations;
GRANT SELECT, INSERT, DELETE ON contact TO operations;
-- Addresses hold keys: the API sees who was told, not by which way.
GRANT SELECT (id, log_id, incident_id, owner, language, urgent, made_at, next_at, attempts, sent_at, dead_at, fault)
ON notification TO api;
