-- +goose Up
-- The planning of everything anew after settings changed: one for each
-- workspace, the newest. Whoever holds it moves the place on.
CREATE TABLE replans (
    workspace_id TEXT NOT NULL PRIMARY KEY,
    run          INTEGER NOT NULL, -- counts up with each beginning
    state        TEXT NOT NULL,
    kind         TEXT NOT NULL, -- the place: kind of thing, and the last of it that was looked at
    after_id     TEXT NOT NULL,
    looked       INTEGER NOT NULL,
    queued       INTEGER NOT NULL,
    total        INTEGER NOT NULL,
    why          TEXT NOT NULL,
    by_name      TEXT NOT NULL,
    by_id        TEXT NOT NULL,
    problem      TEXT NOT NULL,
    started_at   INTEGER NOT NULL,
    updated_at   INTEGER NOT NULL,
    ended_at     INTEGER NOT NULL,
    holder       TEXT NOT NULL,
    until        INTEGER NOT NULL
) STRICT;
-- Stopping all writes at once, and the share of the org's API calls that
-- readings leave alone. Both are people's: connecting again leaves them.
ALTER TABLE connections ADD COLUMN halted_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE connections ADD COLUMN halted_by TEXT NOT NULL DEFAULT '';
ALTER TABLE connections ADD COLUMN halted_why TEXT NOT NULL DEFAULT '';
ALTER TABLE connections ADD COLUMN api_reserve INTEGER NOT NULL DEFAULT 20;

-- +goose Down
ALTER TABLE connections DROP COLUMN api_reserve;
ALTER TABLE connections DROP COLUMN halted_why;
ALTER TABLE connections DROP COLUMN halted_by;
ALTER TABLE connections DROP COLUMN halted_at;
DROP TABLE replans;
