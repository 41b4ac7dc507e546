-- +goose Up
-- The objects that a person paused: their writes wait, and what changes of them
-- in Salesforce is read when they are resumed.
CREATE TABLE paused_objects (
    workspace_id TEXT COLLATE "C" NOT NULL,
    object       TEXT COLLATE "C" NOT NULL,
    at           BIGINT NOT NULL, -- microseconds
    by_name      TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (workspace_id, object)
);

-- +goose Down
DROP TABLE paused_objects;
