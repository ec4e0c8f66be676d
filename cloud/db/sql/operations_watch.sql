-- What rules over samples, silence and figures look at, and how they stand.

-- name: standings
-- Every rule that holds somewhere, or has begun to.
SELECT rule, subject, since, active, told_as FROM rule_state;

-- name: put_standing
-- Remember how a rule stands at a subject.
INSERT INTO rule_state (rule, subject, since, active, told_as)
VALUES (%(rule)s, %(subject)s, %(since)s, %(active)s, %(told_as)s)
ON CONFLICT (rule, subject) DO UPDATE
SET since = excluded.since, active = excluded.active, told_as = excluded.told_as;

-- name: drop_standing
-- Forget it: the rule does not hold there any more.
DELETE FROM rule_state WHERE rule = %(rule)s AND subject = %(subject)s;

-- name: levels
-- Newest samples that are not on the clear side of a rule's limit.
SELECT
    rule.name AS rule, asset.code AS subject, asset.id AS asset_id, NULL::integer AS box_id, latest.value, latest.time AS at,
    -- What is not heard of any more is neither beyond its limit nor back; that it is silent is another rule's.
    least(latest.time, latest.received_at)
    > %(now)s::timestamptz - (5 * coalesce(asset.expected_interval_s, 300) + 5) * INTERVAL '1 s' AS is_fresh
FROM unnest(
    %(names)s::text[], %(quantities)s::text[], %(kinds)s::text[], %(clears)s::float8[], %(ups)s::boolean[]
) AS rule (name, quantity, kind, clear, up)
INNER JOIN series ON rule.quantity = series.quantity
INNER JOIN asset ON series.asset_id = asset.id AND (rule.kind IS NULL OR rule.kind = asset.kind)
INNER JOIN series_latest AS latest ON series.id = latest.series_id
WHERE CASE WHEN rule.up THEN latest.value > rule.clear ELSE latest.value < rule.clear END;

-- name: rises
-- How fast a quantity has risen, an hour, over a span that ends with its newest sample.
SELECT
    asset.code AS subject, asset.id AS asset_id, NULL::integer AS box_id, latest.time AS at,
    (latest.value - before.last) * 3600 / extract(EPOCH FROM latest.time - before.bucket)::float8 AS value,
    least(latest.time, latest.received_at)
    > %(now)s::timestamptz - (5 * coalesce(asset.expected_interval_s, 300) + 5) * INTERVAL '1 s' AS is_fresh
FROM asset
INNER JOIN series ON asset.id = series.asset_id AND series.quantity = %(quantity)s
INNER JOIN series_latest AS latest ON series.id = latest.series_id
INNER JOIN LATERAL (
    SELECT minute.last, minute.bucket FROM sample_1m AS minute
    WHERE
        minute.series_id = series.id
        AND minute.bucket <= latest.time - %(span)s::interval
        AND minute.bucket > latest.time - 3 * %(span)s::interval
    ORDER BY minute.bucket DESC
    LIMIT 1
) AS before ON true
WHERE %(kind)s::text IS NULL OR asset.kind = %(kind)s;

-- name: silent_assets
-- Assets that were heard of once, and not for longer than a rule allows.
SELECT
    rule.name AS rule, asset.code AS subject, asset.id AS asset_id, NULL::integer AS box_id, NULL::float8 AS value,
    seen.at, true AS is_fresh
FROM unnest(
    %(names)s::text[], %(kinds)s::text[], %(factors)s::float8[], %(leasts)s::float8[]
) AS rule (name, kind, factor, least_s)
INNER JOIN asset ON rule.kind = asset.kind
INNER JOIN (
    SELECT series.asset_id, max(least(latest.time, latest.received_at)) AS at
    FROM series INNER JOIN series_latest AS latest ON series.id = latest.series_id
    GROUP BY series.asset_id
) AS seen ON asset.id = seen.asset_id
WHERE seen.at < %(now)s::timestamptz
    - greatest(rule.factor * coalesce(asset.expected_interval_s, 300), rule.least_s) * INTERVAL '1 s';

-- name: silent_quantities
-- The same of one quantity of theirs, whatever else is heard of them.
SELECT
    rule.name AS rule, asset.code AS subject, asset.id AS asset_id, NULL::integer AS box_id, NULL::float8 AS value,
    least(latest.time, latest.received_at) AS at, true AS is_fresh
FROM unnest(
    %(names)s::text[], %(kinds)s::text[], %(quantities)s::text[], %(factors)s::float8[], %(leasts)s::float8[]
) AS rule (name, kind, quantity, factor, least_s)
INNER JOIN asset ON rule.kind = asset.kind
INNER JOIN series ON asset.id = series.asset_id AND rule.quantity = series.quantity
INNER JOIN series_latest AS latest ON series.id = latest.series_id
WHERE least(latest.time, latest.received_at) < %(now)s::timestamptz
    - greatest(rule.factor * coalesce(asset.expected_interval_s, 300), rule.least_s) * INTERVAL '1 s';

-- name: silent_boxes
-- The same of boxes.
SELECT
    rule.name AS rule, box.name AS subject, NULL::integer AS asset_id, box.id AS box_id, NULL::float8 AS value,
    greatest(box.last_seen_at, box.status_at) AS at, true AS is_fresh
FROM unnest(%(names)s::text[], %(leasts)s::float8[]) AS rule (name, least_s)
CROSS JOIN box
WHERE greatest(box.last_seen_at, box.status_at) < %(now)s::timestamptz - rule.least_s * INTERVAL '1 s';

-- name: count_boxes
-- How many boxes were ever heard of.
SELECT count(*) FROM box WHERE last_seen_at IS NOT NULL OR status_at IS NOT NULL;

-- name: figures
-- A module's figure with all its cells.
SELECT
    shown.module || '.' || shown.indicator || coalesce('/' || nullif(array_to_string(shown.keys, ','), ''), '') AS subject,
    NULL::integer AS asset_id, NULL::integer AS box_id, shown.value, shown.true_at AS at, NOT shown.stale AS is_fresh,
    shown.title_id || coalesce(' ' || nullif(array_to_string(shown.keys, ', '), ''), '') AS title_id,
    shown.title_en || coalesce(' ' || nullif(array_to_string(shown.keys, ', '), ''), '') AS title_en
FROM wall.module_figure AS shown
WHERE shown.module = %(module)s AND shown.indicator = %(indicator)s AND shown.value IS NOT NULL;

-- name: troubled_modules
-- Modules whose figures are older than they may be, or never came; and those of which figures wait for a person.
SELECT
    trouble.module || CASE trouble.kind WHEN 'held' THEN '/held' ELSE '' END AS subject,
    NULL::integer AS asset_id, NULL::integer AS box_id, NULL::float8 AS value, min(trouble.since) AS at, true AS is_fresh,
    min(trouble.title_id) || ': ' || CASE
        WHEN count(*) > 1 THEN format('%s angka menunggu keputusan orang', count(*)) ELSE min(trouble.detail_id)
    END AS title_id,
    min(trouble.title_en) || ': ' || CASE
        WHEN count(*) > 1 THEN format('%s figures wait for a person', count(*)) ELSE min(trouble.detail_en)
    END AS title_en
FROM wall.module_trouble AS trouble
GROUP BY trouble.module, trouble.kind;

-- name: members
-- Assets of a kind that were ever heard of, by a quantity or at all, and where they are.
SELECT
    asset.code AS subject, asset.id AS asset_id, box.id AS box_id, box.name AS box, site.id AS site_id,
    site.code AS site, site.district
FROM asset
LEFT JOIN box ON asset.box_id = box.id
LEFT JOIN site ON site.id = coalesce(asset.site_id, box.site_id)
WHERE
    (%(kind)s::text IS NULL OR asset.kind = %(kind)s)
    AND EXISTS (
        SELECT FROM series INNER JOIN series_latest ON series.id = series_latest.series_id
        WHERE series.asset_id = asset.id AND (%(quantity)s::text IS NULL OR series.quantity = %(quantity)s)
    )
ORDER BY asset.code;

-- name: where_they_are
-- Where some assets and boxes are.
SELECT
    asset.code AS subject, asset.id AS asset_id, box.id AS box_id, box.name AS box, site.id AS site_id,
    site.code AS site, site.district
FROM asset
LEFT JOIN box ON asset.box_id = box.id
LEFT JOIN site ON site.id = coalesce(asset.site_id, box.site_id)
WHERE asset.id = ANY(%(assets)s::integer[])
UNION ALL
SELECT box.name, NULL, box.id, box.name, site.id, site.code, site.district
FROM box LEFT JOIN site ON box.site_id = site.id
WHERE box.id = ANY(%(boxes)s::integer[]);
