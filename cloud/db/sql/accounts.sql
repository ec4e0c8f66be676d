-- Accounts, tokens and the audit chain.

-- name: add_account
-- Create an account; nothing comes back if the name is taken, however it is written.
INSERT INTO account (name, role, full_name, agencies)
SELECT %(name)s::text, %(role)s::text, %(full_name)s::text, %(agencies)s::text[]
WHERE NOT EXISTS (SELECT 1 FROM account AS other WHERE lower(other.name) = lower(%(name)s))
ON CONFLICT (name) DO NOTHING
RETURNING id;

-- name: account_by_name
-- One account.
SELECT id, name, role, full_name, agencies, password_hash IS NOT NULL AS has_password, created_at, disabled_at
FROM account WHERE name = %(name)s;

-- name: accounts
-- Every account by name.
SELECT id, name, role, full_name, agencies, password_hash IS NOT NULL AS has_password, created_at, disabled_at
FROM account ORDER BY name;

-- name: change_account
-- Change what an account may; what is NULL stays. Nothing comes back if there is no such account.
UPDATE account SET
    role = coalesce(%(role)s, role),
    full_name = coalesce(%(full_name)s, full_name),
    agencies = coalesce(%(agencies)s::text[], agencies)
WHERE name = %(name)s
RETURNING id;

-- name: open_admins
-- How many others could still manage accounts with a password.
SELECT count(*)::integer AS others FROM account
WHERE role = 'admin' AND disabled_at IS NULL AND password_hash IS NOT NULL AND name <> %(name)s;

-- name: set_password
-- Set a password's hash; nothing comes back if there is no such account.
UPDATE account SET password_hash = %(hash)s, password_is_first = %(is_first)s WHERE name = %(name)s RETURNING id;

-- name: end_sessions
-- End every session of an account, or all but one.
UPDATE session SET ended_at = now()
FROM account
WHERE
    session.account_id = account.id AND account.name = %(name)s AND session.ended_at IS NULL
    AND session.id_hash IS DISTINCT FROM %(but)s::bytea
RETURNING 1;

-- name: disable_account
-- Lock an account and with it all its tokens; nothing comes back if there is no such open account.
UPDATE account SET disabled_at = now() WHERE name = %(name)s AND disabled_at IS NULL RETURNING id;

-- name: enable_account
-- Open a locked account again; nothing comes back if there is no such locked account.
UPDATE account SET disabled_at = NULL WHERE name = %(name)s AND disabled_at IS NOT NULL RETURNING id;

-- name: account_of_identity
-- Whose account somebody of a provider is.
SELECT account.id, account.name, account.role, identity.is_managed, account.disabled_at IS NOT NULL AS is_locked
FROM account_identity AS identity INNER JOIN account ON identity.account_id = account.id
WHERE identity.issuer = %(issuer)s AND identity.subject = %(subject)s;

-- name: link_identity
-- Let somebody of a provider enter an account; nothing comes back if he is of one already.
INSERT INTO account_identity (issuer, subject, account_id, is_managed)
VALUES (%(issuer)s, %(subject)s, %(account_id)s, %(is_managed)s)
ON CONFLICT (issuer, subject) DO NOTHING
RETURNING account_id;

-- name: unlink_identities
-- Let nobody of a provider enter an account; tells of how many people that was.
WITH gone AS (DELETE FROM account_identity WHERE account_id = %(account_id)s RETURNING 1)
SELECT count(*)::integer FROM gone;

-- name: delegate
-- Let an account retime the junctions of another authority; nothing comes back if it may already.
INSERT INTO delegation (account_id, authority)
SELECT id, %(authority)s FROM account WHERE name = %(name)s
ON CONFLICT DO NOTHING
RETURNING account_id;

-- name: undelegate
-- Take that back; nothing comes back if there was nothing.
DELETE FROM delegation
USING account
WHERE delegation.account_id = account.id AND account.name = %(name)s AND delegation.authority = %(authority)s
RETURNING account_id;

-- name: add_token
-- Remember the hash of a new token.
INSERT INTO token (id, account_id, hash, expires_at)
VALUES (%(id)s, %(account_id)s, %(hash)s, %(expires_at)s);

-- name: revoke_token
-- Delete a token; nothing comes back if there is none.
DELETE FROM token WHERE id = %(id)s RETURNING id;

-- name: tokens
-- Every token with its account, without its hash.
SELECT token.id, account.name, account.role, token.created_at, token.expires_at, token.last_used_at
FROM token INNER JOIN account ON token.account_id = account.id
ORDER BY account.name, token.created_at;

-- name: valid_token
-- The hash and account of a token that is neither expired nor of a locked account.
SELECT
    token.hash, account.name AS account, account.role, token.expires_at, account.agencies,
    ARRAY(SELECT role_right.action FROM role_right WHERE role_right.role = account.role) AS rights
FROM token INNER JOIN account ON token.account_id = account.id
WHERE token.id = %(id)s AND account.disabled_at IS NULL AND coalesce(token.expires_at > now(), true);

-- name: note_use
-- Remember that a token was used, at most once a minute.
UPDATE token SET last_used_at = now()
WHERE id = %(id)s AND coalesce(last_used_at < now() - INTERVAL '1 minute', true);

-- name: add_audit
-- Append to the audit chain.
INSERT INTO audit (actor, action, subject, detail) VALUES (%(actor)s, %(action)s, %(subject)s, %(detail)s);

-- name: broken_audit
-- Numbers of audit rows that do not follow from the row before.
SELECT * FROM audit_broken();

-- name: newest_audit
-- Number and hash of the newest row.
SELECT id, hash FROM audit ORDER BY id DESC LIMIT 1;

-- name: audit_hash_of
-- The hash of a row.
SELECT hash FROM audit WHERE id = %(id)s;

-- name: audit_rows
-- What was done, newest first; of a site: what names it as its subject or in its detail.
SELECT id, at, actor, action, subject, detail
FROM audit
WHERE
    id < %(before)s
    AND (%(site)s::text IS NULL OR subject = %(site)s OR detail ->> 'site' = %(site)s)
    AND (%(actor)s::text IS NULL OR actor = %(actor)s)
    AND (%(action)s::text IS NULL OR action = %(action)s)
ORDER BY id DESC
LIMIT %(limit)s;
