-- +goose Up
-- Where the comparison of each object with Salesforce stands.
CREATE TABLE proofs (
    workspace_id TEXT COLLATE "C" NOT NULL,
    object       TEXT COLLATE "C" NOT NULL,
    last         TEXT COLLATE "C" NOT NULL, -- the newest whole cycle as JSON, '' before the first
    running      TEXT COLLATE "C" NOT NULL, -- the cycle under way as JSON, '' when there is none
    requested_at BIGINT NOT NULL, -- 0 = nobody asked
    problem      TEXT COLLATE "C" NOT NULL,
    updated_at   BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, object)
);

-- +goose Down
DROP TABLE proofs;
