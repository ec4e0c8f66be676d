-- Where things are: site > box > asset > series.

CREATE TABLE site (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    code text NOT NULL UNIQUE,
    name text NOT NULL,
    district text,
    latitude double precision CHECK (latitude BETWEEN -90 AND 90),
    longitude double precision CHECK (longitude BETWEEN -180 AND 180)
);
COMMENT ON TABLE site IS 'A place with a code, such as the Taman Dayu junction TD-01. Degrees are WGS 84.';

CREATE TABLE box (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL UNIQUE,
    site_id integer NOT NULL REFERENCES site (id),
    series_limit integer NOT NULL DEFAULT 2000 CHECK (series_limit >= 0),
    online boolean,
    session text,
    status jsonb,
    status_at timestamptz,
    last_seen_at timestamptz
)
-- Rewritten at every flush of the ingester: room on the page keeps the updates heap-only.
WITH (fillfactor = 50);
COMMENT ON TABLE box IS 'The installation slot of an edge computer. It keeps its name when the computer is swapped.';
COMMENT ON COLUMN box.online IS 'What the box or its last will said last. NULL: it has never said anything.';
COMMENT ON COLUMN box.last_seen_at IS 'When the cloud last received anything from this box.';
COMMENT ON COLUMN box.series_limit IS 'How many series this box may register by publishing them.';
CREATE INDEX box_site_id ON box (site_id);

CREATE TABLE asset (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    code text NOT NULL UNIQUE,
    site_id integer REFERENCES site (id),
    box_id integer NOT NULL REFERENCES box (id),
    kind text NOT NULL DEFAULT 'unknown',
    name text,
    expected_interval_s double precision CHECK (expected_interval_s > 0)
);
COMMENT ON TABLE asset IS 'A thing at a site that is observed or controlled.';
COMMENT ON COLUMN asset.expected_interval_s IS 'Seconds within which it should be heard of. NULL: not stated.';
CREATE INDEX asset_box_id ON asset (box_id);
CREATE INDEX asset_site_id ON asset (site_id);

CREATE TABLE series (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    asset_id integer NOT NULL REFERENCES asset (id),
    quantity text NOT NULL,
    unit text,
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (asset_id, quantity)
);
COMMENT ON TABLE series IS 'One quantity of one asset, in one unit (UCUM code).';
