-- Makes notifications of what is written into incidents' logs, in the same transaction: nothing is told of what was
-- not done, and nothing that was done is forgotten.

CREATE OR REPLACE FUNCTION wib_instant(clock time, not_before timestamptz) RETURNS timestamptz
LANGUAGE sql STABLE
-- The next instant at which a clock in Pasuruan shows a time.
BEGIN ATOMIC
    SELECT CASE
        WHEN candidate.at >= not_before THEN candidate.at ELSE candidate.at + INTERVAL '1 day'
    END
    FROM (
        SELECT ((not_before AT TIME ZONE 'Asia/Jakarta')::date + clock) AT TIME ZONE 'Asia/Jakarta' AS at
    ) AS candidate;
END;

CREATE OR REPLACE FUNCTION is_quiet(quiet_from time, quiet_to time, at timestamptz) RETURNS boolean
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT CASE
        WHEN quiet_from IS NULL OR quiet_from = quiet_to THEN false
        WHEN quiet_from < quiet_to THEN wib.clock >= quiet_from AND wib.clock < quiet_to
        ELSE wib.clock >= quiet_from OR wib.clock < quiet_to
    END
    FROM (SELECT (at AT TIME ZONE 'Asia/Jakarta')::time AS clock) AS wib;
END;

CREATE OR REPLACE FUNCTION told_of(entry incident_log, agency text, priority smallint) RETURNS SETOF text
LANGUAGE sql STABLE
-- Whom a line of a log concerns, as the roster writes it.
BEGIN ATOMIC
    SELECT told.who FROM jsonb_array_elements_text(
        CASE WHEN (entry).action = 'escalated' THEN coalesce((entry).detail -> 'told', '[]') ELSE '[]' END
    ) AS told (who)
    UNION
    SELECT 'crew:' || ((entry).detail ->> 'crew')
    WHERE (entry).action IN ('dispatched', 'recalled') AND (entry).detail ->> 'crew' IS NOT NULL
    UNION
    SELECT first.who FROM roster AS first
    WHERE
        (entry).action IN ('opened', 'reopened', 'raised') AND priority = 1 AND first.level = 1
        AND (first.agency = told_of.agency OR (
            first.agency = '*'
            -- Who is named for every agency is told where none of its own is on duty now.
            AND NOT EXISTS (
                SELECT 1 FROM roster AS own
                WHERE
                    own.agency = told_of.agency AND own.level = 1
                    AND (own.shift_from = own.shift_to OR is_quiet(own.shift_from, own.shift_to, (entry).at))
            )
        ))
        AND (first.shift_from = first.shift_to OR is_quiet(first.shift_from, first.shift_to, (entry).at));
END;

CREATE OR REPLACE FUNCTION notify_people() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NEW.action NOT IN ('opened', 'reopened', 'raised', 'escalated', 'dispatched', 'recalled') THEN
        RETURN NULL;
    END IF;
    INSERT INTO notification (log_id, incident_id, owner, address, language, urgent, next_at)
    SELECT DISTINCT ON (way.address)
        NEW.id, NEW.incident_id, way.owner, way.address, way.language, way.urgent,
        CASE
            WHEN way.urgent THEN NEW.at
            WHEN is_quiet(way.quiet_from, way.quiet_to, NEW.at) THEN wib_instant(way.quiet_to, NEW.at)
            ELSE NEW.at + way.digest_s * INTERVAL '1 s'
        END
    FROM (
        SELECT
            known.owner, known.address, known.language, known.quiet_from, known.quiet_to, known.digest_s,
            -- A crew that is sent, and what is grave, does not wait for the morning.
            NEW.action IN ('dispatched', 'recalled') OR incident.severity = 'critical' AS urgent
        FROM incident
        CROSS JOIN LATERAL told_of(NEW, incident.agency, incident.priority) AS told (who)
        INNER JOIN (
            SELECT owner, agency, address, language, quiet_from, quiet_to, digest_s FROM contact
            UNION ALL
            SELECT 'crew:' || name, NULL, notify, 'id', NULL, NULL, 0 FROM crew WHERE notify <> ''
        ) AS known ON (
            known.owner = told.who
            -- Whoever has the role, and acts for this agency, is told by his own ways.
            OR known.owner IN (
                SELECT 'account:' || account.name FROM account
                WHERE
                    'role:' || account.role = told.who AND account.disabled_at IS NULL
                    AND (account.role = 'admin' OR incident.agency = ANY (account.agencies))
            )
            OR known.owner IN (
                SELECT 'account:' || account.name
                FROM crew
                INNER JOIN crew_member ON crew.id = crew_member.crew_id
                INNER JOIN account ON crew_member.account_id = account.id
                WHERE 'crew:' || crew.name = told.who AND account.disabled_at IS NULL
            )
        ) AND (known.agency IS NULL OR known.agency = incident.agency)
        WHERE incident.id = NEW.incident_id
    ) AS way
    ORDER BY way.address, way.urgent DESC
    ON CONFLICT (log_id, address) DO NOTHING;
    IF FOUND THEN
        PERFORM pg_notify('notification', '');
    END IF;
    RETURN NULL;
END
$$;
CREATE OR REPLACE TRIGGER notify_people AFTER INSERT ON incident_log FOR EACH ROW EXECUTE FUNCTION notify_people();
