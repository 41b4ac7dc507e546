-- +goose Up
-- Topics and agents that somebody has changed or added. Those that every
-- workspace begins with are not rows until then.
CREATE TABLE topics (
    workspace_id   TEXT COLLATE "C" NOT NULL,
    slug           TEXT COLLATE "C" NOT NULL,
    name           TEXT COLLATE "C" NOT NULL,
    date_sensitive BOOLEAN NOT NULL,
    examples       TEXT COLLATE "C" NOT NULL, -- JSON list
    place          BIGINT NOT NULL,
    archived       BOOLEAN NOT NULL,
    revision       BIGINT NOT NULL,
    by_name        TEXT COLLATE "C" NOT NULL,
    at             BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, slug)
);

CREATE TABLE agents (
    workspace_id TEXT COLLATE "C" NOT NULL,
    agent_id     TEXT COLLATE "C" NOT NULL,
    name         TEXT COLLATE "C" NOT NULL,
    body         TEXT COLLATE "C" NOT NULL, -- JSON of objects, mappings and filters
    revision     BIGINT NOT NULL,
    by_name      TEXT COLLATE "C" NOT NULL,
    at           BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, agent_id)
);

-- +goose Down
DROP TABLE agents;
DROP TABLE topics;
