-- +goose Up
-- Keys of first readings on their way into record_keys. Written one by one the
-- keys of a million records go all over that index, and most of the time went
-- there; here each chunk leaves them sorted, in pieces, and they are filed in the
-- order of the index afterwards.
CREATE TABLE staged_keys (
    workspace_id TEXT COLLATE "C" NOT NULL,
    id           TEXT COLLATE "C" NOT NULL,
    object       TEXT COLLATE "C" NOT NULL,
    kind         TEXT COLLATE "C" NOT NULL,
    lowest       TEXT COLLATE "C" NOT NULL, -- value
    highest      TEXT COLLATE "C" NOT NULL,
    entries      TEXT COLLATE "C" NOT NULL, -- JSON: [[value, record id], …], sorted
    PRIMARY KEY (workspace_id, id)
);
CREATE INDEX staged_keys_span ON staged_keys (workspace_id, kind, lowest, highest);
-- They live for a minute and are not worth packing.
ALTER TABLE staged_keys ALTER COLUMN entries SET STORAGE EXTERNAL;

-- Staged keys that records lost meanwhile.
CREATE TABLE unstaged_keys (
    workspace_id TEXT COLLATE "C" NOT NULL,
    kind         TEXT COLLATE "C" NOT NULL,
    value        TEXT COLLATE "C" NOT NULL,
    object       TEXT COLLATE "C" NOT NULL,
    record_id    TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (workspace_id, kind, value, object, record_id)
);

-- +goose Down
INSERT INTO record_keys (workspace_id, kind, value, object, record_id)
    SELECT s.workspace_id, s.kind, e.pair ->> 0, s.object, e.pair ->> 1
    FROM staged_keys AS s CROSS JOIN LATERAL json_array_elements(CAST(s.entries AS JSON)) AS e (pair)
    WHERE NOT EXISTS (SELECT 1 FROM unstaged_keys AS u WHERE u.workspace_id = s.workspace_id AND u.kind = s.kind
        AND u.value = e.pair ->> 0 AND u.object = s.object AND u.record_id = e.pair ->> 1);
DROP TABLE unstaged_keys;
DROP TABLE staged_keys;
