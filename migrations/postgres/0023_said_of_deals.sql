-- +goose Up
-- Which opportunities something said with topics belongs to: what their
-- summaries are made of.
CREATE TABLE said_of_deals (
    workspace_id TEXT COLLATE "C" NOT NULL,
    deal_id      TEXT COLLATE "C" NOT NULL, -- of the Opportunity
    kind         TEXT COLLATE "C" NOT NULL,
    external_id  TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (workspace_id, deal_id, kind, external_id)
);
CREATE INDEX said_of_deals_said ON said_of_deals (workspace_id, kind, external_id);
INSERT INTO said_of_deals SELECT DISTINCT workspace_id, record_id, kind, external_id FROM writings
    WHERE object = 'Opportunity' AND part = 'topics:Opportunity' AND record_id <> '';

-- +goose Down
DROP TABLE said_of_deals;
