-- The wall looks up fifty rows among tens of thousands, over and over, and what it reads lies in memory: a row by an
-- index is no dearer to it than one of a scan, which grows with the regency. Source: PostgreSQL 17, random_page_cost.
DO $$
BEGIN
    EXECUTE format('ALTER ROLE wall_reader IN DATABASE %I SET random_page_cost = 1.1', current_database());
END
$$;

-- Which sites have cameras, which have lamps: by the index alone.
CREATE INDEX asset_kind_site ON asset (kind, site_id);

-- All gauges of rain, all of a level: by what is measured, not by a walk over the series of every camera and lamp.
CREATE INDEX series_quantity ON series (quantity, asset_id);
