-- +goose Up
-- The entries of a record are found by an index whose keys come in any order. Of
-- a long history each new entry had a page of it to itself: after a million
-- entries a batch wrote five times the pages that it had written at first. Now
-- the index begins with the era of an entry, of which there is one for every
-- 131,072 entries: only the part of the newest era is written to, and who looks
-- for a record asks each era.
CREATE TABLE record_history_new (
    seq             INTEGER PRIMARY KEY, -- in the order of arrival
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
    era             INTEGER NOT NULL GENERATED ALWAYS AS (seq >> 17) VIRTUAL,
    UNIQUE (workspace_id, id)
) STRICT;
INSERT INTO record_history_new (workspace_id, id, object, record_id, commit_at, commit_number, sequence, change_type, outcome,
    reason, fields, before_fields, transaction_key, user_id, origin, at, label)
SELECT workspace_id, id, object, record_id, commit_at, commit_number, sequence, change_type, outcome,
    reason, fields, before_fields, transaction_key, user_id, origin, at, label FROM record_history ORDER BY rowid;
DROP TABLE record_history;
ALTER TABLE record_history_new RENAME TO record_history;
CREATE INDEX record_history_record ON record_history (era, workspace_id, object, record_id, id);
CREATE INDEX record_history_rare ON record_history (workspace_id, id) WHERE outcome IN ('stale', 'refetch');

-- +goose Down
CREATE TABLE record_history_old (
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
INSERT INTO record_history_old SELECT workspace_id, id, object, record_id, commit_at, commit_number, sequence, change_type, outcome,
    reason, fields, before_fields, transaction_key, user_id, origin, at, label FROM record_history ORDER BY seq;
DROP TABLE record_history;
ALTER TABLE record_history_old RENAME TO record_history;
CREATE INDEX record_history_record ON record_history (workspace_id, object, record_id, id);
CREATE INDEX record_history_rare ON record_history (workspace_id, id) WHERE outcome IN ('stale', 'refetch');
