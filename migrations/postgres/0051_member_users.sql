-- +goose Up
ALTER TABLE members ADD COLUMN salesforce_user TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE members DROP COLUMN salesforce_user;
