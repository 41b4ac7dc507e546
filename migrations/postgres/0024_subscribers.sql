-- +goose Up
-- Addresses of the host product that are told of changes, each with its queue.
CREATE TABLE subscribers (
    workspace_id  TEXT COLLATE "C" NOT NULL,
    subscriber_id TEXT COLLATE "C" NOT NULL,
    name          TEXT COLLATE "C" NOT NULL,
    url           TEXT COLLATE "C" NOT NULL,
    sealed        BYTEA NOT NULL,
    place         BIGINT NOT NULL, -- of the newest observed change in the queue
    disabled      BOOLEAN NOT NULL,
    why           TEXT COLLATE "C" NOT NULL,
    failing_since BIGINT NOT NULL,
    created_at    BIGINT NOT NULL,
    created_by    TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (workspace_id, subscriber_id)
);
CREATE TABLE tellings (
    workspace_id  TEXT COLLATE "C" NOT NULL,
    subscriber_id TEXT COLLATE "C" NOT NULL,
    id            BIGINT NOT NULL, -- of the observed change
    at            BIGINT NOT NULL,
    object        TEXT COLLATE "C" NOT NULL,
    record_id     TEXT COLLATE "C" NOT NULL,
    body          TEXT COLLATE "C" NOT NULL,
    state         TEXT COLLATE "C" NOT NULL,
    attempt       BIGINT NOT NULL,
    due_at        BIGINT NOT NULL,
    done_at       BIGINT NOT NULL,
    status        BIGINT NOT NULL,
    problem       TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (workspace_id, subscriber_id, id)
);
CREATE INDEX tellings_due ON tellings (workspace_id, subscriber_id, due_at) WHERE state = 'waiting';

-- +goose Down
DROP TABLE tellings;
DROP TABLE subscribers;
