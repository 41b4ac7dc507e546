-- +goose Up

-- How a person ended the question of a conflict; kept is who kept the field
-- when the two met.
ALTER TABLE conflicts ADD COLUMN kept TEXT NOT NULL DEFAULT '';
ALTER TABLE conflicts ADD COLUMN choice TEXT NOT NULL DEFAULT '';
ALTER TABLE conflicts ADD COLUMN chosen_value TEXT NOT NULL DEFAULT '';
ALTER TABLE conflicts ADD COLUMN chosen_by TEXT NOT NULL DEFAULT '';
ALTER TABLE conflicts ADD COLUMN chosen_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE conflicts ADD COLUMN chosen_why TEXT NOT NULL DEFAULT '';

-- Why a write was made, whole as JSON, and what of it is looked for; and the
-- class of its problem, by which lines are grouped.
ALTER TABLE sync_log ADD COLUMN cause TEXT NOT NULL DEFAULT '{}';
ALTER TABLE sync_log ADD COLUMN cause_kind TEXT NOT NULL DEFAULT '';
ALTER TABLE sync_log ADD COLUMN cause_ref TEXT NOT NULL DEFAULT '';
ALTER TABLE sync_log ADD COLUMN problem_code TEXT NOT NULL DEFAULT '';
UPDATE sync_log SET problem_code = COALESCE(json_extract(problem, '$.Code'), '') WHERE state IN ('needs_you', 'waiting', 'ignored', 'skipped');
CREATE INDEX sync_log_cause ON sync_log (workspace_id, cause_kind, cause_ref, id) WHERE cause_ref <> '';
CREATE INDEX sync_log_open ON sync_log (workspace_id, problem_code, id) WHERE state = 'needs_you';

-- A batch re-sync that somebody asked for: one for each scope at a time. Its
-- records stand beside it until they have been read again.
CREATE TABLE resyncs (
    workspace_id TEXT NOT NULL,
    id           INTEGER NOT NULL,
    scope        TEXT NOT NULL, -- what was asked for, as the address of the log says it
    state        TEXT NOT NULL CHECK (state IN ('running', 'paused', 'done', 'canceled')),
    total        INTEGER NOT NULL,
    left_over    INTEGER NOT NULL, -- not read, once it has ended
    retried      INTEGER NOT NULL,
    by_name      TEXT NOT NULL,
    at           INTEGER NOT NULL,
    ended_at     INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, id)
) STRICT;
CREATE UNIQUE INDEX resyncs_open ON resyncs (workspace_id, scope) WHERE state IN ('running', 'paused');

CREATE TABLE resync_records (
    workspace_id TEXT NOT NULL,
    id           INTEGER NOT NULL,
    object       TEXT NOT NULL,
    record_id    TEXT NOT NULL,
    PRIMARY KEY (workspace_id, id, object, record_id)
) STRICT;

-- +goose Down
DROP TABLE resync_records;
DROP TABLE resyncs;
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
