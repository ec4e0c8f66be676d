-- A regency of any size, made inside the database. See wall_regency.py, which fills the places.

-- name: places
INSERT INTO site (code, name, district, latitude, longitude)
SELECT 'S' || lpad(n::text, 4, '0') || '-01', CASE WHEN n <= %(junctions)s THEN 'Simpang ' ELSE 'Titik ' END || n,
    (string_to_array(%(districts)s, ','))[1 + n %% 24], -7.55 - (n * 37 %% 100) / 350.0, 112.55 + (n * 61 %% 100) / 160.0
FROM generate_series(1, %(sites)s) AS n;
INSERT INTO box (name, site_id, online, session, status, status_at, last_seen_at)
SELECT site.code || '-a', site.id, true, 's',
    jsonb_build_object('version', CASE WHEN site.id %% 9 = 0 THEN '0.0.9' ELSE '0.1.0' END, 'disk', 'ok'), now(),
    now() - CASE WHEN site.id %% 40 = 39 THEN INTERVAL '1 hour' ELSE INTERVAL '3 s' END
FROM site;
INSERT INTO asset (code, site_id, box_id, kind, name, expected_interval_s)
SELECT box.name, box.site_id, box.id, 'box', NULL, 60 FROM box;
INSERT INTO asset (code, site_id, box_id, kind, name, expected_interval_s)
SELECT site.code || '.' || part.code, site.id, box.id, part.kind, part.name, 60
FROM site
INNER JOIN box ON site.id = box.site_id
CROSS JOIN LATERAL (
    SELECT 'signal-1' AS code, 'signal_controller' AS kind, 'Lampu lalu lintas' AS name
    UNION ALL SELECT 'phase-' || n, 'signal_phase', 'Fase ' || n FROM generate_series(1, 8) AS n
    UNION ALL SELECT 'det-' || n, 'detector', 'Detektor ' || n FROM generate_series(1, 8) AS n
) AS part
WHERE site.id <= %(junctions)s;
INSERT INTO asset (code, site_id, box_id, kind, name, expected_interval_s)
SELECT site.code || '.cam-' || (1 + (n - 1) / %(sites)s), site.id, box.id, 'camera', 'CCTV ' || n, 60
FROM generate_series(1, %(cameras)s) AS n
INNER JOIN site ON site.id = 1 + (n - 1) %% %(sites)s
INNER JOIN box ON site.id = box.site_id;
INSERT INTO asset (code, site_id, box_id, kind, name, expected_interval_s)
SELECT site.code || '.lamp-' || (1 + (n - 1) / %(sites)s) || '-c1', site.id, box.id, 'lamp_circuit', 'PJU ' || n, 900
FROM generate_series(1, %(lamps)s) AS n
INNER JOIN site ON site.id = 1 + (n - 1) %% %(sites)s
INNER JOIN box ON site.id = box.site_id;
INSERT INTO asset (code, site_id, box_id, kind, name, expected_interval_s)
SELECT site.code || '.gauge-1', site.id, box.id, 'river_gauge', 'Pos duga air ' || n, 60
FROM generate_series(1, %(gauges)s) AS n
INNER JOIN site ON site.id = n
INNER JOIN box ON site.id = box.site_id;
INSERT INTO asset (code, site_id, box_id, kind, name, expected_interval_s)
SELECT site.code || '.screen-' || n, site.id, box.id, 'screen', 'Layar ' || n, 60
FROM generate_series(1, 4) AS n INNER JOIN site ON site.id = 1 INNER JOIN box ON site.id = box.site_id;
INSERT INTO asset (code, site_id, box_id, kind, name, expected_interval_s)
SELECT site.code || '.horn-1', site.id, box.id, 'loudspeaker', 'Pengeras suara', 60
FROM site INNER JOIN box ON site.id = box.site_id WHERE site.id = 1;
INSERT INTO gauge_stage (asset_id, stage, level_m)
SELECT id, stage, 6.5 - 1.1 * stage FROM asset, generate_series(1, 3) AS stage WHERE kind = 'river_gauge';
INSERT INTO corridor (name, title) VALUES ('surabaya-malang', 'Jalan Raya Surabaya-Malang');
INSERT INTO junction (site_id, controller_id, authority)
SELECT site_id, id, CASE WHEN site_id %% 7 = 0 THEN 'province' ELSE 'regency' END FROM asset WHERE kind = 'signal_controller';
INSERT INTO junction_phase (site_id, phase, name, ring, barrier, saturation_per_h, lost_s)
SELECT site_id, n, 'Fase ' || n, 1 + (n - 1) / 4, 1 + (n - 1) %% 4 / 2, 1800, 4 FROM junction, generate_series(1, 8) AS n;
INSERT INTO series (asset_id, quantity, unit)
SELECT asset.id, part.quantity, part.unit FROM asset
INNER JOIN (VALUES
    ('signal_controller', 'cycle_length', 's'), ('signal_controller', 'controller_flash', '1'),
    ('signal_phase', 'split_failures', '1'), ('signal_phase', 'arrivals_on_green', '%%'),
    ('signal_phase', 'green_time', 's'), ('signal_phase', 'queue_length', 'm'),
    ('detector', 'volume', '/min'), ('detector', 'occupancy', '%%'), ('detector', 'detector_fault', '1'),
    ('camera', 'frame_rate', '/s'), ('camera', 'recorded', '%%'), ('camera', 'volume_car', '/min'),
    ('camera', 'volume_motorcycle', '/min'),
    ('lamp_circuit', 'commanded_on', '1'), ('lamp_circuit', 'current', 'A'), ('lamp_circuit', 'lamp_fault', '1'),
    ('river_gauge', 'water_level', 'm'), ('river_gauge', 'rain_rate', 'mm/h'), ('river_gauge', 'rain_total', 'mm'),
    ('box', 'disk_used', '%%'), ('box', 'soc_temperature', 'Cel'), ('box', 'outbox_messages', '1'),
    ('box', 'outbox_oldest_age', 's'), ('box', 'uptime', 's'), ('box', 'cpu_load', '%%'), ('screen', 'screen_on', '1')
) AS part (kind, quantity, unit) ON asset.kind = part.kind
ORDER BY asset.id, part.quantity;

-- name: shape
DROP TABLE IF EXISTS pg_temp.shape;
CREATE TEMPORARY TABLE shape ON COMMIT PRESERVE ROWS AS
SELECT series.id AS series_id, asset.id AS asset_id, asset.site_id, asset.kind, series.quantity,
    coalesce(form.base, 0) AS base, coalesce(form.day, 0) AS day, coalesce(form.night, 0) AS night, form.whole
FROM series
INNER JOIN asset ON series.asset_id = asset.id
LEFT JOIN (VALUES
    ('cycle_length', 90, 30, 0, true), ('split_failures', 0, 4, 0, true), ('arrivals_on_green', 70, -25, 0, false),
    ('green_time', 22, 12, 0, false), ('queue_length', 5, 90, 0, false), ('volume', 1, 14, 0, false),
    ('occupancy', 3, 30, 0, false), ('frame_rate', 12, 0, 0, false), ('recorded', 100, 0, 0, false),
    ('volume_car', 1, 8, 0, false), ('volume_motorcycle', 2, 20, 0, false),
    ('commanded_on', 0, 0, 1, true), ('current', 0, 0, 9, false), ('water_level', 1.6, 0.3, 0, false),
    ('rain_rate', 0, 3, 0, false), ('disk_used', 41, 0, 0, false), ('soc_temperature', 52, 8, 0, false),
    ('outbox_messages', 2, 0, 0, true), ('outbox_oldest_age', 1, 0, 0, false), ('cpu_load', 20, 10, 0, false),
    ('uptime', 500000, 0, 0, true), ('screen_on', 1, 0, 0, true)
) AS form (quantity, base, day, night, whole) ON series.quantity = form.quantity;
CREATE INDEX ON shape (asset_id);
ANALYZE shape;
CREATE OR REPLACE FUNCTION pg_temp.level(base float8, day float8, night float8, at timestamptz, series_id integer)
RETURNS float8 LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN base * (0.95 + (series_id % 11) * 0.01)
    + day * (0.7 + (series_id % 7) * 0.1) * greatest(0, sin((extract(EPOCH FROM at) / 3600 + 2) * pi() / 12))
        * (0.9 + (extract(EPOCH FROM at)::bigint / 60 % 13) * 0.015)
    + night * (sin((extract(EPOCH FROM at) / 3600 + 1) * pi() / 12) < 0)::int;

-- name: latest
INSERT INTO series_latest (series_id, "time", value, received_at)
SELECT shape.series_id,
    now() - CASE WHEN shape.asset_id % 10 = 9 THEN INTERVAL '1 day' ELSE INTERVAL '2 s' END,
    CASE WHEN shape.quantity IN ('lamp_fault', 'detector_fault') THEN (shape.asset_id % 60 = 7)::int
        ELSE pg_temp.level(shape.base, shape.day, shape.night, now(), shape.series_id) END,
    now()
FROM shape;

-- name: rolled_first
-- The index after the rows: a third of the time.
ALTER TABLE {table} DROP CONSTRAINT {table}_pkey;
-- Instant by instant, as they come in life: the rows of a series lie far apart.
INSERT INTO {table} (series_id, bucket, n, min, max, sum, last)
SELECT made.series_id, at, {n}, made.value * 0.8, made.value * 1.2, made.value * {n}, made.value
FROM generate_series({start}, {stop}, INTERVAL '{step}') AS at
CROSS JOIN LATERAL (
    SELECT shape.series_id, pg_temp.level(shape.base, shape.day, shape.night, at, shape.series_id) AS value
    FROM shape WHERE shape.asset_id % {one_in} = 1 % {one_in} OR shape.site_id = 1 OFFSET 0
) AS made;
ALTER TABLE {table} ADD PRIMARY KEY (series_id, bucket);

-- name: rolled
INSERT INTO {table} (series_id, bucket, n, min, max, sum, last)
SELECT made.series_id, at, {n}, made.value * 0.8, made.value * 1.2, made.value * {n}, made.value
FROM generate_series({start}, {stop}, INTERVAL '{step}') AS at
CROSS JOIN LATERAL (
    SELECT shape.series_id, pg_temp.level(shape.base, shape.day, shape.night, at, shape.series_id) AS value
    FROM shape WHERE shape.asset_id % {one_in} = 1 % {one_in} OR shape.site_id = 1 OFFSET 0
) AS made
ON CONFLICT DO NOTHING

-- name: raw
INSERT INTO sample (series_id, "time", value)
SELECT shape.series_id, at, pg_temp.level(shape.base, shape.day, shape.night, at, shape.series_id)
FROM shape
CROSS JOIN generate_series({start}, {stop}, INTERVAL '5 s') AS at
WHERE shape.asset_id % {one_in} = 1 % {one_in} OR shape.site_id = 1
ON CONFLICT DO NOTHING

-- name: totals
INSERT INTO {table} (site_id, kind, quantity, bucket, series, total, least, most)
SELECT scope.site_id, scope.kind, scope.quantity, at, scope.series, value * scope.series, value * 0.5, value * 1.7
FROM (
    SELECT 0 AS site_id, shape.kind, shape.quantity, count(*) AS series, avg(shape.base) AS base, avg(shape.day) AS day,
        avg(shape.night) AS night
    FROM shape INNER JOIN total_of AS wanted ON shape.kind = wanted.kind AND shape.quantity = wanted.quantity
    GROUP BY shape.kind, shape.quantity
    UNION ALL
    SELECT asset.site_id, shape.kind, shape.quantity, count(*), avg(shape.base), avg(shape.day), avg(shape.night)
    FROM shape
    INNER JOIN total_of AS wanted ON shape.kind = wanted.kind AND shape.quantity = wanted.quantity AND wanted.by_site
    INNER JOIN asset ON shape.asset_id = asset.id
    WHERE {by_site}
    GROUP BY asset.site_id, shape.kind, shape.quantity
) AS scope
-- Hours of single sites are kept for 90 days.
CROSS JOIN generate_series(
    CASE WHEN scope.site_id <> 0 AND '{step}' = '1 hour' THEN greatest({start}, date_trunc('hour', now()) - INTERVAL '90 days')
    ELSE {start} END, {stop}, INTERVAL '{step}') AS at
CROSS JOIN LATERAL (SELECT pg_temp.level(scope.base, scope.day, scope.night, at, scope.site_id) AS value OFFSET 0) AS made
ON CONFLICT DO NOTHING

-- name: platform
INSERT INTO {table} (site_id, kind, quantity, bucket, series, total, least, most)
SELECT 0, 'platform', made.quantity, at, 1, made.total, made.least, made.most
FROM generate_series({start}, {stop}, INTERVAL '{step}') AS at
CROSS JOIN (VALUES ('samples_per_s', 7000.0, 6800.0, 7300.0), ('lag', 0.2, 0.08, 0.4)) AS made (quantity, total, least, most)
ON CONFLICT DO NOTHING

-- name: happenings
INSERT INTO event (id, type, source, subject, box_id, asset_id, "time", severity, payload)
SELECT gen_random_uuid(), 'id.satulayar.' || said.type, 'sl/1/x', asset.code, asset.box_id, asset.id,
    now() - n * INTERVAL '1 s' * (31536000.0 / %(events)s), (ARRAY['info', 'minor', 'major', 'critical'])[1 + n %% 4],
    jsonb_build_object('data', jsonb_build_object('message_id', said.id, 'message_en', said.en))
FROM generate_series(1, %(events)s) AS n
INNER JOIN (VALUES
    (0, 'camera.frozen', 'camera', 'Gambar kamera membeku.', 'The camera''s picture is frozen.'),
    (1, 'lamp.failed', 'lamp_circuit', 'Lampu jalan padam.', 'A street lamp is out.'),
    (2, 'water_stage.reached', 'river_gauge', 'Sungai mencapai Siaga 3.', 'The river has reached Siaga 3.'),
    (3, 'crowd.formed', 'camera', 'Kerumunan di lajur.', 'A crowd on the lane.'),
    (4, 'obstacle.detected', 'camera', 'Pohon tumbang menutup satu lajur.', 'A fallen tree blocks one lane.'),
    (5, 'siren.sounded', 'river_gauge', 'Sirene berbunyi.', 'A siren sounds.'),
    (6, 'recording.stopped', 'camera', 'Perekaman berhenti.', 'Recording has stopped.')
) AS said (number, type, kind, id, en) ON said.number = n %% 7
INNER JOIN (
    SELECT part.id, part.code, part.box_id, part.kind, count(*) OVER (PARTITION BY part.kind) AS of_kind,
        row_number() OVER (PARTITION BY part.kind ORDER BY part.id) - 1 AS place
    FROM asset AS part
) AS asset ON asset.kind = said.kind AND asset.place = n %% asset.of_kind;
INSERT INTO lease (id, site_id, requester, request_id, role, rank, phase, extra_green_s, duration_s, reason, state,
    requested_at, confirm_by, ends_at, end_reason)
SELECT gen_random_uuid(), junction.site_id, 'operator', 'r-' || junction.site_id || '-' || n, 'operator', 1, 2, 15, 900,
    'antrean panjang', CASE WHEN n = 0 THEN 'confirmed' ELSE 'reverted' END, now() - n * INTERVAL '2 days' - INTERVAL '1 min',
    now(), now() + INTERVAL '10 min', CASE WHEN n > 0 THEN 'expired' END
FROM junction, generate_series(0, 180) AS n WHERE n > 0 OR junction.site_id = 1;
INSERT INTO rejected_message (received_at, box, topic, reason, count)
SELECT now() - n * INTERVAL '20 min', 'S0001-01-a', 'sl/1/S0001-01-a/telemetry', (ARRAY['not_json', 'time_in_future'])[1 + n %% 2], 1 + n %% 5
FROM generate_series(0, 2000) AS n;
INSERT INTO feed (url, asked_at, answered_at) VALUES ('https://www.bmkg.go.id/alerts/nowcast/id/rss.xml', now(), now());
INSERT INTO city_stage (stage, account, address, reason) VALUES (2, 'ani', '', 'hujan lebat di hulu');
INSERT INTO earthquake (id, at, magnitude, depth_km, latitude, longitude, distance_km, place)
SELECT 'gempa-' || n, now() - n * INTERVAL '1 day', 4.5 + (n %% 10) / 10.0, 30, -8.5, 112.5, 90, 'barat daya Malang'
FROM generate_series(0, 100) AS n WHERE %(events)s > 0;
INSERT INTO warning (id, source, sender, identifier, sent_at, status, message_type, scope, severity, headline_id, area,
    expires_at, document)
SELECT gen_random_uuid(), 'bmkg', 'cuaca@bmkg', 'w-' || n, now() - n * INTERVAL '1 day', 'Actual', 'Alert', 'Public', 'Moderate',
    'Hujan lebat', 'Jawa Timur', now() - n * INTERVAL '1 day' + INTERVAL '3 hours', ''::bytea
FROM generate_series(0, 300) AS n WHERE %(events)s > 0;
WITH clip AS (
    INSERT INTO announcement_clip (id, name, language, origin, text, seconds, level_db, sha256, account, address, request_id)
    VALUES (gen_random_uuid(), 'Banjir', 'id', 'spoken', 'Sungai naik. Jauhi bantaran.', 6, -12,
        decode(repeat('00', 32), 'hex'), 'ani', '', 'c-1')
    RETURNING id
), said AS (
    INSERT INTO announcement (id, kind, clip_id, emergency, requested_at, account, role, address, reason, request_id)
    SELECT gen_random_uuid(), 'clip', clip.id, true, now() - n * INTERVAL '2 hours', 'ani', 'operator', '', 'Siaga 3', 'a-' || n
    FROM clip, generate_series(1, 2) AS n
    RETURNING id, requested_at
), asked AS (
    INSERT INTO box_request (id, action, asset_id, box_id, requester, role, address, reason, request_id, arguments,
        requested_at, expires_at)
    SELECT said.id, 'announcement.play', asset.id, asset.box_id, 'ani', 'operator', '', 'Siaga 3', 'b-' || said.id, '{}',
        said.requested_at, said.requested_at + INTERVAL '1 min'
    FROM said, asset WHERE asset.kind = 'loudspeaker'
    RETURNING id, box_id, requested_at
), told AS (
    INSERT INTO command_result (command_id, state, box_id, "time", reason, detail)
    SELECT id, 'confirmed', box_id, requested_at + INTERVAL '8 s', 'heard', 'Terdengar oleh mikrofon pengeras suara (62 dB).' FROM asked
)
INSERT INTO announcement_place (announcement_id, request_id) SELECT id, id FROM asked;
DELETE FROM operations_inbox;

-- name: operations
INSERT INTO operations_pulse (at, look_ms) VALUES (now(), 3);
INSERT INTO crew (name, agency, skills, on_duty, latitude, longitude, position_at)
SELECT 'Regu ' || n, (ARRAY['transport', 'disaster', 'public_order', 'health'])[1 + n %% 4], '{}', n %% 5 > 0, -7.7, 112.8, now()
FROM generate_series(1, %(crews)s) AS n;
INSERT INTO roster (agency, level, who)
SELECT agency, 1, 'account:' || agency || n
FROM unnest(ARRAY['transport', 'disaster', 'public_order', 'health']) AS agency, generate_series(1, 2) AS n;
INSERT INTO incident (id, kind, key, category, agency, severity, priority, title_id, title_en, site_id, state, happened_at,
    opened_at, last_seen_at, owner, acknowledged_at, dispatched_at, on_site_at, resolved_at, closed_at,
    due_acknowledge_at, due_arrive_at, due_resolve_at)
SELECT gen_random_uuid(), made.kind, made.kind || ':' || n, made.category, made.agency,
    (ARRAY['info', 'minor', 'major', 'critical'])[1 + n %% 4], 1 + n %% 4, made.title_id, made.title_en, 1 + n %% %(sites)s,
    CASE WHEN is_open THEN (ARRAY['open', 'acknowledged', 'dispatched', 'on_site', 'resolved'])[1 + n %% 5] ELSE 'closed' END,
    at, at, at, CASE WHEN NOT is_open OR n %% 5 > 0 THEN 'ani' END,
    CASE WHEN NOT is_open OR n %% 5 > 0 THEN at + INTERVAL '2 min' END,
    CASE WHEN NOT is_open OR n %% 5 > 1 THEN at + INTERVAL '6 min' END,
    CASE WHEN NOT is_open OR n %% 5 > 2 THEN at + INTERVAL '25 min' END,
    CASE WHEN NOT is_open OR n %% 5 > 3 THEN at + INTERVAL '70 min' END,
    CASE WHEN NOT is_open THEN at + INTERVAL '3 hours' END,
    at + INTERVAL '5 min', at + INTERVAL '1 hour', at + INTERVAL '6 hours'
FROM generate_series(1, %(incidents)s) AS n
CROSS JOIN LATERAL (
    SELECT n <= %(open)s AS is_open, CASE WHEN n <= %(open)s THEN now() - n * INTERVAL '9 min'
        ELSE now() - n * (INTERVAL '365 days' / %(incidents)s) END AS at
) AS placed
INNER JOIN (VALUES
    (0, 'fallen_tree', 'road', 'disaster', 'Pohon tumbang', 'Fallen tree'),
    (1, 'lamp_out', 'lamp', 'transport', 'Lampu jalan padam', 'Street lamp out'),
    (2, 'queue', 'traffic', 'transport', 'Antrean panjang', 'Long queue'),
    (3, 'crowd', 'security', 'public_order', 'Kerumunan', 'Crowd'),
    (4, 'camera_blind', 'camera', 'transport', 'Kamera tertutup', 'Camera covered'),
    (5, 'water_stage', 'water', 'disaster', 'Siaga banjir', 'Flood stage')
) AS made (number, kind, category, agency, title_id, title_en) ON n %% 6 = made.number;
INSERT INTO incident_log (incident_id, at, actor, action, to_state)
SELECT id, opened_at, 'satulayar', action, 'open' FROM incident CROSS JOIN (VALUES ('opened'), ('raised')) AS told (action);
INSERT INTO dispatch (id, incident_id, crew_id, ordered_by, ordered_at, done_at)
SELECT gen_random_uuid(), id, 1 + number %% %(crews)s, 'ani', dispatched_at, closed_at FROM incident WHERE dispatched_at IS NOT NULL;
INSERT INTO grafana_alert (received_at, fingerprint, status, starts_at, labels, annotations)
SELECT now() - n * INTERVAL '2 hours', 'f' || n, CASE n %% 2 WHEN 0 THEN 'firing' ELSE 'resolved' END, now() - n * INTERVAL '2 hours',
    '{"alertname": "Kamera senyap", "category": "camera", "severity": "minor"}', '{"summary": "Kamera tidak terdengar."}'
FROM generate_series(1, %(alerts)s) AS n;
DELETE FROM operations_inbox;

-- name: figures
INSERT INTO module_run (module_id, ended_at, cause, state) SELECT id, now(), 'schedule', 'done' FROM module;
INSERT INTO indicator_value (cell_id, true_at, value, known_from, run_id)
SELECT cell.id, at, round((40 + cell.id %% 23) * (0.8 + 0.4 * sin(extract(EPOCH FROM at) / 864000)))::double precision, at, run.id
FROM indicator_cell AS cell
INNER JOIN indicator ON cell.indicator_id = indicator.id
INNER JOIN module ON indicator.module_id = module.id
INNER JOIN module_run AS run ON module.id = run.module_id
CROSS JOIN LATERAL (
    SELECT CASE module.manifest ->> 'period' WHEN 'day' THEN INTERVAL '1 day' WHEN 'month' THEN INTERVAL '1 month'
        WHEN 'quarter' THEN INTERVAL '3 months' ELSE INTERVAL '1 hour' * %(figure_every_h)s END AS step,
    CASE module.manifest ->> 'period' WHEN 'instant' THEN %(days)s ELSE 365 END AS days,
    CASE module.manifest ->> 'period' WHEN 'instant' THEN now() AT TIME ZONE 'Asia/Jakarta' - INTERVAL '3 min'
        ELSE date_trunc(module.manifest ->> 'period', now() AT TIME ZONE 'Asia/Jakarta') END AS newest
) AS how
CROSS JOIN generate_series(0, (how.days * 86400 / extract(EPOCH FROM how.step))::integer) AS k
CROSS JOIN LATERAL (SELECT (how.newest - k * how.step) AT TIME ZONE 'Asia/Jakarta' AS at) AS instant;

-- name: refresh
UPDATE series_latest SET "time" = heard.at, received_at = heard.at
FROM series
CROSS JOIN LATERAL (
    SELECT now() - CASE WHEN series.asset_id % 10 = 9 THEN INTERVAL '1 day' ELSE INTERVAL '0.2 s' END AS at
) AS heard
WHERE series.id = series_latest.series_id;
UPDATE box SET
    status_at = now(), last_seen_at = now() - CASE WHEN site_id % 40 = 39 THEN INTERVAL '1 hour' ELSE INTERVAL '3 s' END;
UPDATE operations_pulse SET at = now();
