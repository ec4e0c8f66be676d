-- What is warned of, who shakes, how grave the regency's day is.

CREATE VIEW wall.warning AS
SELECT
    warning.id::text AS warning, warning.source, warning.sender, warning.identifier, warning.sent_at, warning.status,
    coalesce(nullif(warning.headline_id, ''), nullif(warning.event_id, ''), warning.headline_en) AS headline_id,
    coalesce(nullif(warning.headline_en, ''), nullif(warning.event_en, ''), warning.headline_id) AS headline_en,
    warning.severity, warning.urgency, warning.certainty, warning.area, warning.geometry,
    warning.effective_at, warning.onset_at, warning.expires_at
FROM warning
WHERE
    warning.status = 'Actual' AND warning.scope = 'Public' AND warning.message_type IN ('Alert', 'Update')
    AND warning.superseded_by IS NULL AND warning.expires_at > now();
COMMENT ON VIEW wall.warning IS
'Warnings in force, ours and BMKG''s (CAP 1.2). Exercises and tests are never here. Sumber: BMKG where source says so.';

CREATE VIEW wall.exercise AS
SELECT warning.id::text AS warning, warning.status, warning.sent_at, warning.headline_id, warning.headline_en, warning.expires_at
FROM warning
WHERE
    warning.status IN ('Exercise', 'Test') AND warning.source = 'regency' AND warning.message_type IN ('Alert', 'Update')
    AND warning.superseded_by IS NULL AND warning.expires_at > now();
COMMENT ON VIEW wall.exercise IS 'Exercises and tests of our own that are under way.';

CREATE VIEW wall.earthquake AS
SELECT id AS earthquake, at, magnitude, depth_km, latitude, longitude, distance_km, place, felt, potential FROM earthquake;
COMMENT ON VIEW wall.earthquake IS 'Earthquakes as BMKG tells of them. Source: BMKG.';

CREATE VIEW wall.feed AS
SELECT
    url, asked_at, answered_at, changed_at, fault_id, fault_en,
    extract(EPOCH FROM now() - answered_at)::double precision AS age_s
FROM feed;
COMMENT ON VIEW wall.feed IS 'What others publish and we read, and for how long it has not answered.';

CREATE VIEW wall.city_stage AS
SELECT stage, at, account, reason FROM city_stage ORDER BY id DESC LIMIT 1;
COMMENT ON VIEW wall.city_stage IS 'The stage of the regency, 1 ordinary to 5 disaster. No row: nobody has set one yet.';

CREATE VIEW wall.river_reach AS
SELECT
    above.gauge AS upstream, above.name AS upstream_name, above.severity AS upstream_severity, above.rate_m_h,
    below.gauge AS downstream, below.name AS downstream_name, below.site AS downstream_site, below.district AS downstream_district,
    below.severity AS downstream_severity, reach.travel_s, begun.at AS upstream_since,
    -- Where it is as grave below as above, it has arrived.
    CASE
        WHEN above.severity > coalesce(below.severity, 0) THEN begun.at + reach.travel_s * INTERVAL '1 s'
    END AS arrives_at,
    CASE
        WHEN above.severity > coalesce(below.severity, 0)
            THEN extract(EPOCH FROM begun.at + reach.travel_s * INTERVAL '1 s' - now())::double precision
    END AS lead_s
FROM river_reach AS reach
INNER JOIN asset AS upper_asset ON reach.upstream_id = upper_asset.id
INNER JOIN asset AS lower_asset ON reach.downstream_id = lower_asset.id
INNER JOIN wall.gauge AS above ON upper_asset.code = above.gauge
INNER JOIN wall.gauge AS below ON lower_asset.code = below.gauge
-- When it reached the stage that its box spoke of last: the box waits for waves to pass, the level may be ahead of it.
LEFT JOIN LATERAL (
    SELECT event."time" AS at FROM event
    WHERE
        event.asset_id = upper_asset.id AND event.type = 'id.satulayar.water_stage.reached'
        AND event.payload #>> '{data,ended_at}' IS NULL
    ORDER BY event."time" DESC, event.id DESC
    LIMIT 1
) AS begun ON true;
COMMENT ON VIEW wall.river_reach IS
'Each stretch between two gauges: how they stand, how long a rise takes, when what stands above arrives below.';

CREATE OR REPLACE FUNCTION city_stage_stays() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what stage was set is history: % is refused', TG_OP USING ERRCODE = 'insufficient_privilege';
END
$$;
CREATE OR REPLACE TRIGGER city_stage_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON city_stage
FOR EACH STATEMENT EXECUTE FUNCTION city_stage_stays();
