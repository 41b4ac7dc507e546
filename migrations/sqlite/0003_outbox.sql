-- +goose Up

-- At most one entry per record; a later edit folds into it. due_at says when a
-- waiting entry is to be sent and when the lease of a sent one ends, so that
-- "due" is one comparison for both.
CREATE TABLE outbox (
    workspace_id       TEXT NOT NULL,
    object             TEXT NOT NULL,
    record_id          TEXT NOT NULL,
    op                 TEXT NOT NULL,
    fields             TEXT NOT NULL,
    base               TEXT NOT NULL,
    base_commit_at     INTEGER NOT NULL,
    base_commit_number INTEGER NOT NULL,
    base_sequence      INTEGER NOT NULL,
    edit               INTEGER NOT NULL,
    state              TEXT NOT NULL CHECK (state IN ('waiting', 'sending', 'parked')),
    attempt            INTEGER NOT NULL,
    due_at             INTEGER NOT NULL,
    lane               INTEGER NOT NULL,
    cause              TEXT NOT NULL,
    log_id             INTEGER NOT NULL,
    first_sent_at      INTEGER NOT NULL,
    enqueued_at        INTEGER NOT NULL,
    lease              TEXT NOT NULL,
    holder             TEXT NOT NULL,
    problem            TEXT NOT NULL,
    PRIMARY KEY (workspace_id, object, record_id)
) STRICT;
CREATE INDEX outbox_due ON outbox (lane, due_at) WHERE state <> 'parked';

CREATE TABLE sync_log (
    workspace_id  TEXT NOT NULL,
    id            INTEGER NOT NULL,
    at            INTEGER NOT NULL,
    direction     TEXT NOT NULL,
    object        TEXT NOT NULL,
    record_id     TEXT NOT NULL,
    label         TEXT NOT NULL,
    what          TEXT NOT NULL,
    rule          TEXT NOT NULL,
    state         TEXT NOT NULL,
    attempt       INTEGER NOT NULL,
    next_try      INTEGER NOT NULL,
    by_name       TEXT NOT NULL,
    problem       TEXT NOT NULL,
    fields        TEXT NOT NULL,
    before_fields TEXT NOT NULL,
    took          INTEGER NOT NULL, -- microseconds
    done_at       INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, id)
) STRICT;
CREATE INDEX sync_log_record ON sync_log (workspace_id, object, record_id, id);

-- +goose Down
DROP TABLE sync_log;
DROP TABLE outbox;
