-- +goose Up

-- What fills a field, what it is called here, what stands in for nothing, and
-- who last changed any of it.
ALTER TABLE mappings ADD COLUMN source TEXT NOT NULL DEFAULT '';
ALTER TABLE mappings ADD COLUMN display_name TEXT NOT NULL DEFAULT '';
ALTER TABLE mappings ADD COLUMN default_value TEXT NOT NULL DEFAULT '';
ALTER TABLE mappings ADD COLUMN changed_by TEXT NOT NULL DEFAULT '';
ALTER TABLE mappings ADD COLUMN changed_at INTEGER NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE mappings DROP COLUMN changed_at;
ALTER TABLE mappings DROP COLUMN changed_by;
ALTER TABLE mappings DROP COLUMN default_value;
ALTER TABLE mappings DROP COLUMN display_name;
ALTER TABLE mappings DROP COLUMN source;
