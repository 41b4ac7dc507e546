-- +goose Up

-- How a person ended the question of a conflict; kept is who kept the field
-- when the two met.
ALTER TABLE conflicts ADD COLUMN kept TEXT NOT NULL DEFAULT '';
ALTER TABLE conflicts ADD COLUMN choice TEXT NOT NULL DEFAULT '';
ALTER TABLE conflicts ADD COLUMN chosen_value TEXT NOT NULL DEFAULT '';
ALTER TABLE conflicts ADD COLUMN chosen_by TEXT NOT NULL DEFAULT '';
ALTER TABLE conflicts ADD COLUMN chosen_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE conflicts ADD COLUMN chosen_why TEXT NOT NULL DEFAULT '';

-- Why a write was made, whole as JSON, and what of it is looked for; and the
-- class of its problem, by which lines are grouped.
ALTER TABLE sync_log ADD COLUMN cause TEXT NOT NULL DEFAULT '{}';
ALTER TABLE sync_log ADD COLUMN cause_kind TEXT NOT NULL DEFAULT '';
ALTER TABLE sync_log ADD COLUMN cause_ref TEXT NOT NULL DEFAULT '';
ALTER TABLE sync_log ADD COLUMN problem_code TEXT NOT NULL DEFAULT '';
UPDATE sync_log SET problem_code = COALESCE(problem::json ->> 'Code', '') WHERE state IN ('needs_you', 'waiting', 'ignored', 'skipped');
CREATE INDEX sync_log_cause ON sync_log (workspace_id, cause_kind, cause_ref, id) WHERE cause_ref <> '';
CREATE INDEX sync_log_open ON sync_log (workspace_id, problem_code, id) WHERE state = 'needs_you';

-- +goose Down
DROP INDEX sync_log_open;
DROP INDEX sync_log_cause;
ALTER TABLE sync_log DROP COLUMN problem_code;
ALTER TABLE sync_log DROP COLUMN cause_ref;
ALTER TABLE sync_log DROP COLUMN cause_kind;
ALTER TABLE sync_log DROP COLUMN cause;
ALTER TABLE conflicts DROP COLUMN chosen_why;
ALTER TABLE conflicts DROP COLUMN chosen_at;
ALTER TABLE conflicts DROP COLUMN chosen_by;
ALTER TABLE conflicts DROP COLUMN chosen_value;
ALTER TABLE conflicts DROP COLUMN choice;
ALTER TABLE conflicts DROP COLUMN kept;
