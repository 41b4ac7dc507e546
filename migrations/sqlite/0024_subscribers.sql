-- +goose Up
-- Addresses of the host product that are told of changes, each with its queue.
CREATE TABLE subscribers (
    workspace_id  TEXT NOT NULL,
    subscriber_id TEXT NOT NULL,
    name          TEXT NOT NULL,
    url           TEXT NOT NULL,
    sealed        BLOB NOT NULL,
    place         INTEGER NOT NULL, -- of the newest observed change in the queue
    disabled      INTEGER NOT NULL,
    why           TEXT NOT NULL,
    failing_since INTEGER NOT NULL,
    created_at    INTEGER NOT NULL,
    created_by    TEXT NOT NULL,
    PRIMARY KEY (workspace_id, subscriber_id)
) STRICT;
CREATE TABLE tellings (
    workspace_id  TEXT NOT NULL,
    subscriber_id TEXT NOT NULL,
    id            INTEGER NOT NULL, -- of the observed change
    at            INTEGER NOT NULL,
    object        TEXT NOT NULL,
    record_id     TEXT NOT NULL,
    body          TEXT NOT NULL,
    state         TEXT NOT NULL,
    attempt       INTEGER NOT NULL,
    due_at        INTEGER NOT NULL,
    done_at       INTEGER NOT NULL,
    status        INTEGER NOT NULL,
    problem       TEXT NOT NULL,
    PRIMARY KEY (workspace_id, subscriber_id, id)
) STRICT;
CREATE INDEX tellings_due ON tellings (workspace_id, subscriber_id, due_at) WHERE state = 'waiting';

-- +goose Down
DROP TABLE tellings;
DROP TABLE subscribers;
