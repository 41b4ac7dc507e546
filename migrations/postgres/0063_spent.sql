-- +goose Up
-- What API calls, events, fields and rules cost, counted in the memory of each
-- process and added here every few seconds: a row for each day, object and thing
-- that is counted.
CREATE TABLE spent (
    workspace_id TEXT COLLATE "C" NOT NULL,
    day          BIGINT NOT NULL, -- microseconds, the beginning of a day of UTC
    kind         TEXT COLLATE "C" NOT NULL, -- call, event, change, written, changed, shown, rule
    object       TEXT COLLATE "C" NOT NULL, -- '' = the org as such
    name         TEXT COLLATE "C" NOT NULL, -- the purpose of calls, the field, the rule
    n            BIGINT NOT NULL,
    at           BIGINT NOT NULL, -- microseconds, the last time
    by_name      TEXT NOT NULL, -- who it was shown to then
    PRIMARY KEY (workspace_id, day, kind, object, name)
);

-- +goose Down
DROP TABLE spent;
