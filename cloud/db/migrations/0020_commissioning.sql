-- Crews: what their phones report of a visit to a box, and which computer stands in which slot.

ALTER TABLE account DROP CONSTRAINT account_role_check;
ALTER TABLE account ADD CONSTRAINT account_role_check CHECK (role IN ('crew', 'viewer', 'operator', 'admin'));

CREATE TABLE claim_code (
    fingerprint bytea PRIMARY KEY CHECK (octet_length(fingerprint) = 32),
    box_id integer NOT NULL REFERENCES box (id),
    issued_at timestamptz NOT NULL DEFAULT now(),
    issued_by text NOT NULL,
    used_at timestamptz,
    used_by text
);
COMMENT ON TABLE claim_code IS 'Codes printed on labels, each good for one claim of its box.';
COMMENT ON COLUMN claim_code.fingerprint IS 'SHA-256 of what the QR code says: the code itself is on the label only.';

CREATE TABLE claim (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    box_id integer NOT NULL REFERENCES box (id),
    hardware text NOT NULL CHECK (hardware <> ''),
    claimed_at timestamptz NOT NULL,
    claimed_by text NOT NULL,
    ended_at timestamptz,
    ended_by text,
    reason text,
    CHECK ((ended_at IS NULL) = (ended_by IS NULL))
);
COMMENT ON TABLE claim IS 'Which computer stands, or stood, in which slot, and who put it there.';
CREATE UNIQUE INDEX claim_of_box ON claim (box_id) WHERE ended_at IS NULL;
CREATE UNIQUE INDEX claim_of_hardware ON claim (hardware) WHERE ended_at IS NULL;

CREATE TABLE visit (
    id uuid PRIMARY KEY,
    box_id integer NOT NULL REFERENCES box (id),
    account text NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE visit IS 'A crew at a box. The id is made on the phone, without network.';
CREATE INDEX visit_box_id ON visit (box_id, received_at DESC);

CREATE TABLE visit_piece (
    id uuid PRIMARY KEY,
    visit_id uuid NOT NULL REFERENCES visit (id),
    kind text NOT NULL CHECK (kind IN ('claim', 'position', 'exercise', 'note', 'photo', 'command', 'done')),
    at timestamptz NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now(),
    content jsonb NOT NULL,
    photo bytea,
    rule text,
    text_id text,
    text_en text
);
COMMENT ON TABLE visit_piece IS 'One thing that a crew did or noted. Sent twice, it is stored once: the id is made on the phone.';
COMMENT ON COLUMN visit_piece.at IS 'By the phone''s clock.';
COMMENT ON COLUMN visit_piece.rule IS 'Why it was refused; NULL: it was taken.';
-- JPEG is compressed already.
ALTER TABLE visit_piece ALTER COLUMN photo SET STORAGE EXTERNAL;
CREATE INDEX visit_piece_visit_id ON visit_piece (visit_id, at);

-- A box's reports are found by their box.
CREATE INDEX event_commissioning ON event (box_id, "time" DESC) WHERE type = 'id.satulayar.commissioning.reported';

GRANT SELECT, INSERT, UPDATE ON claim_code, claim TO api;
GRANT SELECT, INSERT ON visit, visit_piece TO api;

-- Provisioning registers sites over the API. Junctions and what roles may ask for there stay the owner's to write.
ALTER TABLE site ADD COLUMN applied text;
COMMENT ON COLUMN site.applied IS
'Fingerprints of what provisioning wrote last: where they differ from what is here, somebody else changed it.';
GRANT INSERT, UPDATE ON site TO api;
GRANT INSERT (name, site_id, series_limit), UPDATE (site_id, series_limit) ON box TO api;
GRANT INSERT, UPDATE ON asset TO api;
