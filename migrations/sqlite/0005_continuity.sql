-- Continuity records: the times during which the stream did not tell
-- everything, and the repair of each object.

-- +goose Up
CREATE TABLE holes (
    workspace_id  TEXT NOT NULL,
    hole_id       INTEGER NOT NULL,
    connection_id TEXT NOT NULL,
    org_id        TEXT NOT NULL,
    cause         TEXT NOT NULL,
    said          TEXT NOT NULL,
    from_at       INTEGER NOT NULL, -- by Salesforce's clock
    to_at         INTEGER NOT NULL, -- the same; 0 while the hole grows
    bound         TEXT NOT NULL,
    state         TEXT NOT NULL CHECK (state IN ('open', 'repairing', 'closed', 'failed')),
    started_at    INTEGER NOT NULL,
    ended_at      INTEGER NOT NULL,
    statement     BLOB NOT NULL, -- what was signed, empty until closed
    signature     BLOB NOT NULL,
    public_key    BLOB NOT NULL,
    PRIMARY KEY (workspace_id, hole_id)
) STRICT;
-- Few of many are not closed, and every page of a repair asks for them.
CREATE INDEX holes_unclosed ON holes (workspace_id, hole_id) WHERE state <> 'closed';

CREATE TABLE hole_parts (
    workspace_id TEXT NOT NULL,
    hole_id      INTEGER NOT NULL,
    object       TEXT NOT NULL,
    means        TEXT NOT NULL,
    state        TEXT NOT NULL CHECK (state IN ('open', 'repairing', 'closed', 'failed')),
    expected     INTEGER NOT NULL, -- -1 = not known
    read_rows    INTEGER NOT NULL,
    changed      INTEGER NOT NULL,
    deleted      INTEGER NOT NULL,
    restored     INTEGER NOT NULL,
    calls        INTEGER NOT NULL,
    problem      TEXT NOT NULL,
    PRIMARY KEY (workspace_id, hole_id, object),
    FOREIGN KEY (workspace_id, hole_id) REFERENCES holes (workspace_id, hole_id)
) STRICT;

-- When Salesforce was last seen to put an object into the stream, by its own
-- clock; 0 = never: such an object is polled by design.
ALTER TABLE object_status ADD COLUMN streamed_at INTEGER NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE object_status DROP COLUMN streamed_at;
DROP TABLE hole_parts;
DROP TABLE holes;
