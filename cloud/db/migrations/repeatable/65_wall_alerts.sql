-- What alert rules read: always one row an asset, because a device that is missing from the answer is no alarm.
-- A column `value` of 0 or 1 (or a level), all others words: Grafana makes labels of them.

CREATE VIEW wall.alive_box AS
SELECT kept.box, kept.site, kept.district, (kept.state <> 'online')::integer AS value FROM wall.box_now AS kept;
COMMENT ON VIEW wall.alive_box IS 'One row a box: 1 where it is silent, offline or was never heard of.';

CREATE VIEW wall.alive_asset AS
-- What hangs on a silent box is silent for that reason: the box's own rule tells it, once.
SELECT
    seen.asset, seen.kind, seen.site, seen.district,
    (seen.state IN ('silent', 'never') AND coalesce(box.state, 'online') = 'online')::integer AS value
FROM wall.asset_now AS seen
LEFT JOIN wall.box_now AS box ON seen.box = box.box
WHERE seen.kind <> 'box';
COMMENT ON VIEW wall.alive_asset IS 'One row an asset: 1 where it is silent although its box is heard.';

CREATE VIEW wall.alarm_pulse AS
SELECT 'maintain' AS job, coalesce(pulse.age_s, 1e9) AS value FROM wall.pulse AS pulse;
COMMENT ON VIEW wall.alarm_pulse IS 'One row: seconds since the figures of the wall were brought up to date.';

CREATE VIEW wall.alarm_gauge AS
-- Between two stages the share of the way, below the first the metres that are missing: so that a rule can begin at a
-- stage and end a little below it. A silent gauge is 0 here, and told by the rule on silence.
SELECT
    kept.gauge, kept.site, kept.district,
    coalesce(CASE kept.severity
        WHEN 0 THEN greatest(0, 1 - (kept.siaga_3_m - kept.level_m))
        WHEN 1 THEN 1 + (kept.level_m - kept.siaga_3_m) / nullif(kept.siaga_2_m - kept.siaga_3_m, 0)
        WHEN 2 THEN 2 + (kept.level_m - kept.siaga_2_m) / nullif(kept.siaga_1_m - kept.siaga_2_m, 0)
        WHEN 3 THEN 3
    END, kept.severity, 0)::double precision AS value
FROM wall.gauge AS kept;
COMMENT ON VIEW wall.alarm_gauge IS 'One row a river gauge: 1, 2, 3 at Siaga 3, 2, 1, and the way between.';

CREATE VIEW wall.alarm_trouble AS
SELECT asset.code AS asset, asset.kind, site.code AS site, site.district, series.quantity,
    (kept.asset_id IS NOT NULL)::integer AS value
FROM wall_trouble_sign AS sign
INNER JOIN series ON sign.quantity = series.quantity
INNER JOIN asset ON series.asset_id = asset.id
LEFT JOIN site ON asset.site_id = site.id
LEFT JOIN wall_trouble AS kept ON series.asset_id = kept.asset_id AND series.quantity = kept.quantity;
COMMENT ON VIEW wall.alarm_trouble IS 'One row for each asset and quantity that can tell of trouble: 1 while it does.';

CREATE VIEW wall.alarm_rejected AS
SELECT 'ingest' AS job, coalesce(sum(counted.count), 0)::double precision AS value
FROM wall.rejected_1h AS counted WHERE counted."time" > now() - INTERVAL '2 hours';
COMMENT ON VIEW wall.alarm_rejected IS 'One row: refused messages and records of this hour and the one before.';

CREATE VIEW wall.alarm_ingest AS
SELECT 'ingest' AS job, coalesce(extract(EPOCH FROM now() - max(box.last_seen_at)), 1e9)::double precision AS value
FROM box;
COMMENT ON VIEW wall.alarm_ingest IS 'One row: seconds since anything of any box was stored.';

CREATE VIEW wall.grafana_alert AS
SELECT received.id, received.received_at, received.status, received.starts_at, received.ends_at,
    received.labels ->> 'alertname' AS rule, received.labels ->> 'category' AS category,
    received.labels ->> 'severity' AS severity, received.annotations ->> 'summary' AS summary, received.labels
FROM grafana_alert AS received;
COMMENT ON VIEW wall.grafana_alert IS 'Notifications that Grafana''s contact point delivered, until operations makes incidents of them.';
