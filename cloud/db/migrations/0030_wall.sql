-- What the wall keeps by itself, so that a panel costs the same with ten times the regency and ten times the history.
--
-- `satulayar-db maintain` writes these every few seconds (cloud/db/wall.py). None of it is the truth: each row follows
-- from tables that are, may be thrown away, and is made again. wall_pulse says when that was last done; where it is too
-- long ago the views of schema wall turn to the truth itself, and are slower.

CREATE TABLE wall_pulse (
    id boolean PRIMARY KEY DEFAULT true CHECK (id),
    at timestamptz NOT NULL,
    took_ms double precision NOT NULL
);
COMMENT ON TABLE wall_pulse IS 'When the tables wall_* were last brought up to date.';

CREATE TABLE wall_asset (
    asset_id integer PRIMARY KEY REFERENCES asset (id) ON DELETE CASCADE,
    state text NOT NULL,
    since timestamptz NOT NULL,
    last_seen_at timestamptz
)
WITH (fillfactor = 70);
COMMENT ON TABLE wall_asset IS 'State of each asset at the last pulse; last_seen_at as it was when the state began.';
CREATE INDEX wall_asset_troubled ON wall_asset (since DESC, asset_id) WHERE state <> 'ok';

CREATE TABLE wall_site (
    site_id integer PRIMARY KEY REFERENCES site (id) ON DELETE CASCADE,
    state text NOT NULL,
    since timestamptz NOT NULL,
    boxes integer NOT NULL,
    boxes_silent integer NOT NULL,
    assets integer NOT NULL,
    assets_ok integer NOT NULL,
    last_seen_at timestamptz
)
WITH (fillfactor = 70);
COMMENT ON TABLE wall_site IS 'State of each site at the last pulse.';
CREATE INDEX wall_site_troubled ON wall_site (since DESC, site_id) WHERE state <> 'ok';

CREATE TABLE wall_count (
    kind text NOT NULL,
    state text NOT NULL,
    n integer NOT NULL,
    PRIMARY KEY (kind, state)
);
COMMENT ON TABLE wall_count IS 'How many assets of a kind are in which state; boxes themselves as kind box_slot, sites as kind site.';

CREATE TABLE wall_box (
    box_id integer PRIMARY KEY REFERENCES box (id) ON DELETE CASCADE,
    state text NOT NULL,
    since timestamptz NOT NULL,
    disk_used_pct double precision,
    soc_temperature_cel double precision,
    outbox_messages double precision,
    outbox_oldest_age_s double precision,
    clock_offset_s double precision,
    uptime_s double precision
)
WITH (fillfactor = 70);
COMMENT ON TABLE wall_box IS 'State and health of each box at the last pulse. NULL: it has not said.';

CREATE TABLE wall_trouble (
    asset_id integer NOT NULL REFERENCES asset (id) ON DELETE CASCADE,
    quantity text NOT NULL,
    since timestamptz NOT NULL,
    PRIMARY KEY (asset_id, quantity)
);
COMMENT ON TABLE wall_trouble IS 'What an asset says of itself that should not be: a lamp fault, an open door, no mains.';
CREATE INDEX wall_trouble_since ON wall_trouble (quantity, since DESC);

CREATE TABLE wall_trouble_sign (
    quantity text PRIMARY KEY,
    value double precision NOT NULL
);
COMMENT ON TABLE wall_trouble_sign IS 'Which value of which quantity is trouble.';
INSERT INTO wall_trouble_sign (quantity, value) VALUES
('lamp_fault', 1), ('door_open', 1), ('mains_present', 0), ('detector_fault', 1), ('controller_flash', 1),
('coordination_fault', 1), ('disk_trouble', 1), ('siren_on', 1), ('screen_on', 0), ('page_alive', 0);

CREATE TABLE wall_figure (
    kind text NOT NULL,
    quantity text NOT NULL,
    series integer NOT NULL,
    fresh integer NOT NULL,
    total double precision,
    least double precision,
    most double precision,
    oldest_at timestamptz,
    PRIMARY KEY (kind, quantity)
);
COMMENT ON TABLE wall_figure IS
'Newest values of a quantity over all assets of a kind: total, least and most of those that are not older than four of their intervals.';

CREATE TABLE total_of (
    kind text NOT NULL,
    quantity text NOT NULL,
    by_site boolean NOT NULL DEFAULT false,
    PRIMARY KEY (kind, quantity)
);
COMMENT ON TABLE total_of IS 'Of which quantities the course over the whole regency is kept; by_site: and of each site.';
INSERT INTO total_of (kind, quantity, by_site) VALUES
('detector', 'volume', true), ('detector', 'occupancy', true), ('detector', 'queue_length', true),
('signal_phase', 'split_failures', true), ('signal_phase', 'arrivals_on_green', true),
('signal_phase', 'queue_length', true), ('signal_phase', 'pedestrian_wait', true),
('signal_phase', 'green_time', true), ('signal_controller', 'cycle_length', true),
('lamp_circuit', 'commanded_on', false), ('lamp_circuit', 'current', false), ('lamp_circuit', 'active_power', false),
('lamp_circuit', 'lamp_fault', false), ('lamp_panel', 'active_power', false),
('camera', 'frame_rate', false), ('camera', 'recorded', false), ('camera', 'volume', false),
('river_gauge', 'rain_rate', false), ('weather_mast', 'rain_rate', false),
('box', 'outbox_messages', false), ('box', 'disk_used', false), ('box', 'cpu_load', false), ('box', 'soc_temperature', false);

CREATE TABLE total_1m (
    site_id integer NOT NULL,
    kind text NOT NULL,
    quantity text NOT NULL,
    bucket timestamptz NOT NULL,
    series integer NOT NULL,
    total double precision NOT NULL,
    least double precision NOT NULL,
    most double precision NOT NULL,
    PRIMARY KEY (site_id, kind, quantity, bucket)
);
CREATE TABLE total_1h (LIKE total_1m INCLUDING ALL);
CREATE TABLE total_1d (LIKE total_1m INCLUDING ALL);
CREATE INDEX total_1m_old ON total_1m (bucket);
CREATE INDEX total_1h_of_sites ON total_1h (bucket, kind, quantity) WHERE site_id <> 0;
COMMENT ON COLUMN total_1m.site_id IS '0: the whole regency.';
COMMENT ON COLUMN total_1m.series IS 'How many series the total is of; those that were silent are missing from it.';
COMMENT ON TABLE total_1m IS 'Total of the newest values, as the room knew them in that minute. Never made again.';
COMMENT ON TABLE total_1h IS 'Total of the means of an hour, from sample_1h; made again where samples came late.';
COMMENT ON TABLE total_1d IS 'Total of the means of a day in Pasuruan (+07), from sample_1d.';

CREATE TABLE total_state (
    id boolean PRIMARY KEY DEFAULT true CHECK (id),
    hours_until timestamptz NOT NULL,
    days_until timestamptz NOT NULL
);
COMMENT ON TABLE total_state IS 'Below these instants total_1h and total_1d are made, but what total_late names.';
INSERT INTO total_state (hours_until, days_until)
SELECT date_trunc('hour', now()) - INTERVAL '7 days', date_trunc('hour', now()) - INTERVAL '400 days';

CREATE TABLE total_late ("hour" timestamptz PRIMARY KEY);
COMMENT ON TABLE total_late IS 'Hours whose totals must be made again, because their rollups were.';

CREATE TABLE gauge_stage (
    asset_id integer NOT NULL REFERENCES asset (id) ON DELETE CASCADE,
    stage smallint NOT NULL CHECK (stage BETWEEN 1 AND 3),
    level_m double precision NOT NULL,
    PRIMARY KEY (asset_id, stage)
);
COMMENT ON TABLE gauge_stage IS 'Siaga 3 is the first warning of a river gauge, Siaga 1 the last. The box has its own and sounds the siren by them.';

CREATE TABLE grafana_alert (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    received_at timestamptz NOT NULL DEFAULT now(),
    fingerprint text NOT NULL,
    status text NOT NULL CHECK (status IN ('firing', 'resolved')),
    starts_at timestamptz NOT NULL,
    ends_at timestamptz,
    labels jsonb NOT NULL,
    annotations jsonb NOT NULL,
    UNIQUE (fingerprint, starts_at, status)
);
COMMENT ON TABLE grafana_alert IS
'What Grafana''s contact point has sent, once each; cloud/operations is to make incidents of it.';
CREATE INDEX grafana_alert_received_at ON grafana_alert (received_at DESC);

-- An asset stands where its box does, unless said otherwise. Said in the row, because a place that is looked up
-- through the box of every asset cannot be looked up by index.
UPDATE asset SET site_id = box.site_id FROM box WHERE asset.box_id = box.id AND asset.site_id IS NULL;
CREATE INDEX asset_kind ON asset (kind);
-- Topic of an event: `camera` of id.satulayar.camera.frozen.
CREATE INDEX event_topic ON event (split_part(type, '.', 3), "time" DESC);

INSERT INTO wall_asset (asset_id, state, since) SELECT id, 'never', now() FROM asset;
