-- Access of people: passwords, sessions, agencies, and which role may do what.

ALTER TABLE account DROP CONSTRAINT account_role_check;
ALTER TABLE account ADD CONSTRAINT account_role_check
CHECK (role IN ('crew', 'viewer', 'module_owner', 'operator', 'head_of_shift', 'admin'));

ALTER TABLE account
ADD COLUMN full_name text NOT NULL DEFAULT '',
ADD COLUMN agencies text[] NOT NULL DEFAULT '{}'
CHECK (agencies <@ ARRAY['transport', 'disaster', 'public_order', 'health', '112', 'platform']),
ADD COLUMN password_hash text,
ADD COLUMN password_is_first boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN account.agencies IS 'Whose incidents it may act on. Empty: none; an administrator acts on all.';
COMMENT ON COLUMN account.password_hash IS 'argon2id. NULL: nobody can sign in with a password, tokens work.';
COMMENT ON COLUMN account.password_is_first IS 'Made by somebody else: good for nothing but choosing one''s own.';

CREATE TABLE session (
    id_hash bytea PRIMARY KEY CHECK (octet_length(id_hash) = 32),
    account_id integer NOT NULL REFERENCES account (id),
    created_at timestamptz NOT NULL DEFAULT now(),
    seen_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    ended_at timestamptz,
    address text NOT NULL,
    browser text NOT NULL DEFAULT ''
);
COMMENT ON TABLE session IS 'Who is signed in. id_hash is the SHA-256 of the cookie: the cookie itself is in the browser only.';
CREATE INDEX session_account_id ON session (account_id);
CREATE INDEX session_expires_at ON session (expires_at);

CREATE TABLE role_right (
    role text NOT NULL,
    action text NOT NULL CHECK (action ~ '^[a-z]+\.[a-z]+$'),
    PRIMARY KEY (role, action)
);
COMMENT ON TABLE role_right IS 'Who may order what. A row more or less changes it; no program is changed.';

INSERT INTO role_right (role, action)
SELECT granted.role, unnest(granted.actions)
FROM (
    VALUES
    ('crew', ARRAY['crew.act']),
    ('module_owner', ARRAY['module.upload']),
    (
        'operator',
        ARRAY[
            'incident.acknowledge', 'incident.dispatch', 'incident.resolve', 'incident.verify', 'incident.report',
            'crew.act', 'shelf.set', 'signal.lease', 'announcement.play', 'audit.read'
        ]
    ),
    (
        'head_of_shift',
        ARRAY[
            'incident.acknowledge', 'incident.dispatch', 'incident.resolve', 'incident.verify', 'incident.report',
            'incident.cancel', 'incident.merge', 'crew.act', 'shelf.set', 'signal.lease', 'announcement.play',
            'siren.sound', 'warning.issue', 'stage.set', 'audit.read'
        ]
    ),
    (
        'admin',
        ARRAY[
            'incident.acknowledge', 'incident.dispatch', 'incident.resolve', 'incident.verify', 'incident.report',
            'incident.cancel', 'incident.merge', 'crew.act', 'shelf.set', 'signal.lease', 'announcement.play',
            'siren.sound', 'warning.issue', 'stage.set', 'audit.read', 'account.manage', 'module.upload'
        ]
    )
) AS granted (role, actions);

-- A head of shift may have limits of his own at a junction; where there are none, the operator's are his.
ALTER TABLE junction_limit DROP CONSTRAINT junction_limit_role_check;
ALTER TABLE junction_limit ADD CONSTRAINT junction_limit_role_check
CHECK (role IN ('operator', 'head_of_shift', 'admin'));

-- Administrators manage accounts over the API; who may order what, and tokens, stay the owner's to write.
GRANT SELECT ON role_right TO api;
GRANT SELECT, INSERT, UPDATE, DELETE ON session TO api;
GRANT INSERT (name, role, full_name, agencies, password_hash, password_is_first) ON account TO api;
GRANT UPDATE (role, full_name, agencies, password_hash, password_is_first, disabled_at) ON account TO api;
