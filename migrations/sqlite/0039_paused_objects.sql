-- +goose Up
-- The objects that a person paused: their writes wait, and what changes of them
-- in Salesforce is read when they are resumed.
CREATE TABLE paused_objects (
    workspace_id TEXT NOT NULL,
    object       TEXT NOT NULL,
    at           INTEGER NOT NULL, -- microseconds
    by_name      TEXT NOT NULL,
    PRIMARY KEY (workspace_id, object)
) STRICT;

-- +goose Down
DROP TABLE paused_objects;
