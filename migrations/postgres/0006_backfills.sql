-- What a reading of millions of rows needs to be picked up where it stopped,
-- to be paused and canceled, and to tell how long it will take.

-- +goose Up
-- The number of the reading: a page that was asked for before the reading was
-- begun anew, or canceled, must not move the new one's place.
ALTER TABLE backfills ADD COLUMN run BIGINT NOT NULL DEFAULT 0;
ALTER TABLE backfills ADD COLUMN way TEXT COLLATE "C" NOT NULL DEFAULT ''; -- rest or bulk; '' = not chosen yet
ALTER TABLE backfills ADD COLUMN job_id TEXT COLLATE "C" NOT NULL DEFAULT ''; -- of the bulk job
ALTER TABLE backfills ADD COLUMN locator TEXT COLLATE "C" NOT NULL DEFAULT ''; -- of the result page under way; '' = the first
ALTER TABLE backfills ADD COLUMN page_rows BIGINT NOT NULL DEFAULT 0; -- rows of that page that are stored
ALTER TABLE backfills ADD COLUMN paused BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE backfills ADD COLUMN complete BOOLEAN NOT NULL DEFAULT FALSE; -- the object was read whole once
ALTER TABLE backfills ADD COLUMN began_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE backfills ADD COLUMN spent BIGINT NOT NULL DEFAULT 0; -- microseconds of reading, pauses not counted
ALTER TABLE backfills ADD COLUMN calls BIGINT NOT NULL DEFAULT 0; -- to Salesforce
ALTER TABLE backfills ADD COLUMN by_name TEXT COLLATE "C" NOT NULL DEFAULT '';
UPDATE backfills SET began_at = started_at, complete = EXISTS (SELECT 1 FROM object_status AS o
    WHERE o.workspace_id = backfills.workspace_id AND o.object = backfills.object AND o.backfilled);

-- +goose Down
-- The earlier version knows no canceled reading: it reads such an object again.
UPDATE backfills SET state = 'running', last_id = '' WHERE state = 'canceled';
ALTER TABLE backfills DROP COLUMN by_name;
ALTER TABLE backfills DROP COLUMN calls;
ALTER TABLE backfills DROP COLUMN spent;
ALTER TABLE backfills DROP COLUMN began_at;
ALTER TABLE backfills DROP COLUMN complete;
ALTER TABLE backfills DROP COLUMN paused;
ALTER TABLE backfills DROP COLUMN page_rows;
ALTER TABLE backfills DROP COLUMN locator;
ALTER TABLE backfills DROP COLUMN job_id;
ALTER TABLE backfills DROP COLUMN way;
ALTER TABLE backfills DROP COLUMN run;
