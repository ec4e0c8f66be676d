-- Signing in with a password, and the sessions that follow.

-- name: password_of
-- What is needed to judge a password; a locked account has none.
SELECT id, name, password_hash AS hash
FROM account
WHERE name = %(account)s AND disabled_at IS NULL AND password_hash IS NOT NULL;

-- name: begin
-- Begin a session.
INSERT INTO session (id_hash, account_id, expires_at, address, browser)
VALUES (%(id_hash)s, %(account_id)s, now() + %(lasts)s, %(address)s, %(browser)s);

-- name: valid
-- Whose a session is that is neither over, nor ended, nor idle, nor of a locked account.
SELECT
    account.name AS account, account.role, account.full_name, account.agencies, account.password_is_first,
    session.expires_at, session.seen_at < now() - INTERVAL '1 minute' AS is_stale,
    ARRAY(SELECT role_right.action FROM role_right WHERE role_right.role = account.role) AS rights
FROM session INNER JOIN account ON session.account_id = account.id
WHERE
    session.id_hash = %(id_hash)s AND session.ended_at IS NULL AND session.expires_at > now()
    AND session.seen_at > now() - %(idle)s::interval AND account.disabled_at IS NULL;

-- name: see
-- Remember that a session was used.
UPDATE session SET seen_at = now() WHERE id_hash = %(id_hash)s;

-- name: end
-- End a session; nothing comes back if it had ended.
UPDATE session SET ended_at = now()
FROM account
WHERE session.id_hash = %(id_hash)s AND session.account_id = account.id AND session.ended_at IS NULL
RETURNING account.name AS account;

-- name: forget_old
-- Delete sessions that ended long ago; the audit chain has who signed in.
DELETE FROM session WHERE expires_at < now() - INTERVAL '30 days';

-- name: open
-- Sessions of an account that are open, newest first.
SELECT session.created_at, session.seen_at, session.expires_at, session.address, session.browser
FROM session INNER JOIN account ON session.account_id = account.id
WHERE
    account.name = %(account)s AND session.ended_at IS NULL AND session.expires_at > now()
    AND session.seen_at > now() - %(idle)s::interval
ORDER BY session.created_at DESC;

-- name: was_here
-- Whether an account has signed in from an address before.
SELECT 1 AS one FROM session INNER JOIN account ON session.account_id = account.id
WHERE account.name = %(account)s AND session.address = %(address)s
LIMIT 1;
