-- +goose Up
-- The e-mails that Salesforce holds, as Tasks and as EmailMessages: what lists
-- of them ask for. They follow their rows in records.
CREATE TABLE filed_emails (
    workspace_id TEXT COLLATE "C" NOT NULL,
    object       TEXT COLLATE "C" NOT NULL,
    record_id    TEXT COLLATE "C" NOT NULL,
    at           BIGINT NOT NULL, -- when it was sent, microseconds
    message_key  TEXT COLLATE "C" NOT NULL, -- of its Message-ID, '' = none
    task_id      TEXT COLLATE "C" NOT NULL, -- the Task that logs an EmailMessage too, '' = none
    search       TEXT COLLATE "C" NOT NULL, -- lower case
    PRIMARY KEY (workspace_id, object, record_id)
);
CREATE INDEX filed_emails_at ON filed_emails (workspace_id, at, record_id);
CREATE INDEX filed_emails_task ON filed_emails (workspace_id, task_id) WHERE task_id <> '';
CREATE INDEX filed_emails_message ON filed_emails (workspace_id, message_key) WHERE message_key <> '';

-- By its Message-ID an e-mail of the product is known there.
ALTER TABLE said ADD COLUMN message_key TEXT COLLATE "C" NOT NULL DEFAULT '';
CREATE INDEX said_message ON said (workspace_id, message_key) WHERE message_key <> '';
UPDATE said SET message_key = lower(btrim(coalesce(body::json ->> 'message_id', ''), '<> ')) WHERE kind = 'email';

-- Tasks are mirrored already, so those that log e-mails are here.
INSERT INTO filed_emails
    SELECT workspace_id, object, record_id, CASE
            WHEN made ~ '^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d' AND day IN ('', substr(made, 1, 10))
            THEN CAST(extract(epoch FROM CAST(substr(made, 1, 19) AS timestamp)) AS BIGINT) * 1000000
            WHEN day ~ '^\d{4}-\d\d-\d\d$' THEN CAST(extract(epoch FROM CAST(day AS timestamp)) AS BIGINT) * 1000000
            ELSE commit_at * 1000 END,
        '', '', label
    FROM (SELECT workspace_id, object, record_id, commit_at, label, fields::json ->> 'TaskSubtype' AS subtype, fields::json ->> 'Type' AS type,
            coalesce(fields::json ->> 'ActivityDate', '') AS day, coalesce(fields::json ->> 'CreatedDate', '') AS made
        FROM records WHERE object = 'Task' AND NOT deleted) AS tasks
    WHERE subtype IN ('Email', 'ListEmail') OR type = 'Email';

-- +goose Down
DROP INDEX said_message;
ALTER TABLE said DROP COLUMN message_key;
DROP TABLE filed_emails;
