-- +goose Up
-- The last rehearsal of a workspace: how far it is, and what the last one that
-- came to its end found. It stays while another one runs.
CREATE TABLE rehearsals (
    workspace_id TEXT NOT NULL,
    begun_at     INTEGER NOT NULL, -- microseconds
    seen_at      INTEGER NOT NULL, -- microseconds, when it last went on
    by_name      TEXT NOT NULL,
    playing      TEXT NOT NULL, -- the fault
    done         INTEGER NOT NULL, -- faults played
    total        INTEGER NOT NULL,
    ended_at     INTEGER NOT NULL, -- microseconds, 0 = it runs
    problem      TEXT NOT NULL, -- why it came to no result, '' = it did or runs
    body         TEXT NOT NULL, -- what the last whole one found, as JSON; '' = there is none
    body_at      INTEGER NOT NULL, -- microseconds, its end
    PRIMARY KEY (workspace_id)
) STRICT, WITHOUT ROWID;

-- +goose Down
DROP TABLE rehearsals;
