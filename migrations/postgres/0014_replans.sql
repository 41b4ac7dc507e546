-- +goose Up
-- The planning of everything anew after settings changed: one for each
-- workspace, the newest. Whoever holds it moves the place on.
CREATE TABLE replans (
    workspace_id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    run          BIGINT NOT NULL, -- counts up with each beginning
    state        TEXT COLLATE "C" NOT NULL,
    kind         TEXT COLLATE "C" NOT NULL, -- the place: kind of thing, and the last of it that was looked at
    after_id     TEXT COLLATE "C" NOT NULL,
    looked       BIGINT NOT NULL,
    queued       BIGINT NOT NULL,
    total        BIGINT NOT NULL,
    why          TEXT COLLATE "C" NOT NULL,
    by_name      TEXT COLLATE "C" NOT NULL,
    by_id        TEXT COLLATE "C" NOT NULL,
    problem      TEXT COLLATE "C" NOT NULL,
    started_at   BIGINT NOT NULL,
    updated_at   BIGINT NOT NULL,
    ended_at     BIGINT NOT NULL,
    holder       TEXT COLLATE "C" NOT NULL,
    until        BIGINT NOT NULL
);
-- Stopping all writes at once, and the share of the org's API calls that
-- readings leave alone. Both are people's: connecting again leaves them.
ALTER TABLE connections ADD COLUMN halted_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE connections ADD COLUMN halted_by TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE connections ADD COLUMN halted_why TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE connections ADD COLUMN api_reserve BIGINT NOT NULL DEFAULT 20;

-- +goose Down
ALTER TABLE connections DROP COLUMN api_reserve;
ALTER TABLE connections DROP COLUMN halted_why;
ALTER TABLE connections DROP COLUMN halted_by;
ALTER TABLE connections DROP COLUMN halted_at;
DROP TABLE replans;
