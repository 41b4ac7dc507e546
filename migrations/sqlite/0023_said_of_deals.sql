-- +goose Up
-- Which opportunities something said with topics belongs to: what their
-- summaries are made of.
CREATE TABLE said_of_deals (
    workspace_id TEXT NOT NULL,
    deal_id      TEXT NOT NULL, -- of the Opportunity
    kind         TEXT NOT NULL,
    external_id  TEXT NOT NULL,
    PRIMARY KEY (workspace_id, deal_id, kind, external_id)
) STRICT;
CREATE INDEX said_of_deals_said ON said_of_deals (workspace_id, kind, external_id);
INSERT INTO said_of_deals SELECT DISTINCT workspace_id, record_id, kind, external_id FROM writings
    WHERE object = 'Opportunity' AND part = 'topics:Opportunity' AND record_id <> '';

-- +goose Down
DROP TABLE said_of_deals;
