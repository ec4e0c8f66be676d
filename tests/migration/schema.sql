CREATE SCHEMA public;

COMMENT ON SCHEMA public IS 'standard public schema';

CREATE SCHEMA wall;

CREATE FUNCTION public.anchor_clip() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    INSERT INTO audit (actor, action, subject, detail)
    SELECT
        'satulayar', 'clip_recorded', NEW.id::text,
        jsonb_build_object('box', box.name, 'hash', NEW.payload #>> '{data,values,hash}')
    FROM box INNER JOIN box_request AS request ON box.id = request.box_id
    WHERE
        box.id = NEW.box_id AND request.id::text = NEW.payload #>> '{data,values,command}'
        AND request.action = 'camera.clip' AND length(NEW.payload #>> '{data,values,hash}') = 64;
    RETURN NULL;
END
$$;

CREATE FUNCTION public.asset_placed() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    NEW.site_id := (SELECT box.site_id FROM box WHERE box.id = NEW.box_id);
    RETURN NEW;
END
$$;

CREATE FUNCTION public.asset_shown() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    INSERT INTO wall_asset (asset_id, kind, state, since) SELECT id, kind, 'never', now() FROM placed ON CONFLICT DO NOTHING;
    RETURN NULL;
END
$$;

CREATE TABLE public.audit (
    id bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    actor text NOT NULL,
    action text NOT NULL,
    subject text,
    detail jsonb DEFAULT '{}'::jsonb NOT NULL,
    previous bytea NOT NULL,
    hash bytea NOT NULL
);

COMMENT ON TABLE public.audit IS 'Append-only. Each row carries the hash of the one before: a removed or altered row shows.';

CREATE FUNCTION public.audit_hash(entry public.audit) RETURNS bytea
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN sha256(((entry).previous || convert_to((jsonb_build_array((entry).id, EXTRACT(epoch FROM (entry).at), (entry).actor, (entry).action, (entry).subject, (entry).detail))::text, 'UTF8'::name)));

CREATE TABLE public.audit_head (
    one boolean DEFAULT true NOT NULL,
    id bigint NOT NULL,
    hash bytea NOT NULL,
    CONSTRAINT audit_head_one_check CHECK (one)
);

COMMENT ON TABLE public.audit_head IS 'Written by the trigger of audit alone. Whoever owns the database can alter both: anchors outside of it show that.';

CREATE FUNCTION public.audit_broken() RETURNS SETOF bigint
    LANGUAGE sql STABLE
    BEGIN ATOMIC
 SELECT checked.id
    FROM ( SELECT entry.id,
             (entry.hash = public.audit_hash(entry.*)) AS whole,
             ((entry.previous = lag(entry.hash, 1, '\x'::bytea) OVER (ORDER BY entry.id)) AND (entry.id = (lag(entry.id, 1, (0)::bigint) OVER (ORDER BY entry.id) + 1))) AS follows
            FROM public.audit entry) checked
   WHERE (NOT (checked.whole AND checked.follows))
 UNION
  SELECT head.id
    FROM public.audit_head head
   WHERE ((NOT (EXISTS ( SELECT 1
            FROM public.audit entry
           WHERE ((entry.id = head.id) AND (entry.hash = head.hash))))) AND (head.id > 0))
 UNION
  SELECT entry.id
    FROM public.audit entry
   WHERE (entry.id > ( SELECT head.id
            FROM public.audit_head head))
  ORDER BY 1;
END;

CREATE FUNCTION public.audit_chain() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    head audit_head;
BEGIN
    -- One writer at a time, to the end of its transaction: two rows must not follow the same one.
    PERFORM pg_advisory_xact_lock(7305810112003);
    -- Not the newest row that is there: where the newest were taken away, the next one must not fill the gap.
    SELECT * INTO STRICT head FROM audit_head;
    NEW.id := head.id + 1;
    NEW.at := clock_timestamp();
    NEW.previous := head.hash;
    NEW.hash := audit_hash(NEW);
    UPDATE audit_head SET id = NEW.id, hash = NEW.hash;
    RETURN NEW;
END
$$;

CREATE FUNCTION public.audit_stay() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    RAISE EXCEPTION 'audit is append-only: % is refused', TG_OP USING ERRCODE = 'insufficient_privilege';
END
$$;

CREATE FUNCTION public.city_stage_stays() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    RAISE EXCEPTION 'what stage was set is history: % is refused', TG_OP USING ERRCODE = 'insufficient_privilege';
END
$$;

CREATE FUNCTION public.command_result_told() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    PERFORM pg_notify('command_result', NEW.command_id::text);
    RETURN NULL;
END
$$;

CREATE TABLE public.account (
    id integer NOT NULL,
    name text NOT NULL,
    role text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    disabled_at timestamp with time zone,
    full_name text DEFAULT ''::text NOT NULL,
    agencies text[] DEFAULT '{}'::text[] NOT NULL,
    password_hash text,
    password_is_first boolean DEFAULT false NOT NULL,
    CONSTRAINT account_agencies_check CHECK ((agencies <@ ARRAY['transport'::text, 'disaster'::text, 'public_order'::text, 'health'::text, '112'::text, 'platform'::text])),
    CONSTRAINT account_name_check CHECK ((name <> ''::text)),
    CONSTRAINT account_role_check CHECK ((role = ANY (ARRAY['crew'::text, 'viewer'::text, 'module_owner'::text, 'operator'::text, 'head_of_shift'::text, 'admin'::text])))
);

COMMENT ON COLUMN public.account.agencies IS 'Whose incidents it may act on. Empty: none; an administrator acts on all.';

COMMENT ON COLUMN public.account.password_hash IS 'argon2id. NULL: nobody can sign in with a password, tokens work.';

COMMENT ON COLUMN public.account.password_is_first IS 'Made by somebody else: good for nothing but choosing one''s own.';

CREATE TABLE public.roster (
    id integer NOT NULL,
    agency text NOT NULL,
    level smallint NOT NULL,
    who text NOT NULL,
    shift_from time without time zone DEFAULT '00:00:00'::time without time zone NOT NULL,
    shift_to time without time zone DEFAULT '00:00:00'::time without time zone NOT NULL,
    CONSTRAINT roster_level_check CHECK (((level >= 1) AND (level <= 5))),
    CONSTRAINT roster_who_check CHECK ((who ~ '^(account|role|crew):.+$'::text))
);

COMMENT ON TABLE public.roster IS 'Who is told at which level of escalation. agency *: every one that has no entry of its own at that level. WIB.';

CREATE FUNCTION public.desk_accounts(agency text) RETURNS TABLE(name text)
    LANGUAGE sql STABLE
    BEGIN ATOMIC
 SELECT DISTINCT account.name
    FROM (public.roster
      JOIN public.account ON (((roster.who = ('account:'::text || account.name)) OR ((roster.who = ('role:'::text || account.role)) AND ((account.role = 'admin'::text) OR (desk_accounts.agency = ANY (account.agencies)))))))
   WHERE ((roster.level = 1) AND (account.disabled_at IS NULL) AND (roster.agency = ( SELECT named.agency
            FROM public.roster named
           WHERE ((named.level = 1) AND (named.agency = ANY (ARRAY[desk_accounts.agency, '*'::text])))
           ORDER BY (named.agency = '*'::text)
          LIMIT 1)));
END;

CREATE FUNCTION public.desk_size(agency text) RETURNS bigint
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    BEGIN ATOMIC
 SELECT count(*) AS count
    FROM public.desk_accounts(desk_size.agency) there(name);
END;

CREATE FUNCTION public.incident_log_stay() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    RAISE EXCEPTION 'incident_log is append-only: % is refused', TG_OP USING ERRCODE = 'insufficient_privilege';
END
$$;

CREATE FUNCTION public.incident_moved() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    PERFORM pg_notify('incident', NEW.id::text);
    RETURN NULL;
END
$$;

CREATE FUNCTION public.incident_name(number integer) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN ('INS-'::text || CASE WHEN (number < 10000) THEN lpad((number)::text, 4, '0'::text) ELSE (number)::text END);

CREATE FUNCTION public.is_quiet(quiet_from time without time zone, quiet_to time without time zone, at timestamp with time zone) RETURNS boolean
    LANGUAGE sql STABLE
    BEGIN ATOMIC
 SELECT
         CASE
             WHEN ((is_quiet.quiet_from IS NULL) OR (is_quiet.quiet_from = is_quiet.quiet_to)) THEN false
             WHEN (is_quiet.quiet_from < is_quiet.quiet_to) THEN ((wib.clock >= is_quiet.quiet_from) AND (wib.clock < is_quiet.quiet_to))
             ELSE ((wib.clock >= is_quiet.quiet_from) OR (wib.clock < is_quiet.quiet_to))
         END AS "case"
    FROM ( SELECT ((is_quiet.at AT TIME ZONE 'Asia/Jakarta'::text))::time without time zone AS clock) wib;
END;

CREATE FUNCTION public.lease_log_stay() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    RAISE EXCEPTION 'lease_log is append-only: % is refused', TG_OP USING ERRCODE = 'insufficient_privilege';
END
$$;

CREATE FUNCTION public.lease_moved() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    PERFORM pg_notify('lease', NEW.id::text);
    RETURN NULL;
END
$$;

CREATE FUNCTION public.module_has_codes(manifest jsonb, dimensions text[], keys text[]) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
SELECT coalesce(bool_and(
    named.dimension = 'district' OR manifest #> ARRAY['dimensions', named.dimension, 'values'] ? named.key
), true)
FROM unnest(dimensions, keys) AS named (dimension, key)
$$;

CREATE FUNCTION public.module_period(manifest jsonb) RETURNS interval
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
SELECT CASE manifest ->> 'period'
    WHEN 'day' THEN INTERVAL '1 day'
    WHEN 'month' THEN INTERVAL '1 month'
    WHEN 'quarter' THEN INTERVAL '3 months'
    WHEN 'year' THEN INTERVAL '1 year'
    ELSE INTERVAL '0'
END
$$;

CREATE FUNCTION public.module_period_end(true_at timestamp with time zone, period interval) RETURNS timestamp with time zone
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
SELECT (true_at AT TIME ZONE 'Asia/Jakarta' + period) AT TIME ZONE 'Asia/Jakarta'
$$;

CREATE FUNCTION public.module_place(manifest jsonb, dimensions text[], keys text[], district text, language text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
SELECT string_agg(
    CASE
        WHEN named.dimension = 'district' THEN coalesce(district, named.key)
        ELSE coalesce(manifest #>> ARRAY['dimensions', named.dimension, 'values', named.key, language], named.key)
    END, ', ' ORDER BY named.n
)
FROM unnest(dimensions, keys) WITH ORDINALITY AS named (dimension, key, n)
$$;

CREATE FUNCTION public.module_severity(about jsonb, figure double precision) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
SELECT CASE border ->> 'severity' WHEN 'warning' THEN 'minor' ELSE 'critical' END
FROM jsonb_array_elements(about -> 'thresholds') AS border
WHERE
    figure < (border ->> 'below')::double precision OR figure > (border ->> 'above')::double precision
ORDER BY border ->> 'severity' LIMIT 1
$$;

CREATE FUNCTION public.notify_people() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
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

CREATE FUNCTION public.operations_noticed() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    PERFORM pg_notify('operations', '');
    RETURN NULL;
END
$$;

CREATE FUNCTION public.operations_told() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    INSERT INTO operations_inbox (source, ref) VALUES (TG_ARGV[0], NEW.id::text);
    PERFORM pg_notify('operations', '');
    RETURN NULL;
END
$$;

CREATE FUNCTION public.registry_moved() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    PERFORM pg_notify('registry', '');
    RETURN NULL;
END
$$;

CREATE TABLE public.incident_log (
    id bigint NOT NULL,
    incident_id uuid NOT NULL,
    at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    actor text NOT NULL,
    address text,
    action text NOT NULL,
    from_state text,
    to_state text,
    text text DEFAULT ''::text NOT NULL,
    detail jsonb DEFAULT '{}'::jsonb NOT NULL,
    act_id uuid,
    said jsonb
);

COMMENT ON TABLE public.incident_log IS 'Append-only: who did what, when, from which address. The engine is satulayar.';

COMMENT ON COLUMN public.incident_log.act_id IS 'Made by whoever asks, so that what is sent twice is done once.';

COMMENT ON COLUMN public.incident_log.said IS 'What the engine says, as code and values: see cloud/said.py. text is what a person said.';

CREATE FUNCTION public.told_of(entry public.incident_log, agency text, priority smallint) RETURNS SETOF text
    LANGUAGE sql STABLE
    BEGIN ATOMIC
 SELECT told.who
    FROM jsonb_array_elements_text(
         CASE
             WHEN ((told_of.entry).action = 'escalated'::text) THEN COALESCE(((told_of.entry).detail -> 'told'::text), '[]'::jsonb)
             ELSE '[]'::jsonb
         END) told(who)
 UNION
  SELECT ('crew:'::text || ((told_of.entry).detail ->> 'crew'::text))
   WHERE (((told_of.entry).action = ANY (ARRAY['dispatched'::text, 'recalled'::text])) AND (((told_of.entry).detail ->> 'crew'::text) IS NOT NULL))
 UNION
  SELECT first.who
    FROM public.roster first
   WHERE (((told_of.entry).action = ANY (ARRAY['opened'::text, 'reopened'::text, 'raised'::text])) AND (told_of.priority = 1) AND (first.level = 1) AND ((first.agency = told_of.agency) OR ((first.agency = '*'::text) AND (NOT (EXISTS ( SELECT 1
            FROM public.roster own
           WHERE ((own.agency = told_of.agency) AND (own.level = 1) AND ((own.shift_from = own.shift_to) OR public.is_quiet(own.shift_from, own.shift_to, (told_of.entry).at)))))))) AND ((first.shift_from = first.shift_to) OR public.is_quiet(first.shift_from, first.shift_to, (told_of.entry).at)));
END;

CREATE TABLE public.asset (
    id integer NOT NULL,
    code text NOT NULL,
    site_id integer,
    box_id integer NOT NULL,
    kind text DEFAULT 'unknown'::text NOT NULL,
    name text,
    expected_interval_s double precision,
    CONSTRAINT asset_expected_interval_s_check CHECK ((expected_interval_s > (0)::double precision))
);

COMMENT ON TABLE public.asset IS 'A thing at a site that is observed or controlled.';

COMMENT ON COLUMN public.asset.expected_interval_s IS 'Seconds within which it should be heard of. NULL: not stated.';

CREATE TABLE public.box (
    id integer NOT NULL,
    name text NOT NULL,
    site_id integer NOT NULL,
    series_limit integer DEFAULT 2000 NOT NULL,
    online boolean,
    session text,
    status jsonb,
    status_at timestamp with time zone,
    last_seen_at timestamp with time zone,
    CONSTRAINT box_series_limit_check CHECK ((series_limit >= 0))
)
WITH (fillfactor='50');

COMMENT ON TABLE public.box IS 'The installation slot of an edge computer. It keeps its name when the computer is swapped.';

COMMENT ON COLUMN public.box.series_limit IS 'How many series this box may register by publishing them.';

COMMENT ON COLUMN public.box.online IS 'What the box or its last will said last. NULL: it has never said anything.';

COMMENT ON COLUMN public.box.last_seen_at IS 'When the cloud last received anything from this box.';

CREATE TABLE public.series (
    id integer NOT NULL,
    asset_id integer NOT NULL,
    quantity text NOT NULL,
    unit text,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

COMMENT ON TABLE public.series IS 'One quantity of one asset, in one unit (UCUM code).';

CREATE TABLE public.series_latest (
    series_id integer NOT NULL,
    "time" timestamp with time zone NOT NULL,
    value double precision,
    received_at timestamp with time zone NOT NULL
)
WITH (fillfactor='50', autovacuum_vacuum_scale_factor='0.05');

COMMENT ON TABLE public.series_latest IS 'The newest sample of each series. NULL value: the newest is in sample_text.';

CREATE TABLE public.site (
    id integer NOT NULL,
    code text NOT NULL,
    name text NOT NULL,
    district text,
    latitude double precision,
    longitude double precision,
    applied text,
    CONSTRAINT site_latitude_check CHECK (((latitude >= ('-90'::integer)::double precision) AND (latitude <= (90)::double precision))),
    CONSTRAINT site_longitude_check CHECK (((longitude >= ('-180'::integer)::double precision) AND (longitude <= (180)::double precision)))
);

COMMENT ON TABLE public.site IS 'A place with a code, such as the Taman Dayu junction TD-01. Degrees are WGS 84.';

COMMENT ON COLUMN public.site.applied IS 'Fingerprints of what provisioning wrote last: where they differ from what is here, somebody else changed it.';

CREATE TABLE public.wall_asset (
    asset_id integer NOT NULL,
    state text NOT NULL,
    since timestamp with time zone NOT NULL,
    last_seen_at timestamp with time zone,
    kind text
)
WITH (fillfactor='70');

COMMENT ON TABLE public.wall_asset IS 'State of each asset at the last pulse; last_seen_at as it was when the state began.';

COMMENT ON COLUMN public.wall_asset.kind IS 'As in asset: the newest trouble of one kind is found by index.';

CREATE TABLE public.wall_box (
    box_id integer NOT NULL,
    state text NOT NULL,
    since timestamp with time zone NOT NULL,
    disk_used_pct double precision,
    soc_temperature_cel double precision,
    outbox_messages double precision,
    outbox_oldest_age_s double precision,
    clock_offset_s double precision,
    uptime_s double precision
)
WITH (fillfactor='70');

COMMENT ON TABLE public.wall_box IS 'State and health of each box at the last pulse. NULL: it has not said.';

CREATE VIEW wall.box_state AS
 SELECT box.id AS box_id,
    box.name AS box,
    site.code AS site,
    site.name AS site_name,
    site.district,
    box.online,
    box.status_at,
    seen.last_seen_at,
    seen.age_s,
    judged.state,
    (judged.state <> 'online'::text) AS silent,
    box.status
   FROM (((public.box
     JOIN public.site ON ((box.site_id = site.id)))
     CROSS JOIN LATERAL ( SELECT known.last_seen_at,
            (
                CASE
                    WHEN (known.last_seen_at > now()) THEN (0)::numeric
                    ELSE EXTRACT(epoch FROM (now() - known.last_seen_at))
                END)::double precision AS age_s
           FROM ( SELECT GREATEST(box.last_seen_at, box.status_at) AS last_seen_at) known) seen)
     CROSS JOIN LATERAL ( SELECT
                CASE
                    WHEN (seen.last_seen_at IS NULL) THEN 'never'::text
                    WHEN (NOT box.online) THEN 'offline'::text
                    WHEN (seen.age_s > (120)::double precision) THEN 'silent'::text
                    ELSE 'online'::text
                END AS state) judged);

COMMENT ON VIEW wall.box_state IS 'One row a box. state: online, silent (said nothing for 120 s), offline (it or its will said so), never.';

CREATE VIEW wall.asset_state AS
 SELECT asset.id AS asset_id,
    asset.code AS asset,
    asset.name,
    asset.kind,
    site.code AS site,
    site.name AS site_name,
    site.district,
    site.latitude,
    site.longitude,
    box_state.box,
    box_state.silent AS box_silent,
    seen.last_seen_at,
    judged.age_s,
    judged.expected_interval_s,
    (asset.expected_interval_s IS NULL) AS interval_assumed,
        CASE
            WHEN (seen.last_seen_at IS NULL) THEN 'never'::text
            WHEN (judged.age_s <= (((2)::double precision * judged.expected_interval_s) + (5)::double precision)) THEN 'ok'::text
            WHEN (judged.age_s <= (((4)::double precision * judged.expected_interval_s) + (5)::double precision)) THEN 'late'::text
            ELSE 'silent'::text
        END AS state
   FROM (((((public.asset
     JOIN wall.box_state box_state ON ((asset.box_id = box_state.box_id)))
     JOIN public.box ON ((asset.box_id = box.id)))
     LEFT JOIN public.site ON ((COALESCE(asset.site_id, box.site_id) = site.id)))
     LEFT JOIN ( SELECT series.asset_id,
            max(LEAST(latest."time", latest.received_at)) AS last_seen_at
           FROM (public.series
             JOIN public.series_latest latest ON ((series.id = latest.series_id)))
          GROUP BY series.asset_id) seen ON ((asset.id = seen.asset_id)))
     CROSS JOIN LATERAL ( SELECT (
                CASE
                    WHEN (seen.last_seen_at > now()) THEN (0)::numeric
                    ELSE EXTRACT(epoch FROM (now() - seen.last_seen_at))
                END)::double precision AS age_s,
            COALESCE(asset.expected_interval_s, (300)::double precision) AS expected_interval_s) judged);

COMMENT ON VIEW wall.asset_state IS 'One row an asset, always. state: ok (within 2 expected intervals), late (4), silent (more), never (not once).';

CREATE PROCEDURE public.wall_pulse_assets()
    LANGUAGE sql
    BEGIN ATOMIC
 INSERT INTO public.wall_asset AS known (asset_id, kind, state, since, last_seen_at)  SELECT seen.asset_id,
             seen.kind,
             seen.state,
             now() AS now,
             seen.last_seen_at
            FROM wall.asset_state seen ON CONFLICT(asset_id) DO UPDATE SET kind = excluded.kind, state = excluded.state, last_seen_at = excluded.last_seen_at, since =
         CASE
             WHEN (known.state = excluded.state) THEN known.since
             ELSE excluded.since
         END
   WHERE ((known.state IS DISTINCT FROM excluded.state) OR (known.kind IS DISTINCT FROM excluded.kind));
 INSERT INTO public.wall_box AS known (box_id, state, since, disk_used_pct, soc_temperature_cel, outbox_messages, outbox_oldest_age_s, clock_offset_s, uptime_s)  SELECT seen.box_id,
             seen.state,
             now() AS now,
             health.disk_used_pct,
             health.soc_temperature_cel,
             health.outbox_messages,
             health.outbox_oldest_age_s,
             health.clock_offset_s,
             health.uptime_s
            FROM (wall.box_state seen
              LEFT JOIN ( SELECT asset.box_id,
                     max(latest.value) FILTER (WHERE (series.quantity = 'disk_used'::text)) AS disk_used_pct,
                     max(latest.value) FILTER (WHERE (series.quantity = 'soc_temperature'::text)) AS soc_temperature_cel,
                     max(latest.value) FILTER (WHERE (series.quantity = 'outbox_messages'::text)) AS outbox_messages,
                     max(latest.value) FILTER (WHERE (series.quantity = 'outbox_oldest_age'::text)) AS outbox_oldest_age_s,
                     max(latest.value) FILTER (WHERE (series.quantity = 'clock_offset'::text)) AS clock_offset_s,
                     max(latest.value) FILTER (WHERE (series.quantity = 'uptime'::text)) AS uptime_s
                    FROM ((public.asset
                      JOIN public.series ON ((asset.id = series.asset_id)))
                      JOIN public.series_latest latest ON ((series.id = latest.series_id)))
                   WHERE (asset.kind = 'box'::text)
                   GROUP BY asset.box_id) health ON ((seen.box_id = health.box_id))) ON CONFLICT(box_id) DO UPDATE SET state = excluded.state, disk_used_pct = excluded.disk_used_pct, since =
         CASE
             WHEN (known.state = excluded.state) THEN known.since
             ELSE excluded.since
         END, soc_temperature_cel = excluded.soc_temperature_cel, outbox_messages = excluded.outbox_messages, outbox_oldest_age_s = excluded.outbox_oldest_age_s, clock_offset_s = excluded.clock_offset_s, uptime_s = excluded.uptime_s
   WHERE (((((((known.state IS DISTINCT FROM excluded.state) OR (known.disk_used_pct IS DISTINCT FROM excluded.disk_used_pct)) OR (known.soc_temperature_cel IS DISTINCT FROM excluded.soc_temperature_cel)) OR (known.outbox_messages IS DISTINCT FROM excluded.outbox_messages)) OR (known.outbox_oldest_age_s IS DISTINCT FROM excluded.outbox_oldest_age_s)) OR (known.clock_offset_s IS DISTINCT FROM excluded.clock_offset_s)) OR (known.uptime_s IS DISTINCT FROM excluded.uptime_s));
END;

CREATE TABLE public.total_1m (
    site_id integer NOT NULL,
    kind text NOT NULL,
    quantity text NOT NULL,
    bucket timestamp with time zone NOT NULL,
    series integer NOT NULL,
    total double precision NOT NULL,
    "least" double precision NOT NULL,
    most double precision NOT NULL
);

COMMENT ON TABLE public.total_1m IS 'Total of the newest values, as the room knew them in that minute. Never made again.';

COMMENT ON COLUMN public.total_1m.site_id IS '0: the whole regency.';

COMMENT ON COLUMN public.total_1m.series IS 'How many series the total is of; those that were silent are missing from it.';

CREATE TABLE public.total_of (
    kind text NOT NULL,
    quantity text NOT NULL,
    by_site boolean DEFAULT false NOT NULL
);

COMMENT ON TABLE public.total_of IS 'Of which quantities the course over the whole regency is kept; by_site: and of each site.';

CREATE TABLE public.wall_figure (
    kind text NOT NULL,
    quantity text NOT NULL,
    series integer NOT NULL,
    fresh integer NOT NULL,
    total double precision,
    "least" double precision,
    most double precision,
    oldest_at timestamp with time zone
);

COMMENT ON TABLE public.wall_figure IS 'Newest values of a quantity over all assets of a kind: total, least and most of those that are not older than four of their intervals.';

CREATE TABLE public.wall_pulse (
    id boolean DEFAULT true NOT NULL,
    at timestamp with time zone NOT NULL,
    took_ms double precision NOT NULL,
    CONSTRAINT wall_pulse_id_check CHECK (id)
);

COMMENT ON TABLE public.wall_pulse IS 'When the tables wall_* were last brought up to date.';

CREATE PROCEDURE public.wall_pulse_beat(IN begun_at timestamp with time zone)
    LANGUAGE sql
    BEGIN ATOMIC
 INSERT INTO public.total_1m (site_id, kind, quantity, bucket, series, total, "least", most)  SELECT 0,
             figure.kind,
             figure.quantity,
             date_trunc('minute'::text, now()) AS date_trunc,
             figure.fresh,
             figure.total,
             figure."least",
             figure.most
            FROM (public.wall_figure figure
              JOIN public.total_of wanted ON (((figure.kind = wanted.kind) AND (figure.quantity = wanted.quantity))))
           WHERE (figure.fresh > 0) ON CONFLICT(site_id, kind, quantity, bucket) DO UPDATE SET series = excluded.series, total = excluded.total, "least" = excluded."least", most = excluded.most;
 INSERT INTO public.total_1m (site_id, kind, quantity, bucket, series, total, "least", most)  SELECT 0,
             'platform',
             'samples_stored',
             date_trunc('minute'::text, now()) AS date_trunc,
             1,
             stored.n,
             stored.at_s,
             stored.at_s
            FROM ( SELECT (COALESCE(sum(stat.n_tup_ins), (0)::numeric))::double precision AS n,
                     (EXTRACT(epoch FROM now()))::double precision AS at_s
                    FROM (timescaledb_information.chunks chunk
                      JOIN pg_stat_user_tables stat ON (((chunk.chunk_schema = stat.schemaname) AND (chunk.chunk_name = stat.relname))))
                   WHERE ((chunk.hypertable_name = 'sample'::name) AND (chunk.range_end > (now() - '2 days'::interval)))) stored ON CONFLICT(site_id, kind, quantity, bucket) DO UPDATE SET total = excluded.total, "least" = excluded."least", most = excluded.most;
 INSERT INTO public.total_1m (site_id, kind, quantity, bucket, series, total, "least", most)  SELECT 0,
             'platform',
             'samples_per_s',
             this.bucket,
             1,
             rate.per_s,
             rate.per_s,
             rate.per_s
            FROM ((public.total_1m this
              JOIN public.total_1m before ON (((this.site_id = before.site_id) AND (this.kind = before.kind) AND (this.quantity = before.quantity) AND (before.bucket = (this.bucket - '00:01:00'::interval)) AND (before.total <= this.total) AND (before."least" < this."least"))))
              CROSS JOIN LATERAL ( SELECT ((this.total - before.total) / (this."least" - before."least")) AS per_s) rate)
           WHERE ((this.site_id = 0) AND (this.kind = 'platform'::text) AND (this.quantity = 'samples_stored'::text) AND (this.bucket = date_trunc('minute'::text, now()))) ON CONFLICT(site_id, kind, quantity, bucket) DO UPDATE SET total = excluded.total, "least" = excluded."least", most = excluded.most;
 INSERT INTO public.total_1m (site_id, kind, quantity, bucket, series, total, "least", most)  SELECT 0,
             'platform',
             'lag',
             date_trunc('minute'::text, now()) AS date_trunc,
             newest.n,
             ((newest.n)::double precision * newest.mean_s),
             newest.p50_s,
             newest.p99_s
            FROM ( SELECT count(*) AS n,
                     avg(each.late_s) AS mean_s,
                     percentile_cont((0.5)::double precision) WITHIN GROUP (ORDER BY each.late_s) AS p50_s,
                     percentile_cont((0.99)::double precision) WITHIN GROUP (ORDER BY each.late_s) AS p99_s
                    FROM ( SELECT (EXTRACT(epoch FROM (latest.received_at - latest."time")))::double precision AS late_s
                            FROM public.series_latest latest
                           WHERE (latest.received_at > (now() - '00:00:10'::interval))) each) newest
           WHERE (newest.n > 0) ON CONFLICT(site_id, kind, quantity, bucket) DO UPDATE SET series = excluded.series, total = excluded.total, "least" = excluded."least", most = excluded.most;
 INSERT INTO public.wall_pulse AS known (at, took_ms)  SELECT now() AS now,
             (EXTRACT(epoch FROM (clock_timestamp() - wall_pulse_beat.begun_at)) * (1000)::numeric) ON CONFLICT(id) DO UPDATE SET at = excluded.at, took_ms = excluded.took_ms;
END;

CREATE TABLE public.sample_1m (
    bucket timestamp with time zone NOT NULL,
    series_id integer NOT NULL,
    n bigint NOT NULL,
    min double precision NOT NULL,
    max double precision NOT NULL,
    sum double precision NOT NULL,
    last double precision NOT NULL
);

CREATE FUNCTION wall.level_before(of_series integer, newest_at timestamp with time zone) RETURNS TABLE(at timestamp with time zone, level_m double precision)
    LANGUAGE sql STABLE SECURITY DEFINER ROWS 1
    SET search_path TO 'public', 'pg_temp'
    BEGIN ATOMIC
 SELECT minute.bucket,
     minute.last
    FROM public.sample_1m minute
   WHERE ((minute.series_id = level_before.of_series) AND (minute.bucket > (now() - '02:00:00'::interval)) AND (minute.bucket <= (level_before.newest_at - '00:20:00'::interval)))
   ORDER BY minute.bucket DESC
  LIMIT 1;
END;

CREATE TABLE public.sample_1h (
    bucket timestamp with time zone NOT NULL,
    series_id integer NOT NULL,
    n bigint NOT NULL,
    min double precision NOT NULL,
    max double precision NOT NULL,
    sum double precision NOT NULL,
    last double precision NOT NULL
);

CREATE FUNCTION wall.rain_before(of_series integer) RETURNS TABLE(hour_mm double precision, day_mm double precision)
    LANGUAGE sql STABLE SECURITY DEFINER ROWS 1
    SET search_path TO 'public', 'pg_temp'
    BEGIN ATOMIC
 SELECT ( SELECT (max(minute.max) - min(minute.min))
            FROM public.sample_1m minute
           WHERE ((minute.series_id = rain_before.of_series) AND (minute.bucket > (now() - '01:00:00'::interval)))),
     ( SELECT (max(hours.max) - min(hours.min))
            FROM public.sample_1h hours
           WHERE ((hours.series_id = rain_before.of_series) AND (hours.bucket > (now() - '24:00:00'::interval))));
END;

CREATE TABLE public.wall_gauge (
    asset_id integer NOT NULL,
    before_at timestamp with time zone,
    before_m double precision,
    hour_mm double precision,
    day_mm double precision
);

COMMENT ON TABLE public.wall_gauge IS 'Of each gauge the level 20 minutes before its newest, for its rate, and the rain of the last hour and the last 24.';

CREATE TABLE public.wall_trouble (
    asset_id integer NOT NULL,
    quantity text NOT NULL,
    since timestamp with time zone NOT NULL
);

COMMENT ON TABLE public.wall_trouble IS 'What an asset says of itself that should not be: a lamp fault, an open door, no mains.';

CREATE TABLE public.wall_trouble_sign (
    quantity text NOT NULL,
    value double precision NOT NULL
);

COMMENT ON TABLE public.wall_trouble_sign IS 'Which value of which quantity is trouble.';

CREATE PROCEDURE public.wall_pulse_figures()
    LANGUAGE sql
    BEGIN ATOMIC
 INSERT INTO public.wall_figure AS known (kind, quantity, series, fresh, total, "least", most, oldest_at)  SELECT newest.kind,
             newest.quantity,
             count(*) AS count,
             count(*) FILTER (WHERE newest.is_fresh) AS count,
             sum(newest.value) FILTER (WHERE newest.is_fresh) AS sum,
             min(newest.value) FILTER (WHERE newest.is_fresh) AS min,
             max(newest.value) FILTER (WHERE newest.is_fresh) AS max,
             min(newest."time") AS min
            FROM ( SELECT asset.kind,
                     series.quantity,
                     latest.value,
                     latest."time",
                     (latest."time" > (now() - ((((4)::double precision * COALESCE(asset.expected_interval_s, (300)::double precision)) + (5)::double precision) * '00:00:01'::interval))) AS is_fresh
                    FROM ((public.series_latest latest
                      JOIN public.series ON ((latest.series_id = series.id)))
                      JOIN public.asset ON ((series.asset_id = asset.id)))
                   WHERE (latest.value IS NOT NULL)) newest
           GROUP BY newest.kind, newest.quantity ON CONFLICT(kind, quantity) DO UPDATE SET series = excluded.series, fresh = excluded.fresh, total = excluded.total, "least" = excluded."least", most = excluded.most, oldest_at = excluded.oldest_at
   WHERE ((((((known.series IS DISTINCT FROM excluded.series) OR (known.fresh IS DISTINCT FROM excluded.fresh)) OR (known.total IS DISTINCT FROM excluded.total)) OR (known."least" IS DISTINCT FROM excluded."least")) OR (known.most IS DISTINCT FROM excluded.most)) OR (known.oldest_at IS DISTINCT FROM excluded.oldest_at));
 DELETE FROM public.wall_trouble AS known
   WHERE (NOT (EXISTS ( SELECT
            FROM ((public.series
              JOIN public.series_latest latest ON ((series.id = latest.series_id)))
              JOIN public.wall_trouble_sign sign ON (((series.quantity = sign.quantity) AND (latest.value = sign.value))))
           WHERE ((series.asset_id = known.asset_id) AND (series.quantity = known.quantity)))));
 INSERT INTO public.wall_trouble (asset_id, quantity, since)  SELECT series.asset_id,
             series.quantity,
             latest."time"
            FROM ((public.wall_trouble_sign sign
              JOIN public.series ON ((sign.quantity = series.quantity)))
              JOIN public.series_latest latest ON (((series.id = latest.series_id) AND (latest.value = sign.value)))) ON CONFLICT DO NOTHING;
 INSERT INTO public.wall_gauge AS known (asset_id, before_at, before_m, hour_mm, day_mm)  SELECT asset.id,
             earlier.at,
             earlier.level_m,
             fallen.hour_mm,
             fallen.day_mm
            FROM (((((public.asset
              LEFT JOIN public.series of_level ON (((asset.id = of_level.asset_id) AND (of_level.quantity = 'water_level'::text))))
              LEFT JOIN public.series_latest latest ON ((of_level.id = latest.series_id)))
              LEFT JOIN public.series of_rain ON (((asset.id = of_rain.asset_id) AND (of_rain.quantity = 'rain_total'::text))))
              LEFT JOIN LATERAL wall.level_before(of_level.id, latest."time") earlier(at, level_m) ON (true))
              LEFT JOIN LATERAL wall.rain_before(of_rain.id) fallen(hour_mm, day_mm) ON ((of_rain.id IS NOT NULL)))
           WHERE ((asset.kind = 'river_gauge'::text) OR (of_rain.id IS NOT NULL)) ON CONFLICT(asset_id) DO UPDATE SET before_at = excluded.before_at, before_m = excluded.before_m, hour_mm = excluded.hour_mm, day_mm = excluded.day_mm
   WHERE ((((known.before_at IS DISTINCT FROM excluded.before_at) OR (known.before_m IS DISTINCT FROM excluded.before_m)) OR (known.hour_mm IS DISTINCT FROM excluded.hour_mm)) OR (known.day_mm IS DISTINCT FROM excluded.day_mm));
END;

CREATE TABLE public.wall_count (
    kind text NOT NULL,
    state text NOT NULL,
    n integer NOT NULL
);

COMMENT ON TABLE public.wall_count IS 'How many assets of a kind are in which state; boxes themselves as kind box_slot, sites as kind site.';

CREATE TABLE public.wall_site (
    site_id integer NOT NULL,
    state text NOT NULL,
    since timestamp with time zone NOT NULL,
    boxes integer NOT NULL,
    boxes_silent integer NOT NULL,
    assets integer NOT NULL,
    assets_ok integer NOT NULL,
    last_seen_at timestamp with time zone
)
WITH (fillfactor='70');

COMMENT ON TABLE public.wall_site IS 'State of each site at the last pulse.';

CREATE PROCEDURE public.wall_pulse_sites()
    LANGUAGE sql
    BEGIN ATOMIC
 INSERT INTO public.wall_site AS known (site_id, state, since, boxes, boxes_silent, assets, assets_ok, last_seen_at)  SELECT site.id,
                 CASE
                     WHEN (boxes.n IS NULL) THEN 'empty'::text
                     WHEN (boxes.n = boxes.silent) THEN 'silent'::text
                     WHEN ((boxes.silent > 0) OR (assets.silent > 0)) THEN 'degraded'::text
                     ELSE 'ok'::text
                 END AS "case",
             now() AS now,
             COALESCE(boxes.n, (0)::bigint) AS "coalesce",
             COALESCE(boxes.silent, (0)::bigint) AS "coalesce",
             COALESCE(assets.n, (0)::bigint) AS "coalesce",
             COALESCE(assets.ok, (0)::bigint) AS "coalesce",
             boxes.last_seen_at
            FROM ((public.site
              LEFT JOIN ( SELECT box.site_id,
                     count(*) AS n,
                     count(*) FILTER (WHERE (kept.state <> 'online'::text)) AS silent,
                     max(box.last_seen_at) AS last_seen_at
                    FROM (public.wall_box kept
                      JOIN public.box ON ((kept.box_id = box.id)))
                   GROUP BY box.site_id) boxes ON ((site.id = boxes.site_id)))
              LEFT JOIN ( SELECT asset.site_id,
                     count(*) AS n,
                     count(*) FILTER (WHERE (kept.state = 'ok'::text)) AS ok,
                     count(*) FILTER (WHERE (kept.state = ANY (ARRAY['silent'::text, 'never'::text]))) AS silent
                    FROM (public.wall_asset kept
                      JOIN public.asset ON ((kept.asset_id = asset.id)))
                   GROUP BY asset.site_id) assets ON ((site.id = assets.site_id))) ON CONFLICT(site_id) DO UPDATE SET since =
         CASE
             WHEN (known.state = excluded.state) THEN known.since
             ELSE excluded.since
         END, state = excluded.state, boxes = excluded.boxes, boxes_silent = excluded.boxes_silent, assets = excluded.assets, assets_ok = excluded.assets_ok, last_seen_at = excluded.last_seen_at
   WHERE (((((known.state IS DISTINCT FROM excluded.state) OR (known.boxes IS DISTINCT FROM excluded.boxes)) OR (known.boxes_silent IS DISTINCT FROM excluded.boxes_silent)) OR (known.assets IS DISTINCT FROM excluded.assets)) OR (known.assets_ok IS DISTINCT FROM excluded.assets_ok));
 INSERT INTO public.wall_count AS known (kind, state, n)  SELECT counted.kind,
             counted.state,
             sum(counted.n) AS sum
            FROM ( SELECT kept.kind,
                     kept.state,
                     count(*) AS n
                    FROM public.wall_asset kept
                   GROUP BY kept.kind, kept.state
                 UNION ALL
                  SELECT 'box_slot'::text,
                     kept.state,
                     count(*) AS count
                    FROM public.wall_box kept
                   GROUP BY kept.state
                 UNION ALL
                  SELECT 'site'::text,
                     kept.state,
                     count(*) AS count
                    FROM public.wall_site kept
                   GROUP BY kept.state
                 UNION ALL
                  SELECT gone.kind,
                     gone.state,
                     0
                    FROM public.wall_count gone) counted
           GROUP BY counted.kind, counted.state ON CONFLICT(kind, state) DO UPDATE SET n = excluded.n
   WHERE (known.n <> excluded.n);
END;

CREATE FUNCTION public.wib_instant(clock time without time zone, not_before timestamp with time zone) RETURNS timestamp with time zone
    LANGUAGE sql STABLE
    BEGIN ATOMIC
 SELECT
         CASE
             WHEN (candidate.at >= wib_instant.not_before) THEN candidate.at
             ELSE (candidate.at + '1 day'::interval)
         END AS "case"
    FROM ( SELECT ((((wib_instant.not_before AT TIME ZONE 'Asia/Jakarta'::text))::date + wib_instant.clock) AT TIME ZONE 'Asia/Jakarta'::text) AS at) candidate;
END;

CREATE FUNCTION wall.asset_truth() RETURNS TABLE(asset text, name text, kind text, site text, site_name text, district text, box text, state text, since timestamp with time zone, last_seen_at timestamp with time zone, age_s double precision)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    BEGIN ATOMIC
 SELECT seen.asset,
     seen.name,
     seen.kind,
     seen.site,
     seen.site_name,
     seen.district,
     seen.box,
     seen.state,
     NULL::timestamp with time zone AS timestamptz,
     seen.last_seen_at,
     seen.age_s
    FROM wall.asset_state seen;
END;

CREATE VIEW wall.site_state AS
 SELECT site.id AS site_id,
    site.code AS site,
    site.name,
    site.district,
    site.latitude,
    site.longitude,
    COALESCE(boxes.boxes, (0)::bigint) AS boxes,
    COALESCE(boxes.boxes_silent, (0)::bigint) AS boxes_silent,
    COALESCE(assets.assets, (0)::bigint) AS assets,
    COALESCE(assets.assets_ok, (0)::bigint) AS assets_ok,
    COALESCE(assets.assets_late, (0)::bigint) AS assets_late,
    COALESCE(assets.assets_silent, (0)::bigint) AS assets_silent,
    COALESCE(assets.assets_never, (0)::bigint) AS assets_never,
    GREATEST(boxes.last_seen_at, assets.last_seen_at) AS last_seen_at,
        CASE
            WHEN (boxes.boxes IS NULL) THEN 'empty'::text
            WHEN (boxes.boxes = boxes.boxes_silent) THEN 'silent'::text
            WHEN ((boxes.boxes_silent + COALESCE((assets.assets_silent + assets.assets_never), (0)::bigint)) > 0) THEN 'degraded'::text
            ELSE 'ok'::text
        END AS state
   FROM ((public.site
     LEFT JOIN ( SELECT box_state.site,
            count(*) AS boxes,
            count(*) FILTER (WHERE box_state.silent) AS boxes_silent,
            max(box_state.last_seen_at) AS last_seen_at
           FROM wall.box_state box_state
          GROUP BY box_state.site) boxes ON ((site.code = boxes.site)))
     LEFT JOIN ( SELECT asset_state.site,
            count(*) AS assets,
            count(*) FILTER (WHERE (asset_state.state = 'ok'::text)) AS assets_ok,
            count(*) FILTER (WHERE (asset_state.state = 'late'::text)) AS assets_late,
            count(*) FILTER (WHERE (asset_state.state = 'silent'::text)) AS assets_silent,
            count(*) FILTER (WHERE (asset_state.state = 'never'::text)) AS assets_never,
            max(asset_state.last_seen_at) AS last_seen_at
           FROM wall.asset_state asset_state
          GROUP BY asset_state.site) assets ON ((site.code = assets.site)));

COMMENT ON VIEW wall.site_state IS 'One row a site. state: ok, degraded (a box or asset silent), silent (every box silent), empty (no box).';

CREATE FUNCTION wall.count_truth() RETURNS TABLE(kind text, state text, n integer)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    BEGIN ATOMIC
 SELECT seen.kind,
     seen.state,
     (count(*))::integer AS count
    FROM wall.asset_state seen
   GROUP BY seen.kind, seen.state
 UNION ALL
  SELECT 'box_slot'::text,
     seen.state,
     (count(*))::integer AS count
    FROM wall.box_state seen
   GROUP BY seen.state
 UNION ALL
  SELECT 'site'::text,
     seen.state,
     (count(*))::integer AS count
    FROM wall.site_state seen
   GROUP BY seen.state;
END;

CREATE FUNCTION wall.level(from_at timestamp with time zone, to_at timestamp with time zone) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN ((to_at - from_at) <= '26:00:00'::interval) THEN '1m'::text WHEN ((to_at - from_at) <= '50 days'::interval) THEN '1h'::text ELSE '1d'::text END;

COMMENT ON FUNCTION wall.level(from_at timestamp with time zone, to_at timestamp with time zone) IS 'Level of rollup for a span of time: 1m, 1h or 1d.';

CREATE FUNCTION wall.level_of_hours(from_at timestamp with time zone, to_at timestamp with time zone) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN ((to_at - from_at) <= '8 days'::interval) THEN '1h'::text ELSE '1d'::text END;

COMMENT ON FUNCTION wall.level_of_hours(from_at timestamp with time zone, to_at timestamp with time zone) IS 'The same for what is kept by the hour and by the day only.';

CREATE FUNCTION wall.site_truth() RETURNS TABLE(site text, name text, district text, latitude double precision, longitude double precision, state text, boxes integer, boxes_silent integer, assets integer, assets_ok integer, last_seen_at timestamp with time zone)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    BEGIN ATOMIC
 SELECT seen.site,
     seen.name,
     seen.district,
     seen.latitude,
     seen.longitude,
     seen.state,
     (seen.boxes)::integer AS boxes,
     (seen.boxes_silent)::integer AS boxes_silent,
     (seen.assets)::integer AS assets,
     (seen.assets_ok)::integer AS assets_ok,
     seen.last_seen_at
    FROM wall.site_state seen;
END;

CREATE FUNCTION wall.slot(at timestamp with time zone, width_ms double precision) RETURNS timestamp with time zone
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN public.time_bucket(make_interval(secs => (GREATEST(width_ms, (1000)::double precision) / (1000)::double precision)), at, origin => '1999-12-31 17:00:00+00'::timestamp with time zone);

COMMENT ON FUNCTION wall.slot(at timestamp with time zone, width_ms double precision) IS 'The slot of a width in milliseconds that an instant falls into.';

ALTER TABLE public.account ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.account_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.account_identity (
    issuer text NOT NULL,
    subject text NOT NULL,
    account_id integer NOT NULL,
    is_managed boolean NOT NULL,
    linked_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT account_identity_subject_check CHECK ((subject <> ''::text))
);

COMMENT ON TABLE public.account_identity IS 'Whose account somebody of an OpenID provider is. By subject: a name there may be given to somebody else.';

COMMENT ON COLUMN public.account_identity.is_managed IS 'Made by a sign-in: name, role and agencies follow the provider''s claims. False: linked here, rights stay ours.';

CREATE TABLE public.announcement (
    id uuid NOT NULL,
    kind text NOT NULL,
    clip_id uuid,
    emergency boolean NOT NULL,
    times smallint DEFAULT 1 NOT NULL,
    requested_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    account text NOT NULL,
    role text NOT NULL,
    address text NOT NULL,
    reason text NOT NULL,
    request_id text NOT NULL,
    incident_id uuid,
    warning_id uuid,
    ended_at timestamp with time zone,
    CONSTRAINT announcement_check CHECK (((kind = 'voice'::text) OR (clip_id IS NOT NULL))),
    CONSTRAINT announcement_kind_check CHECK ((kind = ANY (ARRAY['clip'::text, 'voice'::text]))),
    CONSTRAINT announcement_reason_check CHECK ((reason <> ''::text)),
    CONSTRAINT announcement_times_check CHECK (((times >= 1) AND (times <= 5)))
);

COMMENT ON TABLE public.announcement IS 'What somebody had said over loudspeakers, and why. Of live voice clip_id is its recording, once it is over.';

CREATE TABLE public.announcement_clip (
    id uuid NOT NULL,
    name text NOT NULL,
    language text NOT NULL,
    origin text NOT NULL,
    text text DEFAULT ''::text NOT NULL,
    engine text DEFAULT ''::text NOT NULL,
    seconds double precision NOT NULL,
    level_db double precision NOT NULL,
    sha256 bytea NOT NULL,
    sound bytea,
    account text NOT NULL,
    address text NOT NULL,
    made_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    request_id text NOT NULL,
    retired_at timestamp with time zone,
    retired_by text,
    CONSTRAINT announcement_clip_language_check CHECK ((language = ANY (ARRAY['id'::text, 'jv'::text, 'mad'::text, 'en'::text]))),
    CONSTRAINT announcement_clip_name_check CHECK ((name <> ''::text)),
    CONSTRAINT announcement_clip_origin_check CHECK ((origin = ANY (ARRAY['recorded'::text, 'spoken'::text, 'voice'::text]))),
    CONSTRAINT announcement_clip_seconds_check CHECK ((seconds > (0)::double precision)),
    CONSTRAINT announcement_clip_sha256_check CHECK ((octet_length(sha256) = 32))
);

COMMENT ON TABLE public.announcement_clip IS 'Sound that can be or was announced: G.711 mu-law, 8 kHz, one channel. Of live voice it is the recording.';

COMMENT ON COLUMN public.announcement_clip.level_db IS 'Root mean square of its loud parts, dB of full scale.';

COMMENT ON COLUMN public.announcement_clip.sound IS 'NULL once it was forgotten, see announcement_keep: hash and length stay.';

CREATE TABLE public.announcement_keep (
    origin text NOT NULL,
    days double precision NOT NULL,
    CONSTRAINT announcement_keep_days_check CHECK ((days > (0)::double precision)),
    CONSTRAINT announcement_keep_origin_check CHECK ((origin = ANY (ARRAY['recorded'::text, 'spoken'::text, 'voice'::text])))
);

COMMENT ON TABLE public.announcement_keep IS 'How long sound is kept; recorded and spoken clips from when they were retired, live voice from when it was spoken.';

CREATE TABLE public.announcement_place (
    announcement_id uuid NOT NULL,
    request_id uuid NOT NULL
);

COMMENT ON TABLE public.announcement_place IS 'At which loudspeakers: each is a request to a box, and the box says what became of it.';

ALTER TABLE public.asset ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.asset_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

ALTER TABLE public.box ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.box_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.box_request (
    id uuid NOT NULL,
    action text NOT NULL,
    asset_id integer NOT NULL,
    box_id integer NOT NULL,
    requester text NOT NULL,
    role text NOT NULL,
    address text NOT NULL,
    reason text NOT NULL,
    request_id text NOT NULL,
    arguments jsonb NOT NULL,
    requested_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    sent_at timestamp with time zone,
    received boolean,
    CONSTRAINT box_request_action_check CHECK ((action ~ '^(camera|siren|announcement)\.[a-z_]+$'::text)),
    CONSTRAINT camera_request_reason_check CHECK ((reason <> ''::text))
);

COMMENT ON TABLE public.box_request IS 'What somebody asked a box for, once: a clip, a live view, a siren, an announcement. The id is the command''s.';

COMMENT ON COLUMN public.box_request.arguments IS 'Of the command. Its states are in command_result, its clip is evidence of an event.';

COMMENT ON COLUMN public.box_request.expires_at IS 'From then on the box must not begin with it.';

COMMENT ON COLUMN public.box_request.sent_at IS 'When the broker last had it.';

COMMENT ON COLUMN public.box_request.received IS 'False: the broker had nobody to give it to.';

CREATE TABLE public.city_stage (
    id bigint NOT NULL,
    stage smallint NOT NULL,
    at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    account text NOT NULL,
    address text NOT NULL,
    reason text NOT NULL,
    CONSTRAINT city_stage_reason_check CHECK ((reason <> ''::text)),
    CONSTRAINT city_stage_stage_check CHECK (((stage >= 1) AND (stage <= 5)))
);

COMMENT ON TABLE public.city_stage IS 'The stage of the regency, 1 (ordinary) to 5 (disaster), as a head of shift has set it. The newest row counts.';

ALTER TABLE public.city_stage ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.city_stage_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.claim (
    id bigint NOT NULL,
    box_id integer NOT NULL,
    hardware text NOT NULL,
    claimed_at timestamp with time zone NOT NULL,
    claimed_by text NOT NULL,
    ended_at timestamp with time zone,
    ended_by text,
    reason text,
    CONSTRAINT claim_check CHECK (((ended_at IS NULL) = (ended_by IS NULL))),
    CONSTRAINT claim_hardware_check CHECK ((hardware <> ''::text))
);

COMMENT ON TABLE public.claim IS 'Which computer stands, or stood, in which slot, and who put it there.';

CREATE TABLE public.claim_code (
    fingerprint bytea NOT NULL,
    box_id integer NOT NULL,
    issued_at timestamp with time zone DEFAULT now() NOT NULL,
    issued_by text NOT NULL,
    used_at timestamp with time zone,
    used_by text,
    CONSTRAINT claim_code_fingerprint_check CHECK ((octet_length(fingerprint) = 32))
);

COMMENT ON TABLE public.claim_code IS 'Codes printed on labels, each good for one claim of its box.';

COMMENT ON COLUMN public.claim_code.fingerprint IS 'SHA-256 of what the QR code says: the code itself is on the label only.';

ALTER TABLE public.claim ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.claim_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.clip_upload (
    box_id integer NOT NULL,
    event_id uuid NOT NULL,
    sha256 bytea NOT NULL,
    command_id uuid NOT NULL,
    bytes integer NOT NULL,
    taken integer DEFAULT 0 NOT NULL,
    grown_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT clip_upload_bytes_check CHECK ((bytes > 0)),
    CONSTRAINT clip_upload_sha256_check CHECK ((octet_length(sha256) = 32)),
    CONSTRAINT clip_upload_taken_check CHECK ((taken >= 0))
);

COMMENT ON TABLE public.clip_upload IS 'A part that is on its way. What has not grown for a day is deleted.';

COMMENT ON COLUMN public.clip_upload.taken IS 'How many of its bytes are here, from the first on.';

CREATE TABLE public.clip_upload_piece (
    box_id integer NOT NULL,
    event_id uuid NOT NULL,
    sha256 bytea NOT NULL,
    first integer NOT NULL,
    content bytea NOT NULL
);
ALTER TABLE ONLY public.clip_upload_piece ALTER COLUMN content SET STORAGE EXTERNAL;

COMMENT ON COLUMN public.clip_upload_piece.first IS 'Offset of its first byte.';

CREATE TABLE public.command_result (
    command_id uuid NOT NULL,
    state text NOT NULL,
    box_id integer NOT NULL,
    "time" timestamp with time zone NOT NULL,
    received_at timestamp with time zone DEFAULT now() NOT NULL,
    reason text,
    detail text
);

COMMENT ON TABLE public.command_result IS 'Each state of a command that its box has reported, once.';

CREATE TABLE public.contact (
    id integer NOT NULL,
    owner text NOT NULL,
    agency text,
    address text NOT NULL,
    language text DEFAULT 'id'::text NOT NULL,
    quiet_from time without time zone,
    quiet_to time without time zone,
    digest_s integer DEFAULT 0 NOT NULL,
    CONSTRAINT contact_address_check CHECK ((address <> ''::text)),
    CONSTRAINT contact_check CHECK (((quiet_from IS NULL) = (quiet_to IS NULL))),
    CONSTRAINT contact_digest_s_check CHECK (((digest_s >= 0) AND (digest_s <= 86400))),
    CONSTRAINT contact_language_check CHECK ((language = ANY (ARRAY['id'::text, 'en'::text]))),
    CONSTRAINT contact_owner_check CHECK ((owner ~ '^(account|role|crew):.+$'::text))
);

COMMENT ON TABLE public.contact IS 'A way to somebody, as the notifier''s library writes addresses. It holds a password or a key.';

COMMENT ON COLUMN public.contact.owner IS 'account:NAME, crew:NAME or role:ROLE, as in the roster.';

COMMENT ON COLUMN public.contact.agency IS 'Of a role: only of this agency''s incidents. NULL: of all.';

COMMENT ON COLUMN public.contact.quiet_from IS 'WIB. Between quiet_from and quiet_to only what is urgent is sent; the rest comes together afterwards.';

COMMENT ON COLUMN public.contact.digest_s IS 'What is not urgent is collected for so long and sent as one.';

ALTER TABLE public.contact ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.contact_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.corridor (
    id integer NOT NULL,
    name text NOT NULL,
    title text NOT NULL,
    CONSTRAINT corridor_name_check CHECK ((name ~ '^[a-z0-9]+(-[a-z0-9]+)*$'::text))
);

COMMENT ON TABLE public.corridor IS 'A road whose junctions may be leased together: a green wave, all or none.';

ALTER TABLE public.corridor ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.corridor_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.corridor_lease (
    id uuid NOT NULL,
    corridor_id integer NOT NULL,
    requester text NOT NULL,
    request_id text NOT NULL,
    reason text NOT NULL,
    extra_green_s integer NOT NULL,
    duration_s integer NOT NULL,
    state text NOT NULL,
    requested_at timestamp with time zone DEFAULT now() NOT NULL,
    changed_at timestamp with time zone DEFAULT now() NOT NULL,
    rule text,
    text_id text,
    text_en text,
    CONSTRAINT corridor_lease_state_check CHECK ((state = ANY (ARRAY['preparing'::text, 'committing'::text, 'confirmed'::text, 'ended'::text, 'refused'::text, 'failed'::text])))
);

CREATE TABLE public.crew (
    id integer NOT NULL,
    name text NOT NULL,
    agency text NOT NULL,
    skills text[] DEFAULT '{}'::text[] NOT NULL,
    shift_from time without time zone DEFAULT '00:00:00'::time without time zone NOT NULL,
    shift_to time without time zone DEFAULT '00:00:00'::time without time zone NOT NULL,
    on_duty boolean DEFAULT true NOT NULL,
    notify text,
    latitude double precision,
    longitude double precision,
    position_at timestamp with time zone,
    CONSTRAINT crew_latitude_check CHECK (((latitude >= ('-90'::integer)::double precision) AND (latitude <= (90)::double precision))),
    CONSTRAINT crew_longitude_check CHECK (((longitude >= ('-180'::integer)::double precision) AND (longitude <= (180)::double precision))),
    CONSTRAINT crew_name_check CHECK ((name <> ''::text))
);

COMMENT ON TABLE public.crew IS 'People who go there. The shift is in WIB; from and to alike: around the clock.';

COMMENT ON COLUMN public.crew.notify IS 'Where notifications go, as the notifier''s library writes addresses.';

ALTER TABLE public.crew ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.crew_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.crew_member (
    crew_id integer NOT NULL,
    account_id integer NOT NULL
);

CREATE TABLE public.delegation (
    account_id integer NOT NULL,
    authority text NOT NULL,
    granted_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT delegation_authority_check CHECK ((authority = 'province'::text))
);

COMMENT ON TABLE public.delegation IS 'Accounts that another authority lets retime its junctions. The regency''s need none.';

CREATE TABLE public.dispatch (
    id uuid NOT NULL,
    incident_id uuid NOT NULL,
    crew_id integer NOT NULL,
    ordered_by text NOT NULL,
    ordered_at timestamp with time zone DEFAULT now() NOT NULL,
    note text DEFAULT ''::text NOT NULL,
    accepted_at timestamp with time zone,
    on_way_at timestamp with time zone,
    arrived_at timestamp with time zone,
    done_at timestamp with time zone,
    declined_at timestamp with time zone,
    recalled_at timestamp with time zone,
    ended boolean GENERATED ALWAYS AS ((COALESCE(done_at, declined_at, recalled_at) IS NOT NULL)) STORED
);

COMMENT ON TABLE public.dispatch IS 'A crew sent to an incident. Instants of a crew are by its phone''s clock, never later than they came.';

CREATE TABLE public.district (
    code text NOT NULL,
    name text NOT NULL,
    CONSTRAINT district_code_check CHECK ((code ~ '^\d{2}\.\d{2}\.\d{2}$'::text))
);

COMMENT ON TABLE public.district IS 'The regency''s districts with the home ministry''s codes: the dimension that all modules share.';

CREATE TABLE public.earthquake (
    id text NOT NULL,
    at timestamp with time zone NOT NULL,
    received_at timestamp with time zone DEFAULT now() NOT NULL,
    magnitude double precision NOT NULL,
    depth_km double precision NOT NULL,
    latitude double precision NOT NULL,
    longitude double precision NOT NULL,
    distance_km double precision,
    place text NOT NULL,
    felt text DEFAULT ''::text NOT NULL,
    potential text DEFAULT ''::text NOT NULL,
    CONSTRAINT earthquake_latitude_check CHECK (((latitude >= ('-90'::integer)::double precision) AND (latitude <= (90)::double precision))),
    CONSTRAINT earthquake_longitude_check CHECK (((longitude >= ('-180'::integer)::double precision) AND (longitude <= (180)::double precision)))
);

COMMENT ON TABLE public.earthquake IS 'Source: BMKG, open earthquake data. distance_km: to the middle of the regency.';

CREATE TABLE public.event (
    id uuid NOT NULL,
    type text NOT NULL,
    source text NOT NULL,
    subject text,
    box_id integer NOT NULL,
    asset_id integer,
    "time" timestamp with time zone NOT NULL,
    received_at timestamp with time zone DEFAULT now() NOT NULL,
    severity text,
    payload jsonb,
    clock_suspect boolean DEFAULT false NOT NULL
);

COMMENT ON TABLE public.event IS 'Something a box noticed at an instant. The id is the CloudEvents id, a UUIDv7.';

COMMENT ON COLUMN public.event.clock_suspect IS 'The box''s clock was ahead: time is when the event was received, what the box said stands in payload.';

CREATE TABLE public.media (
    event_id uuid NOT NULL,
    "position" integer DEFAULT 0 NOT NULL,
    content_type text NOT NULL,
    sha256 bytea NOT NULL,
    content bytea NOT NULL,
    received_at timestamp with time zone DEFAULT now() NOT NULL,
    box_id integer NOT NULL,
    CONSTRAINT media_sha256_check CHECK ((octet_length(sha256) = 32))
);
ALTER TABLE ONLY public.media ALTER COLUMN content SET STORAGE EXTERNAL;

COMMENT ON TABLE public.media IS 'Evidence of an event. It may arrive before its event, so there is no foreign key.';

COMMENT ON COLUMN public.media.box_id IS 'Who sent it. Shown only with an event of the same box.';

CREATE VIEW public.evidence AS
 SELECT media.event_id,
    media.box_id,
    media.sha256,
    media.content_type,
    octet_length(media.content) AS bytes,
    COALESCE((array_position(string_to_array((event.payload #>> '{data,values,sha256}'::text[]), ' '::text), encode(media.sha256, 'hex'::text)) - 1), ((row_number() OVER (PARTITION BY media.event_id, media.box_id, media.content_type ORDER BY media."position", media.received_at, media.sha256))::integer - 1)) AS "position",
    media.received_at
   FROM (public.media
     JOIN public.event ON (((media.event_id = event.id) AND (media.box_id = event.box_id))));

COMMENT ON VIEW public.evidence IS 'Evidence of events without its content. position counts from 0: parts of a clip or film play in this order.';

CREATE TABLE public.feed (
    url text NOT NULL,
    etag text,
    last_modified text,
    asked_at timestamp with time zone NOT NULL,
    answered_at timestamp with time zone,
    changed_at timestamp with time zone,
    fault_id text,
    fault_en text
);

COMMENT ON TABLE public.feed IS 'What others publish and we read: when it last answered, and what is wrong with it.';

CREATE TABLE public.gauge_stage (
    asset_id integer NOT NULL,
    stage smallint NOT NULL,
    level_m double precision NOT NULL,
    CONSTRAINT gauge_stage_stage_check CHECK (((stage >= 1) AND (stage <= 3)))
);

COMMENT ON TABLE public.gauge_stage IS 'Siaga 3 is the first warning of a river gauge, Siaga 1 the last. The box has its own and sounds the siren by them.';

CREATE TABLE public.grafana_alert (
    id bigint NOT NULL,
    received_at timestamp with time zone DEFAULT now() NOT NULL,
    fingerprint text NOT NULL,
    status text NOT NULL,
    starts_at timestamp with time zone NOT NULL,
    ends_at timestamp with time zone,
    labels jsonb NOT NULL,
    annotations jsonb NOT NULL,
    CONSTRAINT grafana_alert_status_check CHECK ((status = ANY (ARRAY['firing'::text, 'resolved'::text])))
);

COMMENT ON TABLE public.grafana_alert IS 'What Grafana''s contact point has sent, once each; cloud/operations is to make incidents of it.';

ALTER TABLE public.grafana_alert ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.grafana_alert_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.incident (
    id uuid NOT NULL,
    number integer NOT NULL,
    kind text NOT NULL,
    key text NOT NULL,
    category text NOT NULL,
    agency text NOT NULL,
    severity text NOT NULL,
    priority smallint NOT NULL,
    title_id text NOT NULL,
    title_en text NOT NULL,
    detail_id text DEFAULT ''::text NOT NULL,
    detail_en text DEFAULT ''::text NOT NULL,
    site_id integer,
    box_id integer,
    asset_id integer,
    latitude double precision,
    longitude double precision,
    state text DEFAULT 'open'::text NOT NULL,
    happened_at timestamp with time zone NOT NULL,
    opened_at timestamp with time zone DEFAULT now() NOT NULL,
    changed_at timestamp with time zone DEFAULT now() NOT NULL,
    last_seen_at timestamp with time zone NOT NULL,
    condition_ended_at timestamp with time zone,
    owner text,
    resolved_by text,
    acknowledged_at timestamp with time zone,
    dispatched_at timestamp with time zone,
    on_site_at timestamp with time zone,
    resolved_at timestamp with time zone,
    closed_at timestamp with time zone,
    due_acknowledge_at timestamp with time zone,
    due_arrive_at timestamp with time zone,
    due_resolve_at timestamp with time zone,
    look_at timestamp with time zone,
    escalation smallint DEFAULT 0 NOT NULL,
    count integer DEFAULT 1 NOT NULL,
    reopened integer DEFAULT 0 NOT NULL,
    merged_into uuid,
    version integer DEFAULT 1 NOT NULL,
    CONSTRAINT incident_check CHECK (((state = 'merged'::text) = (merged_into IS NOT NULL))),
    CONSTRAINT incident_check1 CHECK (((state = ANY (ARRAY['closed'::text, 'cancelled'::text, 'merged'::text])) = (closed_at IS NOT NULL))),
    CONSTRAINT incident_count_check CHECK ((count > 0)),
    CONSTRAINT incident_escalation_check CHECK ((escalation >= 0)),
    CONSTRAINT incident_latitude_check CHECK (((latitude >= ('-90'::integer)::double precision) AND (latitude <= (90)::double precision))),
    CONSTRAINT incident_longitude_check CHECK (((longitude >= ('-180'::integer)::double precision) AND (longitude <= (180)::double precision))),
    CONSTRAINT incident_priority_check CHECK (((priority >= 1) AND (priority <= 4))),
    CONSTRAINT incident_severity_check CHECK ((severity = ANY (ARRAY['info'::text, 'minor'::text, 'major'::text, 'critical'::text]))),
    CONSTRAINT incident_state_check CHECK ((state = ANY (ARRAY['open'::text, 'acknowledged'::text, 'dispatched'::text, 'on_site'::text, 'resolved'::text, 'closed'::text, 'cancelled'::text, 'merged'::text])))
);

COMMENT ON TABLE public.incident IS 'Something the room must handle, from open to verified. closed: somebody else has verified it.';

COMMENT ON COLUMN public.incident.key IS 'What is wrong, and where: kind:scope. At most one incident of a key is open.';

COMMENT ON COLUMN public.incident.happened_at IS 'When it began, as far as known; opened_at is when the room was told.';

COMMENT ON COLUMN public.incident.condition_ended_at IS 'When the last of its sources said that it is over. NULL: it is not, or nobody can tell.';

COMMENT ON COLUMN public.incident.look_at IS 'When the engine has to look at its clocks again. NULL: no more.';

COMMENT ON COLUMN public.incident.version IS 'Grows with each change by a person, so that a form that is stale is noticed.';

ALTER TABLE public.incident_log ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.incident_log_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

ALTER TABLE public.incident ALTER COLUMN number ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.incident_number_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.incident_photo (
    id uuid NOT NULL,
    incident_id uuid NOT NULL,
    dispatch_id uuid,
    account text NOT NULL,
    taken_at timestamp with time zone NOT NULL,
    received_at timestamp with time zone DEFAULT now() NOT NULL,
    latitude double precision,
    longitude double precision,
    sent_sha256 bytea NOT NULL,
    sha256 bytea NOT NULL,
    content bytea NOT NULL,
    thumbnail bytea NOT NULL,
    CONSTRAINT incident_photo_latitude_check CHECK (((latitude >= ('-90'::integer)::double precision) AND (latitude <= (90)::double precision))),
    CONSTRAINT incident_photo_longitude_check CHECK (((longitude >= ('-180'::integer)::double precision) AND (longitude <= (180)::double precision))),
    CONSTRAINT incident_photo_sent_sha256_check CHECK ((octet_length(sent_sha256) = 32)),
    CONSTRAINT incident_photo_sha256_check CHECK ((octet_length(sha256) = 32))
);
ALTER TABLE ONLY public.incident_photo ALTER COLUMN content SET STORAGE EXTERNAL;
ALTER TABLE ONLY public.incident_photo ALTER COLUMN thumbnail SET STORAGE EXTERNAL;

COMMENT ON TABLE public.incident_photo IS 'What was photographed on the spot, as JPEG without its own notes; sent_sha256 is of what was sent.';

CREATE TABLE public.incident_source (
    source text NOT NULL,
    ref text NOT NULL,
    incident_id uuid NOT NULL,
    asset_id integer,
    at timestamp with time zone NOT NULL,
    received_at timestamp with time zone DEFAULT now() NOT NULL,
    ended_at timestamp with time zone,
    severity text NOT NULL,
    text_id text DEFAULT ''::text NOT NULL,
    text_en text DEFAULT ''::text NOT NULL,
    home_id uuid NOT NULL,
    key text NOT NULL,
    guest boolean DEFAULT false NOT NULL,
    CONSTRAINT incident_source_source_check CHECK ((source = ANY (ARRAY['event'::text, 'alert'::text, 'notice'::text, 'rule'::text, 'call'::text])))
);

COMMENT ON TABLE public.incident_source IS 'What an incident was made of, each once: events, alerts, rules, calls, notices.';

COMMENT ON COLUMN public.incident_source.home_id IS 'The incident that it came to; another than incident_id where that was merged since.';

COMMENT ON COLUMN public.incident_source.key IS 'What is wrong by itself, and where: another key than its incident''s where that explains it.';

COMMENT ON COLUMN public.incident_source.guest IS 'Its incident is of another key: it was merged, or explains it.';

CREATE TABLE public.indicator (
    id integer NOT NULL,
    module_id integer NOT NULL,
    name text NOT NULL,
    dimensions text[] NOT NULL
);

CREATE TABLE public.indicator_cell (
    id integer NOT NULL,
    indicator_id integer NOT NULL,
    keys text[] NOT NULL,
    seen_at timestamp with time zone DEFAULT now() NOT NULL
);

COMMENT ON TABLE public.indicator_cell IS 'One figure''s place: an indicator with a value for each of its dimensions, in their order.';

COMMENT ON COLUMN public.indicator_cell.seen_at IS 'When a source last said something of it, changed or not.';

ALTER TABLE public.indicator_cell ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.indicator_cell_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.indicator_held (
    id bigint NOT NULL,
    cell_id integer NOT NULL,
    true_at timestamp with time zone NOT NULL,
    value double precision NOT NULL,
    usual double precision NOT NULL,
    run_id bigint NOT NULL,
    decided_at timestamp with time zone,
    decided_by text,
    accepted boolean
);

COMMENT ON TABLE public.indicator_held IS 'Figures so far from the usual that a person must confirm them.';

ALTER TABLE public.indicator_held ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.indicator_held_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

ALTER TABLE public.indicator ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.indicator_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.indicator_value (
    cell_id integer NOT NULL,
    true_at timestamp with time zone NOT NULL,
    value double precision,
    known_from timestamp with time zone NOT NULL,
    known_until timestamp with time zone,
    run_id bigint NOT NULL,
    confirmed_by bigint
);

COMMENT ON TABLE public.indicator_value IS 'Bitemporal: true_at is the time that a figure is about, known_from to known_until the time in which it was the one shown.';

COMMENT ON COLUMN public.indicator_value.value IS 'NULL: kept back, for it would tell of too few people.';

COMMENT ON COLUMN public.indicator_value.confirmed_by IS 'The newest run that saw it unchanged while an earlier one still read: that one does not overwrite it. Mostly NULL.';

CREATE TABLE public.junction (
    site_id integer NOT NULL,
    controller_id integer NOT NULL,
    authority text NOT NULL,
    corridor_id integer,
    corridor_position integer,
    corridor_phase integer,
    CONSTRAINT junction_authority_check CHECK ((authority = ANY (ARRAY['regency'::text, 'province'::text]))),
    CONSTRAINT junction_check CHECK (((corridor_id IS NULL) = (corridor_phase IS NULL))),
    CONSTRAINT junction_check1 CHECK (((corridor_id IS NULL) = (corridor_position IS NULL))),
    CONSTRAINT junction_corridor_phase_check CHECK (((corridor_phase >= 1) AND (corridor_phase <= 16)))
);

COMMENT ON TABLE public.junction IS 'A site with a signal controller. authority: who may retime it.';

COMMENT ON COLUMN public.junction.corridor_phase IS 'The phase that a green wave along the corridor lengthens here.';

CREATE TABLE public.junction_limit (
    site_id integer NOT NULL,
    role text NOT NULL,
    extra_green_s integer NOT NULL,
    duration_s integer NOT NULL,
    CONSTRAINT junction_limit_duration_s_check CHECK ((duration_s > 0)),
    CONSTRAINT junction_limit_extra_green_s_check CHECK ((extra_green_s > 0)),
    CONSTRAINT junction_limit_role_check CHECK ((role = ANY (ARRAY['operator'::text, 'head_of_shift'::text, 'admin'::text])))
);

COMMENT ON TABLE public.junction_limit IS 'The most that a role may ask for. The box has limits of its own and judges again.';

CREATE VIEW public.junction_allowance AS
 SELECT junction_limit.site_id,
    junction_limit.role,
    junction_limit.extra_green_s,
    junction_limit.duration_s
   FROM public.junction_limit
UNION ALL
 SELECT most.site_id,
    'head_of_shift'::text AS role,
    most.extra_green_s,
    most.duration_s
   FROM public.junction_limit most
  WHERE ((most.role = 'operator'::text) AND (NOT (EXISTS ( SELECT 1
           FROM public.junction_limit own
          WHERE ((own.site_id = most.site_id) AND (own.role = 'head_of_shift'::text))))));

CREATE TABLE public.junction_phase (
    site_id integer NOT NULL,
    phase integer NOT NULL,
    name text NOT NULL,
    ring integer NOT NULL,
    barrier integer NOT NULL,
    saturation_per_h double precision NOT NULL,
    lost_s double precision NOT NULL,
    least_green_s double precision DEFAULT 7 NOT NULL,
    detectors text[] DEFAULT '{}'::text[] NOT NULL,
    CONSTRAINT junction_phase_barrier_check CHECK (((barrier >= 1) AND (barrier <= 8))),
    CONSTRAINT junction_phase_least_green_s_check CHECK ((least_green_s > (0)::double precision)),
    CONSTRAINT junction_phase_lost_s_check CHECK ((lost_s >= (0)::double precision)),
    CONSTRAINT junction_phase_phase_check CHECK (((phase >= 1) AND (phase <= 16))),
    CONSTRAINT junction_phase_ring_check CHECK (((ring >= 1) AND (ring <= 4))),
    CONSTRAINT junction_phase_saturation_per_h_check CHECK ((saturation_per_h > (0)::double precision))
);

COMMENT ON TABLE public.junction_phase IS 'What advice must know of a phase; its timing is read from the controller.';

COMMENT ON COLUMN public.junction_phase.least_green_s IS 'Below which advice takes nothing. The box knows the controller''s own.';

COMMENT ON COLUMN public.junction_phase.detectors IS 'Codes of the assets that count this phase''s approach.';

CREATE TABLE public.lease (
    id uuid NOT NULL,
    site_id integer NOT NULL,
    corridor_lease_id uuid,
    requester text NOT NULL,
    request_id text NOT NULL,
    role text NOT NULL,
    rank integer NOT NULL,
    phase integer NOT NULL,
    extra_green_s integer NOT NULL,
    duration_s integer NOT NULL,
    reason text NOT NULL,
    state text NOT NULL,
    requested_at timestamp with time zone DEFAULT now() NOT NULL,
    confirm_by timestamp with time zone NOT NULL,
    accepted_at timestamp with time zone,
    applied_at timestamp with time zone,
    confirmed_at timestamp with time zone,
    ends_at timestamp with time zone,
    ended_at timestamp with time zone,
    reverted_at timestamp with time zone,
    end_reason text,
    rule text,
    text_id text,
    text_en text,
    withdrawn_by text,
    CONSTRAINT lease_duration_s_check CHECK ((duration_s > 0)),
    CONSTRAINT lease_extra_green_s_check CHECK ((extra_green_s > 0)),
    CONSTRAINT lease_reason_check CHECK ((reason <> ''::text)),
    CONSTRAINT lease_state_check CHECK ((state = ANY (ARRAY['requested'::text, 'sent'::text, 'accepted'::text, 'applied'::text, 'confirmed'::text, 'ended'::text, 'reverted'::text, 'refused'::text, 'failed'::text, 'expired'::text])))
);

COMMENT ON TABLE public.lease IS 'A bounded, expiring change of a junction''s timing. It ends by itself.';

COMMENT ON COLUMN public.lease.confirm_by IS 'When the request has failed if the box has not read the controller back.';

COMMENT ON COLUMN public.lease.ends_at IS 'When it runs out, counted from its confirmation.';

COMMENT ON COLUMN public.lease.rule IS 'The rule by which it was refused or failed; its sentences in text_id and text_en.';

CREATE TABLE public.lease_command (
    id uuid NOT NULL,
    lease_id uuid NOT NULL,
    action text NOT NULL,
    actor text NOT NULL,
    arguments jsonb NOT NULL,
    issued_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    sent_at timestamp with time zone,
    received boolean,
    CONSTRAINT lease_command_action_check CHECK ((action = ANY (ARRAY['signal.lease.request'::text, 'signal.lease.commit'::text, 'signal.lease.withdraw'::text])))
);

COMMENT ON TABLE public.lease_command IS 'What is to be sent to boxes: written with its cause, sent after that is committed.';

COMMENT ON COLUMN public.lease_command.sent_at IS 'When the broker had it.';

COMMENT ON COLUMN public.lease_command.received IS 'False: the broker had nobody to give it to.';

CREATE TABLE public.lease_log (
    id bigint NOT NULL,
    lease_id uuid NOT NULL,
    at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    state text NOT NULL,
    source text NOT NULL,
    origin text,
    box_time timestamp with time zone,
    actor text,
    rule text,
    text_id text,
    text_en text,
    CONSTRAINT lease_log_source_check CHECK ((source = ANY (ARRAY['room'::text, 'box'::text, 'watchdog'::text])))
);

COMMENT ON TABLE public.lease_log IS 'Append-only: everything that was said of a lease, by whom, when.';

COMMENT ON COLUMN public.lease_log.origin IS 'The event or result that a line came from, so that it is written once.';

ALTER TABLE public.lease_log ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.lease_log_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.loudspeaker (
    asset_id integer NOT NULL,
    agency text DEFAULT 'transport'::text NOT NULL,
    CONSTRAINT loudspeaker_agency_check CHECK ((agency = ANY (ARRAY['transport'::text, 'disaster'::text, 'public_order'::text, 'health'::text, '112'::text, 'platform'::text])))
);

COMMENT ON TABLE public.loudspeaker IS 'Whose loudspeakers are, where they are not the transport agency''s. Which there are: assets of that kind.';

CREATE TABLE public.media_day (
    box_id integer NOT NULL,
    day date NOT NULL,
    bytes bigint NOT NULL
);

COMMENT ON TABLE public.media_day IS 'Bytes of evidence that each box has had stored on each day in Pasuruan (+07).';

CREATE TABLE public.module (
    id integer NOT NULL,
    name text NOT NULL,
    manifest jsonb NOT NULL,
    active boolean DEFAULT true NOT NULL,
    loaded_at timestamp with time zone DEFAULT now() NOT NULL,
    visited jsonb DEFAULT '{}'::jsonb NOT NULL
);

COMMENT ON COLUMN public.module.active IS 'False when its folder is gone; its figures stay.';

COMMENT ON COLUMN public.module.visited IS 'What the source said of the version it gave last: ETag, Last-Modified, hash.';

CREATE TABLE public.module_draft (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    module_id integer NOT NULL,
    actor text NOT NULL,
    made_at timestamp with time zone DEFAULT now() NOT NULL,
    report jsonb NOT NULL,
    shown text DEFAULT ''::text NOT NULL
);

COMMENT ON TABLE public.module_draft IS 'An upload that was read and not yet confirmed. The file itself is never kept: what could not be stored must not be here.';

COMMENT ON COLUMN public.module_draft.shown IS 'SHA-256 of the changes that its maker was shown: they are made as they were shown, or not at all.';

CREATE TABLE public.module_draft_figure (
    draft_id uuid NOT NULL,
    indicator text NOT NULL,
    keys text[] NOT NULL,
    true_at timestamp with time zone NOT NULL,
    value double precision
);

ALTER TABLE public.module ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.module_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.module_run (
    id bigint NOT NULL,
    module_id integer NOT NULL,
    due_at timestamp with time zone,
    started_at timestamp with time zone DEFAULT now() NOT NULL,
    ended_at timestamp with time zone,
    cause text NOT NULL,
    actor text,
    state text DEFAULT 'running'::text NOT NULL,
    rows bigint DEFAULT 0 NOT NULL,
    figures bigint DEFAULT 0 NOT NULL,
    changed bigint DEFAULT 0 NOT NULL,
    rejected bigint DEFAULT 0 NOT NULL,
    held bigint DEFAULT 0 NOT NULL,
    kept_back bigint DEFAULT 0 NOT NULL,
    fault_id text,
    fault_en text,
    CONSTRAINT module_run_cause_check CHECK ((cause = ANY (ARRAY['schedule'::text, 'person'::text, 'push'::text, 'upload'::text, 'folder'::text, 'held'::text, 'backfill'::text]))),
    CONSTRAINT module_run_state_check CHECK ((state = ANY (ARRAY['running'::text, 'done'::text, 'unchanged'::text, 'failed'::text])))
);

ALTER TABLE public.module_run ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.module_run_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.module_run_line (
    run_id bigint NOT NULL,
    reason text NOT NULL,
    detail_id text NOT NULL,
    detail_en text NOT NULL,
    first_row bigint,
    count bigint DEFAULT 1 NOT NULL
);

COMMENT ON TABLE public.module_run_line IS 'What a run left out and why; never the value itself where it may be somebody''s.';

CREATE TABLE public.module_token (
    id text NOT NULL,
    module_id integer NOT NULL,
    hash bytea NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    created_by text NOT NULL,
    last_used_at timestamp with time zone,
    revoked_at timestamp with time zone
);

COMMENT ON TABLE public.module_token IS 'With what a service pushes its figures: 256 random bits, of which only the SHA-256 is kept.';

CREATE TABLE public.notification (
    id bigint NOT NULL,
    log_id bigint NOT NULL,
    incident_id uuid NOT NULL,
    owner text NOT NULL,
    address text NOT NULL,
    language text NOT NULL,
    urgent boolean NOT NULL,
    made_at timestamp with time zone DEFAULT now() NOT NULL,
    next_at timestamp with time zone NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    sent_at timestamp with time zone,
    dead_at timestamp with time zone,
    fault text
);

COMMENT ON TABLE public.notification IS 'One line of an incident''s log for one way to somebody. Neither sent_at nor dead_at: still to be sent.';

ALTER TABLE public.notification ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.notification_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.operations_inbox (
    id bigint NOT NULL,
    source text NOT NULL,
    ref text NOT NULL,
    content jsonb,
    at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT operations_inbox_check CHECK (((source = 'notice'::text) = (content IS NOT NULL))),
    CONSTRAINT operations_inbox_ref_check CHECK ((ref <> ''::text)),
    CONSTRAINT operations_inbox_source_check CHECK ((source = ANY (ARRAY['event'::text, 'alert'::text, 'notice'::text])))
);

COMMENT ON TABLE public.operations_inbox IS 'What the engine has not yet looked at. Written in the transaction of its cause, deleted in that of its incident.';

COMMENT ON COLUMN public.operations_inbox.ref IS 'Of an event or an alert its id; of a notice a name by which it is known again.';

ALTER TABLE public.operations_inbox ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.operations_inbox_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.operations_pulse (
    id boolean DEFAULT true NOT NULL,
    at timestamp with time zone NOT NULL,
    look_ms double precision NOT NULL,
    CONSTRAINT operations_pulse_id_check CHECK (id)
);

COMMENT ON TABLE public.operations_pulse IS 'When the engine last looked at its rules, and how long that took.';

CREATE TABLE public.operations_refused (
    id bigint NOT NULL,
    at timestamp with time zone DEFAULT now() NOT NULL,
    source text NOT NULL,
    ref text NOT NULL,
    content jsonb,
    reason text NOT NULL
);

COMMENT ON TABLE public.operations_refused IS 'What the engine could make nothing of: laid aside, so that the rest goes on.';

ALTER TABLE public.operations_refused ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.operations_refused_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.rejected_message (
    id bigint NOT NULL,
    received_at timestamp with time zone DEFAULT now() NOT NULL,
    box text,
    topic text NOT NULL,
    reason text NOT NULL,
    detail text,
    count integer DEFAULT 1 NOT NULL,
    payload bytea,
    CONSTRAINT rejected_message_count_check CHECK ((count > 0)),
    CONSTRAINT rejected_message_payload_check CHECK ((octet_length(payload) <= 65536))
);

COMMENT ON TABLE public.rejected_message IS 'What was refused and why, with at most 64 KiB of what was sent.';

COMMENT ON COLUMN public.rejected_message.count IS 'How many messages or records this row stands for.';

ALTER TABLE public.rejected_message ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.rejected_message_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.river_reach (
    upstream_id integer NOT NULL,
    downstream_id integer NOT NULL,
    travel_s double precision NOT NULL,
    CONSTRAINT river_reach_check CHECK ((upstream_id <> downstream_id)),
    CONSTRAINT river_reach_travel_s_check CHECK ((travel_s > (0)::double precision))
);

COMMENT ON TABLE public.river_reach IS 'How long a rise takes from one gauge to the next one down the river.';

CREATE TABLE public.role_right (
    role text NOT NULL,
    action text NOT NULL,
    CONSTRAINT role_right_action_check CHECK ((action ~ '^[a-z]+\.[a-z]+$'::text))
);

COMMENT ON TABLE public.role_right IS 'Who may order what. A row more or less changes it; no program is changed.';

CREATE TABLE public.rollup_late (
    hour timestamp with time zone NOT NULL,
    series_ids integer[] NOT NULL
);

COMMENT ON TABLE public.rollup_late IS 'A queue: hours whose rollups must be made again for these series.';

CREATE TABLE public.rollup_state (
    id boolean DEFAULT true NOT NULL,
    complete_until timestamp with time zone NOT NULL,
    minutes_until timestamp with time zone NOT NULL,
    hours_until timestamp with time zone NOT NULL,
    days_until timestamp with time zone NOT NULL,
    raw_from timestamp with time zone DEFAULT '1970-01-01 00:00:00+00'::timestamp with time zone NOT NULL,
    minutes_from timestamp with time zone DEFAULT '1970-01-01 00:00:00+00'::timestamp with time zone NOT NULL,
    hours_from timestamp with time zone DEFAULT '1970-01-01 00:00:00+00'::timestamp with time zone NOT NULL,
    CONSTRAINT rollup_state_id_check CHECK (id)
);

COMMENT ON COLUMN public.rollup_state.complete_until IS 'A sample below this instant that is written now is late.';

COMMENT ON COLUMN public.rollup_state.minutes_until IS 'sample_1m holds everything below, but what rollup_late names.';

COMMENT ON COLUMN public.rollup_state.hours_until IS 'sample_1h was made from all minutes below.';

COMMENT ON COLUMN public.rollup_state.days_until IS 'sample_1d was made from all hours below.';

ALTER TABLE public.roster ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.roster_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.rule_state (
    rule text NOT NULL,
    subject text NOT NULL,
    since timestamp with time zone NOT NULL,
    active boolean DEFAULT false NOT NULL,
    told_as text
);

COMMENT ON TABLE public.rule_state IS 'Rules that hold, or have begun to. since: of the state it is in. told_as: the source that was made of it.';

CREATE TABLE public.sample (
    "time" timestamp with time zone NOT NULL,
    value double precision NOT NULL,
    series_id integer NOT NULL
);

COMMENT ON TABLE public.sample IS 'Numbers and truth values (0 or 1), as measured. Identity: (series_id, time).';

CREATE TABLE public.sample_1d (
    bucket timestamp with time zone NOT NULL,
    series_id integer NOT NULL,
    n bigint NOT NULL,
    min double precision NOT NULL,
    max double precision NOT NULL,
    sum double precision NOT NULL,
    last double precision NOT NULL
);

CREATE TABLE public.sample_text (
    "time" timestamp with time zone NOT NULL,
    series_id integer NOT NULL,
    value text NOT NULL
);

COMMENT ON TABLE public.sample_text IS 'Words, such as the name of a signal plan. Never rolled up.';

CREATE TABLE public.schema_migration (
    name text NOT NULL,
    checksum text NOT NULL,
    applied_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE public.series ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.series_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.session (
    id_hash bytea NOT NULL,
    account_id integer NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    seen_at timestamp with time zone DEFAULT now() NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    address text NOT NULL,
    browser text DEFAULT ''::text NOT NULL,
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    idle interval,
    device bytea,
    issuer text,
    subject text,
    provider_session text,
    attempt bytea,
    CONSTRAINT session_attempt_check CHECK ((octet_length(attempt) = 32)),
    CONSTRAINT session_device_check CHECK ((octet_length(device) = 32)),
    CONSTRAINT session_id_hash_check CHECK ((octet_length(id_hash) = 32))
);

COMMENT ON TABLE public.session IS 'Who is signed in. id_hash is the SHA-256 of the cookie: the cookie itself is in the browser only.';

COMMENT ON COLUMN public.session.id IS 'By which its holder names it, to end it. It opens nothing.';

COMMENT ON COLUMN public.session.idle IS 'After which it is over where nobody asks; NULL: as the API''s setting says. Longer on a phone that stays signed in.';

COMMENT ON COLUMN public.session.device IS 'SHA-256 of the browser''s own cookie: where an account has signed in before, others'' guesses do not hold it up.';

COMMENT ON COLUMN public.session.issuer IS 'Of the OpenID provider that vouched, with its subject and its own session''s id; NULL: signed in with a password.';

COMMENT ON COLUMN public.session.attempt IS 'SHA-256 of the nonce of the way through the provider: of one way comes one session.';

CREATE TABLE public.shelf (
    id bigint NOT NULL,
    key text NOT NULL,
    until timestamp with time zone NOT NULL,
    author text NOT NULL,
    reason text NOT NULL,
    at timestamp with time zone DEFAULT now() NOT NULL,
    count integer DEFAULT 0 NOT NULL,
    ended_at timestamp with time zone,
    ended_by text,
    CONSTRAINT shelf_reason_check CHECK ((reason <> ''::text))
);

COMMENT ON TABLE public.shelf IS 'Keys that make no incident for a while: who wants that, why, until when, and how often they would have.';

ALTER TABLE public.shelf ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.shelf_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.shelf_source (
    shelf_id bigint NOT NULL,
    source text NOT NULL,
    ref text NOT NULL,
    content jsonb,
    at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone
);

COMMENT ON TABLE public.shelf_source IS 'What came for a shelved key. What has not ended by then is looked at again when the shelf ends.';

CREATE UNLOGGED TABLE public.sign_in_wrong (
    key bytea NOT NULL,
    level real NOT NULL,
    at timestamp with time zone NOT NULL,
    CONSTRAINT sign_in_wrong_key_check CHECK ((octet_length(key) = 32))
);

COMMENT ON TABLE public.sign_in_wrong IS 'Leaky buckets of wrong guesses, of addresses, accounts and devices: key is a SHA-256. Empty ones are deleted.';

ALTER TABLE public.site ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.site_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.token (
    id text NOT NULL,
    account_id integer NOT NULL,
    hash text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    expires_at timestamp with time zone,
    last_used_at timestamp with time zone
);

COMMENT ON COLUMN public.token.hash IS 'argon2 of the secret. The token itself, sl_<id>_<secret>, is shown once.';

CREATE TABLE public.total_1d (
    site_id integer NOT NULL,
    kind text NOT NULL,
    quantity text NOT NULL,
    bucket timestamp with time zone NOT NULL,
    series integer NOT NULL,
    total double precision NOT NULL,
    "least" double precision NOT NULL,
    most double precision NOT NULL
);

COMMENT ON TABLE public.total_1d IS 'Total of the means of a day in Pasuruan (+07), from sample_1d.';

CREATE TABLE public.total_1h (
    site_id integer NOT NULL,
    kind text NOT NULL,
    quantity text NOT NULL,
    bucket timestamp with time zone NOT NULL,
    series integer NOT NULL,
    total double precision NOT NULL,
    "least" double precision NOT NULL,
    most double precision NOT NULL
);

COMMENT ON TABLE public.total_1h IS 'Total of the means of an hour, from sample_1h; made again where samples came late.';

CREATE TABLE public.total_late (
    hour timestamp with time zone NOT NULL
);

COMMENT ON TABLE public.total_late IS 'Hours whose totals must be made again, because their rollups were.';

CREATE TABLE public.total_state (
    id boolean DEFAULT true NOT NULL,
    hours_until timestamp with time zone NOT NULL,
    days_until timestamp with time zone NOT NULL,
    CONSTRAINT total_state_id_check CHECK (id)
);

COMMENT ON TABLE public.total_state IS 'Below these instants total_1h and total_1d are made, but what total_late names.';

CREATE TABLE public.visit (
    id uuid NOT NULL,
    box_id integer NOT NULL,
    account text NOT NULL,
    received_at timestamp with time zone DEFAULT now() NOT NULL
);

COMMENT ON TABLE public.visit IS 'A crew at a box. The id is made on the phone, without network.';

CREATE TABLE public.visit_piece (
    id uuid NOT NULL,
    visit_id uuid NOT NULL,
    kind text NOT NULL,
    at timestamp with time zone NOT NULL,
    received_at timestamp with time zone DEFAULT now() NOT NULL,
    content jsonb NOT NULL,
    photo bytea,
    rule text,
    text_id text,
    text_en text,
    account text NOT NULL,
    CONSTRAINT visit_piece_kind_check CHECK ((kind = ANY (ARRAY['claim'::text, 'position'::text, 'exercise'::text, 'note'::text, 'photo'::text, 'command'::text, 'done'::text])))
);
ALTER TABLE ONLY public.visit_piece ALTER COLUMN photo SET STORAGE EXTERNAL;

COMMENT ON TABLE public.visit_piece IS 'One thing that a crew did or noted. Sent twice, it is stored once: the id is made on the phone.';

COMMENT ON COLUMN public.visit_piece.at IS 'By the phone''s clock.';

COMMENT ON COLUMN public.visit_piece.rule IS 'Why it was refused; NULL: it was taken.';

COMMENT ON COLUMN public.visit_piece.account IS 'Who sent it; the visit has the account that began it.';

CREATE TABLE public.wall_incident_day (
    day date NOT NULL,
    category text NOT NULL,
    opened integer NOT NULL,
    verified integer NOT NULL,
    late integer NOT NULL,
    acknowledge_s double precision NOT NULL,
    acknowledged integer NOT NULL,
    arrive_s double precision NOT NULL,
    arrived integer NOT NULL,
    resolve_s double precision NOT NULL,
    resolved integer NOT NULL
);

COMMENT ON TABLE public.wall_incident_day IS 'Incidents by the day (WIB) of their opening, made with the totals: seconds of all steps together, and of how many.';

CREATE TABLE public.wall_junction (
    site_id integer NOT NULL,
    split_failures double precision NOT NULL
);

COMMENT ON TABLE public.wall_junction IS 'Split failures of the last 24 hours, made with the totals of hours.';

CREATE TABLE public.wall_relation (
    relation text NOT NULL,
    bytes double precision NOT NULL,
    chunks integer
);

COMMENT ON TABLE public.wall_relation IS 'Bytes of the hypertables, and of the whole database as relation *, made with the totals.';

CREATE TABLE public.warning (
    id uuid NOT NULL,
    source text NOT NULL,
    sender text NOT NULL,
    identifier text NOT NULL,
    sent_at timestamp with time zone NOT NULL,
    received_at timestamp with time zone DEFAULT now() NOT NULL,
    status text NOT NULL,
    message_type text NOT NULL,
    scope text NOT NULL,
    severity text,
    urgency text,
    certainty text,
    event_id text DEFAULT ''::text NOT NULL,
    event_en text DEFAULT ''::text NOT NULL,
    headline_id text DEFAULT ''::text NOT NULL,
    headline_en text DEFAULT ''::text NOT NULL,
    description_id text DEFAULT ''::text NOT NULL,
    description_en text DEFAULT ''::text NOT NULL,
    instruction_id text DEFAULT ''::text NOT NULL,
    instruction_en text DEFAULT ''::text NOT NULL,
    area text DEFAULT ''::text NOT NULL,
    geometry jsonb,
    web text DEFAULT ''::text NOT NULL,
    effective_at timestamp with time zone,
    onset_at timestamp with time zone,
    expires_at timestamp with time zone,
    superseded_by uuid,
    end_told boolean DEFAULT false NOT NULL,
    account text,
    reason text,
    request_id text,
    document bytea NOT NULL,
    CONSTRAINT warning_check CHECK (((source = 'regency'::text) = (account IS NOT NULL))),
    CONSTRAINT warning_message_type_check CHECK ((message_type = ANY (ARRAY['Alert'::text, 'Update'::text, 'Cancel'::text, 'Ack'::text, 'Error'::text]))),
    CONSTRAINT warning_scope_check CHECK ((scope = ANY (ARRAY['Public'::text, 'Restricted'::text, 'Private'::text]))),
    CONSTRAINT warning_source_check CHECK ((source = ANY (ARRAY['regency'::text, 'bmkg'::text]))),
    CONSTRAINT warning_status_check CHECK ((status = ANY (ARRAY['Actual'::text, 'Exercise'::text, 'System'::text, 'Test'::text, 'Draft'::text])))
);

COMMENT ON TABLE public.warning IS 'Messages of the Common Alerting Protocol 1.2: ours (source regency) and those of others.';

COMMENT ON COLUMN public.warning.geometry IS 'GeoJSON MultiPolygon, longitude before latitude.';

COMMENT ON COLUMN public.warning.superseded_by IS 'The later message of the same matter: an Update, or the Cancel that ended it.';

COMMENT ON COLUMN public.warning.end_told IS 'Of others'': whether the room was told that it is over.';

COMMENT ON COLUMN public.warning.document IS 'The XML exactly as it was issued or received.';

CREATE VIEW wall.pulse AS
 SELECT pulse.at,
    (EXTRACT(epoch FROM (now() - pulse.at)))::double precision AS age_s,
    pulse.took_ms,
    COALESCE((pulse.at > (now() - '00:00:30'::interval)), false) AS is_fresh
   FROM (( SELECT true AS id) always
     LEFT JOIN public.wall_pulse pulse ON ((always.id = pulse.id)));

COMMENT ON VIEW wall.pulse IS 'One row, always: when the figures of the wall were last brought up to date. NULL: never.';

CREATE VIEW wall.gauge AS
 SELECT asset.code AS gauge,
    asset.name,
    site.code AS site,
    site.name AS site_name,
    site.district,
    site.latitude,
    site.longitude,
    latest."time" AS level_at,
    (EXTRACT(epoch FROM (now() - latest."time")))::double precision AS age_s,
    judged.liveness,
    latest.value AS level_m,
    (((latest.value - before.level_m) * (3600)::double precision) / (EXTRACT(epoch FROM (latest."time" - before.at)))::double precision) AS rate_m_h,
    reached.stage,
    next_up.stage AS next_stage,
    next_up.level_m AS next_level_m,
        CASE
            WHEN ((((latest.value - before.level_m) * (3600)::double precision) / (EXTRACT(epoch FROM (latest."time" - before.at)))::double precision) > (0.02)::double precision) THEN (((next_up.level_m - latest.value) * (EXTRACT(epoch FROM (latest."time" - before.at)))::double precision) / (latest.value - before.level_m))
            ELSE NULL::double precision
        END AS lead_s,
    stages.siaga_3_m,
    stages.siaga_2_m,
    stages.siaga_1_m,
        CASE
            WHEN ((judged.liveness = ANY (ARRAY['silent'::text, 'never'::text])) OR (latest.value IS NULL)) THEN NULL::integer
            ELSE (4 - COALESCE((reached.stage)::integer, 4))
        END AS severity
   FROM ((((((((public.asset
     LEFT JOIN public.site ON ((asset.site_id = site.id)))
     LEFT JOIN public.series ON (((asset.id = series.asset_id) AND (series.quantity = 'water_level'::text))))
     LEFT JOIN public.series_latest latest ON ((series.id = latest.series_id)))
     CROSS JOIN LATERAL ( SELECT
                CASE
                    WHEN (latest."time" IS NULL) THEN 'never'::text
                    WHEN (LEAST(latest."time", latest.received_at) > (now() - ((((2)::double precision * COALESCE(asset.expected_interval_s, (300)::double precision)) + (5)::double precision) * '00:00:01'::interval))) THEN 'ok'::text
                    WHEN (LEAST(latest."time", latest.received_at) > (now() - ((((4)::double precision * COALESCE(asset.expected_interval_s, (300)::double precision)) + (5)::double precision) * '00:00:01'::interval))) THEN 'late'::text
                    ELSE 'silent'::text
                END AS liveness) judged)
     LEFT JOIN LATERAL ( SELECT kept.before_at AS at,
            kept.before_m AS level_m
           FROM public.wall_gauge kept
          WHERE ((kept.asset_id = asset.id) AND ( SELECT pulse.is_fresh
                   FROM wall.pulse pulse))
        UNION ALL
         SELECT earlier.at,
            earlier.level_m
           FROM wall.level_before(series.id, latest."time") earlier(at, level_m)
          WHERE (NOT ( SELECT pulse.is_fresh
                   FROM wall.pulse pulse))) before ON (true))
     LEFT JOIN LATERAL ( SELECT min(marks.stage) AS stage
           FROM public.gauge_stage marks
          WHERE ((marks.asset_id = asset.id) AND (marks.level_m <= latest.value))) reached ON (true))
     LEFT JOIN LATERAL ( SELECT marks.stage,
            marks.level_m
           FROM public.gauge_stage marks
          WHERE ((marks.asset_id = asset.id) AND (marks.level_m > latest.value))
          ORDER BY marks.level_m
         LIMIT 1) next_up ON (true))
     LEFT JOIN LATERAL ( SELECT max(marks.level_m) FILTER (WHERE (marks.stage = 3)) AS siaga_3_m,
            max(marks.level_m) FILTER (WHERE (marks.stage = 2)) AS siaga_2_m,
            max(marks.level_m) FILTER (WHERE (marks.stage = 1)) AS siaga_1_m
           FROM public.gauge_stage marks
          WHERE (marks.asset_id = asset.id)) stages ON (true))
  WHERE (asset.kind = 'river_gauge'::text);

COMMENT ON VIEW wall.gauge IS 'One row a river gauge, always. stage: the Siaga it has reached (3 first, 1 last); severity 0 to 3, NULL where nobody knows. lead_s: until the next stage at the rate of the last 20 minutes or more.';

CREATE VIEW wall.alarm_gauge AS
 SELECT gauge,
    site,
    district,
    COALESCE(
        CASE severity
            WHEN 0 THEN GREATEST((0)::double precision, ((1)::double precision - (siaga_3_m - level_m)))
            WHEN 1 THEN ((1)::double precision + ((level_m - siaga_3_m) / NULLIF((siaga_2_m - siaga_3_m), (0)::double precision)))
            WHEN 2 THEN ((2)::double precision + ((level_m - siaga_2_m) / NULLIF((siaga_1_m - siaga_2_m), (0)::double precision)))
            WHEN 3 THEN (3)::double precision
            ELSE NULL::double precision
        END, (severity)::double precision, (0)::double precision) AS value
   FROM wall.gauge kept;

COMMENT ON VIEW wall.alarm_gauge IS 'One row a river gauge: 1, 2, 3 at Siaga 3, 2, 1, and the way between.';

CREATE VIEW wall.alarm_ingest AS
 SELECT 'ingest'::text AS job,
    (COALESCE(EXTRACT(epoch FROM (now() - max(last_seen_at))), '1000000000'::numeric))::double precision AS value
   FROM public.box;

COMMENT ON VIEW wall.alarm_ingest IS 'One row: seconds since anything of any box was stored.';

CREATE VIEW wall.operations AS
 SELECT (( SELECT EXTRACT(epoch FROM (now() - pulse.at)) AS "extract"
           FROM public.operations_pulse pulse))::double precision AS age_s,
    ( SELECT pulse.look_ms
           FROM public.operations_pulse pulse) AS look_ms,
    ( SELECT count(*) AS count
           FROM public.operations_inbox) AS waiting,
    (( SELECT EXTRACT(epoch FROM (now() - min(inbox.at))) AS "extract"
           FROM public.operations_inbox inbox))::double precision AS oldest_s,
    ( SELECT count(*) AS count
           FROM public.operations_refused refused
          WHERE (refused.at > (now() - '1 day'::interval))) AS refused_24h,
    ( SELECT count(*) AS count
           FROM public.shelf
          WHERE (shelf.ended_at IS NULL)) AS shelved;

COMMENT ON VIEW wall.operations IS 'One row: when the engine last looked, what waits for it, what it could make nothing of.';

CREATE VIEW wall.alarm_operations AS
 SELECT 'operations'::text AS job,
    COALESCE(age_s, (0)::double precision) AS value
   FROM wall.operations engine;

COMMENT ON VIEW wall.alarm_operations IS 'One row: seconds since the engine of incidents looked at its rules.';

CREATE VIEW wall.alarm_pulse AS
 SELECT 'maintain'::text AS job,
    COALESCE(age_s, ('1000000000'::numeric)::double precision) AS value
   FROM wall.pulse pulse;

COMMENT ON VIEW wall.alarm_pulse IS 'One row: seconds since the figures of the wall were brought up to date.';

CREATE VIEW wall.alarm_rate AS
 WITH shown AS (
         SELECT date_bin('00:10:00'::interval, log.at, '2020-01-01 00:00:00+00'::timestamp with time zone) AS "time",
            incident.agency,
            count(*) AS n
           FROM (public.incident_log log
             JOIN public.incident ON ((log.incident_id = incident.id)))
          WHERE ((log.action = ANY (ARRAY['opened'::text, 'reopened'::text, 'raised'::text, 'escalated'::text])) AND (log.at > (now() - '7 days'::interval)))
          GROUP BY (date_bin('00:10:00'::interval, log.at, '2020-01-01 00:00:00+00'::timestamp with time zone)), incident.agency
        ), desk AS MATERIALIZED (
         SELECT named.agency,
            GREATEST((1)::bigint, public.desk_size(named.agency)) AS accounts
           FROM ( SELECT DISTINCT shown_1.agency
                   FROM shown shown_1) named
        )
 SELECT shown."time",
    shown.agency AS operator,
    ((shown.n)::double precision / (desk.accounts)::double precision) AS alarms_per_10min
   FROM (shown
     JOIN desk ON ((NOT (shown.agency IS DISTINCT FROM desk.agency))));

COMMENT ON VIEW wall.alarm_rate IS 'Alarms in ten minutes at each agency''s desk, shared by the accounts that its roster names (EEMUA 191: one is bearable).';

CREATE VIEW wall.alarm_worst AS
 SELECT incident.key,
    incident.agency,
    max(incident.kind) AS kind,
    (array_agg(incident.title_id ORDER BY log.id DESC))[1] AS title_id,
    (array_agg(incident.title_en ORDER BY log.id DESC))[1] AS title_en,
    count(*) AS alarms_24h,
    count(*) FILTER (WHERE (log.action = 'reopened'::text)) AS reopened_24h,
    max(log.at) AS last_at
   FROM (public.incident_log log
     JOIN public.incident ON ((log.incident_id = incident.id)))
  WHERE ((log.action = ANY (ARRAY['opened'::text, 'reopened'::text, 'raised'::text, 'escalated'::text])) AND (log.at > (now() - '1 day'::interval)))
  GROUP BY incident.key, incident.agency;

COMMENT ON VIEW wall.alarm_worst IS 'One row a key: how often it was put before people in the last day, how often because it came again.';

CREATE VIEW wall.alarm_quality AS
 SELECT desk.agency,
    desk.operators,
    (((COALESCE(day.alarms, (0)::bigint))::double precision / (24)::double precision) / (desk.operators)::double precision) AS per_operator_h,
    ((COALESCE(day.last_hour, (0)::bigint))::double precision / (desk.operators)::double precision) AS last_hour_per_operator,
    COALESCE(busiest.alarms_per_10min, (0)::double precision) AS busiest_10min,
    COALESCE(standing.n, (0)::bigint) AS standing,
    COALESCE(worst.chattering, (0)::bigint) AS chattering,
    worst.top_ten_pct
   FROM ((((( SELECT named.agency,
            GREATEST((1)::bigint, public.desk_size(named.agency)) AS operators
           FROM ( SELECT DISTINCT incident.agency
                   FROM public.incident) named) desk
     LEFT JOIN ( SELECT incident.agency,
            count(*) AS alarms,
            count(*) FILTER (WHERE (log.at > (now() - '01:00:00'::interval))) AS last_hour
           FROM (public.incident_log log
             JOIN public.incident ON ((log.incident_id = incident.id)))
          WHERE ((log.action = ANY (ARRAY['opened'::text, 'reopened'::text, 'raised'::text, 'escalated'::text])) AND (log.at > (now() - '1 day'::interval)))
          GROUP BY incident.agency) day ON ((desk.agency = day.agency)))
     LEFT JOIN ( SELECT rate.operator,
            max(rate.alarms_per_10min) AS alarms_per_10min
           FROM wall.alarm_rate rate
          WHERE (rate."time" > (now() - '1 day'::interval))
          GROUP BY rate.operator) busiest ON ((desk.agency = busiest.operator)))
     LEFT JOIN ( SELECT incident.agency,
            count(*) AS n
           FROM public.incident
          WHERE ((incident.state <> ALL (ARRAY['closed'::text, 'cancelled'::text, 'merged'::text])) AND (incident.condition_ended_at IS NULL) AND (incident.opened_at < (now() - '1 day'::interval)))
          GROUP BY incident.agency) standing ON ((desk.agency = standing.agency)))
     LEFT JOIN ( SELECT ranked.agency,
            count(*) FILTER (WHERE (ranked.reopened_24h >= 3)) AS chattering,
            ((100.0 * sum(ranked.alarms_24h) FILTER (WHERE (ranked.place <= 10))) / sum(ranked.alarms_24h)) AS top_ten_pct
           FROM ( SELECT often.agency,
                    often.alarms_24h,
                    often.reopened_24h,
                    row_number() OVER (PARTITION BY often.agency ORDER BY often.alarms_24h DESC, often.key) AS place
                   FROM wall.alarm_worst often) ranked
          GROUP BY ranked.agency) worst ON ((desk.agency = worst.agency)));

COMMENT ON VIEW wall.alarm_quality IS 'One row an agency, of the last day: alarms an hour and operator, the busiest ten minutes, standing (a day and more), chattering (came again three times and more), share of the ten most frequent keys.';

CREATE VIEW wall.rejected_1h AS
 SELECT public.time_bucket('01:00:00'::interval, received_at) AS "time",
    box,
    reason,
    sum(count) AS count
   FROM public.rejected_message
  WHERE (received_at > (now() - '30 days'::interval))
  GROUP BY (public.time_bucket('01:00:00'::interval, received_at)), box, reason;

COMMENT ON VIEW wall.rejected_1h IS 'Refused messages and records of the last 30 days, by hour, box and reason.';

CREATE VIEW wall.alarm_rejected AS
 SELECT 'ingest'::text AS job,
    (COALESCE(sum(count), (0)::numeric))::double precision AS value
   FROM wall.rejected_1h counted
  WHERE ("time" > (now() - '02:00:00'::interval));

COMMENT ON VIEW wall.alarm_rejected IS 'One row: refused messages and records of this hour and the one before.';

CREATE VIEW wall.alarm_trouble AS
 SELECT asset.code AS asset,
    asset.kind,
    site.code AS site,
    site.district,
    series.quantity,
    ((kept.asset_id IS NOT NULL))::integer AS value
   FROM ((((public.wall_trouble_sign sign
     JOIN public.series ON ((sign.quantity = series.quantity)))
     JOIN public.asset ON ((series.asset_id = asset.id)))
     LEFT JOIN public.site ON ((asset.site_id = site.id)))
     LEFT JOIN public.wall_trouble kept ON (((series.asset_id = kept.asset_id) AND (series.quantity = kept.quantity))));

COMMENT ON VIEW wall.alarm_trouble IS 'One row for each asset and quantity that can tell of trouble: 1 while it does.';

CREATE VIEW wall.asset_now AS
 SELECT asset.code AS asset,
    asset.name,
    asset.kind,
    site.code AS site,
    site.name AS site_name,
    site.district,
    box.name AS box,
    kept.state,
    kept.since,
        CASE
            WHEN (kept.state = ANY (ARRAY['silent'::text, 'late'::text])) THEN kept.last_seen_at
            ELSE NULL::timestamp with time zone
        END AS last_seen_at,
    (
        CASE
            WHEN (kept.state = ANY (ARRAY['silent'::text, 'late'::text])) THEN EXTRACT(epoch FROM (now() - kept.last_seen_at))
            ELSE NULL::numeric
        END)::double precision AS age_s
   FROM (((public.wall_asset kept
     JOIN public.asset ON ((kept.asset_id = asset.id)))
     JOIN public.box ON ((asset.box_id = box.id)))
     LEFT JOIN public.site ON ((asset.site_id = site.id)))
  WHERE ( SELECT pulse.is_fresh
           FROM wall.pulse pulse)
UNION ALL
 SELECT seen.asset,
    seen.name,
    seen.kind,
    seen.site,
    seen.site_name,
    seen.district,
    seen.box,
    seen.state,
    seen.since,
    seen.last_seen_at,
    seen.age_s
   FROM wall.asset_truth() seen(asset, name, kind, site, site_name, district, box, state, since, last_seen_at, age_s)
  WHERE (NOT ( SELECT pulse.is_fresh
           FROM wall.pulse pulse));

COMMENT ON VIEW wall.asset_now IS 'One row an asset, always: state ok, late, silent, never; since when, where known. age_s only of what is not ok.';

CREATE VIEW wall.box_now AS
 SELECT box.name AS box,
    site.code AS site,
    site.name AS site_name,
    site.district,
    kept.state,
    kept.since,
    GREATEST(box.last_seen_at, box.status_at) AS last_seen_at,
    (EXTRACT(epoch FROM (now() - GREATEST(box.last_seen_at, box.status_at))))::double precision AS age_s,
    (box.status ->> 'version'::text) AS version,
    (box.status ->> 'hardware_id'::text) AS hardware_id,
    (box.status ->> 'disk'::text) AS disk,
    kept.disk_used_pct,
    kept.soc_temperature_cel,
    kept.outbox_messages,
    kept.outbox_oldest_age_s,
    kept.clock_offset_s,
    kept.uptime_s
   FROM ((public.wall_box kept
     JOIN public.box ON ((kept.box_id = box.id)))
     JOIN public.site ON ((box.site_id = site.id)))
  WHERE ( SELECT pulse.is_fresh
           FROM wall.pulse pulse)
UNION ALL
 SELECT seen.box,
    seen.site,
    seen.site_name,
    seen.district,
    seen.state,
    NULL::timestamp with time zone AS since,
    seen.last_seen_at,
    seen.age_s,
    (seen.status ->> 'version'::text) AS version,
    (seen.status ->> 'hardware_id'::text) AS hardware_id,
    (seen.status ->> 'disk'::text) AS disk,
    NULL::double precision AS disk_used_pct,
    NULL::double precision AS soc_temperature_cel,
    NULL::double precision AS outbox_messages,
    NULL::double precision AS outbox_oldest_age_s,
    NULL::double precision AS clock_offset_s,
    NULL::double precision AS uptime_s
   FROM wall.box_state seen
  WHERE (NOT ( SELECT pulse.is_fresh
           FROM wall.pulse pulse));

COMMENT ON VIEW wall.box_now IS 'One row a box: its link, its version and its health. Health is NULL while the pulse is old.';

CREATE VIEW wall.alive_asset AS
 SELECT seen.asset,
    seen.kind,
    seen.site,
    seen.district,
    (((seen.state = ANY (ARRAY['silent'::text, 'never'::text])) AND (COALESCE(box.state, 'online'::text) = 'online'::text)))::integer AS value
   FROM (wall.asset_now seen
     LEFT JOIN wall.box_now box ON ((seen.box = box.box)))
  WHERE (seen.kind <> 'box'::text);

COMMENT ON VIEW wall.alive_asset IS 'One row an asset: 1 where it is silent although its box is heard.';

CREATE VIEW wall.alive_box AS
 SELECT box,
    site,
    district,
    ((state <> 'online'::text))::integer AS value
   FROM wall.box_now kept;

COMMENT ON VIEW wall.alive_box IS 'One row a box: 1 where it is silent, offline or was never heard of.';

CREATE VIEW wall.announcement AS
 SELECT (announcement.id)::text AS announcement,
    announcement.requested_at AS at,
    announcement.kind,
    announcement.emergency,
    asset.code AS loudspeaker,
    site.code AS site,
    site.name AS site_name,
    site.latitude,
    site.longitude,
    announcement.account,
    announcement.reason,
    clip.name AS clip,
    clip.text AS said,
    clip.seconds,
    incident.number AS incident,
        CASE
            WHEN lost.is_so THEN 'failed'::text
            WHEN (told.state IS NOT NULL) THEN told.state
            WHEN (request.expires_at <= now()) THEN 'expired'::text
            ELSE 'requested'::text
        END AS state,
        CASE
            WHEN (told.state = 'confirmed'::text) THEN told.reason
            ELSE NULL::text
        END AS grade,
        CASE
            WHEN lost.is_so THEN 'no_word'::text
            WHEN (told.state = ANY (ARRAY['failed'::text, 'refused'::text, 'expired'::text])) THEN told.reason
            ELSE NULL::text
        END AS fault,
    told.detail,
    told."time" AS told_at
   FROM ((((((((public.announcement
     JOIN public.announcement_place place ON ((announcement.id = place.announcement_id)))
     JOIN public.box_request request ON ((place.request_id = request.id)))
     JOIN public.asset ON ((request.asset_id = asset.id)))
     LEFT JOIN public.site ON ((asset.site_id = site.id)))
     LEFT JOIN public.announcement_clip clip ON ((announcement.clip_id = clip.id)))
     LEFT JOIN public.incident ON ((announcement.incident_id = incident.id)))
     LEFT JOIN LATERAL ( SELECT result.state,
            result.reason,
            result.detail,
            result."time"
           FROM public.command_result result
          WHERE ((result.command_id = request.id) AND (result.box_id = request.box_id))
          ORDER BY (array_position(ARRAY['accepted'::text, 'applied'::text, 'expired'::text, 'refused'::text, 'failed'::text, 'confirmed'::text], result.state)) DESC
         LIMIT 1) told ON (true))
     CROSS JOIN LATERAL ( SELECT (COALESCE((told.state = ANY (ARRAY['accepted'::text, 'applied'::text])), false) AND ((request.requested_at + make_interval(secs =>
                CASE announcement.kind
                    WHEN 'voice'::text THEN (180)::double precision
                    ELSE (((COALESCE(clip.seconds, (60)::double precision) + (1)::double precision) * (announcement.times)::double precision) + (60)::double precision)
                END)) < now())) AS is_so) lost)
  WHERE (announcement.requested_at > (now() - '1 day'::interval));

COMMENT ON VIEW wall.announcement IS 'Announcements of the last day, a row for each loudspeaker. grade: heard, played, received, distorted: what proves it.';

CREATE VIEW wall.asset_troubled AS
 SELECT named.asset,
    named.name,
    named.kind,
    named.site,
    named.site_name,
    named.district,
    named.box,
    named.state,
    named.since,
    named.last_seen_at,
    named.age_s
   FROM (( SELECT kept.asset_id,
            kept.state,
            kept.since,
            kept.last_seen_at
           FROM public.wall_asset kept
          WHERE ((kept.state <> 'ok'::text) AND ( SELECT pulse.is_fresh
                   FROM wall.pulse pulse))
          ORDER BY kept.since DESC, kept.asset_id
         LIMIT 200) newest
     JOIN LATERAL ( SELECT asset.code AS asset,
            asset.name,
            asset.kind,
            site.code AS site,
            site.name AS site_name,
            site.district,
            box.name AS box,
            newest.state,
            newest.since,
            newest.last_seen_at,
            (EXTRACT(epoch FROM (now() - newest.last_seen_at)))::double precision AS age_s
           FROM ((public.asset
             JOIN public.box ON ((asset.box_id = box.id)))
             LEFT JOIN public.site ON ((asset.site_id = site.id)))
          WHERE (asset.id = newest.asset_id)) named ON (true))
UNION ALL
( SELECT seen.asset,
    seen.name,
    seen.kind,
    seen.site,
    seen.site_name,
    seen.district,
    seen.box,
    seen.state,
    seen.last_seen_at AS since,
    seen.last_seen_at,
    seen.age_s
   FROM wall.asset_truth() seen(asset, name, kind, site, site_name, district, box, state, since, last_seen_at, age_s)
  WHERE ((seen.state <> 'ok'::text) AND (NOT ( SELECT pulse.is_fresh
           FROM wall.pulse pulse)))
  ORDER BY seen.last_seen_at DESC NULLS LAST
 LIMIT 200);

COMMENT ON VIEW wall.asset_troubled IS 'The 200 assets that have been late, silent or never heard of for the shortest time.';

CREATE VIEW wall.box_version AS
 SELECT name AS box,
    (status ->> 'version'::text) AS version
   FROM public.box;

CREATE VIEW wall.box_worst AS
 SELECT box.name AS box,
    site.name AS site_name,
    site.district,
        CASE
            WHEN ( SELECT pulse.is_fresh
               FROM wall.pulse pulse) THEN kept.state
            ELSE 'unknown'::text
        END AS state,
    kept.since,
    (EXTRACT(epoch FROM (now() - GREATEST(box.last_seen_at, box.status_at))))::double precision AS age_s,
    (box.status ->> 'version'::text) AS version,
    (box.status ->> 'disk'::text) AS disk,
    kept.disk_used_pct,
    kept.soc_temperature_cel,
    kept.outbox_messages,
    kept.outbox_oldest_age_s,
    kept.clock_offset_s,
    kept.uptime_s
   FROM ((public.wall_box kept
     JOIN public.box ON ((kept.box_id = box.id)))
     JOIN public.site ON ((box.site_id = site.id)))
  ORDER BY (kept.state = 'online'::text), kept.outbox_messages DESC NULLS LAST, kept.since DESC;

COMMENT ON VIEW wall.box_worst IS 'Boxes, the silent first, then those that hold most back. Health as of the last pulse.';

CREATE VIEW wall.camera_site AS
 SELECT code AS site,
    name
   FROM public.site
  WHERE (EXISTS ( SELECT
           FROM public.asset
          WHERE ((asset.site_id = site.id) AND (asset.kind = 'camera'::text))));

CREATE VIEW wall.capability AS
 SELECT capability,
    is_there
   FROM ( VALUES ('operations'::text,(EXISTS ( SELECT
                   FROM public.operations_pulse))), ('modules'::text,(EXISTS ( SELECT
                   FROM public.module
                  WHERE module.active)))) named(capability, is_there);

COMMENT ON VIEW wall.capability IS 'Which parts are there, so that a panel says "not installed" instead of 0. Whoever adds one changes its row.';

CREATE VIEW wall.city_stage AS
 SELECT stage,
    at,
    account,
    reason
   FROM public.city_stage
  ORDER BY id DESC
 LIMIT 1;

COMMENT ON VIEW wall.city_stage IS 'The stage of the regency, 1 ordinary to 5 disaster. No row: nobody has set one yet.';

CREATE VIEW wall.series AS
 SELECT series.id AS series_id,
    ((asset.code || ':'::text) || series.quantity) AS series,
    asset.code AS asset,
    asset.name AS asset_name,
    asset.kind,
    site.code AS site,
    site.name AS site_name,
    site.district,
    box.name AS box,
    series.quantity,
    series.unit,
    series.created_at
   FROM (((public.series
     JOIN public.asset ON ((series.asset_id = asset.id)))
     JOIN public.box ON ((asset.box_id = box.id)))
     LEFT JOIN public.site ON ((asset.site_id = site.id)));

COMMENT ON VIEW wall.series IS 'One quantity of one asset in one unit (UCUM code), with its place.';

CREATE VIEW wall.sample_1d AS
 SELECT rollup.bucket AS "time",
    named.series_id,
    named.asset,
    named.site,
    named.quantity,
    named.unit,
    rollup.n,
    rollup.min,
    rollup.max,
    (rollup.sum / (rollup.n)::double precision) AS avg,
    rollup.sum,
    rollup.last
   FROM (public.sample_1d rollup
     JOIN wall.series named ON ((rollup.series_id = named.series_id)));

COMMENT ON VIEW wall.sample_1d IS 'Days in Pasuruan (+07); time is the start of the day.';

CREATE VIEW wall.sample_1h AS
 SELECT rollup.bucket AS "time",
    named.series_id,
    named.asset,
    named.site,
    named.quantity,
    named.unit,
    rollup.n,
    rollup.min,
    rollup.max,
    (rollup.sum / (rollup.n)::double precision) AS avg,
    rollup.sum,
    rollup.last
   FROM (public.sample_1h rollup
     JOIN wall.series named ON ((rollup.series_id = named.series_id)));

COMMENT ON VIEW wall.sample_1h IS 'Hours; time is the start of the hour.';

CREATE VIEW wall.sample_1m AS
 SELECT rollup.bucket AS "time",
    named.series_id,
    named.asset,
    named.site,
    named.quantity,
    named.unit,
    rollup.n,
    rollup.min,
    rollup.max,
    (rollup.sum / (rollup.n)::double precision) AS avg,
    rollup.sum,
    rollup.last
   FROM (public.sample_1m rollup
     JOIN wall.series named ON ((rollup.series_id = named.series_id)));

COMMENT ON VIEW wall.sample_1m IS 'Minutes; time is the start of the minute.';

CREATE VIEW wall.course AS
 SELECT '1m'::text AS level,
    minutes."time",
    minutes.series_id,
    minutes.asset,
    minutes.site,
    minutes.quantity,
    minutes.unit,
    minutes.n,
    minutes.min,
    minutes.max,
    minutes.avg,
    minutes.sum,
    minutes.last
   FROM wall.sample_1m minutes
UNION ALL
 SELECT '1h'::text AS level,
    hours."time",
    hours.series_id,
    hours.asset,
    hours.site,
    hours.quantity,
    hours.unit,
    hours.n,
    hours.min,
    hours.max,
    hours.avg,
    hours.sum,
    hours.last
   FROM wall.sample_1h hours
UNION ALL
 SELECT '1d'::text AS level,
    days."time",
    days.series_id,
    days.asset,
    days.site,
    days.quantity,
    days.unit,
    days.n,
    days.min,
    days.max,
    days.avg,
    days.sum,
    days.last
   FROM wall.sample_1d days;

COMMENT ON VIEW wall.course IS 'Minutes, hours and days of single series: filter by level (wall.level), site or asset, quantity and time.';

CREATE VIEW wall.crew AS
 SELECT crew.name AS crew,
    crew.agency,
    crew.skills,
    crew.on_duty,
    ((crew.shift_from = crew.shift_to) OR ((crew.shift_from < crew.shift_to) AND (clock.wib >= crew.shift_from) AND (clock.wib < crew.shift_to)) OR ((crew.shift_from > crew.shift_to) AND ((clock.wib >= crew.shift_from) OR (clock.wib < crew.shift_to)))) AS on_shift,
    crew.latitude,
    crew.longitude,
    crew.position_at,
    busy.incident,
    busy.site_name
   FROM ((public.crew
     CROSS JOIN ( SELECT ((now() AT TIME ZONE '07:00:00'::interval))::time without time zone AS wib) clock)
     LEFT JOIN LATERAL ( SELECT public.incident_name(incident.number) AS incident,
            site.name AS site_name
           FROM ((public.dispatch
             JOIN public.incident ON ((dispatch.incident_id = incident.id)))
             LEFT JOIN public.site ON ((incident.site_id = site.id)))
          WHERE ((dispatch.crew_id = crew.id) AND (NOT dispatch.ended))
          ORDER BY dispatch.ordered_at DESC
         LIMIT 1) busy ON (true));

COMMENT ON VIEW wall.crew IS 'One row a crew: on duty, on shift (WIB), where last seen, and what it is on.';

CREATE VIEW wall.database_size AS
 SELECT COALESCE(( SELECT kept.bytes
           FROM public.wall_relation kept
          WHERE (kept.relation = '*'::text)), (pg_database_size(current_database()))::double precision) AS bytes;

COMMENT ON VIEW wall.database_size IS 'Bytes of the whole database on disk, at most some minutes old.';

CREATE VIEW wall.module_figure AS
 SELECT module.name AS module,
    (module.manifest #>> '{title,id}'::text[]) AS module_title_id,
    (module.manifest #>> '{title,en}'::text[]) AS module_title_en,
    (module.manifest ->> 'owner'::text) AS owner,
    indicator.name AS indicator,
    (defined.about #>> '{title,id}'::text[]) AS title_id,
    (defined.about #>> '{title,en}'::text[]) AS title_en,
    (defined.about ->> 'unit'::text) AS unit,
    ((defined.about ->> 'decimals'::text))::integer AS decimals,
    indicator.dimensions,
    cell.keys,
    district.code AS district_code,
    district.name AS district,
    newest.value,
    newest.true_at,
    cell.seen_at AS fetched_at,
    newest.known_from,
    (EXTRACT(epoch FROM (now() - newest.true_at)))::double precision AS age_s,
    COALESCE((now() > waited.until_at), true) AS stale,
    waited.until_at AS due_at,
    ((newest.cell_id IS NOT NULL) AND (newest.value IS NULL)) AS kept_back,
    public.module_severity(defined.about, newest.value) AS severity,
    (defined.about ->> 'across'::text) AS across,
    (defined.about ->> 'target'::text) AS target_indicator,
    public.module_place(module.manifest, indicator.dimensions, cell.keys, district.name, 'id'::text) AS place_id,
    public.module_place(module.manifest, indicator.dimensions, cell.keys, district.name, 'en'::text) AS place_en,
    cell.id AS cell_id
   FROM ((((((public.indicator_cell cell
     JOIN public.indicator ON ((cell.indicator_id = indicator.id)))
     JOIN public.module ON (((indicator.module_id = module.id) AND module.active AND ((module.manifest -> 'indicators'::text) ? indicator.name))))
     CROSS JOIN LATERAL ( SELECT (module.manifest #> ARRAY['indicators'::text, indicator.name]) AS about) defined)
     LEFT JOIN LATERAL ( SELECT shown.cell_id,
            shown.value,
            shown.true_at,
            shown.known_from
           FROM public.indicator_value shown
          WHERE ((shown.cell_id = cell.id) AND (shown.known_until IS NULL))
          ORDER BY shown.true_at DESC
         LIMIT 1) newest ON (true))
     CROSS JOIN LATERAL ( SELECT (public.module_period_end(newest.true_at, public.module_period(module.manifest)) + (COALESCE((defined.about ->> 'fresh_for'::text), (module.manifest ->> 'fresh_for'::text)))::interval) AS until_at) waited)
     LEFT JOIN public.district ON ((district.code = cell.keys[array_position(indicator.dimensions, 'district'::text)])))
  WHERE public.module_has_codes(module.manifest, indicator.dimensions, cell.keys);

COMMENT ON VIEW wall.module_figure IS 'Every figure as it is shown now: when it was true, when it was fetched, whether it is stale.';

CREATE VIEW wall.district_figure AS
 SELECT district.code AS district_code,
    district.name AS district,
    shown_figure.module,
    shown_figure.module_title_id,
    shown_figure.module_title_en,
    shown_figure.indicator,
    shown_figure.title_id,
    shown_figure.title_en,
    shown_figure.unit,
    shown_figure.decimals,
    shown_figure.keys,
    shown_figure.value,
    shown_figure.true_at,
    shown_figure.fetched_at,
    shown_figure.stale,
    shown_figure.kept_back,
    shown_figure.severity,
    shown_figure.place_id,
    shown_figure.place_en
   FROM (public.district
     LEFT JOIN wall.module_figure shown_figure ON ((shown_figure.district_code = district.code)));

COMMENT ON VIEW wall.district_figure IS 'One single data: everything that any module says of a district.';

CREATE VIEW wall.earthquake AS
 SELECT id AS earthquake,
    at,
    magnitude,
    depth_km,
    latitude,
    longitude,
    distance_km,
    place,
    felt,
    potential
   FROM public.earthquake;

COMMENT ON VIEW wall.earthquake IS 'Earthquakes as BMKG tells of them. Source: BMKG.';

CREATE VIEW wall.event_recent AS
 SELECT event.id,
    event.type,
    split_part(event.type, '.'::text, 3) AS topic,
    event.severity,
    event."time",
    event.received_at,
    box.name AS box,
    asset.code AS asset,
    asset.name AS asset_name,
    site.code AS site,
    site.name AS site_name,
    site.district,
    site.latitude,
    site.longitude,
    event.source,
    event.subject,
    event.payload,
    (event.payload #>> '{data,message_id}'::text[]) AS message_id,
    (event.payload #>> '{data,message_en}'::text[]) AS message_en,
    event.clock_suspect,
    ( SELECT count(*) AS count
           FROM public.media
          WHERE ((media.event_id = event.id) AND (media.box_id = event.box_id))) AS media
   FROM (((public.event
     JOIN public.box ON ((event.box_id = box.id)))
     LEFT JOIN public.asset ON ((event.asset_id = asset.id)))
     LEFT JOIN public.site ON ((COALESCE(asset.site_id, box.site_id) = site.id)))
  WHERE (event."time" > (now() - '7 days'::interval));

COMMENT ON VIEW wall.event_recent IS 'Events of the last seven days, with the number of pieces of evidence.';

CREATE VIEW wall.exercise AS
 SELECT (id)::text AS warning,
    status,
    sent_at,
    headline_id,
    headline_en,
    expires_at
   FROM public.warning
  WHERE ((status = ANY (ARRAY['Exercise'::text, 'Test'::text])) AND (source = 'regency'::text) AND (message_type = ANY (ARRAY['Alert'::text, 'Update'::text])) AND (superseded_by IS NULL) AND (expires_at > now()));

COMMENT ON VIEW wall.exercise IS 'Exercises and tests of our own that are under way.';

CREATE VIEW wall.feed AS
 SELECT url,
    asked_at,
    answered_at,
    changed_at,
    fault_id,
    fault_en,
    (EXTRACT(epoch FROM (now() - answered_at)))::double precision AS age_s
   FROM public.feed;

COMMENT ON VIEW wall.feed IS 'What others publish and we read, and for how long it has not answered.';

CREATE VIEW wall.gauge_stage AS
 SELECT asset.code AS gauge,
    marks.stage,
    marks.level_m
   FROM (public.gauge_stage marks
     JOIN public.asset ON ((marks.asset_id = asset.id)));

CREATE VIEW wall.grafana_alert AS
 SELECT id,
    received_at,
    status,
    starts_at,
    ends_at,
    (labels ->> 'alertname'::text) AS rule,
    (labels ->> 'category'::text) AS category,
    (labels ->> 'severity'::text) AS severity,
    (annotations ->> 'summary'::text) AS summary,
    labels
   FROM public.grafana_alert received;

COMMENT ON VIEW wall.grafana_alert IS 'Notifications that Grafana''s contact point delivered, until operations makes incidents of them.';

CREATE VIEW wall.incident_clock AS
 SELECT incident.id AS incident_id,
    running.clock,
    running.due_at,
        CASE
            WHEN (running.due_at IS NULL) THEN 'none'::text
            WHEN (now() > running.due_at) THEN 'over'::text
            WHEN (now() > (running.due_at - ((running.due_at - incident.opened_at) / (4)::double precision))) THEN 'near'::text
            ELSE 'within'::text
        END AS clock_state
   FROM (public.incident
     CROSS JOIN LATERAL ( SELECT
                CASE
                    WHEN (incident.state = 'open'::text) THEN 'acknowledge'::text
                    WHEN ((incident.state = ANY (ARRAY['acknowledged'::text, 'dispatched'::text])) AND (incident.due_arrive_at IS NOT NULL)) THEN 'arrive'::text
                    WHEN (incident.state = ANY (ARRAY['acknowledged'::text, 'dispatched'::text, 'on_site'::text])) THEN 'resolve'::text
                    WHEN (incident.state = 'resolved'::text) THEN 'verify'::text
                    ELSE NULL::text
                END AS clock,
                CASE
                    WHEN (incident.state = 'open'::text) THEN incident.due_acknowledge_at
                    WHEN (incident.state = ANY (ARRAY['acknowledged'::text, 'dispatched'::text])) THEN COALESCE(incident.due_arrive_at, incident.due_resolve_at)
                    WHEN (incident.state = ANY (ARRAY['on_site'::text, 'resolved'::text])) THEN incident.due_resolve_at
                    ELSE NULL::timestamp with time zone
                END AS due_at) running);

COMMENT ON VIEW wall.incident_clock IS 'One row an incident: which clock runs, until when; clock_state within, near (the last quarter), over, none.';

CREATE VIEW wall.incident AS
 SELECT public.incident_name(incident.number) AS incident,
    (incident.title_id || COALESCE((': '::text || site.name), ''::text)) AS title,
    (incident.title_en || COALESCE((': '::text || site.name), ''::text)) AS title_en,
    incident.category,
    incident.severity,
    incident.priority,
    incident.state,
    running.clock,
    running.clock_state,
    incident.opened_at,
    running.due_at,
    incident.owner AS assigned_to,
    incident.agency,
    incident.count,
    incident.escalation,
    incident.last_seen_at,
    ( SELECT string_agg(crew.name, ', '::text ORDER BY dispatch.ordered_at) AS string_agg
           FROM (public.dispatch
             JOIN public.crew ON ((dispatch.crew_id = crew.id)))
          WHERE ((dispatch.incident_id = incident.id) AND (NOT dispatch.ended))) AS crews,
    site.code AS site,
    site.name AS site_name,
    site.district,
    COALESCE(incident.latitude, site.latitude) AS latitude,
    COALESCE(incident.longitude, site.longitude) AS longitude
   FROM ((public.incident
     JOIN wall.incident_clock running ON ((incident.id = running.incident_id)))
     LEFT JOIN public.site ON ((incident.site_id = site.id)))
  WHERE (incident.state <> ALL (ARRAY['closed'::text, 'cancelled'::text, 'merged'::text]));

COMMENT ON VIEW wall.incident IS 'Incidents that are not yet verified. clock_state: within, near, over, none.';

CREATE VIEW wall.incident_day AS
 SELECT ((opened_at AT TIME ZONE '07:00:00'::interval))::date AS day,
    kind,
    category,
    agency,
    count(*) AS opened,
    count(*) FILTER (WHERE (state = 'closed'::text)) AS verified,
    count(*) FILTER (WHERE (state = 'cancelled'::text)) AS cancelled,
    count(*) FILTER (WHERE ((COALESCE(acknowledged_at, now()) > due_acknowledge_at) OR (COALESCE(on_site_at, resolved_at, now()) > due_arrive_at) OR (COALESCE(resolved_at, now()) > due_resolve_at))) AS late,
    (avg(EXTRACT(epoch FROM (acknowledged_at - opened_at))))::double precision AS acknowledge_s,
    (avg(EXTRACT(epoch FROM (on_site_at - opened_at))))::double precision AS arrive_s,
    (avg(EXTRACT(epoch FROM (resolved_at - opened_at))))::double precision AS resolve_s
   FROM public.incident
  WHERE ((opened_at > (now() - '400 days'::interval)) AND (state <> 'merged'::text))
  GROUP BY (((opened_at AT TIME ZONE '07:00:00'::interval))::date), kind, category, agency;

COMMENT ON VIEW wall.incident_day IS 'Incidents by the day (WIB) of their opening: how many, how many past a clock, how long each step took.';

CREATE VIEW wall.incident_total AS
 SELECT day,
    category,
    opened,
    verified,
    late,
    acknowledge_s,
    acknowledged,
    arrive_s,
    arrived,
    resolve_s,
    resolved
   FROM public.wall_incident_day kept;

COMMENT ON VIEW wall.incident_total IS 'Incidents by the day (WIB) of their opening, at most some minutes old: seconds of all steps together, and of how many.';

CREATE VIEW wall.indicator AS
 WITH together AS NOT MATERIALIZED (
         SELECT shown.module,
            shown.indicator,
            min(shown.module_title_id) AS module_title_id,
            min(shown.module_title_en) AS module_title_en,
            min(shown.title_id) AS title_id,
            min(shown.title_en) AS title_en,
            min(shown.unit) AS unit,
            min(shown.decimals) AS decimals,
                CASE
                    WHEN (NOT bool_and((shown.value IS NOT NULL))) THEN NULL::double precision
                    WHEN ((count(*) = 1) OR (min(shown.across) = 'sum'::text)) THEN sum(shown.value)
                    WHEN (min(shown.across) = 'mean'::text) THEN avg(shown.value)
                    ELSE NULL::double precision
                END AS value,
            min(shown.target_indicator) AS target_indicator,
            min(shown.true_at) AS true_at,
            min(shown.fetched_at) AS fetched_at,
            max(shown.age_s) AS age_s,
                CASE
                    WHEN bool_or(shown.stale) THEN 'late'::text
                    ELSE COALESCE(min(shown.severity), 'ok'::text)
                END AS state
           FROM wall.module_figure shown
          GROUP BY shown.module, shown.indicator
        )
 SELECT own.module,
    own.indicator,
    own.module_title_id,
    own.module_title_en,
    own.title_id,
    own.title_en,
    own.unit,
    own.decimals,
    own.value,
    aim.value AS target,
    own.true_at,
    own.fetched_at,
    own.age_s,
    own.state
   FROM (together own
     LEFT JOIN together aim ON (((own.module = aim.module) AND (own.target_indicator = aim.indicator))));

COMMENT ON VIEW wall.indicator IS 'One row an indicator: its value over all its places against its target, as old as the oldest of them; state is the worst.';

CREATE VIEW wall.module_figure_history AS
 SELECT module.name AS module,
    indicator.name AS indicator,
    indicator.dimensions,
    cell.keys,
    cell.id AS cell_id,
    shown.true_at AS "time",
    shown.value,
    (module.manifest #>> ARRAY['indicators'::text, indicator.name, 'across'::text]) AS across,
    (module.manifest ->> 'period'::text) AS period
   FROM (((public.indicator_value shown
     JOIN public.indicator_cell cell ON ((shown.cell_id = cell.id)))
     JOIN public.indicator ON ((cell.indicator_id = indicator.id)))
     JOIN public.module ON (((indicator.module_id = module.id) AND ((module.manifest -> 'indicators'::text) ? indicator.name))))
  WHERE ((shown.known_until IS NULL) AND public.module_has_codes(module.manifest, indicator.dimensions, cell.keys));

CREATE VIEW wall.indicator_course AS
 SELECT shown."time",
    shown.module,
    shown.indicator,
        CASE
            WHEN (NOT bool_and((shown.value IS NOT NULL))) THEN NULL::double precision
            WHEN ((count(*) = 1) OR (min(shown.across) = 'sum'::text)) THEN sum(shown.value)
            WHEN (min(shown.across) = 'mean'::text) THEN avg(shown.value)
            ELSE NULL::double precision
        END AS value,
    NULL::double precision AS target
   FROM (wall.module_figure_history shown
     JOIN ( SELECT module.name AS module,
            indicator.name AS indicator,
            array_agg(begun.true_at) AS begun_at
           FROM (((public.indicator
             JOIN public.module ON ((indicator.module_id = module.id)))
             JOIN public.indicator_cell cell ON ((indicator.id = cell.indicator_id)))
             CROSS JOIN LATERAL ( SELECT earliest.true_at
                   FROM public.indicator_value earliest
                  WHERE ((earliest.cell_id = cell.id) AND (earliest.known_until IS NULL))
                  ORDER BY earliest.true_at
                 LIMIT 1) begun)
          GROUP BY module.name, indicator.name) places ON (((shown.module = places.module) AND (shown.indicator = places.indicator))))
  WHERE ((cardinality(shown.keys) = 0) OR (shown.period <> 'instant'::text))
  GROUP BY shown."time", shown.module, shown.indicator, places.begun_at
 HAVING (count(*) >= ( SELECT count(*) AS count
           FROM unnest(places.begun_at) begun(at)
          WHERE (begun.at <= shown."time")));

COMMENT ON VIEW wall.indicator_course IS 'Values over time: of indicators that have one place, and of periods for which all places have said something.';

CREATE VIEW wall.total AS
 SELECT '1m'::text AS level,
    kept.bucket AS "time",
    kept.kind,
    kept.quantity,
    kept.series,
    kept.total,
    (kept.total / (NULLIF(kept.series, 0))::double precision) AS mean,
    kept."least",
    kept.most
   FROM public.total_1m kept
  WHERE (kept.site_id = 0)
UNION ALL
 SELECT '1h'::text AS level,
    kept.bucket AS "time",
    kept.kind,
    kept.quantity,
    kept.series,
    kept.total,
    (kept.total / (NULLIF(kept.series, 0))::double precision) AS mean,
    kept."least",
    kept.most
   FROM public.total_1h kept
  WHERE (kept.site_id = 0)
UNION ALL
 SELECT '1d'::text AS level,
    kept.bucket AS "time",
    kept.kind,
    kept.quantity,
    kept.series,
    kept.total,
    (kept.total / (NULLIF(kept.series, 0))::double precision) AS mean,
    kept."least",
    kept.most
   FROM public.total_1d kept
  WHERE (kept.site_id = 0);

COMMENT ON VIEW wall.total IS 'Totals over the regency: filter by level (wall.level), kind, quantity and time. series: of how many; the silent are missing.';

CREATE VIEW wall.ingest AS
 SELECT level,
    "time",
        CASE
            WHEN (quantity = 'samples_per_s'::text) THEN total
            ELSE NULL::double precision
        END AS samples_per_s,
        CASE
            WHEN (quantity = 'lag'::text) THEN "least"
            ELSE NULL::double precision
        END AS lag_p50_s,
        CASE
            WHEN (quantity = 'lag'::text) THEN most
            ELSE NULL::double precision
        END AS lag_p99_s
   FROM wall.total kept
  WHERE ((kind = 'platform'::text) AND (quantity = ANY (ARRAY['samples_per_s'::text, 'lag'::text])));

COMMENT ON VIEW wall.ingest IS 'Samples stored a second, and how long newest samples took from the sensor to the database: filter by level and time.';

CREATE VIEW wall.junction AS
 SELECT site.code AS site,
    site.name,
    site.district,
    site.latitude,
    site.longitude,
    junction.authority,
    controller.code AS controller,
    box_state.box,
    box_state.state AS box_state,
    corridor.name AS corridor,
    junction.corridor_position,
    junction.corridor_phase,
    asset_state.state AS controller_state,
    asset_state.age_s
   FROM (((((public.junction
     JOIN public.site ON ((junction.site_id = site.id)))
     JOIN public.asset controller ON ((junction.controller_id = controller.id)))
     JOIN wall.box_state box_state ON ((controller.box_id = box_state.box_id)))
     JOIN wall.asset_state asset_state ON ((controller.id = asset_state.asset_id)))
     LEFT JOIN public.corridor ON ((junction.corridor_id = corridor.id)));

COMMENT ON VIEW wall.junction IS 'One row a junction, with whether its box and controller are heard of.';

CREATE VIEW wall.junction_now AS
 SELECT site.code AS site,
    site.name,
    site.district,
    junction.authority,
    corridor.name AS corridor,
        CASE
            WHEN ( SELECT pulse.is_fresh
               FROM wall.pulse pulse) THEN box.state
            ELSE 'unknown'::text
        END AS box_state,
        CASE
            WHEN ( SELECT pulse.is_fresh
               FROM wall.pulse pulse) THEN kept.state
            ELSE 'unknown'::text
        END AS controller_state,
    kept.since,
    (
        CASE
            WHEN (kept.state <> 'ok'::text) THEN EXTRACT(epoch FROM (now() - kept.last_seen_at))
            ELSE NULL::numeric
        END)::double precision AS age_s
   FROM (((((public.junction
     JOIN public.site ON ((junction.site_id = site.id)))
     JOIN public.asset controller ON ((junction.controller_id = controller.id)))
     JOIN public.wall_asset kept ON ((controller.id = kept.asset_id)))
     LEFT JOIN public.wall_box box ON ((controller.box_id = box.box_id)))
     LEFT JOIN public.corridor ON ((junction.corridor_id = corridor.id)));

COMMENT ON VIEW wall.junction_now IS 'One row a junction: whether its box and controller were heard of at the last pulse.';

CREATE VIEW wall.junction_site AS
 SELECT code AS site,
    name
   FROM public.site
  WHERE (EXISTS ( SELECT
           FROM public.junction
          WHERE (junction.site_id = site.id)));

CREATE VIEW wall.kind_troubled AS
 SELECT named.asset,
    named.name,
    of_kind.kind,
    named.site,
    named.site_name,
    named.district,
    named.box,
    newest.state,
    newest.since,
    newest.last_seen_at,
    (EXTRACT(epoch FROM (now() - newest.last_seen_at)))::double precision AS age_s
   FROM ((( SELECT DISTINCT counted.kind
           FROM public.wall_count counted) of_kind
     CROSS JOIN LATERAL ( SELECT kept.asset_id,
            kept.state,
            kept.since,
            kept.last_seen_at
           FROM public.wall_asset kept
          WHERE ((kept.kind = of_kind.kind) AND (kept.state <> 'ok'::text) AND ( SELECT pulse.is_fresh
                   FROM wall.pulse pulse))
          ORDER BY kept.since DESC, kept.asset_id
         LIMIT 100) newest)
     JOIN LATERAL ( SELECT asset.code AS asset,
            asset.name,
            site.code AS site,
            site.name AS site_name,
            site.district,
            box.name AS box
           FROM ((public.asset
             JOIN public.box ON ((asset.box_id = box.id)))
             LEFT JOIN public.site ON ((asset.site_id = site.id)))
          WHERE (asset.id = newest.asset_id)) named ON (true))
UNION ALL
 SELECT seen.asset,
    seen.name,
    seen.kind,
    seen.site,
    seen.site_name,
    seen.district,
    seen.box,
    seen.state,
    seen.last_seen_at AS since,
    seen.last_seen_at,
    seen.age_s
   FROM wall.asset_truth() seen(asset, name, kind, site, site_name, district, box, state, since, last_seen_at, age_s)
  WHERE ((seen.state <> 'ok'::text) AND (NOT ( SELECT pulse.is_fresh
           FROM wall.pulse pulse)));

COMMENT ON VIEW wall.kind_troubled IS 'The 100 assets of each kind that have been late, silent or never heard of for the shortest time.';

CREATE VIEW wall.lamp_site AS
 SELECT code AS site,
    name
   FROM public.site
  WHERE (EXISTS ( SELECT
           FROM public.asset
          WHERE ((asset.site_id = site.id) AND (asset.kind = 'lamp_circuit'::text))));

CREATE VIEW wall.lease AS
 SELECT lease.id,
    site.code AS site,
    site.name AS site_name,
    lease.phase,
    phase.name AS phase_name,
    lease.extra_green_s,
    lease.duration_s,
    lease.reason,
    lease.requester,
    lease.withdrawn_by,
    lease.role,
    lease.rank,
    lease.state,
    lease.requested_at,
    lease.confirm_by,
    lease.accepted_at,
    lease.applied_at,
    lease.confirmed_at,
    lease.ends_at,
    lease.ended_at,
    lease.reverted_at,
    lease.end_reason,
    lease.rule,
    lease.text_id,
    lease.text_en,
    lease.corridor_lease_id,
    corridor.name AS corridor,
    ((lease.state = ANY (ARRAY['requested'::text, 'sent'::text, 'accepted'::text, 'applied'::text, 'confirmed'::text])) OR ((lease.applied_at IS NOT NULL) AND (lease.ended_at IS NULL) AND (lease.ends_at > now()))) AS open,
    (EXTRACT(epoch FROM (lease.ends_at - now())))::double precision AS remaining_s
   FROM ((((public.lease
     JOIN public.site ON ((lease.site_id = site.id)))
     LEFT JOIN public.junction_phase phase ON (((lease.site_id = phase.site_id) AND (lease.phase = phase.phase))))
     LEFT JOIN public.corridor_lease ON ((lease.corridor_lease_id = corridor_lease.id)))
     LEFT JOIN public.corridor ON ((corridor_lease.corridor_id = corridor.id)));

COMMENT ON VIEW wall.lease IS 'Every lease with its place. open: it may still change the signals.';

CREATE VIEW wall.lease_open AS
 SELECT id,
    site,
    site_name,
    phase,
    phase_name,
    extra_green_s,
    duration_s,
    reason,
    requester,
    withdrawn_by,
    role,
    rank,
    state,
    requested_at,
    confirm_by,
    accepted_at,
    applied_at,
    confirmed_at,
    ends_at,
    ended_at,
    reverted_at,
    end_reason,
    rule,
    text_id,
    text_en,
    corridor_lease_id,
    corridor,
    open,
    remaining_s
   FROM wall.lease lease
  WHERE ((state = ANY (ARRAY['requested'::text, 'sent'::text, 'accepted'::text, 'applied'::text, 'confirmed'::text, 'ended'::text])) AND open);

COMMENT ON VIEW wall.lease_open IS 'Leases that may still change signals.';

CREATE VIEW wall.maintenance AS
 SELECT minutes_until,
    (EXTRACT(epoch FROM (now() - minutes_until)))::double precision AS lag_s,
    ( SELECT count(DISTINCT late.hour) AS count
           FROM public.rollup_late late) AS late_hours
   FROM public.rollup_state state
  WHERE (minutes_until > '1970-01-01 00:00:00+00'::timestamp with time zone);

COMMENT ON VIEW wall.maintenance IS 'How far the rollups are behind now; above some minutes the job is not running.';

CREATE VIEW wall.module_figure_version AS
 SELECT module.name AS module,
    indicator.name AS indicator,
    (module.manifest #>> ARRAY['indicators'::text, indicator.name, 'title'::text, 'id'::text]) AS title_id,
    (module.manifest #>> ARRAY['indicators'::text, indicator.name, 'title'::text, 'en'::text]) AS title_en,
    (module.manifest #>> ARRAY['indicators'::text, indicator.name, 'unit'::text]) AS unit,
    ((module.manifest #>> ARRAY['indicators'::text, indicator.name, 'decimals'::text]))::integer AS decimals,
    cell.id AS cell_id,
    cell.keys,
    district.code AS district_code,
    district.name AS district,
    version.true_at,
    version.value,
    (version.value IS NULL) AS kept_back,
    version.known_from,
    version.known_until,
    version.run_id
   FROM ((((public.indicator_value version
     JOIN public.indicator_cell cell ON ((version.cell_id = cell.id)))
     JOIN public.indicator ON ((cell.indicator_id = indicator.id)))
     JOIN public.module ON (((indicator.module_id = module.id) AND module.active AND ((module.manifest -> 'indicators'::text) ? indicator.name))))
     LEFT JOIN public.district ON ((district.code = cell.keys[array_position(indicator.dimensions, 'district'::text)])));

COMMENT ON VIEW wall.module_figure_version IS 'Every figure that was ever shown. As shown at an instant: known_from <= it AND (known_until IS NULL OR known_until > it).';

CREATE VIEW wall.module_state AS
 SELECT module.name AS module,
    (module.manifest #>> '{title,id}'::text[]) AS title_id,
    (module.manifest #>> '{title,en}'::text[]) AS title_en,
    (module.manifest ->> 'owner'::text) AS owner,
    (module.manifest ->> 'contact'::text) AS contact,
    (module.manifest #>> '{source,kind}'::text[]) AS source,
    (module.manifest ->> 'schedule'::text) AS schedule,
    last_run.state,
    last_run.started_at,
    last_run.ended_at,
    last_run.rows,
    last_run.figures,
    last_run.changed,
    last_run.rejected,
    last_run.held,
    last_run.kept_back,
    last_run.fault_id,
    last_run.fault_en,
    newest.true_at,
    waited.until_at AS due_at,
    COALESCE((now() > waited.until_at), false) AS overdue,
    waited.late AS figures_late,
    waited.n AS figures_waited_for
   FROM ((((public.module
     LEFT JOIN LATERAL ( SELECT run.id,
            run.module_id,
            run.due_at,
            run.started_at,
            run.ended_at,
            run.cause,
            run.actor,
            run.state,
            run.rows,
            run.figures,
            run.changed,
            run.rejected,
            run.held,
            run.kept_back,
            run.fault_id,
            run.fault_en
           FROM public.module_run run
          WHERE ((run.module_id = module.id) AND (run.state <> 'running'::text))
          ORDER BY run.id DESC
         LIMIT 1) last_run ON (true))
     LEFT JOIN LATERAL ( SELECT max(figure.true_at) AS true_at,
            min(figure.due_at) AS due_at,
            count(figure.true_at) AS n,
            count(*) FILTER (WHERE (figure.stale AND (figure.true_at IS NOT NULL))) AS late,
            array_agg(DISTINCT figure.indicator) FILTER (WHERE (figure.true_at IS NOT NULL)) AS indicators
           FROM wall.module_figure figure
          WHERE (figure.module = module.name)) newest ON (true))
     CROSS JOIN LATERAL ( SELECT count(*) AS n,
            min(never.until_at) AS due_at,
            count(*) FILTER (WHERE (now() > never.until_at)) AS late
           FROM ( SELECT (module.loaded_at + (COALESCE((wanted.about ->> 'fresh_for'::text), (module.manifest ->> 'fresh_for'::text)))::interval) AS until_at
                   FROM jsonb_each((module.manifest -> 'indicators'::text)) wanted(name, about)
                  WHERE ((newest.indicators IS NULL) OR (wanted.name <> ALL (newest.indicators)))) never) missing)
     CROSS JOIN LATERAL ( SELECT LEAST(newest.due_at, missing.due_at) AS until_at,
            (newest.late + missing.late) AS late,
            (newest.n + missing.n) AS n) waited)
  WHERE module.active;

COMMENT ON VIEW wall.module_state IS 'One row for each module: its last run, and whether its figures are overdue.';

CREATE VIEW wall.module_trouble AS
 SELECT ('overdue:'::text || state.module) AS trouble,
    'overdue'::text AS kind,
    state.module,
    state.title_id,
    state.title_en,
    state.owner,
    state.contact,
    state.due_at AS since,
    NULL::bigint AS held_id,
    NULL::text AS indicator,
    NULL::text[] AS keys,
    NULL::double precision AS value,
    NULL::double precision AS usual,
    (format('%s dari %s angka terlambat. '::text, state.figures_late, state.figures_waited_for) ||
        CASE
            WHEN (state.state = 'failed'::text) THEN state.fault_id
            ELSE 'Tidak ada angka baru.'::text
        END) AS detail_id,
    (format('%s of %s figures are overdue. '::text, state.figures_late, state.figures_waited_for) ||
        CASE
            WHEN (state.state = 'failed'::text) THEN state.fault_en
            ELSE 'There is no new figure.'::text
        END) AS detail_en
   FROM wall.module_state state
  WHERE state.overdue
UNION ALL
 SELECT ('held:'::text || held.id) AS trouble,
    'held'::text AS kind,
    module.name AS module,
    (module.manifest #>> '{title,id}'::text[]) AS title_id,
    (module.manifest #>> '{title,en}'::text[]) AS title_en,
    (module.manifest ->> 'owner'::text) AS owner,
    (module.manifest ->> 'contact'::text) AS contact,
    run.started_at AS since,
    held.id AS held_id,
    indicator.name AS indicator,
    cell.keys,
    held.value,
    held.usual,
    format('Angka %s, biasanya %s: benar?'::text, held.value, held.usual) AS detail_id,
    format('The figure is %s, usually %s: is it right?'::text, held.value, held.usual) AS detail_en
   FROM ((((public.indicator_held held
     JOIN public.indicator_cell cell ON ((held.cell_id = cell.id)))
     JOIN public.indicator ON ((cell.indicator_id = indicator.id)))
     JOIN public.module ON (((indicator.module_id = module.id) AND module.active AND ((module.manifest -> 'indicators'::text) ? indicator.name))))
     JOIN public.module_run run ON ((held.run_id = run.id)))
  WHERE (held.decided_at IS NULL);

COMMENT ON VIEW wall.module_trouble IS 'One row for each overdue module and each figure that waits for a person, for as long as it is so; trouble names it.';

CREATE VIEW wall.newest AS
 SELECT kind,
    quantity,
    series,
    fresh,
    total,
    (total / (NULLIF(fresh, 0))::double precision) AS mean,
    "least",
    most,
    oldest_at
   FROM public.wall_figure kept
  WHERE ( SELECT pulse.is_fresh
           FROM wall.pulse pulse);

COMMENT ON VIEW wall.newest IS 'Newest values of a quantity over all assets of a kind that were heard of lately (fresh of series). No row while the pulse is old.';

CREATE VIEW wall.rain AS
 SELECT asset.code AS asset,
    asset.name,
    site.code AS site,
    site.name AS site_name,
    site.district,
    rate.value AS rate_mm_h,
    rate."time" AS rate_at,
    (EXTRACT(epoch FROM (now() - rate."time")))::double precision AS age_s,
    fallen.hour_mm AS last_hour_mm,
    fallen.day_mm AS last_24h_mm
   FROM (((((public.asset
     LEFT JOIN public.site ON ((asset.site_id = site.id)))
     JOIN public.series rate_series ON (((asset.id = rate_series.asset_id) AND (rate_series.quantity = 'rain_rate'::text))))
     JOIN public.series_latest rate ON ((rate_series.id = rate.series_id)))
     LEFT JOIN public.series total_series ON (((asset.id = total_series.asset_id) AND (total_series.quantity = 'rain_total'::text))))
     LEFT JOIN LATERAL ( SELECT kept.hour_mm,
            kept.day_mm
           FROM public.wall_gauge kept
          WHERE ((kept.asset_id = asset.id) AND ( SELECT pulse.is_fresh
                   FROM wall.pulse pulse))
        UNION ALL
         SELECT earlier.hour_mm,
            earlier.day_mm
           FROM wall.rain_before(total_series.id) earlier(hour_mm, day_mm)
          WHERE (NOT ( SELECT pulse.is_fresh
                   FROM wall.pulse pulse))) fallen ON (true));

COMMENT ON VIEW wall.rain IS 'One row a rain gauge: intensity now, and what fell in the last hour and the last 24.';

CREATE VIEW wall.relation_size AS
 SELECT relation,
    bytes,
    chunks
   FROM public.wall_relation kept
  WHERE (relation <> '*'::text);

COMMENT ON VIEW wall.relation_size IS 'Bytes of each hypertable with its indexes, at most some minutes old.';

CREATE VIEW wall.river_reach AS
 SELECT above.gauge AS upstream,
    above.name AS upstream_name,
    above.severity AS upstream_severity,
    above.rate_m_h,
    below.gauge AS downstream,
    below.name AS downstream_name,
    below.site AS downstream_site,
    below.district AS downstream_district,
    below.severity AS downstream_severity,
    reach.travel_s,
    begun.at AS upstream_since,
        CASE
            WHEN (above.severity > COALESCE(below.severity, 0)) THEN (begun.at + (reach.travel_s * '00:00:01'::interval))
            ELSE NULL::timestamp with time zone
        END AS arrives_at,
        CASE
            WHEN (above.severity > COALESCE(below.severity, 0)) THEN (EXTRACT(epoch FROM ((begun.at + (reach.travel_s * '00:00:01'::interval)) - now())))::double precision
            ELSE NULL::double precision
        END AS lead_s
   FROM (((((public.river_reach reach
     JOIN public.asset upper_asset ON ((reach.upstream_id = upper_asset.id)))
     JOIN public.asset lower_asset ON ((reach.downstream_id = lower_asset.id)))
     JOIN wall.gauge above ON ((upper_asset.code = above.gauge)))
     JOIN wall.gauge below ON ((lower_asset.code = below.gauge)))
     LEFT JOIN LATERAL ( SELECT event."time" AS at
           FROM public.event
          WHERE ((event.asset_id = upper_asset.id) AND (event.type = 'id.satulayar.water_stage.reached'::text) AND ((event.payload #>> '{data,ended_at}'::text[]) IS NULL))
          ORDER BY event."time" DESC, event.id DESC
         LIMIT 1) begun ON (true));

COMMENT ON VIEW wall.river_reach IS 'Each stretch between two gauges: how they stand, how long a rise takes, when what stands above arrives below.';

CREATE VIEW wall.sample AS
 SELECT sample."time",
    named.series_id,
    named.asset,
    named.site,
    named.quantity,
    named.unit,
    sample.value
   FROM (public.sample
     JOIN wall.series named ON ((sample.series_id = named.series_id)));

CREATE VIEW wall.sample_text AS
 SELECT sample."time",
    named.series_id,
    named.asset,
    named.site,
    named.quantity,
    sample.value
   FROM (public.sample_text sample
     JOIN wall.series named ON ((sample.series_id = named.series_id)));

CREATE VIEW wall.trouble AS
 SELECT asset.code AS asset,
    asset.name,
    asset.kind,
    site.code AS site,
    site.name AS site_name,
    site.district,
    kept.quantity,
    kept.since,
    (EXTRACT(epoch FROM (now() - kept.since)))::double precision AS age_s
   FROM ((public.wall_trouble kept
     JOIN public.asset ON ((kept.asset_id = asset.id)))
     LEFT JOIN public.site ON ((asset.site_id = site.id)));

COMMENT ON VIEW wall.trouble IS 'What assets say of themselves that should not be: lamp_fault, door_open, mains_present (0), …';

CREATE VIEW wall.screen AS
 SELECT seen.asset,
    seen.name,
    seen.site_name,
        CASE
            WHEN ((seen.state = 'ok'::text) AND (told.quantity = 'screen_on'::text)) THEN 'dark'::text
            WHEN ((seen.state = 'ok'::text) AND (told.quantity = 'page_alive'::text)) THEN 'blank'::text
            ELSE seen.state
        END AS state,
    COALESCE(seen.age_s, told.age_s) AS age_s
   FROM (wall.asset_now seen
     LEFT JOIN LATERAL ( SELECT sign.quantity,
            sign.age_s
           FROM wall.trouble sign
          WHERE ((sign.asset = seen.asset) AND (sign.quantity = ANY (ARRAY['screen_on'::text, 'page_alive'::text])))
          ORDER BY sign.quantity DESC
         LIMIT 1) told ON (true))
  WHERE (seen.kind = ANY (ARRAY['wall'::text, 'screen'::text]));

COMMENT ON VIEW wall.screen IS 'The control room''s walls and each of their screens, always one row each. state: dark (off), blank (shows no wall), or as every asset''s.';

CREATE VIEW wall.series_latest AS
 SELECT named.series_id,
    named.series,
    named.asset,
    named.asset_name,
    named.kind,
    named.site,
    named.site_name,
    named.district,
    named.box,
    named.quantity,
    named.unit,
    named.created_at,
    latest."time",
    latest.value,
        CASE
            WHEN (latest.value IS NULL) THEN ( SELECT spoken.value
               FROM public.sample_text spoken
              WHERE ((spoken.series_id = latest.series_id) AND (spoken."time" = latest."time")))
            ELSE NULL::text
        END AS text,
    latest.received_at,
    (GREATEST((0)::numeric, EXTRACT(epoch FROM (now() - latest."time"))))::double precision AS age_s
   FROM (wall.series named
     JOIN public.series_latest latest ON ((named.series_id = latest.series_id)));

COMMENT ON VIEW wall.series_latest IS 'The newest sample of each series: value, or text for series of words.';

CREATE VIEW wall.site_now AS
 SELECT site.code AS site,
    site.name,
    site.district,
    site.latitude,
    site.longitude,
    kept.state,
    kept.since,
    kept.boxes,
    kept.boxes_silent,
    kept.assets,
    kept.assets_ok,
    kept.last_seen_at,
        CASE kept.state
            WHEN 'silent'::text THEN 2
            WHEN 'degraded'::text THEN 1
            WHEN 'ok'::text THEN 0
            ELSE NULL::integer
        END AS severity
   FROM (public.wall_site kept
     JOIN public.site ON ((kept.site_id = site.id)))
  WHERE ( SELECT pulse.is_fresh
           FROM wall.pulse pulse)
UNION ALL
 SELECT seen.site,
    seen.name,
    seen.district,
    seen.latitude,
    seen.longitude,
    seen.state,
    NULL::timestamp with time zone AS since,
    seen.boxes,
    seen.boxes_silent,
    seen.assets,
    seen.assets_ok,
    seen.last_seen_at,
        CASE seen.state
            WHEN 'silent'::text THEN 2
            WHEN 'degraded'::text THEN 1
            WHEN 'ok'::text THEN 0
            ELSE NULL::integer
        END AS severity
   FROM wall.site_truth() seen(site, name, district, latitude, longitude, state, boxes, boxes_silent, assets, assets_ok, last_seen_at)
  WHERE (NOT ( SELECT pulse.is_fresh
           FROM wall.pulse pulse));

COMMENT ON VIEW wall.site_now IS 'One row a site: ok, degraded, silent, empty. severity: 0, 1, 2, NULL.';

CREATE VIEW wall.site_total AS
 SELECT '1h'::text AS level,
    kept.bucket AS "time",
    site.code AS site,
    site.name AS site_name,
    kept.kind,
    kept.quantity,
    kept.series,
    kept.total,
    (kept.total / (NULLIF(kept.series, 0))::double precision) AS mean,
    kept."least",
    kept.most
   FROM (public.total_1h kept
     JOIN public.site ON ((kept.site_id = site.id)))
UNION ALL
 SELECT '1d'::text AS level,
    kept.bucket AS "time",
    site.code AS site,
    site.name AS site_name,
    kept.kind,
    kept.quantity,
    kept.series,
    kept.total,
    (kept.total / (NULLIF(kept.series, 0))::double precision) AS mean,
    kept."least",
    kept.most
   FROM (public.total_1d kept
     JOIN public.site ON ((kept.site_id = site.id)));

COMMENT ON VIEW wall.site_total IS 'The same for each junction, hours of the last 90 days: filter by level, site and time.';

CREATE VIEW wall.state_count AS
 SELECT kept.kind,
    kept.state,
    kept.n
   FROM public.wall_count kept
  WHERE ((kept.n > 0) AND ( SELECT pulse.is_fresh
           FROM wall.pulse pulse))
UNION ALL
 SELECT counted.kind,
    counted.state,
    counted.n
   FROM wall.count_truth() counted(kind, state, n)
  WHERE (NOT ( SELECT pulse.is_fresh
           FROM wall.pulse pulse));

COMMENT ON VIEW wall.state_count IS 'How many assets of each kind are in each state; kind box_slot: boxes, kind site: sites.';

CREATE VIEW wall.warning AS
 SELECT (id)::text AS warning,
    source,
    sender,
    identifier,
    sent_at,
    status,
    COALESCE(NULLIF(headline_id, ''::text), NULLIF(event_id, ''::text), headline_en) AS headline_id,
    COALESCE(NULLIF(headline_en, ''::text), NULLIF(event_en, ''::text), headline_id) AS headline_en,
    severity,
    urgency,
    certainty,
    area,
    geometry,
    effective_at,
    onset_at,
    expires_at
   FROM public.warning
  WHERE ((status = 'Actual'::text) AND (scope = 'Public'::text) AND (message_type = ANY (ARRAY['Alert'::text, 'Update'::text])) AND (superseded_by IS NULL) AND (expires_at > now()));

COMMENT ON VIEW wall.warning IS 'Warnings in force, ours and BMKG''s (CAP 1.2). Exercises and tests are never here. Sumber: BMKG where source says so.';

CREATE VIEW wall.worst_junction AS
 SELECT site.code AS site,
    site.name,
    kept.split_failures
   FROM (public.wall_junction kept
     JOIN public.site ON ((kept.site_id = site.id)));

COMMENT ON VIEW wall.worst_junction IS 'Split failures of each junction in the last 24 hours: the sum of hourly means of its phases.';

ALTER TABLE ONLY public.account_identity
    ADD CONSTRAINT account_identity_pkey PRIMARY KEY (issuer, subject);

ALTER TABLE ONLY public.account
    ADD CONSTRAINT account_name_key UNIQUE (name);

ALTER TABLE ONLY public.account
    ADD CONSTRAINT account_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.announcement
    ADD CONSTRAINT announcement_account_request_id_key UNIQUE (account, request_id);

ALTER TABLE ONLY public.announcement_clip
    ADD CONSTRAINT announcement_clip_account_request_id_key UNIQUE (account, request_id);

ALTER TABLE ONLY public.announcement_clip
    ADD CONSTRAINT announcement_clip_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.announcement_keep
    ADD CONSTRAINT announcement_keep_pkey PRIMARY KEY (origin);

ALTER TABLE ONLY public.announcement
    ADD CONSTRAINT announcement_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.announcement_place
    ADD CONSTRAINT announcement_place_pkey PRIMARY KEY (announcement_id, request_id);

ALTER TABLE ONLY public.asset
    ADD CONSTRAINT asset_code_key UNIQUE (code);

ALTER TABLE ONLY public.asset
    ADD CONSTRAINT asset_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.audit_head
    ADD CONSTRAINT audit_head_pkey PRIMARY KEY (one);

ALTER TABLE ONLY public.audit
    ADD CONSTRAINT audit_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.box
    ADD CONSTRAINT box_name_key UNIQUE (name);

ALTER TABLE ONLY public.box
    ADD CONSTRAINT box_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.box_request
    ADD CONSTRAINT camera_request_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.box_request
    ADD CONSTRAINT camera_request_requester_request_id_key UNIQUE (requester, request_id);

ALTER TABLE ONLY public.city_stage
    ADD CONSTRAINT city_stage_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.claim_code
    ADD CONSTRAINT claim_code_pkey PRIMARY KEY (fingerprint);

ALTER TABLE ONLY public.claim
    ADD CONSTRAINT claim_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.clip_upload_piece
    ADD CONSTRAINT clip_upload_piece_pkey PRIMARY KEY (box_id, event_id, sha256, first);

ALTER TABLE ONLY public.clip_upload
    ADD CONSTRAINT clip_upload_pkey PRIMARY KEY (box_id, event_id, sha256);

ALTER TABLE ONLY public.command_result
    ADD CONSTRAINT command_result_pkey PRIMARY KEY (command_id, box_id, state);

ALTER TABLE ONLY public.contact
    ADD CONSTRAINT contact_owner_address_key UNIQUE (owner, address);

ALTER TABLE ONLY public.contact
    ADD CONSTRAINT contact_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.corridor_lease
    ADD CONSTRAINT corridor_lease_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.corridor_lease
    ADD CONSTRAINT corridor_lease_requester_request_id_key UNIQUE (requester, request_id);

ALTER TABLE ONLY public.corridor
    ADD CONSTRAINT corridor_name_key UNIQUE (name);

ALTER TABLE ONLY public.corridor
    ADD CONSTRAINT corridor_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.crew_member
    ADD CONSTRAINT crew_member_pkey PRIMARY KEY (crew_id, account_id);

ALTER TABLE ONLY public.crew
    ADD CONSTRAINT crew_name_key UNIQUE (name);

ALTER TABLE ONLY public.crew
    ADD CONSTRAINT crew_pkey PRIMARY KEY (id);

ALTER TABLE public.crew
    ADD CONSTRAINT crew_position_at_sane CHECK ((position_at >= '2000-01-01 00:00:00+00'::timestamp with time zone)) NOT VALID;

ALTER TABLE ONLY public.delegation
    ADD CONSTRAINT delegation_pkey PRIMARY KEY (account_id, authority);

ALTER TABLE public.dispatch
    ADD CONSTRAINT dispatch_instants_sane CHECK ((LEAST(accepted_at, on_way_at, arrived_at, done_at, declined_at, recalled_at) >= '2000-01-01 00:00:00+00'::timestamp with time zone)) NOT VALID;

ALTER TABLE ONLY public.dispatch
    ADD CONSTRAINT dispatch_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.district
    ADD CONSTRAINT district_name_key UNIQUE (name);

ALTER TABLE ONLY public.district
    ADD CONSTRAINT district_pkey PRIMARY KEY (code);

ALTER TABLE public.earthquake
    ADD CONSTRAINT earthquake_at_sane CHECK ((at >= '2000-01-01 00:00:00+00'::timestamp with time zone)) NOT VALID;

ALTER TABLE ONLY public.earthquake
    ADD CONSTRAINT earthquake_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.event
    ADD CONSTRAINT event_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.feed
    ADD CONSTRAINT feed_pkey PRIMARY KEY (url);

ALTER TABLE ONLY public.gauge_stage
    ADD CONSTRAINT gauge_stage_pkey PRIMARY KEY (asset_id, stage);

ALTER TABLE ONLY public.grafana_alert
    ADD CONSTRAINT grafana_alert_fingerprint_starts_at_status_key UNIQUE (fingerprint, starts_at, status);

ALTER TABLE ONLY public.grafana_alert
    ADD CONSTRAINT grafana_alert_pkey PRIMARY KEY (id);

ALTER TABLE public.incident
    ADD CONSTRAINT incident_instants_sane CHECK (((LEAST(happened_at, last_seen_at, on_site_at) >= '2000-01-01 00:00:00+00'::timestamp with time zone) AND (GREATEST(happened_at, last_seen_at) < '2200-01-01 00:00:00+00'::timestamp with time zone))) NOT VALID;

ALTER TABLE ONLY public.incident_log
    ADD CONSTRAINT incident_log_act_id_key UNIQUE (act_id);

ALTER TABLE ONLY public.incident_log
    ADD CONSTRAINT incident_log_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.incident
    ADD CONSTRAINT incident_number_key UNIQUE (number);

ALTER TABLE ONLY public.incident_photo
    ADD CONSTRAINT incident_photo_pkey PRIMARY KEY (id);

ALTER TABLE public.incident_photo
    ADD CONSTRAINT incident_photo_taken_at_sane CHECK ((taken_at >= '2000-01-01 00:00:00+00'::timestamp with time zone)) NOT VALID;

ALTER TABLE ONLY public.incident
    ADD CONSTRAINT incident_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.incident_source
    ADD CONSTRAINT incident_source_pkey PRIMARY KEY (source, ref);

ALTER TABLE ONLY public.indicator_cell
    ADD CONSTRAINT indicator_cell_indicator_id_keys_key UNIQUE (indicator_id, keys);

ALTER TABLE ONLY public.indicator_cell
    ADD CONSTRAINT indicator_cell_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.indicator_held
    ADD CONSTRAINT indicator_held_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.indicator
    ADD CONSTRAINT indicator_module_id_name_key UNIQUE (module_id, name);

ALTER TABLE ONLY public.indicator
    ADD CONSTRAINT indicator_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.junction
    ADD CONSTRAINT junction_controller_id_key UNIQUE (controller_id);

ALTER TABLE ONLY public.junction_limit
    ADD CONSTRAINT junction_limit_pkey PRIMARY KEY (site_id, role);

ALTER TABLE ONLY public.junction_phase
    ADD CONSTRAINT junction_phase_pkey PRIMARY KEY (site_id, phase);

ALTER TABLE ONLY public.junction
    ADD CONSTRAINT junction_pkey PRIMARY KEY (site_id);

ALTER TABLE ONLY public.lease_command
    ADD CONSTRAINT lease_command_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.lease_log
    ADD CONSTRAINT lease_log_origin_key UNIQUE (origin);

ALTER TABLE ONLY public.lease_log
    ADD CONSTRAINT lease_log_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.lease
    ADD CONSTRAINT lease_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.lease
    ADD CONSTRAINT lease_requester_request_id_key UNIQUE (requester, request_id);

ALTER TABLE ONLY public.loudspeaker
    ADD CONSTRAINT loudspeaker_pkey PRIMARY KEY (asset_id);

ALTER TABLE public.media
    ADD CONSTRAINT media_content_check CHECK ((octet_length(content) > 0)) NOT VALID;

ALTER TABLE ONLY public.media_day
    ADD CONSTRAINT media_day_pkey PRIMARY KEY (box_id, day);

ALTER TABLE ONLY public.media
    ADD CONSTRAINT media_pkey PRIMARY KEY (event_id, box_id, sha256);

ALTER TABLE ONLY public.module_draft
    ADD CONSTRAINT module_draft_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.module
    ADD CONSTRAINT module_name_key UNIQUE (name);

ALTER TABLE ONLY public.module
    ADD CONSTRAINT module_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.module_run_line
    ADD CONSTRAINT module_run_line_pkey PRIMARY KEY (run_id, reason, detail_en);

ALTER TABLE ONLY public.module_run
    ADD CONSTRAINT module_run_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.module_token
    ADD CONSTRAINT module_token_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.notification
    ADD CONSTRAINT notification_log_id_address_key UNIQUE (log_id, address);

ALTER TABLE ONLY public.notification
    ADD CONSTRAINT notification_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.operations_inbox
    ADD CONSTRAINT operations_inbox_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.operations_pulse
    ADD CONSTRAINT operations_pulse_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.operations_refused
    ADD CONSTRAINT operations_refused_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.rejected_message
    ADD CONSTRAINT rejected_message_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.river_reach
    ADD CONSTRAINT river_reach_pkey PRIMARY KEY (upstream_id, downstream_id);

ALTER TABLE ONLY public.role_right
    ADD CONSTRAINT role_right_pkey PRIMARY KEY (role, action);

ALTER TABLE ONLY public.rollup_state
    ADD CONSTRAINT rollup_state_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.roster
    ADD CONSTRAINT roster_agency_level_who_shift_from_key UNIQUE (agency, level, who, shift_from);

ALTER TABLE ONLY public.roster
    ADD CONSTRAINT roster_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.rule_state
    ADD CONSTRAINT rule_state_pkey PRIMARY KEY (rule, subject);

ALTER TABLE ONLY public.sample_1d
    ADD CONSTRAINT sample_1d_pkey PRIMARY KEY (series_id, bucket);

ALTER TABLE ONLY public.sample_1h
    ADD CONSTRAINT sample_1h_pkey PRIMARY KEY (series_id, bucket);

ALTER TABLE ONLY public.sample_1m
    ADD CONSTRAINT sample_1m_pkey PRIMARY KEY (series_id, bucket);

ALTER TABLE ONLY public.sample
    ADD CONSTRAINT sample_series_id_time_key UNIQUE (series_id, "time");

ALTER TABLE ONLY public.sample_text
    ADD CONSTRAINT sample_text_series_id_time_key UNIQUE (series_id, "time");

ALTER TABLE ONLY public.schema_migration
    ADD CONSTRAINT schema_migration_pkey PRIMARY KEY (name);

ALTER TABLE ONLY public.series
    ADD CONSTRAINT series_asset_id_quantity_key UNIQUE (asset_id, quantity);

ALTER TABLE ONLY public.series_latest
    ADD CONSTRAINT series_latest_pkey PRIMARY KEY (series_id);

ALTER TABLE ONLY public.series
    ADD CONSTRAINT series_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.session
    ADD CONSTRAINT session_attempt_key UNIQUE (attempt);

ALTER TABLE ONLY public.session
    ADD CONSTRAINT session_id_key UNIQUE (id);

ALTER TABLE ONLY public.session
    ADD CONSTRAINT session_pkey PRIMARY KEY (id_hash);

ALTER TABLE ONLY public.shelf
    ADD CONSTRAINT shelf_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.shelf_source
    ADD CONSTRAINT shelf_source_pkey PRIMARY KEY (shelf_id, source, ref);

ALTER TABLE ONLY public.sign_in_wrong
    ADD CONSTRAINT sign_in_wrong_pkey PRIMARY KEY (key);

ALTER TABLE ONLY public.site
    ADD CONSTRAINT site_code_key UNIQUE (code);

ALTER TABLE ONLY public.site
    ADD CONSTRAINT site_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.token
    ADD CONSTRAINT token_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.total_1d
    ADD CONSTRAINT total_1d_pkey PRIMARY KEY (site_id, kind, quantity, bucket);

ALTER TABLE ONLY public.total_1h
    ADD CONSTRAINT total_1h_pkey PRIMARY KEY (site_id, kind, quantity, bucket);

ALTER TABLE ONLY public.total_1m
    ADD CONSTRAINT total_1m_pkey PRIMARY KEY (site_id, kind, quantity, bucket);

ALTER TABLE ONLY public.total_late
    ADD CONSTRAINT total_late_pkey PRIMARY KEY (hour);

ALTER TABLE ONLY public.total_of
    ADD CONSTRAINT total_of_pkey PRIMARY KEY (kind, quantity);

ALTER TABLE ONLY public.total_state
    ADD CONSTRAINT total_state_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.visit_piece
    ADD CONSTRAINT visit_piece_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.visit
    ADD CONSTRAINT visit_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.wall_asset
    ADD CONSTRAINT wall_asset_pkey PRIMARY KEY (asset_id);

ALTER TABLE ONLY public.wall_box
    ADD CONSTRAINT wall_box_pkey PRIMARY KEY (box_id);

ALTER TABLE ONLY public.wall_count
    ADD CONSTRAINT wall_count_pkey PRIMARY KEY (kind, state);

ALTER TABLE ONLY public.wall_figure
    ADD CONSTRAINT wall_figure_pkey PRIMARY KEY (kind, quantity);

ALTER TABLE ONLY public.wall_gauge
    ADD CONSTRAINT wall_gauge_pkey PRIMARY KEY (asset_id);

ALTER TABLE ONLY public.wall_incident_day
    ADD CONSTRAINT wall_incident_day_pkey PRIMARY KEY (day, category);

ALTER TABLE ONLY public.wall_junction
    ADD CONSTRAINT wall_junction_pkey PRIMARY KEY (site_id);

ALTER TABLE ONLY public.wall_pulse
    ADD CONSTRAINT wall_pulse_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.wall_relation
    ADD CONSTRAINT wall_relation_pkey PRIMARY KEY (relation);

ALTER TABLE ONLY public.wall_site
    ADD CONSTRAINT wall_site_pkey PRIMARY KEY (site_id);

ALTER TABLE ONLY public.wall_trouble
    ADD CONSTRAINT wall_trouble_pkey PRIMARY KEY (asset_id, quantity);

ALTER TABLE ONLY public.wall_trouble_sign
    ADD CONSTRAINT wall_trouble_sign_pkey PRIMARY KEY (quantity);

ALTER TABLE ONLY public.warning
    ADD CONSTRAINT warning_account_request_id_key UNIQUE (account, request_id);

ALTER TABLE ONLY public.warning
    ADD CONSTRAINT warning_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.warning
    ADD CONSTRAINT warning_sender_identifier_key UNIQUE (sender, identifier);

CREATE INDEX account_identity_account_id ON public.account_identity USING btree (account_id);

CREATE INDEX announcement_clip_newest ON public.announcement_clip USING btree (made_at DESC, id DESC);

CREATE INDEX announcement_newest ON public.announcement USING btree (requested_at DESC, id DESC);

CREATE INDEX announcement_of_incident ON public.announcement USING btree (incident_id) WHERE (incident_id IS NOT NULL);

CREATE INDEX announcement_place_request ON public.announcement_place USING btree (request_id);

CREATE INDEX asset_box_id ON public.asset USING btree (box_id);

CREATE INDEX asset_kind ON public.asset USING btree (kind);

CREATE INDEX asset_kind_site ON public.asset USING btree (kind, site_id);

CREATE INDEX asset_site_id ON public.asset USING btree (site_id);

CREATE INDEX audit_clip_recorded ON public.audit USING btree (((detail ->> 'box'::text))) WHERE (action = 'clip_recorded'::text);

CREATE INDEX audit_evidence_seen ON public.audit USING btree (subject, actor) WHERE (action = 'evidence_seen'::text);

CREATE INDEX box_site_id ON public.box USING btree (site_id);

CREATE INDEX camera_request_asset_id ON public.box_request USING btree (asset_id, requested_at DESC);

CREATE INDEX camera_request_newest ON public.box_request USING btree (requested_at DESC, id DESC);

CREATE INDEX camera_request_waiting ON public.box_request USING btree (expires_at) WHERE (received IS NOT TRUE);

CREATE UNIQUE INDEX claim_of_box ON public.claim USING btree (box_id) WHERE (ended_at IS NULL);

CREATE UNIQUE INDEX claim_of_hardware ON public.claim USING btree (hardware) WHERE (ended_at IS NULL);

CREATE INDEX clip_upload_command_id ON public.clip_upload USING btree (command_id);

CREATE INDEX clip_upload_grown_at ON public.clip_upload USING btree (grown_at);

CREATE INDEX command_result_received_at ON public.command_result USING btree (received_at);

CREATE INDEX corridor_lease_open ON public.corridor_lease USING btree (requested_at) WHERE (state = ANY (ARRAY['preparing'::text, 'committing'::text, 'confirmed'::text]));

CREATE INDEX crew_member_account ON public.crew_member USING btree (account_id);

CREATE INDEX dispatch_crew ON public.dispatch USING btree (crew_id, ordered_at DESC);

CREATE INDEX dispatch_incident ON public.dispatch USING btree (incident_id, ordered_at);

CREATE UNIQUE INDEX dispatch_open ON public.dispatch USING btree (incident_id, crew_id) WHERE (NOT ended);

CREATE INDEX earthquake_at ON public.earthquake USING btree (at DESC);

CREATE INDEX event_asset_id ON public.event USING btree (asset_id, "time" DESC);

CREATE INDEX event_asset_type ON public.event USING btree (asset_id, type, "time" DESC, id DESC);

CREATE INDEX event_clip ON public.event USING btree (((payload #>> '{data,values,command}'::text[]))) WHERE (type = 'id.satulayar.clip.delivered'::text);

CREATE INDEX event_commissioning ON public.event USING btree (box_id, "time" DESC) WHERE (type = 'id.satulayar.commissioning.reported'::text);

CREATE INDEX event_lease ON public.event USING btree (received_at) WHERE (type ~~ 'id.satulayar.lease.%'::text);

CREATE INDEX event_time ON public.event USING btree ("time" DESC, id DESC);

CREATE INDEX event_topic ON public.event USING btree (split_part(type, '.'::text, 3), "time" DESC);

CREATE INDEX grafana_alert_received_at ON public.grafana_alert USING btree (received_at DESC);

CREATE INDEX incident_key ON public.incident USING btree (key, opened_at DESC);

CREATE INDEX incident_log_of ON public.incident_log USING btree (incident_id, id);

CREATE INDEX incident_log_shown ON public.incident_log USING btree (at) WHERE (action = ANY (ARRAY['opened'::text, 'reopened'::text, 'raised'::text, 'escalated'::text]));

CREATE INDEX incident_look ON public.incident USING btree (look_at) WHERE (look_at IS NOT NULL);

CREATE INDEX incident_merged ON public.incident USING btree (merged_into) WHERE (merged_into IS NOT NULL);

CREATE INDEX incident_newest ON public.incident USING btree (opened_at DESC, id DESC);

CREATE UNIQUE INDEX incident_open_key ON public.incident USING btree (key) WHERE (state <> ALL (ARRAY['closed'::text, 'cancelled'::text, 'merged'::text]));

CREATE INDEX incident_photo_of ON public.incident_photo USING btree (incident_id, taken_at);

CREATE INDEX incident_queue ON public.incident USING btree (priority, opened_at, id) WHERE (state <> ALL (ARRAY['closed'::text, 'cancelled'::text, 'merged'::text]));

CREATE INDEX incident_site ON public.incident USING btree (site_id, opened_at DESC);

CREATE INDEX incident_source_guest ON public.incident_source USING btree (incident_id) WHERE (guest AND (ended_at IS NULL));

CREATE INDEX incident_source_home ON public.incident_source USING btree (home_id);

CREATE INDEX incident_source_of ON public.incident_source USING btree (incident_id, at);

CREATE INDEX indicator_held_decided ON public.indicator_held USING btree (cell_id, true_at, value) WHERE (decided_at IS NOT NULL);

CREATE UNIQUE INDEX indicator_held_open ON public.indicator_held USING btree (cell_id, true_at, value) WHERE (decided_at IS NULL);

CREATE UNIQUE INDEX indicator_value_current ON public.indicator_value USING btree (cell_id, true_at DESC) WHERE (known_until IS NULL);

CREATE INDEX indicator_value_past ON public.indicator_value USING btree (cell_id, true_at, known_from) WHERE (known_until IS NOT NULL);

CREATE INDEX junction_corridor_id ON public.junction USING btree (corridor_id);

CREATE INDEX lease_command_lease_id ON public.lease_command USING btree (lease_id);

CREATE INDEX lease_command_waiting ON public.lease_command USING btree (issued_at) WHERE (sent_at IS NULL);

CREATE INDEX lease_corridor_lease_id ON public.lease USING btree (corridor_lease_id) WHERE (corridor_lease_id IS NOT NULL);

CREATE INDEX lease_log_lease_id ON public.lease_log USING btree (lease_id, id);

CREATE INDEX lease_newest ON public.lease USING btree (requested_at DESC, id DESC);

CREATE INDEX lease_open ON public.lease USING btree (confirm_by) WHERE (state = ANY (ARRAY['requested'::text, 'sent'::text, 'accepted'::text, 'applied'::text, 'confirmed'::text, 'ended'::text]));

CREATE INDEX lease_site_id ON public.lease USING btree (site_id, requested_at DESC);

CREATE INDEX media_received_at ON public.media USING btree (received_at);

CREATE INDEX module_draft_figure_draft ON public.module_draft_figure USING btree (draft_id);

CREATE INDEX module_draft_module ON public.module_draft USING btree (module_id, made_at);

CREATE INDEX module_run_module ON public.module_run USING btree (module_id, id DESC);

CREATE INDEX notification_dead ON public.notification USING btree (dead_at DESC) WHERE (dead_at IS NOT NULL);

CREATE INDEX notification_due ON public.notification USING btree (next_at) WHERE ((sent_at IS NULL) AND (dead_at IS NULL));

CREATE INDEX notification_of ON public.notification USING btree (incident_id, id);

CREATE INDEX rejected_message_received_at ON public.rejected_message USING btree (received_at);

CREATE INDEX rollup_late_hour ON public.rollup_late USING btree (hour);

CREATE INDEX series_quantity ON public.series USING btree (quantity, asset_id);

CREATE INDEX session_account_id ON public.session USING btree (account_id);

CREATE INDEX session_expires_at ON public.session USING btree (expires_at);

CREATE INDEX session_subject ON public.session USING btree (issuer, subject) WHERE (issuer IS NOT NULL);

CREATE UNIQUE INDEX shelf_open ON public.shelf USING btree (key) WHERE (ended_at IS NULL);

CREATE INDEX shelf_source_ref ON public.shelf_source USING btree (source, ref);

CREATE INDEX shelf_until ON public.shelf USING btree (until) WHERE (ended_at IS NULL);

CREATE INDEX sign_in_wrong_at ON public.sign_in_wrong USING btree (at);

CREATE INDEX token_account_id ON public.token USING btree (account_id);

CREATE INDEX total_1h_of_sites ON public.total_1h USING btree (bucket, kind, quantity) WHERE (site_id <> 0);

CREATE INDEX total_1m_old ON public.total_1m USING btree (bucket);

CREATE INDEX visit_box_id ON public.visit USING btree (box_id, received_at DESC);

CREATE INDEX visit_piece_visit_id ON public.visit_piece USING btree (visit_id, at);

CREATE INDEX wall_asset_troubled ON public.wall_asset USING btree (since DESC, asset_id) WHERE (state <> 'ok'::text);

CREATE INDEX wall_asset_troubled_kind ON public.wall_asset USING btree (kind, since DESC, asset_id) WHERE (state <> 'ok'::text);

CREATE INDEX wall_junction_worst ON public.wall_junction USING btree (split_failures DESC, site_id);

CREATE INDEX wall_site_troubled ON public.wall_site USING btree (since DESC, site_id) WHERE (state <> 'ok'::text);

CREATE INDEX wall_trouble_since ON public.wall_trouble USING btree (quantity, since DESC);

CREATE INDEX warning_in_force ON public.warning USING btree (expires_at) WHERE ((superseded_by IS NULL) AND (status = 'Actual'::text));

CREATE INDEX warning_newest ON public.warning USING btree (sent_at DESC, id DESC);

CREATE TRIGGER anchor_clip AFTER INSERT ON public.event FOR EACH ROW WHEN ((new.type = 'id.satulayar.clip.delivered'::text)) EXECUTE FUNCTION public.anchor_clip();

CREATE TRIGGER asset_placed BEFORE INSERT OR UPDATE OF site_id, box_id ON public.asset FOR EACH ROW WHEN ((new.site_id IS NULL)) EXECUTE FUNCTION public.asset_placed();

CREATE TRIGGER asset_shown AFTER INSERT ON public.asset REFERENCING NEW TABLE AS placed FOR EACH STATEMENT EXECUTE FUNCTION public.asset_shown();

CREATE TRIGGER audit_chain BEFORE INSERT ON public.audit FOR EACH ROW EXECUTE FUNCTION public.audit_chain();

CREATE TRIGGER audit_stay BEFORE DELETE OR UPDATE OR TRUNCATE ON public.audit FOR EACH STATEMENT EXECUTE FUNCTION public.audit_stay();

CREATE TRIGGER city_stage_stays BEFORE DELETE OR UPDATE OR TRUNCATE ON public.city_stage FOR EACH STATEMENT EXECUTE FUNCTION public.city_stage_stays();

CREATE TRIGGER command_result_told AFTER INSERT ON public.command_result FOR EACH ROW EXECUTE FUNCTION public.command_result_told();

CREATE TRIGGER incident_log_stay BEFORE DELETE OR UPDATE OR TRUNCATE ON public.incident_log FOR EACH STATEMENT EXECUTE FUNCTION public.incident_log_stay();

CREATE TRIGGER incident_moved AFTER INSERT OR UPDATE ON public.incident FOR EACH ROW EXECUTE FUNCTION public.incident_moved();

CREATE TRIGGER lease_log_stay BEFORE DELETE OR UPDATE OR TRUNCATE ON public.lease_log FOR EACH STATEMENT EXECUTE FUNCTION public.lease_log_stay();

CREATE TRIGGER lease_moved AFTER INSERT OR UPDATE ON public.lease FOR EACH ROW EXECUTE FUNCTION public.lease_moved();

CREATE TRIGGER notify_people AFTER INSERT ON public.incident_log FOR EACH ROW EXECUTE FUNCTION public.notify_people();

CREATE TRIGGER operations_noticed AFTER INSERT ON public.operations_inbox FOR EACH ROW WHEN ((new.source = 'notice'::text)) EXECUTE FUNCTION public.operations_noticed();

CREATE TRIGGER operations_told AFTER INSERT ON public.event FOR EACH ROW EXECUTE FUNCTION public.operations_told('event');

CREATE TRIGGER operations_told AFTER INSERT ON public.grafana_alert FOR EACH ROW EXECUTE FUNCTION public.operations_told('alert');

CREATE TRIGGER registry_moved AFTER DELETE OR UPDATE OF code, box_id ON public.asset FOR EACH STATEMENT EXECUTE FUNCTION public.registry_moved();

CREATE TRIGGER registry_moved AFTER DELETE OR UPDATE OF name, site_id ON public.box FOR EACH STATEMENT EXECUTE FUNCTION public.registry_moved();

CREATE TRIGGER registry_moved AFTER DELETE OR UPDATE OF quantity, unit ON public.series FOR EACH STATEMENT EXECUTE FUNCTION public.registry_moved();

CREATE TRIGGER registry_moved AFTER DELETE OR UPDATE OF code ON public.site FOR EACH STATEMENT EXECUTE FUNCTION public.registry_moved();

CREATE TRIGGER ts_insert_blocker BEFORE INSERT ON public.sample FOR EACH ROW EXECUTE FUNCTION _timescaledb_functions.insert_blocker();

CREATE TRIGGER ts_insert_blocker BEFORE INSERT ON public.sample_1d FOR EACH ROW EXECUTE FUNCTION _timescaledb_functions.insert_blocker();

CREATE TRIGGER ts_insert_blocker BEFORE INSERT ON public.sample_1h FOR EACH ROW EXECUTE FUNCTION _timescaledb_functions.insert_blocker();

CREATE TRIGGER ts_insert_blocker BEFORE INSERT ON public.sample_1m FOR EACH ROW EXECUTE FUNCTION _timescaledb_functions.insert_blocker();

CREATE TRIGGER ts_insert_blocker BEFORE INSERT ON public.sample_text FOR EACH ROW EXECUTE FUNCTION _timescaledb_functions.insert_blocker();

ALTER TABLE ONLY public.account_identity
    ADD CONSTRAINT account_identity_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.account(id);

ALTER TABLE ONLY public.announcement
    ADD CONSTRAINT announcement_clip_id_fkey FOREIGN KEY (clip_id) REFERENCES public.announcement_clip(id);

ALTER TABLE ONLY public.announcement
    ADD CONSTRAINT announcement_incident_id_fkey FOREIGN KEY (incident_id) REFERENCES public.incident(id);

ALTER TABLE ONLY public.announcement_place
    ADD CONSTRAINT announcement_place_announcement_id_fkey FOREIGN KEY (announcement_id) REFERENCES public.announcement(id);

ALTER TABLE ONLY public.announcement_place
    ADD CONSTRAINT announcement_place_request_id_fkey FOREIGN KEY (request_id) REFERENCES public.box_request(id);

ALTER TABLE ONLY public.announcement
    ADD CONSTRAINT announcement_warning_id_fkey FOREIGN KEY (warning_id) REFERENCES public.warning(id);

ALTER TABLE ONLY public.asset
    ADD CONSTRAINT asset_box_id_fkey FOREIGN KEY (box_id) REFERENCES public.box(id);

ALTER TABLE ONLY public.asset
    ADD CONSTRAINT asset_site_id_fkey FOREIGN KEY (site_id) REFERENCES public.site(id);

ALTER TABLE ONLY public.box
    ADD CONSTRAINT box_site_id_fkey FOREIGN KEY (site_id) REFERENCES public.site(id);

ALTER TABLE ONLY public.box_request
    ADD CONSTRAINT camera_request_asset_id_fkey FOREIGN KEY (asset_id) REFERENCES public.asset(id);

ALTER TABLE ONLY public.box_request
    ADD CONSTRAINT camera_request_box_id_fkey FOREIGN KEY (box_id) REFERENCES public.box(id);

ALTER TABLE ONLY public.claim
    ADD CONSTRAINT claim_box_id_fkey FOREIGN KEY (box_id) REFERENCES public.box(id);

ALTER TABLE ONLY public.claim_code
    ADD CONSTRAINT claim_code_box_id_fkey FOREIGN KEY (box_id) REFERENCES public.box(id);

ALTER TABLE ONLY public.clip_upload
    ADD CONSTRAINT clip_upload_box_id_fkey FOREIGN KEY (box_id) REFERENCES public.box(id);

ALTER TABLE ONLY public.clip_upload
    ADD CONSTRAINT clip_upload_command_id_fkey FOREIGN KEY (command_id) REFERENCES public.box_request(id);

ALTER TABLE ONLY public.clip_upload_piece
    ADD CONSTRAINT clip_upload_piece_box_id_event_id_sha256_fkey FOREIGN KEY (box_id, event_id, sha256) REFERENCES public.clip_upload(box_id, event_id, sha256) ON DELETE CASCADE;

ALTER TABLE ONLY public.command_result
    ADD CONSTRAINT command_result_box_id_fkey FOREIGN KEY (box_id) REFERENCES public.box(id);

ALTER TABLE ONLY public.corridor_lease
    ADD CONSTRAINT corridor_lease_corridor_id_fkey FOREIGN KEY (corridor_id) REFERENCES public.corridor(id);

ALTER TABLE ONLY public.crew_member
    ADD CONSTRAINT crew_member_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.account(id);

ALTER TABLE ONLY public.crew_member
    ADD CONSTRAINT crew_member_crew_id_fkey FOREIGN KEY (crew_id) REFERENCES public.crew(id);

ALTER TABLE ONLY public.delegation
    ADD CONSTRAINT delegation_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.account(id);

ALTER TABLE ONLY public.dispatch
    ADD CONSTRAINT dispatch_crew_id_fkey FOREIGN KEY (crew_id) REFERENCES public.crew(id);

ALTER TABLE ONLY public.dispatch
    ADD CONSTRAINT dispatch_incident_id_fkey FOREIGN KEY (incident_id) REFERENCES public.incident(id);

ALTER TABLE ONLY public.event
    ADD CONSTRAINT event_asset_id_fkey FOREIGN KEY (asset_id) REFERENCES public.asset(id);

ALTER TABLE ONLY public.event
    ADD CONSTRAINT event_box_id_fkey FOREIGN KEY (box_id) REFERENCES public.box(id);

ALTER TABLE ONLY public.gauge_stage
    ADD CONSTRAINT gauge_stage_asset_id_fkey FOREIGN KEY (asset_id) REFERENCES public.asset(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.incident
    ADD CONSTRAINT incident_asset_id_fkey FOREIGN KEY (asset_id) REFERENCES public.asset(id);

ALTER TABLE ONLY public.incident
    ADD CONSTRAINT incident_box_id_fkey FOREIGN KEY (box_id) REFERENCES public.box(id);

ALTER TABLE ONLY public.incident_log
    ADD CONSTRAINT incident_log_incident_id_fkey FOREIGN KEY (incident_id) REFERENCES public.incident(id);

ALTER TABLE ONLY public.incident
    ADD CONSTRAINT incident_merged_into_fkey FOREIGN KEY (merged_into) REFERENCES public.incident(id);

ALTER TABLE ONLY public.incident_photo
    ADD CONSTRAINT incident_photo_dispatch_id_fkey FOREIGN KEY (dispatch_id) REFERENCES public.dispatch(id);

ALTER TABLE ONLY public.incident_photo
    ADD CONSTRAINT incident_photo_incident_id_fkey FOREIGN KEY (incident_id) REFERENCES public.incident(id);

ALTER TABLE ONLY public.incident
    ADD CONSTRAINT incident_site_id_fkey FOREIGN KEY (site_id) REFERENCES public.site(id);

ALTER TABLE ONLY public.incident_source
    ADD CONSTRAINT incident_source_asset_id_fkey FOREIGN KEY (asset_id) REFERENCES public.asset(id);

ALTER TABLE ONLY public.incident_source
    ADD CONSTRAINT incident_source_home_id_fkey FOREIGN KEY (home_id) REFERENCES public.incident(id);

ALTER TABLE ONLY public.incident_source
    ADD CONSTRAINT incident_source_incident_id_fkey FOREIGN KEY (incident_id) REFERENCES public.incident(id);

ALTER TABLE ONLY public.indicator_cell
    ADD CONSTRAINT indicator_cell_indicator_id_fkey FOREIGN KEY (indicator_id) REFERENCES public.indicator(id);

ALTER TABLE ONLY public.indicator_held
    ADD CONSTRAINT indicator_held_cell_id_fkey FOREIGN KEY (cell_id) REFERENCES public.indicator_cell(id);

ALTER TABLE ONLY public.indicator_held
    ADD CONSTRAINT indicator_held_run_id_fkey FOREIGN KEY (run_id) REFERENCES public.module_run(id);

ALTER TABLE ONLY public.indicator
    ADD CONSTRAINT indicator_module_id_fkey FOREIGN KEY (module_id) REFERENCES public.module(id);

ALTER TABLE ONLY public.junction
    ADD CONSTRAINT junction_controller_id_fkey FOREIGN KEY (controller_id) REFERENCES public.asset(id);

ALTER TABLE ONLY public.junction
    ADD CONSTRAINT junction_corridor_id_fkey FOREIGN KEY (corridor_id) REFERENCES public.corridor(id);

ALTER TABLE ONLY public.junction_limit
    ADD CONSTRAINT junction_limit_site_id_fkey FOREIGN KEY (site_id) REFERENCES public.junction(site_id);

ALTER TABLE ONLY public.junction_phase
    ADD CONSTRAINT junction_phase_site_id_fkey FOREIGN KEY (site_id) REFERENCES public.junction(site_id);

ALTER TABLE ONLY public.junction
    ADD CONSTRAINT junction_site_id_fkey FOREIGN KEY (site_id) REFERENCES public.site(id);

ALTER TABLE ONLY public.lease_command
    ADD CONSTRAINT lease_command_lease_id_fkey FOREIGN KEY (lease_id) REFERENCES public.lease(id);

ALTER TABLE ONLY public.lease
    ADD CONSTRAINT lease_corridor_lease_id_fkey FOREIGN KEY (corridor_lease_id) REFERENCES public.corridor_lease(id);

ALTER TABLE ONLY public.lease_log
    ADD CONSTRAINT lease_log_lease_id_fkey FOREIGN KEY (lease_id) REFERENCES public.lease(id);

ALTER TABLE ONLY public.lease
    ADD CONSTRAINT lease_site_id_fkey FOREIGN KEY (site_id) REFERENCES public.junction(site_id);

ALTER TABLE ONLY public.loudspeaker
    ADD CONSTRAINT loudspeaker_asset_id_fkey FOREIGN KEY (asset_id) REFERENCES public.asset(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.media
    ADD CONSTRAINT media_box_id_fkey FOREIGN KEY (box_id) REFERENCES public.box(id);

ALTER TABLE ONLY public.media_day
    ADD CONSTRAINT media_day_box_id_fkey FOREIGN KEY (box_id) REFERENCES public.box(id);

ALTER TABLE ONLY public.module_draft_figure
    ADD CONSTRAINT module_draft_figure_draft_id_fkey FOREIGN KEY (draft_id) REFERENCES public.module_draft(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.module_draft
    ADD CONSTRAINT module_draft_module_id_fkey FOREIGN KEY (module_id) REFERENCES public.module(id);

ALTER TABLE ONLY public.module_run_line
    ADD CONSTRAINT module_run_line_run_id_fkey FOREIGN KEY (run_id) REFERENCES public.module_run(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.module_run
    ADD CONSTRAINT module_run_module_id_fkey FOREIGN KEY (module_id) REFERENCES public.module(id);

ALTER TABLE ONLY public.module_token
    ADD CONSTRAINT module_token_module_id_fkey FOREIGN KEY (module_id) REFERENCES public.module(id);

ALTER TABLE ONLY public.notification
    ADD CONSTRAINT notification_incident_id_fkey FOREIGN KEY (incident_id) REFERENCES public.incident(id);

ALTER TABLE ONLY public.notification
    ADD CONSTRAINT notification_log_id_fkey FOREIGN KEY (log_id) REFERENCES public.incident_log(id);

ALTER TABLE ONLY public.river_reach
    ADD CONSTRAINT river_reach_downstream_id_fkey FOREIGN KEY (downstream_id) REFERENCES public.asset(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.river_reach
    ADD CONSTRAINT river_reach_upstream_id_fkey FOREIGN KEY (upstream_id) REFERENCES public.asset(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.series
    ADD CONSTRAINT series_asset_id_fkey FOREIGN KEY (asset_id) REFERENCES public.asset(id);

ALTER TABLE ONLY public.session
    ADD CONSTRAINT session_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.account(id);

ALTER TABLE ONLY public.shelf_source
    ADD CONSTRAINT shelf_source_shelf_id_fkey FOREIGN KEY (shelf_id) REFERENCES public.shelf(id);

ALTER TABLE ONLY public.token
    ADD CONSTRAINT token_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.account(id);

ALTER TABLE ONLY public.visit
    ADD CONSTRAINT visit_box_id_fkey FOREIGN KEY (box_id) REFERENCES public.box(id);

ALTER TABLE ONLY public.visit_piece
    ADD CONSTRAINT visit_piece_visit_id_fkey FOREIGN KEY (visit_id) REFERENCES public.visit(id);

ALTER TABLE ONLY public.wall_asset
    ADD CONSTRAINT wall_asset_asset_id_fkey FOREIGN KEY (asset_id) REFERENCES public.asset(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.wall_box
    ADD CONSTRAINT wall_box_box_id_fkey FOREIGN KEY (box_id) REFERENCES public.box(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.wall_gauge
    ADD CONSTRAINT wall_gauge_asset_id_fkey FOREIGN KEY (asset_id) REFERENCES public.asset(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.wall_junction
    ADD CONSTRAINT wall_junction_site_id_fkey FOREIGN KEY (site_id) REFERENCES public.site(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.wall_site
    ADD CONSTRAINT wall_site_site_id_fkey FOREIGN KEY (site_id) REFERENCES public.site(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.wall_trouble
    ADD CONSTRAINT wall_trouble_asset_id_fkey FOREIGN KEY (asset_id) REFERENCES public.asset(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.warning
    ADD CONSTRAINT warning_superseded_by_fkey FOREIGN KEY (superseded_by) REFERENCES public.warning(id);

GRANT USAGE ON SCHEMA public TO ingest;
GRANT USAGE ON SCHEMA public TO api;

GRANT USAGE ON SCHEMA wall TO api;
GRANT USAGE ON SCHEMA wall TO operations;
GRANT USAGE ON SCHEMA wall TO wall_reader;

GRANT INSERT ON TABLE public.audit TO modules;
GRANT INSERT ON TABLE public.audit TO operations;
GRANT INSERT ON TABLE public.audit TO api;

GRANT SELECT(id) ON TABLE public.audit TO api;

GRANT SELECT(at) ON TABLE public.audit TO api;

GRANT SELECT(actor) ON TABLE public.audit TO api;

GRANT SELECT(action) ON TABLE public.audit TO api;

GRANT SELECT(subject) ON TABLE public.audit TO api;

GRANT SELECT(detail) ON TABLE public.audit TO api;

GRANT SELECT ON TABLE public.account TO operations;
GRANT SELECT ON TABLE public.account TO api;

GRANT INSERT(name) ON TABLE public.account TO api;

GRANT INSERT(role),UPDATE(role) ON TABLE public.account TO api;

GRANT UPDATE(disabled_at) ON TABLE public.account TO api;

GRANT INSERT(full_name),UPDATE(full_name) ON TABLE public.account TO api;

GRANT INSERT(agencies),UPDATE(agencies) ON TABLE public.account TO api;

GRANT INSERT(password_hash),UPDATE(password_hash) ON TABLE public.account TO api;

GRANT INSERT(password_is_first),UPDATE(password_is_first) ON TABLE public.account TO api;

GRANT SELECT,INSERT,DELETE ON TABLE public.roster TO operations;
GRANT SELECT,INSERT,DELETE ON TABLE public.roster TO api;

GRANT SELECT,INSERT ON TABLE public.incident_log TO operations;
GRANT SELECT,INSERT ON TABLE public.incident_log TO api;

GRANT SELECT,INSERT,UPDATE ON TABLE public.asset TO api;
GRANT SELECT ON TABLE public.asset TO modules;
GRANT SELECT ON TABLE public.asset TO operations;
GRANT SELECT ON TABLE public.asset TO warnings;
GRANT SELECT,INSERT ON TABLE public.asset TO ingest;

GRANT SELECT ON TABLE public.box TO operations;
GRANT SELECT ON TABLE public.box TO ingest;
GRANT SELECT ON TABLE public.box TO api;

GRANT SELECT(id) ON TABLE public.box TO modules;

GRANT INSERT(name) ON TABLE public.box TO api;

GRANT INSERT(site_id),UPDATE(site_id) ON TABLE public.box TO api;
GRANT SELECT(site_id) ON TABLE public.box TO modules;

GRANT INSERT(series_limit),UPDATE(series_limit) ON TABLE public.box TO api;

GRANT UPDATE(online) ON TABLE public.box TO ingest;

GRANT UPDATE(session) ON TABLE public.box TO ingest;

GRANT UPDATE(status) ON TABLE public.box TO ingest;

GRANT UPDATE(status_at) ON TABLE public.box TO ingest;

GRANT UPDATE(last_seen_at) ON TABLE public.box TO ingest;

GRANT SELECT ON TABLE public.series TO modules;
GRANT SELECT ON TABLE public.series TO operations;
GRANT SELECT,INSERT ON TABLE public.series TO ingest;
GRANT SELECT ON TABLE public.series TO api;

GRANT SELECT ON TABLE public.series_latest TO modules;
GRANT SELECT ON TABLE public.series_latest TO operations;
GRANT SELECT,INSERT,UPDATE ON TABLE public.series_latest TO ingest;
GRANT SELECT ON TABLE public.series_latest TO api;

GRANT SELECT,INSERT,UPDATE ON TABLE public.site TO api;
GRANT SELECT ON TABLE public.site TO modules;
GRANT SELECT ON TABLE public.site TO operations;
GRANT SELECT ON TABLE public.site TO warnings;
GRANT SELECT ON TABLE public.site TO ingest;

GRANT SELECT ON TABLE wall.box_state TO api;
GRANT SELECT ON TABLE wall.box_state TO operations;
GRANT SELECT ON TABLE wall.box_state TO wall_reader;

GRANT SELECT ON TABLE wall.asset_state TO api;
GRANT SELECT ON TABLE wall.asset_state TO operations;
GRANT SELECT ON TABLE wall.asset_state TO wall_reader;

GRANT SELECT ON TABLE public.sample_1m TO operations;
GRANT SELECT ON TABLE public.sample_1m TO api;

GRANT SELECT ON TABLE public.sample_1h TO api;

GRANT SELECT ON TABLE wall.site_state TO api;
GRANT SELECT ON TABLE wall.site_state TO operations;
GRANT SELECT ON TABLE wall.site_state TO wall_reader;

GRANT SELECT,INSERT ON TABLE public.account_identity TO api;

GRANT SELECT,INSERT ON TABLE public.announcement TO api;

GRANT UPDATE(clip_id) ON TABLE public.announcement TO api;

GRANT UPDATE(ended_at) ON TABLE public.announcement TO api;

GRANT SELECT,INSERT ON TABLE public.announcement_clip TO api;

GRANT UPDATE(retired_at) ON TABLE public.announcement_clip TO api;

GRANT UPDATE(retired_by) ON TABLE public.announcement_clip TO api;

GRANT SELECT ON TABLE public.announcement_keep TO api;

GRANT SELECT,INSERT ON TABLE public.announcement_place TO api;

GRANT SELECT,INSERT,UPDATE ON TABLE public.box_request TO api;

GRANT SELECT,INSERT ON TABLE public.city_stage TO warnings;
GRANT SELECT,INSERT ON TABLE public.city_stage TO api;

GRANT SELECT,INSERT,UPDATE ON TABLE public.claim TO api;

GRANT SELECT,INSERT,UPDATE ON TABLE public.claim_code TO api;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.clip_upload TO api;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.clip_upload_piece TO api;

GRANT SELECT,INSERT ON TABLE public.command_result TO ingest;
GRANT SELECT ON TABLE public.command_result TO api;

GRANT SELECT,INSERT,DELETE ON TABLE public.contact TO operations;

GRANT SELECT ON TABLE public.corridor TO api;

GRANT SELECT,INSERT,UPDATE ON TABLE public.corridor_lease TO api;

GRANT SELECT,INSERT,UPDATE ON TABLE public.crew TO operations;
GRANT SELECT,INSERT,UPDATE ON TABLE public.crew TO api;

GRANT SELECT,INSERT,DELETE ON TABLE public.crew_member TO operations;
GRANT SELECT,INSERT,DELETE ON TABLE public.crew_member TO api;

GRANT SELECT ON TABLE public.delegation TO api;

GRANT SELECT,INSERT,UPDATE ON TABLE public.dispatch TO operations;
GRANT SELECT,INSERT,UPDATE ON TABLE public.dispatch TO api;

GRANT SELECT,INSERT,UPDATE ON TABLE public.district TO modules;
GRANT SELECT ON TABLE public.district TO api;

GRANT SELECT,INSERT,UPDATE ON TABLE public.earthquake TO warnings;
GRANT SELECT,INSERT ON TABLE public.earthquake TO api;

GRANT SELECT ON TABLE public.event TO operations;
GRANT SELECT,INSERT ON TABLE public.event TO ingest;
GRANT SELECT ON TABLE public.event TO api;

GRANT SELECT ON TABLE public.media TO operations;
GRANT SELECT,INSERT ON TABLE public.media TO api;
GRANT SELECT,INSERT ON TABLE public.media TO ingest;

GRANT SELECT ON TABLE public.evidence TO api;

GRANT SELECT,INSERT,UPDATE ON TABLE public.feed TO warnings;
GRANT SELECT ON TABLE public.feed TO api;

GRANT SELECT ON TABLE public.gauge_stage TO operations;
GRANT SELECT,INSERT,UPDATE ON TABLE public.gauge_stage TO api;

GRANT SELECT ON TABLE public.grafana_alert TO operations;
GRANT INSERT ON TABLE public.grafana_alert TO api;

GRANT SELECT(fingerprint) ON TABLE public.grafana_alert TO api;

GRANT SELECT(status) ON TABLE public.grafana_alert TO api;

GRANT SELECT(starts_at) ON TABLE public.grafana_alert TO api;

GRANT SELECT,INSERT,UPDATE ON TABLE public.incident TO operations;
GRANT SELECT,INSERT,UPDATE ON TABLE public.incident TO api;

GRANT SELECT ON TABLE public.incident_photo TO operations;
GRANT SELECT,INSERT ON TABLE public.incident_photo TO api;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.incident_source TO operations;
GRANT SELECT,INSERT,UPDATE ON TABLE public.incident_source TO api;

GRANT SELECT,INSERT,UPDATE ON TABLE public.indicator TO modules;
GRANT SELECT ON TABLE public.indicator TO api;
GRANT SELECT ON TABLE public.indicator TO operations;

GRANT SELECT,INSERT,UPDATE ON TABLE public.indicator_cell TO modules;
GRANT SELECT,INSERT,UPDATE ON TABLE public.indicator_cell TO api;
GRANT SELECT ON TABLE public.indicator_cell TO operations;

GRANT SELECT,INSERT,UPDATE ON TABLE public.indicator_held TO modules;
GRANT SELECT,INSERT,UPDATE ON TABLE public.indicator_held TO api;

GRANT SELECT,INSERT,UPDATE ON TABLE public.indicator_value TO modules;
GRANT SELECT,INSERT,UPDATE ON TABLE public.indicator_value TO api;
GRANT SELECT ON TABLE public.indicator_value TO operations;

GRANT SELECT ON TABLE public.junction TO operations;
GRANT SELECT ON TABLE public.junction TO api;

GRANT SELECT ON TABLE public.junction_limit TO api;

GRANT SELECT ON TABLE public.junction_allowance TO api;

GRANT SELECT ON TABLE public.junction_phase TO api;

GRANT SELECT,INSERT,UPDATE ON TABLE public.lease TO api;

GRANT SELECT,INSERT,UPDATE ON TABLE public.lease_command TO api;

GRANT SELECT,INSERT ON TABLE public.lease_log TO api;

GRANT SELECT ON TABLE public.loudspeaker TO api;

GRANT SELECT,INSERT,UPDATE ON TABLE public.media_day TO ingest;
GRANT SELECT,INSERT,UPDATE ON TABLE public.media_day TO api;

GRANT SELECT,INSERT,UPDATE ON TABLE public.module TO modules;
GRANT SELECT ON TABLE public.module TO api;
GRANT SELECT ON TABLE public.module TO operations;

GRANT UPDATE(visited) ON TABLE public.module TO api;

GRANT SELECT,INSERT,DELETE ON TABLE public.module_draft TO modules;
GRANT SELECT,INSERT,DELETE ON TABLE public.module_draft TO api;

GRANT SELECT,INSERT,DELETE ON TABLE public.module_draft_figure TO modules;
GRANT SELECT,INSERT,DELETE ON TABLE public.module_draft_figure TO api;

GRANT SELECT,INSERT,UPDATE ON TABLE public.module_run TO modules;
GRANT SELECT,INSERT,UPDATE ON TABLE public.module_run TO api;

GRANT SELECT,INSERT,UPDATE ON TABLE public.module_run_line TO modules;
GRANT SELECT,INSERT ON TABLE public.module_run_line TO api;

GRANT SELECT,INSERT,UPDATE ON TABLE public.module_token TO modules;
GRANT SELECT ON TABLE public.module_token TO api;

GRANT UPDATE(last_used_at) ON TABLE public.module_token TO api;

GRANT SELECT,INSERT,UPDATE ON TABLE public.notification TO operations;

GRANT SELECT(id) ON TABLE public.notification TO api;

GRANT SELECT(log_id) ON TABLE public.notification TO api;

GRANT SELECT(incident_id) ON TABLE public.notification TO api;

GRANT SELECT(owner) ON TABLE public.notification TO api;

GRANT SELECT(language) ON TABLE public.notification TO api;

GRANT SELECT(urgent) ON TABLE public.notification TO api;

GRANT SELECT(made_at) ON TABLE public.notification TO api;

GRANT SELECT(next_at) ON TABLE public.notification TO api;

GRANT SELECT(attempts) ON TABLE public.notification TO api;

GRANT SELECT(sent_at) ON TABLE public.notification TO api;

GRANT SELECT(dead_at) ON TABLE public.notification TO api;

GRANT SELECT(fault) ON TABLE public.notification TO api;

GRANT SELECT,INSERT,DELETE ON TABLE public.operations_inbox TO operations;
GRANT INSERT ON TABLE public.operations_inbox TO api;
GRANT INSERT ON TABLE public.operations_inbox TO warnings;

GRANT SELECT,INSERT,UPDATE ON TABLE public.operations_pulse TO operations;
GRANT SELECT ON TABLE public.operations_pulse TO api;

GRANT INSERT ON TABLE public.operations_refused TO operations;
GRANT SELECT,INSERT ON TABLE public.operations_refused TO api;

GRANT INSERT ON TABLE public.rejected_message TO ingest;
GRANT SELECT ON TABLE public.rejected_message TO api;

GRANT SELECT ON TABLE public.river_reach TO api;

GRANT SELECT ON TABLE public.role_right TO api;

GRANT INSERT ON TABLE public.rollup_late TO ingest;

GRANT SELECT ON TABLE public.rollup_state TO ingest;
GRANT SELECT ON TABLE public.rollup_state TO api;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.rule_state TO operations;

GRANT SELECT,INSERT ON TABLE public.sample TO ingest;
GRANT SELECT ON TABLE public.sample TO api;

GRANT SELECT ON TABLE public.sample_1d TO api;

GRANT SELECT,INSERT ON TABLE public.sample_text TO ingest;
GRANT SELECT ON TABLE public.sample_text TO api;

GRANT SELECT ON TABLE public.schema_migration TO api;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.session TO api;

GRANT SELECT,INSERT,UPDATE ON TABLE public.shelf TO operations;
GRANT SELECT,INSERT,UPDATE ON TABLE public.shelf TO api;

GRANT SELECT,INSERT,UPDATE ON TABLE public.shelf_source TO operations;
GRANT SELECT,INSERT,UPDATE ON TABLE public.shelf_source TO api;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.sign_in_wrong TO api;

GRANT SELECT ON TABLE public.token TO api;

GRANT UPDATE(last_used_at) ON TABLE public.token TO api;

GRANT SELECT,INSERT ON TABLE public.visit TO api;

GRANT SELECT,INSERT ON TABLE public.visit_piece TO api;

GRANT SELECT,INSERT ON TABLE public.warning TO warnings;
GRANT SELECT,INSERT ON TABLE public.warning TO api;

GRANT UPDATE(superseded_by) ON TABLE public.warning TO warnings;
GRANT UPDATE(superseded_by) ON TABLE public.warning TO api;

GRANT UPDATE(end_told) ON TABLE public.warning TO warnings;

GRANT SELECT ON TABLE wall.pulse TO api;
GRANT SELECT ON TABLE wall.pulse TO operations;
GRANT SELECT ON TABLE wall.pulse TO wall_reader;

GRANT SELECT ON TABLE wall.gauge TO api;
GRANT SELECT ON TABLE wall.gauge TO operations;
GRANT SELECT ON TABLE wall.gauge TO wall_reader;

GRANT SELECT ON TABLE wall.alarm_gauge TO api;
GRANT SELECT ON TABLE wall.alarm_gauge TO operations;
GRANT SELECT ON TABLE wall.alarm_gauge TO wall_reader;

GRANT SELECT ON TABLE wall.alarm_ingest TO api;
GRANT SELECT ON TABLE wall.alarm_ingest TO operations;
GRANT SELECT ON TABLE wall.alarm_ingest TO wall_reader;

GRANT SELECT ON TABLE wall.operations TO api;
GRANT SELECT ON TABLE wall.operations TO operations;
GRANT SELECT ON TABLE wall.operations TO wall_reader;

GRANT SELECT ON TABLE wall.alarm_operations TO api;
GRANT SELECT ON TABLE wall.alarm_operations TO operations;
GRANT SELECT ON TABLE wall.alarm_operations TO wall_reader;

GRANT SELECT ON TABLE wall.alarm_pulse TO api;
GRANT SELECT ON TABLE wall.alarm_pulse TO operations;
GRANT SELECT ON TABLE wall.alarm_pulse TO wall_reader;

GRANT SELECT ON TABLE wall.alarm_rate TO api;
GRANT SELECT ON TABLE wall.alarm_rate TO operations;
GRANT SELECT ON TABLE wall.alarm_rate TO wall_reader;

GRANT SELECT ON TABLE wall.alarm_worst TO api;
GRANT SELECT ON TABLE wall.alarm_worst TO operations;
GRANT SELECT ON TABLE wall.alarm_worst TO wall_reader;

GRANT SELECT ON TABLE wall.alarm_quality TO api;
GRANT SELECT ON TABLE wall.alarm_quality TO operations;
GRANT SELECT ON TABLE wall.alarm_quality TO wall_reader;

GRANT SELECT ON TABLE wall.rejected_1h TO api;
GRANT SELECT ON TABLE wall.rejected_1h TO operations;
GRANT SELECT ON TABLE wall.rejected_1h TO wall_reader;

GRANT SELECT ON TABLE wall.alarm_rejected TO api;
GRANT SELECT ON TABLE wall.alarm_rejected TO operations;
GRANT SELECT ON TABLE wall.alarm_rejected TO wall_reader;

GRANT SELECT ON TABLE wall.alarm_trouble TO api;
GRANT SELECT ON TABLE wall.alarm_trouble TO operations;
GRANT SELECT ON TABLE wall.alarm_trouble TO wall_reader;

GRANT SELECT ON TABLE wall.asset_now TO api;
GRANT SELECT ON TABLE wall.asset_now TO operations;
GRANT SELECT ON TABLE wall.asset_now TO wall_reader;

GRANT SELECT ON TABLE wall.box_now TO api;
GRANT SELECT ON TABLE wall.box_now TO operations;
GRANT SELECT ON TABLE wall.box_now TO wall_reader;

GRANT SELECT ON TABLE wall.alive_asset TO api;
GRANT SELECT ON TABLE wall.alive_asset TO operations;
GRANT SELECT ON TABLE wall.alive_asset TO wall_reader;

GRANT SELECT ON TABLE wall.alive_box TO api;
GRANT SELECT ON TABLE wall.alive_box TO operations;
GRANT SELECT ON TABLE wall.alive_box TO wall_reader;

GRANT SELECT ON TABLE wall.announcement TO api;
GRANT SELECT ON TABLE wall.announcement TO operations;
GRANT SELECT ON TABLE wall.announcement TO wall_reader;

GRANT SELECT ON TABLE wall.asset_troubled TO api;
GRANT SELECT ON TABLE wall.asset_troubled TO operations;
GRANT SELECT ON TABLE wall.asset_troubled TO wall_reader;

GRANT SELECT ON TABLE wall.box_version TO api;
GRANT SELECT ON TABLE wall.box_version TO operations;
GRANT SELECT ON TABLE wall.box_version TO wall_reader;

GRANT SELECT ON TABLE wall.box_worst TO api;
GRANT SELECT ON TABLE wall.box_worst TO operations;
GRANT SELECT ON TABLE wall.box_worst TO wall_reader;

GRANT SELECT ON TABLE wall.camera_site TO api;
GRANT SELECT ON TABLE wall.camera_site TO operations;
GRANT SELECT ON TABLE wall.camera_site TO wall_reader;

GRANT SELECT ON TABLE wall.capability TO api;
GRANT SELECT ON TABLE wall.capability TO operations;
GRANT SELECT ON TABLE wall.capability TO wall_reader;

GRANT SELECT ON TABLE wall.city_stage TO api;
GRANT SELECT ON TABLE wall.city_stage TO operations;
GRANT SELECT ON TABLE wall.city_stage TO wall_reader;

GRANT SELECT ON TABLE wall.series TO api;
GRANT SELECT ON TABLE wall.series TO operations;
GRANT SELECT ON TABLE wall.series TO wall_reader;

GRANT SELECT ON TABLE wall.sample_1d TO api;
GRANT SELECT ON TABLE wall.sample_1d TO operations;
GRANT SELECT ON TABLE wall.sample_1d TO wall_reader;

GRANT SELECT ON TABLE wall.sample_1h TO api;
GRANT SELECT ON TABLE wall.sample_1h TO operations;
GRANT SELECT ON TABLE wall.sample_1h TO wall_reader;

GRANT SELECT ON TABLE wall.sample_1m TO api;
GRANT SELECT ON TABLE wall.sample_1m TO operations;
GRANT SELECT ON TABLE wall.sample_1m TO wall_reader;

GRANT SELECT ON TABLE wall.course TO api;
GRANT SELECT ON TABLE wall.course TO operations;
GRANT SELECT ON TABLE wall.course TO wall_reader;

GRANT SELECT ON TABLE wall.crew TO api;
GRANT SELECT ON TABLE wall.crew TO operations;
GRANT SELECT ON TABLE wall.crew TO wall_reader;

GRANT SELECT ON TABLE wall.database_size TO api;
GRANT SELECT ON TABLE wall.database_size TO operations;
GRANT SELECT ON TABLE wall.database_size TO wall_reader;

GRANT SELECT ON TABLE wall.module_figure TO api;
GRANT SELECT ON TABLE wall.module_figure TO operations;
GRANT SELECT ON TABLE wall.module_figure TO wall_reader;

GRANT SELECT ON TABLE wall.district_figure TO api;
GRANT SELECT ON TABLE wall.district_figure TO operations;
GRANT SELECT ON TABLE wall.district_figure TO wall_reader;

GRANT SELECT ON TABLE wall.earthquake TO api;
GRANT SELECT ON TABLE wall.earthquake TO operations;
GRANT SELECT ON TABLE wall.earthquake TO wall_reader;

GRANT SELECT ON TABLE wall.event_recent TO api;
GRANT SELECT ON TABLE wall.event_recent TO operations;
GRANT SELECT ON TABLE wall.event_recent TO wall_reader;

GRANT SELECT ON TABLE wall.exercise TO api;
GRANT SELECT ON TABLE wall.exercise TO operations;
GRANT SELECT ON TABLE wall.exercise TO wall_reader;

GRANT SELECT ON TABLE wall.feed TO api;
GRANT SELECT ON TABLE wall.feed TO operations;
GRANT SELECT ON TABLE wall.feed TO wall_reader;

GRANT SELECT ON TABLE wall.gauge_stage TO api;
GRANT SELECT ON TABLE wall.gauge_stage TO operations;
GRANT SELECT ON TABLE wall.gauge_stage TO wall_reader;

GRANT SELECT ON TABLE wall.grafana_alert TO api;
GRANT SELECT ON TABLE wall.grafana_alert TO operations;
GRANT SELECT ON TABLE wall.grafana_alert TO wall_reader;

GRANT SELECT ON TABLE wall.incident_clock TO api;
GRANT SELECT ON TABLE wall.incident_clock TO operations;
GRANT SELECT ON TABLE wall.incident_clock TO wall_reader;

GRANT SELECT ON TABLE wall.incident TO api;
GRANT SELECT ON TABLE wall.incident TO operations;
GRANT SELECT ON TABLE wall.incident TO wall_reader;

GRANT SELECT ON TABLE wall.incident_day TO api;
GRANT SELECT ON TABLE wall.incident_day TO operations;
GRANT SELECT ON TABLE wall.incident_day TO wall_reader;

GRANT SELECT ON TABLE wall.incident_total TO api;
GRANT SELECT ON TABLE wall.incident_total TO operations;
GRANT SELECT ON TABLE wall.incident_total TO wall_reader;

GRANT SELECT ON TABLE wall.indicator TO api;
GRANT SELECT ON TABLE wall.indicator TO operations;
GRANT SELECT ON TABLE wall.indicator TO wall_reader;

GRANT SELECT ON TABLE wall.module_figure_history TO api;
GRANT SELECT ON TABLE wall.module_figure_history TO operations;
GRANT SELECT ON TABLE wall.module_figure_history TO wall_reader;

GRANT SELECT ON TABLE wall.indicator_course TO api;
GRANT SELECT ON TABLE wall.indicator_course TO operations;
GRANT SELECT ON TABLE wall.indicator_course TO wall_reader;

GRANT SELECT ON TABLE wall.total TO api;
GRANT SELECT ON TABLE wall.total TO operations;
GRANT SELECT ON TABLE wall.total TO wall_reader;

GRANT SELECT ON TABLE wall.ingest TO api;
GRANT SELECT ON TABLE wall.ingest TO operations;
GRANT SELECT ON TABLE wall.ingest TO wall_reader;

GRANT SELECT ON TABLE wall.junction TO api;
GRANT SELECT ON TABLE wall.junction TO operations;
GRANT SELECT ON TABLE wall.junction TO wall_reader;

GRANT SELECT ON TABLE wall.junction_now TO api;
GRANT SELECT ON TABLE wall.junction_now TO operations;
GRANT SELECT ON TABLE wall.junction_now TO wall_reader;

GRANT SELECT ON TABLE wall.junction_site TO api;
GRANT SELECT ON TABLE wall.junction_site TO operations;
GRANT SELECT ON TABLE wall.junction_site TO wall_reader;

GRANT SELECT ON TABLE wall.kind_troubled TO api;
GRANT SELECT ON TABLE wall.kind_troubled TO operations;
GRANT SELECT ON TABLE wall.kind_troubled TO wall_reader;

GRANT SELECT ON TABLE wall.lamp_site TO api;
GRANT SELECT ON TABLE wall.lamp_site TO operations;
GRANT SELECT ON TABLE wall.lamp_site TO wall_reader;

GRANT SELECT ON TABLE wall.lease TO api;
GRANT SELECT ON TABLE wall.lease TO operations;
GRANT SELECT ON TABLE wall.lease TO wall_reader;

GRANT SELECT ON TABLE wall.lease_open TO api;
GRANT SELECT ON TABLE wall.lease_open TO operations;
GRANT SELECT ON TABLE wall.lease_open TO wall_reader;

GRANT SELECT ON TABLE wall.maintenance TO api;
GRANT SELECT ON TABLE wall.maintenance TO operations;
GRANT SELECT ON TABLE wall.maintenance TO wall_reader;

GRANT SELECT ON TABLE wall.module_figure_version TO api;
GRANT SELECT ON TABLE wall.module_figure_version TO operations;
GRANT SELECT ON TABLE wall.module_figure_version TO wall_reader;

GRANT SELECT ON TABLE wall.module_state TO api;
GRANT SELECT ON TABLE wall.module_state TO operations;
GRANT SELECT ON TABLE wall.module_state TO wall_reader;

GRANT SELECT ON TABLE wall.module_trouble TO api;
GRANT SELECT ON TABLE wall.module_trouble TO operations;
GRANT SELECT ON TABLE wall.module_trouble TO wall_reader;

GRANT SELECT ON TABLE wall.newest TO api;
GRANT SELECT ON TABLE wall.newest TO operations;
GRANT SELECT ON TABLE wall.newest TO wall_reader;

GRANT SELECT ON TABLE wall.rain TO api;
GRANT SELECT ON TABLE wall.rain TO operations;
GRANT SELECT ON TABLE wall.rain TO wall_reader;

GRANT SELECT ON TABLE wall.relation_size TO api;
GRANT SELECT ON TABLE wall.relation_size TO operations;
GRANT SELECT ON TABLE wall.relation_size TO wall_reader;

GRANT SELECT ON TABLE wall.river_reach TO api;
GRANT SELECT ON TABLE wall.river_reach TO operations;
GRANT SELECT ON TABLE wall.river_reach TO wall_reader;

GRANT SELECT ON TABLE wall.sample TO api;
GRANT SELECT ON TABLE wall.sample TO operations;
GRANT SELECT ON TABLE wall.sample TO wall_reader;

GRANT SELECT ON TABLE wall.sample_text TO api;
GRANT SELECT ON TABLE wall.sample_text TO operations;
GRANT SELECT ON TABLE wall.sample_text TO wall_reader;

GRANT SELECT ON TABLE wall.trouble TO api;
GRANT SELECT ON TABLE wall.trouble TO operations;
GRANT SELECT ON TABLE wall.trouble TO wall_reader;

GRANT SELECT ON TABLE wall.screen TO api;
GRANT SELECT ON TABLE wall.screen TO operations;
GRANT SELECT ON TABLE wall.screen TO wall_reader;

GRANT SELECT ON TABLE wall.series_latest TO api;
GRANT SELECT ON TABLE wall.series_latest TO operations;
GRANT SELECT ON TABLE wall.series_latest TO wall_reader;

GRANT SELECT ON TABLE wall.site_now TO api;
GRANT SELECT ON TABLE wall.site_now TO operations;
GRANT SELECT ON TABLE wall.site_now TO wall_reader;

GRANT SELECT ON TABLE wall.site_total TO api;
GRANT SELECT ON TABLE wall.site_total TO operations;
GRANT SELECT ON TABLE wall.site_total TO wall_reader;

GRANT SELECT ON TABLE wall.state_count TO api;
GRANT SELECT ON TABLE wall.state_count TO operations;
GRANT SELECT ON TABLE wall.state_count TO wall_reader;

GRANT SELECT ON TABLE wall.warning TO api;
GRANT SELECT ON TABLE wall.warning TO operations;
GRANT SELECT ON TABLE wall.warning TO wall_reader;

GRANT SELECT ON TABLE wall.worst_junction TO api;
GRANT SELECT ON TABLE wall.worst_junction TO operations;
GRANT SELECT ON TABLE wall.worst_junction TO wall_reader;
