-- +goose Up
-- Beside the planning anew after settings changed stands the one that a person
-- asks for, with what he chose; it can be paused.
CREATE TABLE replan_jobs (
    workspace_id   TEXT NOT NULL,
    job            TEXT NOT NULL,
    scope          TEXT NOT NULL,
    run            INTEGER NOT NULL, -- counts up with each beginning
    state          TEXT NOT NULL,
    kind           TEXT NOT NULL, -- the place: kind of thing, and the last of it that was looked at
    after_id       TEXT NOT NULL,
    looked         INTEGER NOT NULL,
    queued         INTEGER NOT NULL,
    total          INTEGER NOT NULL,
    why            TEXT NOT NULL,
    by_name        TEXT NOT NULL,
    by_id          TEXT NOT NULL,
    problem        TEXT NOT NULL,
    started_at     INTEGER NOT NULL,
    updated_at     INTEGER NOT NULL,
    ended_at       INTEGER NOT NULL,
    resumed_at     INTEGER NOT NULL, -- from where its rate is counted
    resumed_looked INTEGER NOT NULL,
    holder         TEXT NOT NULL,
    until          INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, job)
) STRICT;
INSERT INTO replan_jobs SELECT workspace_id, 'settings', '{}', run, state, kind, after_id, looked, queued, total, why,
    by_name, by_id, problem, started_at, updated_at, ended_at, started_at, 0, holder, until FROM replans;
DROP TABLE replans;

-- +goose Down
CREATE TABLE replans (
    workspace_id TEXT NOT NULL PRIMARY KEY,
    run          INTEGER NOT NULL,
    state        TEXT NOT NULL,
    kind         TEXT NOT NULL,
    after_id     TEXT NOT NULL,
    looked       INTEGER NOT NULL,
    queued       INTEGER NOT NULL,
    total        INTEGER NOT NULL,
    why          TEXT NOT NULL,
    by_name      TEXT NOT NULL,
    by_id        TEXT NOT NULL,
    problem      TEXT NOT NULL,
    started_at   INTEGER NOT NULL,
    updated_at   INTEGER NOT NULL,
    ended_at     INTEGER NOT NULL,
    holder       TEXT NOT NULL,
    until        INTEGER NOT NULL
) STRICT;
INSERT INTO replans SELECT workspace_id, run, CASE state WHEN 'paused' THEN 'running' ELSE state END, kind, after_id, looked, queued, total, why,
    by_name, by_id, problem, started_at, updated_at, ended_at, holder, until FROM replan_jobs WHERE job = 'settings';
DROP TABLE replan_jobs;
