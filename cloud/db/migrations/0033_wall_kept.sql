-- More of what the wall keeps (see 0030_wall.sql), so that lists, gauges, rates and sizes cost the same with ten times
-- the regency, too.

ALTER TABLE wall_asset ADD COLUMN kind text;
UPDATE wall_asset SET kind = asset.kind FROM asset WHERE asset.id = wall_asset.asset_id;
COMMENT ON COLUMN wall_asset.kind IS 'As in asset: the newest trouble of one kind is found by index.';
CREATE INDEX wall_asset_troubled_kind ON wall_asset (kind, since DESC, asset_id) WHERE state <> 'ok';

CREATE TABLE wall_gauge (
    asset_id integer PRIMARY KEY REFERENCES asset (id) ON DELETE CASCADE,
    before_at timestamptz,
    before_m double precision,
    hour_mm double precision,
    day_mm double precision
);
COMMENT ON TABLE wall_gauge IS
'Of each gauge the level 20 minutes before its newest, for its rate, and the rain of the last hour and the last 24.';

CREATE TABLE wall_junction (
    site_id integer PRIMARY KEY REFERENCES site (id) ON DELETE CASCADE,
    split_failures double precision NOT NULL
);
CREATE INDEX wall_junction_worst ON wall_junction (split_failures DESC, site_id);
COMMENT ON TABLE wall_junction IS 'Split failures of the last 24 hours, made with the totals of hours.';

CREATE TABLE wall_incident_day (
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
    resolved integer NOT NULL,
    PRIMARY KEY (day, category)
);
COMMENT ON TABLE wall_incident_day IS
'Incidents by the day (WIB) of their opening, made with the totals: seconds of all steps together, and of how many.';

CREATE TABLE wall_relation (
    relation text PRIMARY KEY,
    bytes double precision NOT NULL,
    chunks integer
);
COMMENT ON TABLE wall_relation IS 'Bytes of the hypertables, and of the whole database as relation *, made with the totals.';
