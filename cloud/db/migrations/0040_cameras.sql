-- Cameras, the room's side: what was asked of their boxes, by whom and why, and the look-ups that their pages need.

CREATE TABLE camera_request (
    id uuid PRIMARY KEY,
    action text NOT NULL CHECK (action IN ('camera.clip', 'camera.live')),
    asset_id integer NOT NULL REFERENCES asset (id),
    box_id integer NOT NULL REFERENCES box (id),
    requester text NOT NULL,
    role text NOT NULL,
    address text NOT NULL,
    reason text NOT NULL CHECK (reason <> ''),
    request_id text NOT NULL,
    arguments jsonb NOT NULL,
    requested_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at timestamptz NOT NULL,
    sent_at timestamptz,
    received boolean,
    UNIQUE (requester, request_id)
);
COMMENT ON TABLE camera_request IS 'A part of a recording, or a live view, that somebody asked a box for. The id is the command''s.';
COMMENT ON COLUMN camera_request.arguments IS 'Of the command. Its states are in command_result, its clip is evidence of an event.';
COMMENT ON COLUMN camera_request.expires_at IS 'From then on the box must not begin with it.';
COMMENT ON COLUMN camera_request.sent_at IS 'When the broker last had it.';
COMMENT ON COLUMN camera_request.received IS 'False: the broker had nobody to give it to.';
CREATE INDEX camera_request_newest ON camera_request (requested_at DESC, id DESC);
CREATE INDEX camera_request_asset_id ON camera_request (asset_id, requested_at DESC);
CREATE INDEX camera_request_waiting ON camera_request (expires_at) WHERE received IS NOT TRUE;

-- What a camera said last of each kind: whether it is lost, covered, frozen now.
CREATE INDEX event_asset_type ON event (asset_id, type, "time" DESC, id DESC);
-- The event that a clip is the evidence of, by the command that asked for it.
CREATE INDEX event_clip ON event ((payload #>> '{data,values,command}')) WHERE type = 'id.satulayar.clip.delivered';
