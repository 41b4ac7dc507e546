-- +goose Up
-- Keys of first readings on their way into record_keys. Written one by one the
-- keys of a million records go all over that index, and most of the time went
-- there; here each chunk leaves them sorted, in pieces, and they are filed in the
-- order of the index afterwards.
CREATE TABLE staged_keys (
    workspace_id TEXT NOT NULL,
    id           TEXT NOT NULL,
    object       TEXT NOT NULL,
    kind         TEXT NOT NULL,
    lowest       TEXT NOT NULL, -- value
    highest      TEXT NOT NULL,
    entries      TEXT NOT NULL, -- JSON: [[value, record id], …], sorted
    PRIMARY KEY (workspace_id, id)
) STRICT;
CREATE INDEX staged_keys_span ON staged_keys (workspace_id, kind, lowest, highest);

-- Staged keys that records lost meanwhile.
CREATE TABLE unstaged_keys (
    workspace_id TEXT NOT NULL,
    kind         TEXT NOT NULL,
    value        TEXT NOT NULL,
    object       TEXT NOT NULL,
    record_id    TEXT NOT NULL,
    PRIMARY KEY (workspace_id, kind, value, object, record_id)
) STRICT, WITHOUT ROWID;

-- +goose Down
INSERT OR IGNORE INTO record_keys (workspace_id, kind, value, object, record_id)
    SELECT s.workspace_id, s.kind, e.value ->> 0, s.object, e.value ->> 1 FROM staged_keys AS s, json_each(s.entries) AS e
    WHERE NOT EXISTS (SELECT 1 FROM unstaged_keys AS u WHERE u.workspace_id = s.workspace_id AND u.kind = s.kind
        AND u.value = e.value ->> 0 AND u.object = s.object AND u.record_id = e.value ->> 1);
DROP TABLE unstaged_keys;
DROP TABLE staged_keys;
