-- The audit tells of each record of a clip, with its hash, as it comes: the newest record of a box's chain has none
-- behind it that would miss it. The audit is a chain with its head and with anchors outside.

INSERT INTO audit (actor, action, subject, detail)
SELECT
    'satulayar', 'clip_recorded', event.id::text,
    jsonb_build_object('box', box.name, 'hash', event.payload #>> '{data,values,hash}')
FROM event INNER JOIN box ON event.box_id = box.id
WHERE event.type = 'id.satulayar.clip.delivered'
ORDER BY event.id;

CREATE INDEX audit_clip_recorded ON audit ((detail ->> 'box')) WHERE action = 'clip_recorded';

-- By its owner's rights: whoever stores events may not write the audit.
CREATE FUNCTION anchor_clip() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO audit (actor, action, subject, detail)
    SELECT
        'satulayar', 'clip_recorded', NEW.id::text,
        jsonb_build_object('box', box.name, 'hash', NEW.payload #>> '{data,values,hash}')
    FROM box WHERE box.id = NEW.box_id;
    RETURN NULL;
END
$$;
CREATE TRIGGER anchor_clip AFTER INSERT ON event
FOR EACH ROW WHEN (NEW.type = 'id.satulayar.clip.delivered') EXECUTE FUNCTION anchor_clip();
