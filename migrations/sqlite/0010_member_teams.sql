-- +goose Up
ALTER TABLE members ADD COLUMN team TEXT NOT NULL DEFAULT '';
ALTER TABLE members ADD COLUMN job_role TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE members DROP COLUMN job_role;
ALTER TABLE members DROP COLUMN team;
