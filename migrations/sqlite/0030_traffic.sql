-- +goose Up
-- How many rows came in and went out, in steps of five minutes, counted from
-- the history and the log once a step is over. The newest step is kept even
-- when it is empty: it says how far was counted.
CREATE TABLE traffic (
    workspace_id TEXT NOT NULL,
    at           INTEGER NOT NULL, -- microseconds, the beginning of the step
    rows_in      INTEGER NOT NULL,
    rows_out     INTEGER NOT NULL,
    failed       INTEGER NOT NULL,
    calls        INTEGER NOT NULL, -- of the org's day, as last seen; -1 = not known
    PRIMARY KEY (workspace_id, at)
) STRICT, WITHOUT ROWID;

-- +goose Down
DROP TABLE traffic;
