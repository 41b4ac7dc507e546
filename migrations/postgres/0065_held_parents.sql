-- +goose Up
-- Records under which a call writes that found them locked: another call, also of
-- another process, waits for it. A call that never gave one back holds it until then.
CREATE TABLE held_parents (
    workspace_id TEXT COLLATE "C" NOT NULL,
    parent_id    TEXT COLLATE "C" NOT NULL,
    lease        TEXT COLLATE "C" NOT NULL, -- of the call
    until        BIGINT NOT NULL, -- microseconds
    PRIMARY KEY (workspace_id, parent_id)
);

-- +goose Down
DROP TABLE held_parents;
