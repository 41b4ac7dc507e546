-- +goose Up

-- Addresses at which Salesforce tells of changes. Secrets are sealed; old_sealed
-- is the one before, accepted until old_until.
CREATE TABLE hooks (
    workspace_id TEXT NOT NULL,
    hook_id      TEXT NOT NULL,
    kind         TEXT NOT NULL,
    name         TEXT NOT NULL,
    sealed       BLOB NOT NULL,
    old_sealed   BLOB NOT NULL,
    old_until    INTEGER NOT NULL,
    disabled     INTEGER NOT NULL,
    created_at   INTEGER NOT NULL,
    created_by   TEXT NOT NULL,
    rotated_at   INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, hook_id)
) STRICT;
-- A request names the hook alone, so it is unique everywhere.
CREATE UNIQUE INDEX hooks_id ON hooks (hook_id);

-- What came, without what it said: the records named, and what became of it.
CREATE TABLE hook_deliveries (
    workspace_id TEXT NOT NULL,
    id           INTEGER NOT NULL,
    hook_id      TEXT NOT NULL,
    at           INTEGER NOT NULL,
    outcome      TEXT NOT NULL,
    reason       TEXT NOT NULL,
    messages     INTEGER NOT NULL,
    records      TEXT NOT NULL,
    times        INTEGER NOT NULL,
    old_secret   INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, id)
) STRICT;
CREATE INDEX hook_deliveries_hook ON hook_deliveries (workspace_id, hook_id, id);

-- Ids of messages that had their effect, so that a repeated one has none.
CREATE TABLE hook_messages (
    workspace_id TEXT NOT NULL,
    hook_id      TEXT NOT NULL,
    message_id   TEXT NOT NULL,
    at           INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, hook_id, message_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX hook_messages_at ON hook_messages (workspace_id, hook_id, at);

-- The last delivery that told of the record; 0 = the mark is no hint. A reading
-- fulfills the mark only if it began after that delivery.
ALTER TABLE refetches ADD COLUMN hint INTEGER NOT NULL DEFAULT 0;
CREATE INDEX refetches_hint ON refetches (workspace_id, hint) WHERE hint <> 0;

-- +goose Down
DROP INDEX refetches_hint;
ALTER TABLE refetches DROP COLUMN hint;
DROP TABLE hook_messages;
DROP TABLE hook_deliveries;
DROP TABLE hooks;
