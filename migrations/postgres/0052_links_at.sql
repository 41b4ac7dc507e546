-- +goose Up
-- How often each step of recognizing found somebody lately: answered from the index alone.
CREATE INDEX links_at ON links (workspace_id, role, kind, at, rule);

-- +goose Down
DROP INDEX links_at;
