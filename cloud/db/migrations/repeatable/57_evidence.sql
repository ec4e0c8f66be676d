-- Evidence as it is shown: only with an event of the box that sent it, in the order in which it is to be looked at.

CREATE OR REPLACE VIEW evidence AS
SELECT
    media.event_id,
    media.box_id,
    media.sha256,
    media.content_type,
    octet_length(media.content) AS bytes,
    -- The parts of a clip are named in their event, in order: so their order is part of the chain of hashes too. Those
    -- of an incident's film come one after the other, each once the one before has its receipt: they stand as they came.
    coalesce(
        array_position(
            string_to_array(event.payload #>> '{data,values,sha256}', ' '), encode(media.sha256, 'hex')
        ) - 1,
        row_number() OVER (
            PARTITION BY media.event_id, media.box_id, media.content_type
            ORDER BY media.position, media.received_at, media.sha256
        )::integer - 1
    ) AS "position",
    media.received_at
FROM media
INNER JOIN event ON media.event_id = event.id AND media.box_id = event.box_id;
COMMENT ON VIEW evidence IS 'Evidence of events without its content. position counts from 0: parts of a clip or film play in this order.';

GRANT SELECT ON evidence TO api;
GRANT SELECT, INSERT, UPDATE ON box_request TO api;
