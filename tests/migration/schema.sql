CREATE SCHEMA public;

COMMENT ON SCHEMA public IS 'standard public schema';

CREATE SCHEMA wall;

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

CREATE FUNCTION public.audit_broken() RETURNS SETOF bigint
    LANGUAGE sql STABLE
    BEGIN ATOMIC
 SELECT checked.id
    FROM ( SELECT entry.id,
             (entry.hash = public.audit_hash(entry.*)) AS whole,
             (entry.previous = lag(entry.hash, 1, '\x'::bytea) OVER (ORDER BY entry.id)) AS follows
            FROM public.audit entry) checked
   WHERE (NOT (checked.whole AND checked.follows))
   ORDER BY checked.id;
END;

CREATE FUNCTION public.audit_chain() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    newest audit;
BEGIN
    -- One writer at a time, to the end of its transaction: two rows must not follow the same one.
    PERFORM pg_advisory_xact_lock(7305810112003);
    SELECT * INTO newest FROM audit ORDER BY id DESC LIMIT 1;
    NEW.id := coalesce(newest.id, 0) + 1;
    NEW.at := clock_timestamp();
    NEW.previous := coalesce(newest.hash, '\x'::bytea);
    NEW.hash := audit_hash(NEW);
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

CREATE FUNCTION public.command_result_told() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    PERFORM pg_notify('command_result', NEW.command_id::text);
    RETURN NULL;
END
$$;

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

CREATE FUNCTION public.registry_moved() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    PERFORM pg_notify('registry', '');
    RETURN NULL;
END
$$;

CREATE TABLE public.account (
    id integer NOT NULL,
    name text NOT NULL,
    role text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    disabled_at timestamp with time zone,
    CONSTRAINT account_name_check CHECK ((name <> ''::text)),
    CONSTRAINT account_role_check CHECK ((role = ANY (ARRAY['viewer'::text, 'operator'::text, 'admin'::text])))
);

ALTER TABLE public.account ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.account_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

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

ALTER TABLE public.asset ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.asset_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

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

ALTER TABLE public.box ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.box_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

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

CREATE TABLE public.delegation (
    account_id integer NOT NULL,
    authority text NOT NULL,
    granted_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT delegation_authority_check CHECK ((authority = 'province'::text))
);

COMMENT ON TABLE public.delegation IS 'Accounts that another authority lets retime its junctions. The regency''s need none.';

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
    CONSTRAINT junction_limit_role_check CHECK ((role = ANY (ARRAY['operator'::text, 'admin'::text])))
);

COMMENT ON TABLE public.junction_limit IS 'The most that a role may ask for. The box has limits of its own and judges again.';

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

CREATE TABLE public.media_day (
    box_id integer NOT NULL,
    day date NOT NULL,
    bytes bigint NOT NULL
);

COMMENT ON TABLE public.media_day IS 'Bytes of evidence that each box has had stored on each day in Pasuruan (+07).';

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

CREATE TABLE public.sample_1h (
    bucket timestamp with time zone NOT NULL,
    series_id integer NOT NULL,
    n bigint NOT NULL,
    min double precision NOT NULL,
    max double precision NOT NULL,
    sum double precision NOT NULL,
    last double precision NOT NULL
);

CREATE TABLE public.sample_1m (
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

CREATE TABLE public.series (
    id integer NOT NULL,
    asset_id integer NOT NULL,
    quantity text NOT NULL,
    unit text,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

COMMENT ON TABLE public.series IS 'One quantity of one asset, in one unit (UCUM code).';

ALTER TABLE public.series ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.series_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

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
    CONSTRAINT site_latitude_check CHECK (((latitude >= ('-90'::integer)::double precision) AND (latitude <= (90)::double precision))),
    CONSTRAINT site_longitude_check CHECK (((longitude >= ('-180'::integer)::double precision) AND (longitude <= (180)::double precision)))
);

COMMENT ON TABLE public.site IS 'A place with a code, such as the Taman Dayu junction TD-01. Degrees are WGS 84.';

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

CREATE VIEW wall.event_recent AS
 SELECT event.id,
    event.type,
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

CREATE VIEW wall.maintenance AS
 SELECT minutes_until,
    (EXTRACT(epoch FROM (now() - minutes_until)))::double precision AS lag_s,
    ( SELECT count(DISTINCT late.hour) AS count
           FROM public.rollup_late late) AS late_hours
   FROM public.rollup_state state
  WHERE (minutes_until > '1970-01-01 00:00:00+00'::timestamp with time zone);

COMMENT ON VIEW wall.maintenance IS 'How far the rollups are behind now; above some minutes the job is not running.';

CREATE VIEW wall.rejected_1h AS
 SELECT public.time_bucket('01:00:00'::interval, received_at) AS "time",
    box,
    reason,
    sum(count) AS count
   FROM public.rejected_message
  WHERE (received_at > (now() - '30 days'::interval))
  GROUP BY (public.time_bucket('01:00:00'::interval, received_at)), box, reason;

COMMENT ON VIEW wall.rejected_1h IS 'Refused messages and records of the last 30 days, by hour, box and reason.';

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
     LEFT JOIN public.site ON ((COALESCE(asset.site_id, box.site_id) = site.id)));

COMMENT ON VIEW wall.series IS 'One quantity of one asset in one unit (UCUM code), with its place.';

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

CREATE VIEW wall.sample_text AS
 SELECT sample."time",
    named.series_id,
    named.asset,
    named.site,
    named.quantity,
    sample.value
   FROM (public.sample_text sample
     JOIN wall.series named ON ((sample.series_id = named.series_id)));

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

ALTER TABLE ONLY public.account
    ADD CONSTRAINT account_name_key UNIQUE (name);

ALTER TABLE ONLY public.account
    ADD CONSTRAINT account_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.asset
    ADD CONSTRAINT asset_code_key UNIQUE (code);

ALTER TABLE ONLY public.asset
    ADD CONSTRAINT asset_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.audit
    ADD CONSTRAINT audit_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.box
    ADD CONSTRAINT box_name_key UNIQUE (name);

ALTER TABLE ONLY public.box
    ADD CONSTRAINT box_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.command_result
    ADD CONSTRAINT command_result_pkey PRIMARY KEY (command_id, box_id, state);

ALTER TABLE ONLY public.corridor_lease
    ADD CONSTRAINT corridor_lease_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.corridor_lease
    ADD CONSTRAINT corridor_lease_requester_request_id_key UNIQUE (requester, request_id);

ALTER TABLE ONLY public.corridor
    ADD CONSTRAINT corridor_name_key UNIQUE (name);

ALTER TABLE ONLY public.corridor
    ADD CONSTRAINT corridor_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.delegation
    ADD CONSTRAINT delegation_pkey PRIMARY KEY (account_id, authority);

ALTER TABLE ONLY public.event
    ADD CONSTRAINT event_pkey PRIMARY KEY (id);

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

ALTER TABLE public.media
    ADD CONSTRAINT media_content_check CHECK ((octet_length(content) > 0)) NOT VALID;

ALTER TABLE ONLY public.media_day
    ADD CONSTRAINT media_day_pkey PRIMARY KEY (box_id, day);

ALTER TABLE ONLY public.media
    ADD CONSTRAINT media_pkey PRIMARY KEY (event_id, box_id, sha256);

ALTER TABLE ONLY public.rejected_message
    ADD CONSTRAINT rejected_message_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.rollup_state
    ADD CONSTRAINT rollup_state_pkey PRIMARY KEY (id);

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

ALTER TABLE ONLY public.site
    ADD CONSTRAINT site_code_key UNIQUE (code);

ALTER TABLE ONLY public.site
    ADD CONSTRAINT site_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.token
    ADD CONSTRAINT token_pkey PRIMARY KEY (id);

CREATE INDEX asset_box_id ON public.asset USING btree (box_id);

CREATE INDEX asset_site_id ON public.asset USING btree (site_id);

CREATE INDEX box_site_id ON public.box USING btree (site_id);

CREATE INDEX command_result_received_at ON public.command_result USING btree (received_at);

CREATE INDEX corridor_lease_open ON public.corridor_lease USING btree (requested_at) WHERE (state = ANY (ARRAY['preparing'::text, 'committing'::text, 'confirmed'::text]));

CREATE INDEX event_asset_id ON public.event USING btree (asset_id, "time" DESC);

CREATE INDEX event_lease ON public.event USING btree (received_at) WHERE (type ~~ 'id.satulayar.lease.%'::text);

CREATE INDEX event_time ON public.event USING btree ("time" DESC, id DESC);

CREATE INDEX junction_corridor_id ON public.junction USING btree (corridor_id);

CREATE INDEX lease_command_lease_id ON public.lease_command USING btree (lease_id);

CREATE INDEX lease_command_waiting ON public.lease_command USING btree (issued_at) WHERE (sent_at IS NULL);

CREATE INDEX lease_corridor_lease_id ON public.lease USING btree (corridor_lease_id) WHERE (corridor_lease_id IS NOT NULL);

CREATE INDEX lease_log_lease_id ON public.lease_log USING btree (lease_id, id);

CREATE INDEX lease_newest ON public.lease USING btree (requested_at DESC, id DESC);

CREATE INDEX lease_open ON public.lease USING btree (confirm_by) WHERE (state = ANY (ARRAY['requested'::text, 'sent'::text, 'accepted'::text, 'applied'::text, 'confirmed'::text, 'ended'::text]));

CREATE INDEX lease_site_id ON public.lease USING btree (site_id, requested_at DESC);

CREATE INDEX media_received_at ON public.media USING btree (received_at);

CREATE INDEX rejected_message_received_at ON public.rejected_message USING btree (received_at);

CREATE INDEX rollup_late_hour ON public.rollup_late USING btree (hour);

CREATE INDEX token_account_id ON public.token USING btree (account_id);

CREATE TRIGGER audit_chain BEFORE INSERT ON public.audit FOR EACH ROW EXECUTE FUNCTION public.audit_chain();

CREATE TRIGGER audit_stay BEFORE DELETE OR UPDATE OR TRUNCATE ON public.audit FOR EACH STATEMENT EXECUTE FUNCTION public.audit_stay();

CREATE TRIGGER command_result_told AFTER INSERT ON public.command_result FOR EACH ROW EXECUTE FUNCTION public.command_result_told();

CREATE TRIGGER lease_log_stay BEFORE DELETE OR UPDATE OR TRUNCATE ON public.lease_log FOR EACH STATEMENT EXECUTE FUNCTION public.lease_log_stay();

CREATE TRIGGER lease_moved AFTER INSERT OR UPDATE ON public.lease FOR EACH ROW EXECUTE FUNCTION public.lease_moved();

CREATE TRIGGER registry_moved AFTER DELETE OR UPDATE OF code, box_id ON public.asset FOR EACH STATEMENT EXECUTE FUNCTION public.registry_moved();

CREATE TRIGGER registry_moved AFTER DELETE OR UPDATE OF name, site_id ON public.box FOR EACH STATEMENT EXECUTE FUNCTION public.registry_moved();

CREATE TRIGGER registry_moved AFTER DELETE OR UPDATE OF quantity, unit ON public.series FOR EACH STATEMENT EXECUTE FUNCTION public.registry_moved();

CREATE TRIGGER registry_moved AFTER DELETE OR UPDATE OF code ON public.site FOR EACH STATEMENT EXECUTE FUNCTION public.registry_moved();

CREATE TRIGGER ts_insert_blocker BEFORE INSERT ON public.sample FOR EACH ROW EXECUTE FUNCTION _timescaledb_functions.insert_blocker();

CREATE TRIGGER ts_insert_blocker BEFORE INSERT ON public.sample_1d FOR EACH ROW EXECUTE FUNCTION _timescaledb_functions.insert_blocker();

CREATE TRIGGER ts_insert_blocker BEFORE INSERT ON public.sample_1h FOR EACH ROW EXECUTE FUNCTION _timescaledb_functions.insert_blocker();

CREATE TRIGGER ts_insert_blocker BEFORE INSERT ON public.sample_1m FOR EACH ROW EXECUTE FUNCTION _timescaledb_functions.insert_blocker();

CREATE TRIGGER ts_insert_blocker BEFORE INSERT ON public.sample_text FOR EACH ROW EXECUTE FUNCTION _timescaledb_functions.insert_blocker();

ALTER TABLE ONLY public.asset
    ADD CONSTRAINT asset_box_id_fkey FOREIGN KEY (box_id) REFERENCES public.box(id);

ALTER TABLE ONLY public.asset
    ADD CONSTRAINT asset_site_id_fkey FOREIGN KEY (site_id) REFERENCES public.site(id);

ALTER TABLE ONLY public.box
    ADD CONSTRAINT box_site_id_fkey FOREIGN KEY (site_id) REFERENCES public.site(id);

ALTER TABLE ONLY public.command_result
    ADD CONSTRAINT command_result_box_id_fkey FOREIGN KEY (box_id) REFERENCES public.box(id);

ALTER TABLE ONLY public.corridor_lease
    ADD CONSTRAINT corridor_lease_corridor_id_fkey FOREIGN KEY (corridor_id) REFERENCES public.corridor(id);

ALTER TABLE ONLY public.delegation
    ADD CONSTRAINT delegation_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.account(id);

ALTER TABLE ONLY public.event
    ADD CONSTRAINT event_asset_id_fkey FOREIGN KEY (asset_id) REFERENCES public.asset(id);

ALTER TABLE ONLY public.event
    ADD CONSTRAINT event_box_id_fkey FOREIGN KEY (box_id) REFERENCES public.box(id);

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

ALTER TABLE ONLY public.media
    ADD CONSTRAINT media_box_id_fkey FOREIGN KEY (box_id) REFERENCES public.box(id);

ALTER TABLE ONLY public.media_day
    ADD CONSTRAINT media_day_box_id_fkey FOREIGN KEY (box_id) REFERENCES public.box(id);

ALTER TABLE ONLY public.series
    ADD CONSTRAINT series_asset_id_fkey FOREIGN KEY (asset_id) REFERENCES public.asset(id);

ALTER TABLE ONLY public.token
    ADD CONSTRAINT token_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.account(id);

GRANT USAGE ON SCHEMA public TO ingest;
GRANT USAGE ON SCHEMA public TO api;

GRANT USAGE ON SCHEMA wall TO api;
GRANT USAGE ON SCHEMA wall TO wall_reader;

GRANT INSERT ON TABLE public.audit TO api;

GRANT SELECT(id) ON TABLE public.audit TO api;

GRANT SELECT(at) ON TABLE public.audit TO api;

GRANT SELECT(actor) ON TABLE public.audit TO api;

GRANT SELECT(action) ON TABLE public.audit TO api;

GRANT SELECT(subject) ON TABLE public.audit TO api;

GRANT SELECT(detail) ON TABLE public.audit TO api;

GRANT SELECT ON TABLE public.account TO api;

GRANT SELECT,INSERT ON TABLE public.asset TO ingest;
GRANT SELECT ON TABLE public.asset TO api;

GRANT SELECT ON TABLE public.box TO ingest;
GRANT SELECT ON TABLE public.box TO api;

GRANT UPDATE(online) ON TABLE public.box TO ingest;

GRANT UPDATE(session) ON TABLE public.box TO ingest;

GRANT UPDATE(status) ON TABLE public.box TO ingest;

GRANT UPDATE(status_at) ON TABLE public.box TO ingest;

GRANT UPDATE(last_seen_at) ON TABLE public.box TO ingest;

GRANT SELECT,INSERT ON TABLE public.command_result TO ingest;
GRANT SELECT ON TABLE public.command_result TO api;

GRANT SELECT ON TABLE public.corridor TO api;

GRANT SELECT,INSERT,UPDATE ON TABLE public.corridor_lease TO api;

GRANT SELECT ON TABLE public.delegation TO api;

GRANT SELECT,INSERT ON TABLE public.event TO ingest;
GRANT SELECT ON TABLE public.event TO api;

GRANT SELECT ON TABLE public.junction TO api;

GRANT SELECT ON TABLE public.junction_limit TO api;

GRANT SELECT ON TABLE public.junction_phase TO api;

GRANT SELECT,INSERT,UPDATE ON TABLE public.lease TO api;

GRANT SELECT,INSERT,UPDATE ON TABLE public.lease_command TO api;

GRANT SELECT,INSERT ON TABLE public.lease_log TO api;

GRANT SELECT,INSERT ON TABLE public.media TO ingest;
GRANT SELECT ON TABLE public.media TO api;

GRANT SELECT,INSERT,UPDATE ON TABLE public.media_day TO ingest;

GRANT INSERT ON TABLE public.rejected_message TO ingest;
GRANT SELECT ON TABLE public.rejected_message TO api;

GRANT INSERT ON TABLE public.rollup_late TO ingest;

GRANT SELECT ON TABLE public.rollup_state TO ingest;
GRANT SELECT ON TABLE public.rollup_state TO api;

GRANT SELECT,INSERT ON TABLE public.sample TO ingest;
GRANT SELECT ON TABLE public.sample TO api;

GRANT SELECT ON TABLE public.sample_1d TO api;

GRANT SELECT ON TABLE public.sample_1h TO api;

GRANT SELECT ON TABLE public.sample_1m TO api;

GRANT SELECT,INSERT ON TABLE public.sample_text TO ingest;
GRANT SELECT ON TABLE public.sample_text TO api;

GRANT SELECT ON TABLE public.schema_migration TO api;

GRANT SELECT,INSERT ON TABLE public.series TO ingest;
GRANT SELECT ON TABLE public.series TO api;

GRANT SELECT,INSERT,UPDATE ON TABLE public.series_latest TO ingest;
GRANT SELECT ON TABLE public.series_latest TO api;

GRANT SELECT ON TABLE public.site TO ingest;
GRANT SELECT ON TABLE public.site TO api;

GRANT SELECT ON TABLE public.token TO api;

GRANT UPDATE(last_used_at) ON TABLE public.token TO api;

GRANT SELECT ON TABLE wall.box_state TO api;
GRANT SELECT ON TABLE wall.box_state TO wall_reader;

GRANT SELECT ON TABLE wall.asset_state TO api;
GRANT SELECT ON TABLE wall.asset_state TO wall_reader;

GRANT SELECT ON TABLE wall.event_recent TO api;
GRANT SELECT ON TABLE wall.event_recent TO wall_reader;

GRANT SELECT ON TABLE wall.junction TO api;
GRANT SELECT ON TABLE wall.junction TO wall_reader;

GRANT SELECT ON TABLE wall.lease TO api;
GRANT SELECT ON TABLE wall.lease TO wall_reader;

GRANT SELECT ON TABLE wall.maintenance TO api;
GRANT SELECT ON TABLE wall.maintenance TO wall_reader;

GRANT SELECT ON TABLE wall.rejected_1h TO api;
GRANT SELECT ON TABLE wall.rejected_1h TO wall_reader;

GRANT SELECT ON TABLE wall.series TO api;
GRANT SELECT ON TABLE wall.series TO wall_reader;

GRANT SELECT ON TABLE wall.sample TO api;
GRANT SELECT ON TABLE wall.sample TO wall_reader;

GRANT SELECT ON TABLE wall.sample_1d TO api;
GRANT SELECT ON TABLE wall.sample_1d TO wall_reader;

GRANT SELECT ON TABLE wall.sample_1h TO api;
GRANT SELECT ON TABLE wall.sample_1h TO wall_reader;

GRANT SELECT ON TABLE wall.sample_1m TO api;
GRANT SELECT ON TABLE wall.sample_1m TO wall_reader;

GRANT SELECT ON TABLE wall.sample_text TO api;
GRANT SELECT ON TABLE wall.sample_text TO wall_reader;

GRANT SELECT ON TABLE wall.series_latest TO api;
GRANT SELECT ON TABLE wall.series_latest TO wall_reader;

GRANT SELECT ON TABLE wall.site_state TO api;
GRANT SELECT ON TABLE wall.site_state TO wall_reader;
