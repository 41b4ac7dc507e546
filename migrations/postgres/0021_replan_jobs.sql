-- +goose Up
-- Beside the planning anew after settings changed stands the one that a person
-- asks for, with what he chose; it can be paused.
CREATE TABLE replan_jobs (
    workspace_id   TEXT COLLATE "C" NOT NULL,
    job            TEXT COLLATE "C" NOT NULL,
    scope          TEXT COLLATE "C" NOT NULL,
    run            BIGINT NOT NULL, -- counts up with each beginning
    state          TEXT COLLATE "C" NOT NULL,
    kind           TEXT COLLATE "C" NOT NULL, -- the place: kind of thing, and the last of it that was looked at
    after_id       TEXT COLLATE "C" NOT NULL,
    looked         BIGINT NOT NULL,
    queued         BIGINT NOT NULL,
    total          BIGINT NOT NULL,
    why            TEXT COLLATE "C" NOT NULL,
    by_name        TEXT COLLATE "C" NOT NULL,
    by_id          TEXT COLLATE "C" NOT NULL,
    problem        TEXT COLLATE "C" NOT NULL,
    started_at     BIGINT NOT NULL,
    updated_at     BIGINT NOT NULL,
    ended_at       BIGINT NOT NULL,
    resumed_at     BIGINT NOT NULL, -- from where its rate is counted
    resumed_looked BIGINT NOT NULL,
    holder         TEXT COLLATE "C" NOT NULL,
    until          BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, job)
);
INSERT INTO replan_jobs SELECT workspace_id, 'settings', '{}', run, state, kind, after_id, looked, queued, total, why,
    by_name, by_id, problem, started_at, updated_at, ended_at, started_at, 0, holder, until FROM replans;
DROP TABLE replans;

-- +goose Down
CREATE TABLE replans (
    workspace_id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    run          BIGINT NOT NULL,
    state        TEXT COLLATE "C" NOT NULL,
    kind         TEXT COLLATE "C" NOT NULL,
    after_id     TEXT COLLATE "C" NOT NULL,
    looked       BIGINT NOT NULL,
    queued       BIGINT NOT NULL,
    total        BIGINT NOT NULL,
    why          TEXT COLLATE "C" NOT NULL,
    by_name      TEXT COLLATE "C" NOT NULL,
    by_id        TEXT COLLATE "C" NOT NULL,
    problem      TEXT COLLATE "C" NOT NULL,
    started_at   BIGINT NOT NULL,
    updated_at   BIGINT NOT NULL,
    ended_at     BIGINT NOT NULL,
    holder       TEXT COLLATE "C" NOT NULL,
    until        BIGINT NOT NULL
);
INSERT INTO replans SELECT workspace_id, run, CASE state WHEN 'paused' THEN 'running' ELSE state END, kind, after_id, looked, queued, total, why,
    by_name, by_id, problem, started_at, updated_at, ended_at, holder, until FROM replan_jobs WHERE job = 'settings';
DROP TABLE replan_jobs;
