-- Continuity records: the times during which the stream did not tell
-- everything, and the repair of each object.

-- +goose Up
CREATE TABLE holes (
    workspace_id  TEXT COLLATE "C" NOT NULL,
    hole_id       BIGINT NOT NULL,
    connection_id TEXT COLLATE "C" NOT NULL,
    org_id        TEXT COLLATE "C" NOT NULL,
    cause         TEXT COLLATE "C" NOT NULL,
    said          TEXT COLLATE "C" NOT NULL,
    from_at       BIGINT NOT NULL, -- by Salesforce's clock
    to_at         BIGINT NOT NULL, -- the same; 0 while the hole grows
    bound         TEXT COLLATE "C" NOT NULL,
    state         TEXT COLLATE "C" NOT NULL CHECK (state IN ('open', 'repairing', 'closed', 'failed')),
    started_at    BIGINT NOT NULL,
    ended_at      BIGINT NOT NULL,
    statement     BYTEA NOT NULL, -- what was signed, empty until closed
    signature     BYTEA NOT NULL,
    public_key    BYTEA NOT NULL,
    PRIMARY KEY (workspace_id, hole_id)
);
-- Few of many are not closed, and every page of a repair asks for them.
CREATE INDEX holes_unclosed ON holes (workspace_id, hole_id) WHERE state <> 'closed';

CREATE TABLE hole_parts (
    workspace_id  TEXT COLLATE "C" NOT NULL,
    hole_id       BIGINT NOT NULL,
    object        TEXT COLLATE "C" NOT NULL,
    means         TEXT COLLATE "C" NOT NULL,
    state         TEXT COLLATE "C" NOT NULL CHECK (state IN ('open', 'repairing', 'closed', 'failed')),
    expected      BIGINT NOT NULL, -- -1 = not known
    read_rows     BIGINT NOT NULL,
    changed       BIGINT NOT NULL,
    deleted       BIGINT NOT NULL,
    restored      BIGINT NOT NULL,
    calls         BIGINT NOT NULL,
    problem       TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (workspace_id, hole_id, object),
    FOREIGN KEY (workspace_id, hole_id) REFERENCES holes (workspace_id, hole_id)
);

-- When Salesforce was last seen to put an object into the stream, by its own
-- clock; 0 = never: such an object is polled by design.
ALTER TABLE object_status ADD COLUMN streamed_at BIGINT NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE object_status DROP COLUMN streamed_at;
DROP TABLE hole_parts;
DROP TABLE holes;
