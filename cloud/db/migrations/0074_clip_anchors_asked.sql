-- An anchor only for a clip that was asked for: no box fills the audit by telling of clips that nobody wanted. A record
-- without an anchor is named as one that was put in.
CREATE OR REPLACE FUNCTION anchor_clip() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO audit (actor, action, subject, detail)
    SELECT
        'satulayar', 'clip_recorded', NEW.id::text,
        jsonb_build_object('box', box.name, 'hash', NEW.payload #>> '{data,values,hash}')
    FROM box INNER JOIN box_request AS request ON box.id = request.box_id
    WHERE
        box.id = NEW.box_id AND request.id::text = NEW.payload #>> '{data,values,command}'
        AND request.action = 'camera.clip' AND length(NEW.payload #>> '{data,values,hash}') = 64;
    RETURN NULL;
END
$$;
