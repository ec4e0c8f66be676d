-- What Grafana's contact point sends.

-- name: put_alerts
-- Beginnings and ends of alarms, each once.
INSERT INTO grafana_alert (fingerprint, status, starts_at, ends_at, labels, annotations)
SELECT told.fingerprint, told.status, told.starts_at, told.ends_at, told.labels, told.annotations
FROM jsonb_to_recordset(%(rows)s) AS told (
    fingerprint text, status text, starts_at timestamptz, ends_at timestamptz, labels jsonb, annotations jsonb
)
ON CONFLICT (fingerprint, starts_at, status) DO NOTHING;
