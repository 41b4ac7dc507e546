-- +goose Up
CREATE TABLE records (
    workspace_id  TEXT COLLATE "C" NOT NULL,
    object        TEXT COLLATE "C" NOT NULL,
    record_id     TEXT COLLATE "C" NOT NULL,
    fields        TEXT COLLATE "C" NOT NULL, -- one flat JSON object, numbers as Salesforce spelled their digits
    commit_at     BIGINT NOT NULL, -- ms, as in the version of a change
    commit_number BIGINT NOT NULL,
    sequence      BIGINT NOT NULL,
    read_at       BIGINT NOT NULL, -- ms, SystemModstamp
    deleted       BOOLEAN NOT NULL,
    partial       BOOLEAN NOT NULL,
    observed_at   BIGINT NOT NULL,
    label         TEXT COLLATE "C" NOT NULL, -- lower case, for lists
    PRIMARY KEY (workspace_id, object, record_id)
);
-- The condition, which is always true, is one that only lists state. Without
-- statistics, as during the first backfill, Postgres would look single records
-- up here too, from the object's first row to its last.
CREATE INDEX records_label ON records (workspace_id, object, label, record_id) WHERE length(object) > 0;

-- Most writes change a row that is there. With room on its page, and as no
-- index holds a column that changes every time (observed_at has none for that
-- reason), Postgres replaces it in place and leaves the indexes alone:
-- measured, a third less time per row.
ALTER TABLE records SET (fillfactor = 60, autovacuum_vacuum_scale_factor = 0.05);

-- What a record can be found by: normalized e-mail, phone and domain, and the
-- lookup fields that pages follow.
CREATE TABLE record_keys (
    workspace_id TEXT COLLATE "C" NOT NULL,
    object       TEXT COLLATE "C" NOT NULL,
    record_id    TEXT COLLATE "C" NOT NULL,
    kind         TEXT COLLATE "C" NOT NULL,
    value        TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (workspace_id, object, record_id, kind, value)
);
CREATE INDEX record_keys_value ON record_keys (workspace_id, kind, value);

CREATE TABLE record_history (
    workspace_id    TEXT COLLATE "C" NOT NULL,
    id              BIGINT NOT NULL,
    object          TEXT COLLATE "C" NOT NULL,
    record_id       TEXT COLLATE "C" NOT NULL,
    commit_at       BIGINT NOT NULL,
    commit_number   BIGINT NOT NULL,
    sequence        BIGINT NOT NULL,
    change_type     TEXT COLLATE "C" NOT NULL,
    outcome         TEXT COLLATE "C" NOT NULL,
    reason          TEXT COLLATE "C" NOT NULL,
    fields          TEXT COLLATE "C" NOT NULL,
    before_fields   TEXT COLLATE "C" NOT NULL,
    transaction_key TEXT COLLATE "C" NOT NULL,
    user_id         TEXT COLLATE "C" NOT NULL,
    origin          TEXT COLLATE "C" NOT NULL,
    at              BIGINT NOT NULL,
    label           TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (workspace_id, id)
);
CREATE INDEX record_history_record ON record_history (workspace_id, object, record_id, id);
-- The log asks for these few among very many.
CREATE INDEX record_history_rare ON record_history (workspace_id, id) WHERE outcome IN ('stale', 'refetch');

CREATE TABLE refetches (
    workspace_id TEXT COLLATE "C" NOT NULL,
    object       TEXT COLLATE "C" NOT NULL,
    record_id    TEXT COLLATE "C" NOT NULL,
    reason       TEXT COLLATE "C" NOT NULL,
    marked_at    BIGINT NOT NULL,
    due_at       BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, object, record_id)
);
CREATE INDEX refetches_due ON refetches (workspace_id, due_at);

CREATE TABLE conflicts (
    workspace_id  TEXT COLLATE "C" NOT NULL,
    id            BIGINT NOT NULL,
    at            BIGINT NOT NULL,
    object        TEXT COLLATE "C" NOT NULL,
    record_id     TEXT COLLATE "C" NOT NULL,
    field         TEXT COLLATE "C" NOT NULL,
    base_value    TEXT COLLATE "C" NOT NULL,
    theirs        TEXT COLLATE "C" NOT NULL,
    ours          TEXT COLLATE "C" NOT NULL,
    commit_at     BIGINT NOT NULL,
    commit_number BIGINT NOT NULL,
    sequence      BIGINT NOT NULL,
    theirs_by     TEXT COLLATE "C" NOT NULL,
    ours_at       BIGINT NOT NULL,
    ours_by       TEXT COLLATE "C" NOT NULL,
    winner        TEXT COLLATE "C" NOT NULL,
    reason        TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (workspace_id, id)
);
CREATE INDEX conflicts_record ON conflicts (workspace_id, object, record_id);

CREATE TABLE quarantine (
    workspace_id TEXT COLLATE "C" NOT NULL,
    id           BIGINT NOT NULL,
    at           BIGINT NOT NULL,
    channel      TEXT COLLATE "C" NOT NULL,
    replay_id    TEXT COLLATE "C" NOT NULL,
    raw          BYTEA NOT NULL,
    reason       TEXT COLLATE "C" NOT NULL,
    object       TEXT COLLATE "C" NOT NULL,
    record_id    TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (workspace_id, id)
);

-- The position is the lease row: progress and the right to make it are one
-- statement.
CREATE TABLE positions (
    workspace_id  TEXT COLLATE "C" NOT NULL,
    connection_id TEXT COLLATE "C" NOT NULL,
    channel       TEXT COLLATE "C" NOT NULL,
    replay_id     TEXT COLLATE "C" NOT NULL,
    holder        TEXT COLLATE "C" NOT NULL,
    epoch         BIGINT NOT NULL,
    lease_until   BIGINT NOT NULL,
    updated_at    BIGINT NOT NULL,
    last_event_at BIGINT NOT NULL,
    lag           BIGINT NOT NULL, -- microseconds
    events        BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, connection_id, channel)
);

-- One row, written with every batch: room for it to be replaced in place.
ALTER TABLE positions SET (fillfactor = 50);

CREATE TABLE object_status (
    workspace_id TEXT COLLATE "C" NOT NULL,
    object       TEXT COLLATE "C" NOT NULL,
    label        TEXT COLLATE "C" NOT NULL,
    state        TEXT COLLATE "C" NOT NULL,
    reason       TEXT COLLATE "C" NOT NULL,
    transport    TEXT COLLATE "C" NOT NULL,
    last_event   BIGINT NOT NULL,
    lag          BIGINT NOT NULL, -- microseconds
    rows_there   BIGINT NOT NULL,
    counted_at   BIGINT NOT NULL,
    backfilled   BOOLEAN NOT NULL,
    PRIMARY KEY (workspace_id, object)
);

CREATE TABLE backfills (
    workspace_id TEXT COLLATE "C" NOT NULL,
    object       TEXT COLLATE "C" NOT NULL,
    state        TEXT COLLATE "C" NOT NULL,
    anchor       TEXT COLLATE "C" NOT NULL,
    last_id      TEXT COLLATE "C" NOT NULL,
    row_count    BIGINT NOT NULL,
    total        BIGINT NOT NULL,
    started_at   BIGINT NOT NULL,
    updated_at   BIGINT NOT NULL,
    note         TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (workspace_id, object)
);

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
