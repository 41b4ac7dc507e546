-- +goose Up

-- Addresses at which Salesforce tells of changes. Secrets are sealed; old_sealed
-- is the one before, accepted until old_until.
CREATE TABLE hooks (
    workspace_id TEXT COLLATE "C" NOT NULL,
    hook_id      TEXT COLLATE "C" NOT NULL,
    kind         TEXT COLLATE "C" NOT NULL,
    name         TEXT COLLATE "C" NOT NULL,
    sealed       BYTEA NOT NULL,
    old_sealed   BYTEA NOT NULL,
    old_until    BIGINT NOT NULL,
    disabled     BOOLEAN NOT NULL,
    created_at   BIGINT NOT NULL,
    created_by   TEXT COLLATE "C" NOT NULL,
    rotated_at   BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, hook_id)
);
-- A request names the hook alone, so it is unique everywhere.
CREATE UNIQUE INDEX hooks_id ON hooks (hook_id);

-- What came, without what it said: the records named, and what became of it.
CREATE TABLE hook_deliveries (
    workspace_id TEXT COLLATE "C" NOT NULL,
    id           BIGINT NOT NULL,
    hook_id      TEXT COLLATE "C" NOT NULL,
    at           BIGINT NOT NULL,
    outcome      TEXT COLLATE "C" NOT NULL,
    reason       TEXT COLLATE "C" NOT NULL,
    messages     BIGINT NOT NULL,
    records      TEXT COLLATE "C" NOT NULL,
    times        BIGINT NOT NULL,
    old_secret   BOOLEAN NOT NULL,
    PRIMARY KEY (workspace_id, id)
);
CREATE INDEX hook_deliveries_hook ON hook_deliveries (workspace_id, hook_id, id);

-- Ids of messages that had their effect, so that a repeated one has none.
CREATE TABLE hook_messages (
    workspace_id TEXT COLLATE "C" NOT NULL,
    hook_id      TEXT COLLATE "C" NOT NULL,
    message_id   TEXT COLLATE "C" NOT NULL,
    at           BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, hook_id, message_id)
);
CREATE INDEX hook_messages_at ON hook_messages (workspace_id, hook_id, at);

-- The last delivery that told of the record; 0 = the mark is no hint. A reading
-- fulfills the mark only if it began after that delivery.
ALTER TABLE refetches ADD COLUMN hint BIGINT NOT NULL DEFAULT 0;
CREATE INDEX refetches_hint ON refetches (workspace_id, hint) WHERE hint <> 0;

-- +goose Down
DROP INDEX refetches_hint;
ALTER TABLE refetches DROP COLUMN hint;
DROP TABLE hook_messages;
DROP TABLE hook_deliveries;
DROP TABLE hooks;
