-- +goose Up

-- A thing here may be several records, one a role. chosen_… is the record that
-- the reason is about; record_id is what Salesforce has since made of it by
-- conversion and merge, so that an undelete can take either back.
CREATE TABLE links_new (
    workspace_id  TEXT COLLATE "C" NOT NULL,
    kind          TEXT COLLATE "C" NOT NULL,
    role          TEXT COLLATE "C" NOT NULL, -- '' = is the thing itself
    external_id   TEXT COLLATE "C" NOT NULL,
    object        TEXT COLLATE "C" NOT NULL,
    record_id     TEXT COLLATE "C" NOT NULL, -- '' = a person unlinked it
    chosen_object TEXT COLLATE "C" NOT NULL,
    chosen_id     TEXT COLLATE "C" NOT NULL,
    rule          TEXT COLLATE "C" NOT NULL,
    reason        TEXT COLLATE "C" NOT NULL,
    moved         TEXT COLLATE "C" NOT NULL, -- why record_id is no longer chosen_id
    moved_at      BIGINT NOT NULL,
    pinned        BOOLEAN NOT NULL,
    by_name       TEXT COLLATE "C" NOT NULL,
    broken        TEXT COLLATE "C" NOT NULL,
    at            BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, kind, role, external_id)
);
INSERT INTO links_new SELECT workspace_id, kind, '', external_id, object, record_id, object, record_id, '', reason, '', 0,
    pinned, '', broken, at FROM links;
DROP TABLE links;
ALTER TABLE links_new RENAME TO links;
CREATE INDEX links_record ON links (workspace_id, object, record_id);
CREATE INDEX links_chosen ON links (workspace_id, chosen_object, chosen_id);

-- What became of each link, kept for ever.
CREATE TABLE link_history (
    workspace_id TEXT COLLATE "C" NOT NULL,
    id           BIGINT NOT NULL,
    kind         TEXT COLLATE "C" NOT NULL,
    role         TEXT COLLATE "C" NOT NULL,
    external_id  TEXT COLLATE "C" NOT NULL,
    act          TEXT COLLATE "C" NOT NULL,
    from_object  TEXT COLLATE "C" NOT NULL,
    from_id      TEXT COLLATE "C" NOT NULL,
    to_object    TEXT COLLATE "C" NOT NULL,
    to_id        TEXT COLLATE "C" NOT NULL,
    reason       TEXT COLLATE "C" NOT NULL,
    by_name      TEXT COLLATE "C" NOT NULL,
    at           BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, id)
);
CREATE INDEX link_history_thing ON link_history (workspace_id, kind, external_id, id);
CREATE INDEX link_history_from ON link_history (workspace_id, from_object, from_id);

-- A mapping whose Salesforce field changed stands still until the field is as
-- it was, which is why its type is remembered.
ALTER TABLE mappings ADD COLUMN field_type TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE mappings ADD COLUMN suspended TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE mappings ADD COLUMN suspended_why TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE mappings ADD COLUMN suspended_at BIGINT NOT NULL DEFAULT 0;

-- Salesforce's date of the describe, for asking only whether it changed.
ALTER TABLE schemas ADD COLUMN modified_at BIGINT NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE schemas DROP COLUMN modified_at;
ALTER TABLE mappings DROP COLUMN suspended_at;
ALTER TABLE mappings DROP COLUMN suspended_why;
ALTER TABLE mappings DROP COLUMN suspended;
ALTER TABLE mappings DROP COLUMN field_type;
DROP TABLE link_history;
CREATE TABLE links_old (
    workspace_id TEXT COLLATE "C" NOT NULL,
    kind         TEXT COLLATE "C" NOT NULL,
    external_id  TEXT COLLATE "C" NOT NULL,
    object       TEXT COLLATE "C" NOT NULL,
    record_id    TEXT COLLATE "C" NOT NULL,
    reason       TEXT COLLATE "C" NOT NULL,
    pinned       BOOLEAN NOT NULL,
    broken       TEXT COLLATE "C" NOT NULL,
    at           BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, kind, external_id)
);
INSERT INTO links_old SELECT workspace_id, kind, external_id, object, record_id, reason, pinned, broken, at
    FROM links WHERE role = '' AND record_id <> '';
DROP TABLE links;
ALTER TABLE links_old RENAME TO links;
CREATE INDEX links_record ON links (workspace_id, object, record_id);
