-- +goose Up

-- The local id of the record that is to be written first, because the entry
-- names it: giving that its id makes the entry due.
ALTER TABLE outbox ADD COLUMN awaits TEXT COLLATE "C" NOT NULL DEFAULT '';
CREATE INDEX outbox_awaits ON outbox (workspace_id, awaits) WHERE awaits <> '';

-- +goose Down
DROP INDEX outbox_awaits;
ALTER TABLE outbox DROP COLUMN awaits;
