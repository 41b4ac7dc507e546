-- +goose Up
-- How many rows came in and went out, in steps of five minutes, counted from
-- the history and the log once a step is over. The newest step is kept even
-- when it is empty: it says how far was counted.
CREATE TABLE traffic (
    workspace_id TEXT COLLATE "C" NOT NULL,
    at           BIGINT NOT NULL, -- microseconds, the beginning of the step
    rows_in      BIGINT NOT NULL,
    rows_out     BIGINT NOT NULL,
    failed       BIGINT NOT NULL,
    calls        BIGINT NOT NULL, -- of the org's day, as last seen; -1 = not known
    PRIMARY KEY (workspace_id, at)
);

-- +goose Down
DROP TABLE traffic;
