-- The pulse: brings the tables wall_* up to date from the truth. Called every few seconds by `satulayar-db maintain`,
-- one at a time. Only rows that differ are written.

-- Every asset has its row from its first instant on, so that the snapshot has one row an asset, always.
CREATE OR REPLACE FUNCTION asset_placed() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    NEW.site_id := (SELECT box.site_id FROM box WHERE box.id = NEW.box_id);
    RETURN NEW;
END
$$;
CREATE OR REPLACE TRIGGER asset_placed BEFORE INSERT OR UPDATE OF site_id, box_id ON asset
FOR EACH ROW WHEN (NEW.site_id IS NULL) EXECUTE FUNCTION asset_placed();

CREATE OR REPLACE FUNCTION asset_shown() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO wall_asset (asset_id, kind, state, since) SELECT id, kind, 'never', now() FROM placed ON CONFLICT DO NOTHING;
    RETURN NULL;
END
$$;
CREATE OR REPLACE TRIGGER asset_shown AFTER INSERT ON asset
REFERENCING NEW TABLE AS placed FOR EACH STATEMENT EXECUTE FUNCTION asset_shown();

CREATE OR REPLACE PROCEDURE wall_pulse_assets()
LANGUAGE sql
BEGIN ATOMIC
    INSERT INTO wall_asset AS known (asset_id, kind, state, since, last_seen_at)
    SELECT seen.asset_id, seen.kind, seen.state, now(), seen.last_seen_at FROM wall.asset_state AS seen
    ON CONFLICT (asset_id) DO UPDATE
    SET
        kind = excluded.kind, state = excluded.state, last_seen_at = excluded.last_seen_at,
        since = CASE WHEN known.state = excluded.state THEN known.since ELSE excluded.since END
    WHERE (known.state, known.kind) IS DISTINCT FROM (excluded.state, excluded.kind);

    INSERT INTO wall_box AS known (
        box_id, state, since, disk_used_pct, soc_temperature_cel, outbox_messages, outbox_oldest_age_s,
        clock_offset_s, uptime_s
    )
    SELECT
        seen.box_id, seen.state, now(), health.disk_used_pct, health.soc_temperature_cel, health.outbox_messages,
        health.outbox_oldest_age_s, health.clock_offset_s, health.uptime_s
    FROM wall.box_state AS seen
    LEFT JOIN (
        SELECT
            asset.box_id,
            max(latest.value) FILTER (WHERE series.quantity = 'disk_used') AS disk_used_pct,
            max(latest.value) FILTER (WHERE series.quantity = 'soc_temperature') AS soc_temperature_cel,
            max(latest.value) FILTER (WHERE series.quantity = 'outbox_messages') AS outbox_messages,
            max(latest.value) FILTER (WHERE series.quantity = 'outbox_oldest_age') AS outbox_oldest_age_s,
            max(latest.value) FILTER (WHERE series.quantity = 'clock_offset') AS clock_offset_s,
            max(latest.value) FILTER (WHERE series.quantity = 'uptime') AS uptime_s
        FROM asset
        INNER JOIN series ON asset.id = series.asset_id
        INNER JOIN series_latest AS latest ON series.id = latest.series_id
        WHERE asset.kind = 'box'
        GROUP BY asset.box_id
    ) AS health ON seen.box_id = health.box_id
    ON CONFLICT (box_id) DO UPDATE
    SET
        state = excluded.state, disk_used_pct = excluded.disk_used_pct,
        since = CASE WHEN known.state = excluded.state THEN known.since ELSE excluded.since END,
        soc_temperature_cel = excluded.soc_temperature_cel, outbox_messages = excluded.outbox_messages,
        outbox_oldest_age_s = excluded.outbox_oldest_age_s, clock_offset_s = excluded.clock_offset_s,
        uptime_s = excluded.uptime_s
    WHERE (
        known.state, known.disk_used_pct, known.soc_temperature_cel, known.outbox_messages,
        known.outbox_oldest_age_s, known.clock_offset_s, known.uptime_s
    )
    IS DISTINCT FROM (
        excluded.state, excluded.disk_used_pct, excluded.soc_temperature_cel, excluded.outbox_messages,
        excluded.outbox_oldest_age_s, excluded.clock_offset_s, excluded.uptime_s
    );
END;

CREATE OR REPLACE PROCEDURE wall_pulse_sites()
LANGUAGE sql
BEGIN ATOMIC
    INSERT INTO wall_site AS known (
        site_id, state, since, boxes, boxes_silent, assets, assets_ok, last_seen_at
    )
    SELECT
        site.id,
        CASE
            WHEN boxes.n IS NULL THEN 'empty'
            WHEN boxes.n = boxes.silent THEN 'silent'
            WHEN boxes.silent > 0 OR assets.silent > 0 THEN 'degraded'
            ELSE 'ok'
        END,
        now(), coalesce(boxes.n, 0), coalesce(boxes.silent, 0), coalesce(assets.n, 0), coalesce(assets.ok, 0),
        boxes.last_seen_at
    FROM site
    LEFT JOIN (
        SELECT
            box.site_id, count(*) AS n, count(*) FILTER (WHERE kept.state <> 'online') AS silent,
            max(box.last_seen_at) AS last_seen_at
        FROM wall_box AS kept
        INNER JOIN box ON kept.box_id = box.id
        GROUP BY box.site_id
    ) AS boxes ON site.id = boxes.site_id
    LEFT JOIN (
        SELECT
            asset.site_id, count(*) AS n, count(*) FILTER (WHERE kept.state = 'ok') AS ok,
            count(*) FILTER (WHERE kept.state IN ('silent', 'never')) AS silent
        FROM wall_asset AS kept
        INNER JOIN asset ON kept.asset_id = asset.id
        GROUP BY asset.site_id
    ) AS assets ON site.id = assets.site_id
    ON CONFLICT (site_id) DO UPDATE
    SET
        since = CASE WHEN known.state = excluded.state THEN known.since ELSE excluded.since END,
        state = excluded.state, boxes = excluded.boxes, boxes_silent = excluded.boxes_silent,
        assets = excluded.assets, assets_ok = excluded.assets_ok, last_seen_at = excluded.last_seen_at
    WHERE (known.state, known.boxes, known.boxes_silent, known.assets, known.assets_ok)
    IS DISTINCT FROM (
        excluded.state, excluded.boxes, excluded.boxes_silent, excluded.assets, excluded.assets_ok
    );

    -- What is no more is 0 and no row less: rows that come and go each time are what a small table grows large by.
    INSERT INTO wall_count AS known (kind, state, n)
    SELECT counted.kind, counted.state, sum(counted.n)
    FROM (
        SELECT kept.kind, kept.state, count(*) AS n FROM wall_asset AS kept GROUP BY kept.kind, kept.state
        UNION ALL
        SELECT 'box_slot', kept.state, count(*) FROM wall_box AS kept GROUP BY kept.state
        UNION ALL
        SELECT 'site', kept.state, count(*) FROM wall_site AS kept GROUP BY kept.state
        UNION ALL
        SELECT gone.kind, gone.state, 0 FROM wall_count AS gone
    ) AS counted
    GROUP BY counted.kind, counted.state
    ON CONFLICT (kind, state) DO UPDATE SET n = excluded.n
    WHERE known.n <> excluded.n;
END;

CREATE OR REPLACE PROCEDURE wall_pulse_figures()
LANGUAGE sql
BEGIN ATOMIC
    INSERT INTO wall_figure AS known (kind, quantity, series, fresh, total, least, most, oldest_at)
    SELECT
        newest.kind, newest.quantity, count(*), count(*) FILTER (WHERE newest.is_fresh),
        sum(newest.value) FILTER (WHERE newest.is_fresh), min(newest.value) FILTER (WHERE newest.is_fresh),
        max(newest.value) FILTER (WHERE newest.is_fresh), min(newest."time")
    FROM (
        SELECT
            asset.kind, series.quantity, latest.value, latest."time",
            latest."time" > now() - (4 * coalesce(asset.expected_interval_s, 300) + 5) * INTERVAL '1 s' AS is_fresh
        FROM series_latest AS latest
        INNER JOIN series ON latest.series_id = series.id
        INNER JOIN asset ON series.asset_id = asset.id
        WHERE latest.value IS NOT NULL
    ) AS newest
    GROUP BY newest.kind, newest.quantity
    ON CONFLICT (kind, quantity) DO UPDATE
    SET
        series = excluded.series, fresh = excluded.fresh, total = excluded.total, least = excluded.least,
        most = excluded.most, oldest_at = excluded.oldest_at
    WHERE (known.series, known.fresh, known.total, known.least, known.most, known.oldest_at)
    IS DISTINCT FROM (
        excluded.series, excluded.fresh, excluded.total, excluded.least, excluded.most, excluded.oldest_at
    );

    DELETE FROM wall_trouble AS known
    WHERE NOT EXISTS (
        SELECT FROM series
        INNER JOIN series_latest AS latest ON series.id = latest.series_id
        INNER JOIN wall_trouble_sign AS sign ON series.quantity = sign.quantity AND latest.value = sign.value
        WHERE series.asset_id = known.asset_id AND series.quantity = known.quantity
    );
    INSERT INTO wall_trouble (asset_id, quantity, since)
    SELECT series.asset_id, series.quantity, latest."time"
    FROM wall_trouble_sign AS sign
    INNER JOIN series ON sign.quantity = series.quantity
    INNER JOIN series_latest AS latest ON series.id = latest.series_id AND latest.value = sign.value
    ON CONFLICT DO NOTHING;

    INSERT INTO wall_gauge AS known (asset_id, before_at, before_m, hour_mm, day_mm)
    SELECT asset.id, earlier.at, earlier.level_m, fallen.hour_mm, fallen.day_mm
    FROM asset
    LEFT JOIN series AS of_level ON asset.id = of_level.asset_id AND of_level.quantity = 'water_level'
    LEFT JOIN series_latest AS latest ON of_level.id = latest.series_id
    LEFT JOIN series AS of_rain ON asset.id = of_rain.asset_id AND of_rain.quantity = 'rain_total'
    LEFT JOIN LATERAL wall.level_before(of_level.id, latest."time") AS earlier ON true
    LEFT JOIN LATERAL wall.rain_before(of_rain.id) AS fallen ON of_rain.id IS NOT NULL
    WHERE asset.kind = 'river_gauge' OR of_rain.id IS NOT NULL
    ON CONFLICT (asset_id) DO UPDATE
    SET
        before_at = excluded.before_at, before_m = excluded.before_m, hour_mm = excluded.hour_mm, day_mm = excluded.day_mm
    WHERE (known.before_at, known.before_m, known.hour_mm, known.day_mm)
    IS DISTINCT FROM (excluded.before_at, excluded.before_m, excluded.hour_mm, excluded.day_mm);
END;

CREATE OR REPLACE PROCEDURE wall_pulse_beat(begun_at timestamptz)
LANGUAGE sql
BEGIN ATOMIC
    -- The minute as it is known when it ends: what was sent in each of its seconds is not asked for again.
    INSERT INTO total_1m (site_id, kind, quantity, bucket, series, total, least, most)
    SELECT 0, figure.kind, figure.quantity, date_trunc('minute', now()), figure.fresh, figure.total, figure.least, figure.most
    FROM wall_figure AS figure
    INNER JOIN total_of AS wanted ON figure.kind = wanted.kind AND figure.quantity = wanted.quantity
    WHERE figure.fresh > 0
    ON CONFLICT (site_id, kind, quantity, bucket) DO UPDATE
    SET series = excluded.series, total = excluded.total, least = excluded.least, most = excluded.most;

    -- A counter of the server since its statistics began, with the second in which it was read; it falls when old chunks are
    -- dropped, and then there is no rate.
    INSERT INTO total_1m (site_id, kind, quantity, bucket, series, total, least, most)
    SELECT 0, 'platform', 'samples_stored', date_trunc('minute', now()), 1, stored.n, stored.at_s, stored.at_s
    FROM (
        SELECT
            coalesce(sum(stat.n_tup_ins), 0)::double precision AS n, extract(EPOCH FROM now())::double precision AS at_s
        FROM timescaledb_information.chunks AS chunk
        INNER JOIN pg_stat_user_tables AS stat
            ON chunk.chunk_schema = stat.schemaname AND chunk.chunk_name = stat.relname
        WHERE chunk.hypertable_name = 'sample' AND chunk.range_end > now() - INTERVAL '2 days'
    ) AS stored
    ON CONFLICT (site_id, kind, quantity, bucket) DO UPDATE
    SET total = excluded.total, least = excluded.least, most = excluded.most;
    INSERT INTO total_1m (site_id, kind, quantity, bucket, series, total, least, most)
    SELECT 0, 'platform', 'samples_per_s', this.bucket, 1, rate.per_s, rate.per_s, rate.per_s
    FROM total_1m AS this
    INNER JOIN total_1m AS before
        ON this.site_id = before.site_id AND this.kind = before.kind AND this.quantity = before.quantity
        AND before.bucket = this.bucket - INTERVAL '1 minute' AND before.total <= this.total AND before.least < this.least
    CROSS JOIN LATERAL (SELECT (this.total - before.total) / (this.least - before.least) AS per_s) AS rate
    WHERE this.site_id = 0 AND this.kind = 'platform' AND this.quantity = 'samples_stored'
        AND this.bucket = date_trunc('minute', now())
    ON CONFLICT (site_id, kind, quantity, bucket) DO UPDATE
    SET total = excluded.total, least = excluded.least, most = excluded.most;

    INSERT INTO total_1m (site_id, kind, quantity, bucket, series, total, least, most)
    SELECT 0, 'platform', 'lag', date_trunc('minute', now()), newest.n, newest.n * newest.mean_s, newest.p50_s, newest.p99_s
    FROM (
        SELECT
            count(*) AS n, avg(late_s) AS mean_s,
            percentile_cont(0.5) WITHIN GROUP (ORDER BY late_s) AS p50_s,
            percentile_cont(0.99) WITHIN GROUP (ORDER BY late_s) AS p99_s
        FROM (
            SELECT extract(EPOCH FROM latest.received_at - latest."time")::double precision AS late_s
            FROM series_latest AS latest WHERE latest.received_at > now() - INTERVAL '10 s'
        ) AS each
    ) AS newest
    WHERE newest.n > 0
    ON CONFLICT (site_id, kind, quantity, bucket) DO UPDATE
    SET series = excluded.series, total = excluded.total, least = excluded.least, most = excluded.most;

    INSERT INTO wall_pulse AS known (at, took_ms)
    SELECT now(), extract(EPOCH FROM clock_timestamp() - begun_at) * 1000
    ON CONFLICT (id) DO UPDATE SET at = excluded.at, took_ms = excluded.took_ms;
END;
