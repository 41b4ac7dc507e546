-- +goose Up
-- The properties that records of the product's own kinds were seen with, so that
-- fields can be filled from them.
CREATE TABLE custom_properties (
    workspace_id TEXT NOT NULL,
    kind         TEXT NOT NULL, -- the product's: 'risk'
    name         TEXT NOT NULL, -- '' = the kind itself
    holds        TEXT NOT NULL, -- what its values were, '' = not known
    PRIMARY KEY (workspace_id, kind, name)
) STRICT, WITHOUT ROWID;
INSERT OR IGNORE INTO custom_properties SELECT DISTINCT workspace_id, substr(kind, 8), '', '' FROM said WHERE kind LIKE 'custom:%';
INSERT OR IGNORE INTO custom_properties SELECT DISTINCT s.workspace_id, substr(s.kind, 8), p.key, ''
    FROM said s, json_each(s.body, '$.properties') p WHERE s.kind LIKE 'custom:%';

-- +goose Down
DROP TABLE custom_properties;
