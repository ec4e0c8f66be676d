-- What alert rules ask: one row an asset, always; words become labels, `value` is judged.

-- name: silent_box
-- 1 where a box is not heard.
SELECT box, site, coalesce(district, '-') AS district, value FROM wall.alive_box

-- name: silent_signal
-- 1 where a controller is silent although its box is heard.
SELECT asset, site, coalesce(district, '-') AS district, value FROM wall.alive_asset WHERE kind = 'signal_controller'

-- name: silent_gauge
-- The same for river gauges.
SELECT asset, site, coalesce(district, '-') AS district, value FROM wall.alive_asset WHERE kind = 'river_gauge'

-- name: silent_screen
-- The same for the room's own walls and screens.
SELECT asset, site, coalesce(district, '-') AS district, value FROM wall.alive_asset WHERE kind IN ('wall', 'screen')

-- name: silent_camera
-- The same for cameras.
SELECT asset, site, coalesce(district, '-') AS district, value FROM wall.alive_asset WHERE kind = 'camera'

-- name: silent_lamp
-- The same for lamp circuits.
SELECT asset, site, coalesce(district, '-') AS district, value FROM wall.alive_asset WHERE kind = 'lamp_circuit'

-- name: stage
-- 0, or 1 to 3 for Siaga 3 to Siaga 1.
SELECT gauge, site, coalesce(district, '-') AS district, value FROM wall.alarm_gauge

-- name: lamp_fault
-- 1 where a circuit reports a fault.
SELECT asset, site, coalesce(district, '-') AS district, value FROM wall.alarm_trouble WHERE quantity = 'lamp_fault'

-- name: door_open
-- 1 where a cabinet's door stands open.
SELECT asset, site, coalesce(district, '-') AS district, value FROM wall.alarm_trouble WHERE quantity = 'door_open'

-- name: mains_present
-- 1 where mains are missing.
SELECT asset, site, coalesce(district, '-') AS district, value FROM wall.alarm_trouble WHERE quantity = 'mains_present'

-- name: controller_flash
-- 1 where a controller flashes.
SELECT asset, site, coalesce(district, '-') AS district, value FROM wall.alarm_trouble WHERE quantity = 'controller_flash'

-- name: detector_fault
-- 1 where a detector is judged faulty.
SELECT asset, site, coalesce(district, '-') AS district, value FROM wall.alarm_trouble WHERE quantity = 'detector_fault'

-- name: coordination_fault
-- 1 where a controller runs outside of its corridor's coordination.
SELECT asset, site, coalesce(district, '-') AS district, value FROM wall.alarm_trouble WHERE quantity = 'coordination_fault'

-- name: screen_on
-- 1 where a screen of the room is off.
SELECT asset, site, coalesce(district, '-') AS district, value FROM wall.alarm_trouble WHERE quantity = 'screen_on'

-- name: page_alive
-- 1 where a wall does not show its dashboards.
SELECT asset, site, coalesce(district, '-') AS district, value FROM wall.alarm_trouble WHERE quantity = 'page_alive'

-- name: disk_trouble
-- 1 where a box reports trouble with its disk.
SELECT asset, site, coalesce(district, '-') AS district, value FROM wall.alarm_trouble WHERE quantity = 'disk_trouble'

-- name: pulse
-- Seconds since states and counts were computed.
SELECT job, value FROM wall.alarm_pulse

-- name: operations
-- Seconds since the engine of incidents looked at its rules.
SELECT job, value FROM wall.alarm_operations

-- name: feeds
-- Seconds since the longest silent source of warnings answered; a day where one never did, 0 where none is read.
SELECT 'feeds' AS job,
    coalesce(max(CASE WHEN answered_at IS NOT NULL THEN age_s WHEN fault_id IS NOT NULL THEN 86400 END), 0)::double precision AS value
FROM wall.feed

-- name: ingest
-- Seconds since anything of any box was stored.
SELECT job, value FROM wall.alarm_ingest

-- name: rejected
-- Refused messages of this hour and the one before.
SELECT job, value FROM wall.alarm_rejected
