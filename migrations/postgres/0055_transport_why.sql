-- +goose Up
-- Why changes come in by the transport that is in use; empty until that is known.
ALTER TABLE connections ADD COLUMN transport_why TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE connections DROP COLUMN transport_why;
