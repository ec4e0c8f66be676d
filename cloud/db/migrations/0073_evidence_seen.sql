-- Who has looked at a film is asked for each part of it that a player wants.
CREATE INDEX audit_evidence_seen ON audit (subject, actor) WHERE action = 'evidence_seen';
