-- What boxes report of the commands they were given.

CREATE TABLE command_result (
    command_id uuid NOT NULL,
    state text NOT NULL,
    box_id integer NOT NULL REFERENCES box (id),
    "time" timestamptz NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now(),
    reason text,
    detail text,
    PRIMARY KEY (command_id, state)
);
COMMENT ON TABLE command_result IS 'Each state of a command that its box has reported, once.';

GRANT SELECT, INSERT ON command_result TO ingest;
GRANT SELECT ON command_result TO api;
