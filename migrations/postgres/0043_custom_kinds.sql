-- +goose Up
-- The properties that records of the product's own kinds were seen with, so that
-- fields can be filled from them.
CREATE TABLE custom_properties (
    workspace_id TEXT COLLATE "C" NOT NULL,
    kind         TEXT COLLATE "C" NOT NULL, -- the product's: 'risk'
    name         TEXT COLLATE "C" NOT NULL, -- '' = the kind itself
    holds        TEXT COLLATE "C" NOT NULL, -- what its values were, '' = not known
    PRIMARY KEY (workspace_id, kind, name)
);
INSERT INTO custom_properties SELECT DISTINCT workspace_id, substr(kind, 8), '', '' FROM said WHERE kind LIKE 'custom:%'
    ON CONFLICT DO NOTHING;
INSERT INTO custom_properties SELECT DISTINCT workspace_id, substr(kind, 8), p.name, ''
    FROM (SELECT workspace_id, kind, jsonb_object_keys(CASE WHEN jsonb_typeof(CAST(body AS jsonb) -> 'properties') = 'object'
        THEN CAST(body AS jsonb) -> 'properties' ELSE '{}' END) AS name FROM said WHERE kind LIKE 'custom:%') AS p
    ON CONFLICT DO NOTHING;

-- +goose Down
DROP TABLE custom_properties;
