-- Signing in with a password, and the sessions that follow.

-- name: password_of
-- What is needed to judge a password; a locked account has none.
SELECT id, name, role, password_hash AS hash
FROM account
WHERE name = %(account)s AND disabled_at IS NULL AND password_hash IS NOT NULL;

-- name: begin
-- Begin a session; nothing comes back where the way through the provider has led to one already.
INSERT INTO session (
    id_hash, account_id, expires_at, address, browser, device, idle, issuer, subject, provider_session, attempt
)
VALUES (
    %(id_hash)s, %(account_id)s, now() + %(lasts)s, %(address)s, %(browser)s, %(device)s, %(idle)s, %(issuer)s,
    %(subject)s, %(provider_session)s, %(attempt)s
)
ON CONFLICT (attempt) DO NOTHING
RETURNING 1 AS one;

-- name: valid
-- Whose a session is that is neither over, nor ended, nor idle, nor of a locked account.
SELECT
    account.name AS account, account.role, account.full_name, account.agencies, account.password_is_first,
    session.id, session.expires_at, session.seen_at < now() - INTERVAL '1 minute' AS is_stale,
    session.issuer IS NOT NULL AS by_provider,
    ARRAY(SELECT role_right.action FROM role_right WHERE role_right.role = account.role) AS rights
FROM session INNER JOIN account ON session.account_id = account.id
WHERE
    session.id_hash = %(id_hash)s AND session.ended_at IS NULL AND session.expires_at > now()
    AND session.seen_at > now() - coalesce(session.idle, %(idle)s::interval) AND account.disabled_at IS NULL;

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
SELECT
    session.id, session.created_at, session.seen_at, session.expires_at, session.address, session.browser,
    session.idle IS NOT NULL AS stays, session.id_hash = %(own)s::bytea AS is_this
FROM session INNER JOIN account ON session.account_id = account.id
WHERE
    account.name = %(account)s AND session.ended_at IS NULL AND session.expires_at > now()
    AND session.seen_at > now() - coalesce(session.idle, %(idle)s::interval)
ORDER BY session.created_at DESC
LIMIT 200;

-- name: end_one
-- End a session of an account by its name; nothing comes back where there is none.
UPDATE session SET ended_at = now()
FROM account
WHERE
    session.id = %(id)s AND session.account_id = account.id AND account.name = %(account)s
    AND session.ended_at IS NULL
RETURNING account.name AS account;

-- name: end_provided
-- End what a provider's session, or everything of one of its people, has led to.
UPDATE session SET ended_at = now()
FROM account
WHERE
    session.account_id = account.id AND session.ended_at IS NULL AND session.issuer = %(issuer)s
    AND (%(subject)s::text IS NULL OR session.subject = %(subject)s)
    AND (%(provider_session)s::text IS NULL OR session.provider_session = %(provider_session)s)
RETURNING account.name AS account;

-- name: was_here
-- Whether an account has signed in with a browser before.
SELECT 1 AS one FROM session INNER JOIN account ON session.account_id = account.id
WHERE account.name = %(account)s AND session.device = %(device)s
LIMIT 1;

-- name: count_guess
-- Count a guess in a leaky bucket and tell how full it was; nothing comes back, nor is it counted, where it was full.
INSERT INTO sign_in_wrong AS wrong (key, level, at) VALUES (%(key)s, 1, now())
ON CONFLICT (key) DO UPDATE SET
    level = greatest(0, wrong.level - extract(EPOCH FROM now() - wrong.at) / %(refill_s)s) + 1,
    at = now()
WHERE wrong.level - extract(EPOCH FROM now() - wrong.at) / %(refill_s)s <= %(most)s - 1
RETURNING level - 1 AS level;

-- name: forgive_guess
-- Take a guess back that was right.
UPDATE sign_in_wrong SET level = level - 1 WHERE key = %(key)s AND level >= 1;

-- name: forget_guesses
-- Forget an account's guesses, because somebody knew it, and whatever was quiet for half an hour.
DELETE FROM sign_in_wrong WHERE key = %(key)s OR at < now() - INTERVAL '30 minutes';
