-- +goose Up

-- The fields of an entry that are written only while Salesforce has nothing in
-- them, by spaces.
ALTER TABLE outbox ADD COLUMN fills TEXT NOT NULL DEFAULT '';

-- What was written to a record, newest first: where its values came from.
CREATE INDEX sync_log_written ON sync_log (workspace_id, object, record_id, id) WHERE direction = 'out' AND state = 'done';

-- Numbers are looked up by their last digits, which every notation of a number
-- shares; which of those found have it is decided by rules/match.
UPDATE OR REPLACE record_keys SET value = substr(value, -6) WHERE kind = 'phone';

-- +goose Down
DELETE FROM record_keys WHERE kind = 'phone';
WITH numbers (workspace_id, object, record_id, text) AS (
    SELECT r.workspace_id, r.object, r.record_id,
        replace(replace(replace(replace(replace(replace(f.value, '(0)', ''), ' ', ''), '(', ''), ')', ''), '-', ''), '.', '')
    FROM records r, json_each(r.fields) f
    WHERE f.key IN ('Phone', 'MobilePhone', 'HomePhone', 'OtherPhone') AND f.type = 'text' AND NOT r.deleted
)
INSERT OR IGNORE INTO record_keys (workspace_id, kind, value, object, record_id)
SELECT workspace_id, 'phone', CASE
        WHEN text LIKE '00%' THEN '+' || substr(text, 3)
        WHEN length(text) = 10 AND text >= '2' AND text NOT LIKE '+%' THEN '+1' || text
        WHEN length(text) = 11 AND text LIKE '1%' THEN '+' || text
        ELSE text END, object, record_id
FROM numbers WHERE length(text) BETWEEN 5 AND 16 AND text NOT GLOB '*[^0-9+]*';

DROP INDEX sync_log_written;
ALTER TABLE outbox DROP COLUMN fills;
