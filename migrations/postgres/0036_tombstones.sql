-- +goose Up
-- Counts of living records subtract these from all, which an index counts alone.
-- Reading every row to see whether it is deleted took ten milliseconds of a page
-- at 10,000 records.
CREATE INDEX records_deleted ON records (workspace_id, object) WHERE deleted;

-- +goose Down
DROP INDEX records_deleted;
