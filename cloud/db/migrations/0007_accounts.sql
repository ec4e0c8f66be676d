-- Who may ask the API, and the record of what was done.

CREATE TABLE account (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL UNIQUE CHECK (name <> ''),
    role text NOT NULL CHECK (role IN ('viewer', 'operator', 'admin')),
    created_at timestamptz NOT NULL DEFAULT now(),
    disabled_at timestamptz
);

CREATE TABLE token (
    id text PRIMARY KEY,
    account_id integer NOT NULL REFERENCES account (id),
    hash text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz,
    last_used_at timestamptz
);
COMMENT ON COLUMN token.hash IS 'argon2 of the secret. The token itself, sl_<id>_<secret>, is shown once.';
CREATE INDEX token_account_id ON token (account_id);

CREATE TABLE audit (
    id bigint PRIMARY KEY,
    at timestamptz NOT NULL,
    actor text NOT NULL,
    action text NOT NULL,
    subject text,
    detail jsonb NOT NULL DEFAULT '{}',
    previous bytea NOT NULL,
    hash bytea NOT NULL
);
COMMENT ON TABLE audit IS 'Append-only. Each row carries the hash of the one before: a removed or altered row shows.';
