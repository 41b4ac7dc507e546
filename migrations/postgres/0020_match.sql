-- +goose Up

-- The fields of an entry that are written only while Salesforce has nothing in
-- them, by spaces.
ALTER TABLE outbox ADD COLUMN fills TEXT NOT NULL DEFAULT '';

-- What was written to a record, newest first: where its values came from.
CREATE INDEX sync_log_written ON sync_log (workspace_id, object, record_id, id) WHERE direction = 'out' AND state = 'done';

-- Numbers are looked up by their last digits, which every notation of a number
-- shares; which of those found have it is decided by rules/match.
DELETE FROM record_keys k USING record_keys o
    WHERE k.kind = 'phone' AND o.kind = 'phone' AND o.workspace_id = k.workspace_id AND o.object = k.object AND o.record_id = k.record_id
        AND right(o.value, 6) = right(k.value, 6) AND o.value < k.value;
UPDATE record_keys SET value = right(value, 6) WHERE kind = 'phone';

-- +goose Down
DELETE FROM record_keys WHERE kind = 'phone';
WITH numbers AS (
    SELECT r.workspace_id, r.object, r.record_id, translate(replace(f.value, '(0)', ''), ' ().-', '') AS text
    FROM records r, json_each_text(r.fields::json) f
    WHERE f.key IN ('Phone', 'MobilePhone', 'HomePhone', 'OtherPhone') AND NOT r.deleted
)
INSERT INTO record_keys (workspace_id, kind, value, object, record_id)
SELECT DISTINCT workspace_id, 'phone', CASE
        WHEN text LIKE '00%' THEN '+' || substr(text, 3)
        WHEN text ~ '^[2-9][0-9]{9}$' THEN '+1' || text
        WHEN text ~ '^1[0-9]{10}$' THEN '+' || text
        ELSE text END, object, record_id
FROM numbers WHERE text ~ '^[+]?[0-9]{5,15}$';

DROP INDEX sync_log_written;
ALTER TABLE outbox DROP COLUMN fills;
