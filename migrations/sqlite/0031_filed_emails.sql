-- +goose Up
-- The e-mails that Salesforce holds, as Tasks and as EmailMessages: what lists
-- of them ask for. They follow their rows in records.
CREATE TABLE filed_emails (
    workspace_id TEXT NOT NULL,
    object       TEXT NOT NULL,
    record_id    TEXT NOT NULL,
    at           INTEGER NOT NULL, -- when it was sent, microseconds
    message_key  TEXT NOT NULL, -- of its Message-ID, '' = none
    task_id      TEXT NOT NULL, -- the Task that logs an EmailMessage too, '' = none
    search       TEXT NOT NULL, -- lower case
    PRIMARY KEY (workspace_id, object, record_id)
) STRICT;
CREATE INDEX filed_emails_at ON filed_emails (workspace_id, at, record_id);
CREATE INDEX filed_emails_task ON filed_emails (workspace_id, task_id) WHERE task_id <> '';
CREATE INDEX filed_emails_message ON filed_emails (workspace_id, message_key) WHERE message_key <> '';

-- By its Message-ID an e-mail of the product is known there.
ALTER TABLE said ADD COLUMN message_key TEXT NOT NULL DEFAULT '';
CREATE INDEX said_message ON said (workspace_id, message_key) WHERE message_key <> '';
UPDATE said SET message_key = lower(trim(coalesce(json_extract(body, '$.message_id'), ''), '<> ')) WHERE kind = 'email';

-- Tasks are mirrored already, so those that log e-mails are here.
INSERT INTO filed_emails
    SELECT workspace_id, object, record_id, CASE
            WHEN coalesce(fields ->> 'ActivityDate', '') IN ('', substr(fields ->> 'CreatedDate', 1, 10))
            THEN coalesce(CAST(strftime('%s', substr(fields ->> 'CreatedDate', 1, 19)) AS INTEGER) * 1000000, commit_at * 1000)
            ELSE coalesce(CAST(strftime('%s', fields ->> 'ActivityDate') AS INTEGER) * 1000000, commit_at * 1000) END,
        '', '', label
    FROM records WHERE object = 'Task' AND NOT deleted
        AND (fields ->> 'TaskSubtype' IN ('Email', 'ListEmail') OR fields ->> 'Type' = 'Email');

-- +goose Down
DROP INDEX said_message;
ALTER TABLE said DROP COLUMN message_key;
DROP TABLE filed_emails;
