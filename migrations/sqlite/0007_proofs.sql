-- +goose Up
-- Where the comparison of each object with Salesforce stands.
CREATE TABLE proofs (
    workspace_id TEXT NOT NULL,
    object       TEXT NOT NULL,
    last         TEXT NOT NULL, -- the newest whole cycle as JSON, '' before the first
    running      TEXT NOT NULL, -- the cycle under way as JSON, '' when there is none
    requested_at INTEGER NOT NULL, -- 0 = nobody asked
    problem      TEXT NOT NULL,
    updated_at   INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, object)
) STRICT;

-- +goose Down
DROP TABLE proofs;
