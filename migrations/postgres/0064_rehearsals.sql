-- +goose Up
-- The last rehearsal of a workspace: how far it is, and what the last one that
-- came to its end found. It stays while another one runs.
CREATE TABLE rehearsals (
    workspace_id TEXT COLLATE "C" NOT NULL,
    begun_at     BIGINT NOT NULL, -- microseconds
    seen_at      BIGINT NOT NULL, -- microseconds, when it last went on
    by_name      TEXT NOT NULL,
    playing      TEXT NOT NULL, -- the fault
    done         BIGINT NOT NULL, -- faults played
    total        BIGINT NOT NULL,
    ended_at     BIGINT NOT NULL, -- microseconds, 0 = it runs
    problem      TEXT NOT NULL, -- why it came to no result, '' = it did or runs
    body         TEXT NOT NULL, -- what the last whole one found, as JSON; '' = there is none
    body_at      BIGINT NOT NULL, -- microseconds, its end
    PRIMARY KEY (workspace_id)
);

-- +goose Down
DROP TABLE rehearsals;
