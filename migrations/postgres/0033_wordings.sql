-- +goose Up
-- How a language model worded the notes of a topic of a deal, where an operator
-- has set one up. The newest wording only; the notes themselves are in said.
CREATE TABLE wordings (
    workspace_id TEXT COLLATE "C" NOT NULL,
    deal_id      TEXT COLLATE "C" NOT NULL,
    topic        TEXT COLLATE "C" NOT NULL,
    of_notes     TEXT COLLATE "C" NOT NULL, -- a hash of the notes and the model
    model        TEXT COLLATE "C" NOT NULL,
    lines        TEXT COLLATE "C" NOT NULL, -- JSON: sentences with their sources
    problem      TEXT COLLATE "C" NOT NULL,
    due_at       BIGINT NOT NULL,
    at           BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, deal_id, topic)
);

-- +goose Down
DROP TABLE wordings;
