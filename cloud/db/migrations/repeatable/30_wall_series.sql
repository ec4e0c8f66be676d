-- Figures with the names people know. Filter by asset and quantity, or by series_id, and by time.

CREATE VIEW wall.series AS
SELECT
    series.id AS series_id,
    asset.code || ':' || series.quantity AS series,
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
FROM series
INNER JOIN asset ON series.asset_id = asset.id
INNER JOIN box ON asset.box_id = box.id
LEFT JOIN site ON asset.site_id = site.id;
COMMENT ON VIEW wall.series IS 'One quantity of one asset in one unit (UCUM code), with its place.';

CREATE VIEW wall.series_latest AS
SELECT
    named.*,
    latest."time",
    latest.value,
    CASE
        WHEN latest.value IS NULL THEN (
            SELECT spoken.value
            FROM sample_text AS spoken
            WHERE spoken.series_id = latest.series_id AND spoken."time" = latest."time"
        )
    END AS text,
    latest.received_at,
    greatest(0, extract(EPOCH FROM now() - latest."time"))::double precision AS age_s
FROM wall.series AS named
INNER JOIN series_latest AS latest ON named.series_id = latest.series_id;
COMMENT ON VIEW wall.series_latest IS 'The newest sample of each series: value, or text for series of words.';

CREATE VIEW wall.sample AS
SELECT sample."time", named.series_id, named.asset, named.site, named.quantity, named.unit, sample.value
FROM sample
INNER JOIN wall.series AS named ON sample.series_id = named.series_id;

CREATE VIEW wall.sample_text AS
SELECT sample."time", named.series_id, named.asset, named.site, named.quantity, sample.value
FROM sample_text AS sample
INNER JOIN wall.series AS named ON sample.series_id = named.series_id;

CREATE VIEW wall.sample_1m AS
SELECT
    rollup.bucket AS "time", named.series_id, named.asset, named.site, named.quantity, named.unit,
    rollup.n, rollup.min, rollup.max, rollup.sum / rollup.n AS avg, rollup.sum, rollup.last
FROM sample_1m AS rollup
INNER JOIN wall.series AS named ON rollup.series_id = named.series_id;
COMMENT ON VIEW wall.sample_1m IS 'Minutes; time is the start of the minute.';

CREATE VIEW wall.sample_1h AS
SELECT
    rollup.bucket AS "time", named.series_id, named.asset, named.site, named.quantity, named.unit,
    rollup.n, rollup.min, rollup.max, rollup.sum / rollup.n AS avg, rollup.sum, rollup.last
FROM sample_1h AS rollup
INNER JOIN wall.series AS named ON rollup.series_id = named.series_id;
COMMENT ON VIEW wall.sample_1h IS 'Hours; time is the start of the hour.';

CREATE VIEW wall.sample_1d AS
SELECT
    rollup.bucket AS "time", named.series_id, named.asset, named.site, named.quantity, named.unit,
    rollup.n, rollup.min, rollup.max, rollup.sum / rollup.n AS avg, rollup.sum, rollup.last
FROM sample_1d AS rollup
INNER JOIN wall.series AS named ON rollup.series_id = named.series_id;
COMMENT ON VIEW wall.sample_1d IS 'Days in Pasuruan (+07); time is the start of the day.';
