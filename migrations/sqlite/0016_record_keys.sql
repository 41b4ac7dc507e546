-- +goose Up

-- One index instead of two: what a key was is known from the row that it was made
-- of, so nobody looks keys up by record. An event that changes a key touches two
-- places instead of four.
CREATE TABLE record_keys_new (
    workspace_id TEXT NOT NULL,
    kind         TEXT NOT NULL,
    value        TEXT NOT NULL,
    object       TEXT NOT NULL,
    record_id    TEXT NOT NULL,
    PRIMARY KEY (workspace_id, kind, value, object, record_id)
) STRICT, WITHOUT ROWID;
INSERT INTO record_keys_new SELECT workspace_id, kind, value, object, record_id FROM record_keys
    ORDER BY workspace_id, kind, value, object, record_id;
DROP TABLE record_keys;
ALTER TABLE record_keys_new RENAME TO record_keys;

-- +goose Down
CREATE TABLE record_keys_old (
    workspace_id TEXT NOT NULL,
    object       TEXT NOT NULL,
    record_id    TEXT NOT NULL,
    kind         TEXT NOT NULL,
    value        TEXT NOT NULL,
    PRIMARY KEY (workspace_id, object, record_id, kind, value)
) STRICT, WITHOUT ROWID;
INSERT INTO record_keys_old SELECT workspace_id, object, record_id, kind, value FROM record_keys
    ORDER BY workspace_id, object, record_id, kind, value;
DROP TABLE record_keys;
ALTER TABLE record_keys_old RENAME TO record_keys;
CREATE INDEX record_keys_value ON record_keys (workspace_id, kind, value);
