-- +goose Up
-- How a language model worded the notes of a topic of a deal, where an operator
-- has set one up. The newest wording only; the notes themselves are in said.
CREATE TABLE wordings (
    workspace_id TEXT NOT NULL,
    deal_id      TEXT NOT NULL,
    topic        TEXT NOT NULL,
    of_notes     TEXT NOT NULL, -- a hash of the notes and the model
    model        TEXT NOT NULL,
    lines        TEXT NOT NULL, -- JSON: sentences with their sources
    problem      TEXT NOT NULL,
    due_at       INTEGER NOT NULL,
    at           INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, deal_id, topic)
) STRICT, WITHOUT ROWID;

-- +goose Down
DROP TABLE wordings;
