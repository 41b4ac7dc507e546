-- +goose Up
-- Topics and agents that somebody has changed or added. Those that every
-- workspace begins with are not rows until then.
CREATE TABLE topics (
    workspace_id   TEXT NOT NULL,
    slug           TEXT NOT NULL,
    name           TEXT NOT NULL,
    date_sensitive INTEGER NOT NULL,
    examples       TEXT NOT NULL, -- JSON list
    place          INTEGER NOT NULL,
    archived       INTEGER NOT NULL,
    revision       INTEGER NOT NULL,
    by_name        TEXT NOT NULL,
    at             INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, slug)
) STRICT;

CREATE TABLE agents (
    workspace_id TEXT NOT NULL,
    agent_id     TEXT NOT NULL,
    name         TEXT NOT NULL,
    body         TEXT NOT NULL, -- JSON of objects, mappings and filters
    revision     INTEGER NOT NULL,
    by_name      TEXT NOT NULL,
    at           INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, agent_id)
) STRICT;

-- +goose Down
DROP TABLE agents;
DROP TABLE topics;
