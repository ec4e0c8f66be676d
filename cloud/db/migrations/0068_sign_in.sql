-- Signing in over several processes: identities of an OpenID provider, devices, and wrong guesses counted once for all.

CREATE TABLE account_identity (
    issuer text NOT NULL,
    subject text NOT NULL CHECK (subject <> ''),
    account_id integer NOT NULL REFERENCES account (id),
    is_managed boolean NOT NULL,
    linked_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (issuer, subject)
);
COMMENT ON TABLE account_identity IS 'Whose account somebody of an OpenID provider is. By subject: a name there may be given to somebody else.';
COMMENT ON COLUMN account_identity.is_managed IS 'Made by a sign-in: name, role and agencies follow the provider''s claims. False: linked here, rights stay ours.';
CREATE INDEX account_identity_account_id ON account_identity (account_id);

ALTER TABLE session
ADD COLUMN id uuid NOT NULL DEFAULT gen_random_uuid() UNIQUE,
ADD COLUMN idle interval,
ADD COLUMN device bytea CHECK (octet_length(device) = 32),
ADD COLUMN issuer text,
ADD COLUMN subject text,
ADD COLUMN provider_session text,
ADD COLUMN attempt bytea UNIQUE CHECK (octet_length(attempt) = 32);
COMMENT ON COLUMN session.id IS 'By which its holder names it, to end it. It opens nothing.';
COMMENT ON COLUMN session.idle IS 'After which it is over where nobody asks; NULL: as the API''s setting says. Longer on a phone that stays signed in.';
COMMENT ON COLUMN session.device IS 'SHA-256 of the browser''s own cookie: where an account has signed in before, others'' guesses do not hold it up.';
COMMENT ON COLUMN session.issuer IS 'Of the OpenID provider that vouched, with its subject and its own session''s id; NULL: signed in with a password.';
COMMENT ON COLUMN session.attempt IS 'SHA-256 of the nonce of the way through the provider: of one way comes one session.';
CREATE INDEX session_subject ON session (issuer, subject) WHERE issuer IS NOT NULL;

-- What a crash forgets costs an attacker's second try; what it saves is a write to the log for each guess.
CREATE UNLOGGED TABLE sign_in_wrong (
    key bytea PRIMARY KEY CHECK (octet_length(key) = 32),
    level real NOT NULL,
    at timestamptz NOT NULL
);
COMMENT ON TABLE sign_in_wrong IS 'Leaky buckets of wrong guesses, of addresses, accounts and devices: key is a SHA-256. Empty ones are deleted.';
CREATE INDEX sign_in_wrong_at ON sign_in_wrong (at);

GRANT SELECT, INSERT ON account_identity TO api;
GRANT SELECT, INSERT, UPDATE, DELETE ON sign_in_wrong TO api;
