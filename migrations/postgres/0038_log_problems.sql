-- +goose Up
-- Lines that have a problem, by its class: of a long log they are few, and
-- looked for by it whatever became of them.
CREATE INDEX sync_log_problem ON sync_log (workspace_id, problem_code, id) WHERE problem_code <> '';

-- +goose Down
DROP INDEX sync_log_problem;
