-- +goose Up
CREATE TABLE records (
    workspace_id  TEXT NOT NULL,
    object        TEXT NOT NULL,
    record_id     TEXT NOT NULL,
    fields        TEXT NOT NULL, -- one flat JSON object, numbers as Salesforce spelled their digits
    commit_at     INTEGER NOT NULL, -- ms, as in the version of a change
    commit_number INTEGER NOT NULL,
    sequence      INTEGER NOT NULL,
    read_at       INTEGER NOT NULL, -- ms, SystemModstamp
    deleted       INTEGER NOT NULL,
    partial       INTEGER NOT NULL,
    observed_at   INTEGER NOT NULL,
    label         TEXT NOT NULL, -- lower case, for lists
    PRIMARY KEY (workspace_id, object, record_id)
) STRICT;
CREATE INDEX records_label ON records (workspace_id, object, label, record_id);

-- What a record can be found by: normalized e-mail, phone and domain, and the
-- lookup fields that pages follow.
CREATE TABLE record_keys (
    workspace_id TEXT NOT NULL,
    object       TEXT NOT NULL,
    record_id    TEXT NOT NULL,
    kind         TEXT NOT NULL,
    value        TEXT NOT NULL,
    PRIMARY KEY (workspace_id, object, record_id, kind, value)
) STRICT, WITHOUT ROWID;
CREATE INDEX record_keys_value ON record_keys (workspace_id, kind, value);

CREATE TABLE record_history (
    workspace_id    TEXT NOT NULL,
    id              INTEGER NOT NULL,
    object          TEXT NOT NULL,
    record_id       TEXT NOT NULL,
    commit_at       INTEGER NOT NULL,
    commit_number   INTEGER NOT NULL,
    sequence        INTEGER NOT NULL,
    change_type     TEXT NOT NULL,
    outcome         TEXT NOT NULL,
    reason          TEXT NOT NULL,
    fields          TEXT NOT NULL,
    before_fields   TEXT NOT NULL,
    transaction_key TEXT NOT NULL,
    user_id         TEXT NOT NULL,
    origin          TEXT NOT NULL,
    at              INTEGER NOT NULL,
    label           TEXT NOT NULL,
    PRIMARY KEY (workspace_id, id)
) STRICT;
CREATE INDEX record_history_record ON record_history (workspace_id, object, record_id, id);
-- The log asks for these few among very many.
CREATE INDEX record_history_rare ON record_history (workspace_id, id) WHERE outcome IN ('stale', 'refetch');

CREATE TABLE refetches (
    workspace_id TEXT NOT NULL,
    object       TEXT NOT NULL,
    record_id    TEXT NOT NULL,
    reason       TEXT NOT NULL,
    marked_at    INTEGER NOT NULL,
    due_at       INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, object, record_id)
) STRICT;
CREATE INDEX refetches_due ON refetches (workspace_id, due_at);

CREATE TABLE conflicts (
    workspace_id  TEXT NOT NULL,
    id            INTEGER NOT NULL,
    at            INTEGER NOT NULL,
    object        TEXT NOT NULL,
    record_id     TEXT NOT NULL,
    field         TEXT NOT NULL,
    base_value    TEXT NOT NULL,
    theirs        TEXT NOT NULL,
    ours          TEXT NOT NULL,
    commit_at     INTEGER NOT NULL,
    commit_number INTEGER NOT NULL,
    sequence      INTEGER NOT NULL,
    theirs_by     TEXT NOT NULL,
    ours_at       INTEGER NOT NULL,
    ours_by       TEXT NOT NULL,
    winner        TEXT NOT NULL,
    reason        TEXT NOT NULL,
    PRIMARY KEY (workspace_id, id)
) STRICT;
CREATE INDEX conflicts_record ON conflicts (workspace_id, object, record_id);

CREATE TABLE quarantine (
    workspace_id TEXT NOT NULL,
    id           INTEGER NOT NULL,
    at           INTEGER NOT NULL,
    channel      TEXT NOT NULL,
    replay_id    TEXT NOT NULL,
    raw          BLOB NOT NULL,
    reason       TEXT NOT NULL,
    object       TEXT NOT NULL,
    record_id    TEXT NOT NULL,
    PRIMARY KEY (workspace_id, id)
) STRICT;

-- The position is the lease row: progress and the right to make it are one
-- statement.
CREATE TABLE positions (
    workspace_id  TEXT NOT NULL,
    connection_id TEXT NOT NULL,
    channel       TEXT NOT NULL,
    replay_id     TEXT NOT NULL,
    holder        TEXT NOT NULL,
    epoch         INTEGER NOT NULL,
    lease_until   INTEGER NOT NULL,
    updated_at    INTEGER NOT NULL,
    last_event_at INTEGER NOT NULL,
    lag           INTEGER NOT NULL, -- microseconds
    events        INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, connection_id, channel)
) STRICT;

CREATE TABLE object_status (
    workspace_id TEXT NOT NULL,
    object       TEXT NOT NULL,
    label        TEXT NOT NULL,
    state        TEXT NOT NULL,
    reason       TEXT NOT NULL,
    transport    TEXT NOT NULL,
    last_event   INTEGER NOT NULL,
    lag          INTEGER NOT NULL, -- microseconds
    rows_there   INTEGER NOT NULL,
    counted_at   INTEGER NOT NULL,
    backfilled   INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, object)
) STRICT;

CREATE TABLE backfills (
    workspace_id TEXT NOT NULL,
    object       TEXT NOT NULL,
    state        TEXT NOT NULL,
    anchor       TEXT NOT NULL,
    last_id      TEXT NOT NULL,
    row_count    INTEGER NOT NULL,
    total        INTEGER NOT NULL,
    started_at   INTEGER NOT NULL,
    updated_at   INTEGER NOT NULL,
    note         TEXT NOT NULL,
    PRIMARY KEY (workspace_id, object)
) STRICT;

-- +goose Down
DROP TABLE backfills;
DROP TABLE object_status;
DROP TABLE positions;
DROP TABLE quarantine;
DROP TABLE conflicts;
DROP TABLE refetches;
DROP TABLE record_history;
DROP TABLE record_keys;
DROP TABLE records;
