-- A phone may change hands in the middle of a visit: each piece says whose it is. And a label's code, which is good
-- until it is used, does not stand in a piece that was refused.

ALTER TABLE visit_piece ADD COLUMN account text;
UPDATE visit_piece SET account = visit.account FROM visit WHERE visit.id = visit_piece.visit_id;
ALTER TABLE visit_piece ALTER COLUMN account SET NOT NULL;
COMMENT ON COLUMN visit_piece.account IS 'Who sent it; the visit has the account that began it.';

UPDATE visit_piece
SET content = jsonb_set(content, '{label}', to_jsonb(regexp_replace(content ->> 'label', '[^:]*$', '…')))
WHERE kind = 'claim';
