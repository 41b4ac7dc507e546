-- +goose Up

-- What was said here: meetings, calls, conversations, e-mails and records of
-- custom kinds, each whole in body. The other columns are what lists ask for.
CREATE TABLE said (
    workspace_id TEXT NOT NULL,
    kind         TEXT NOT NULL,
    external_id  TEXT NOT NULL,
    at           INTEGER NOT NULL, -- when it was or will be
    status       TEXT NOT NULL,
    owner        TEXT NOT NULL, -- e-mail, lower case
    search       TEXT NOT NULL, -- lower case
    body         TEXT NOT NULL,
    updated_at   INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, kind, external_id)
) STRICT;
CREATE INDEX said_at ON said (workspace_id, kind, at, external_id);

CREATE TABLE messages (
    workspace_id    TEXT NOT NULL,
    conversation_id TEXT NOT NULL,
    external_id     TEXT NOT NULL,
    at              INTEGER NOT NULL,
    body            TEXT NOT NULL,
    PRIMARY KEY (workspace_id, conversation_id, external_id)
) STRICT;
CREATE INDEX messages_at ON messages (workspace_id, conversation_id, at, external_id);

-- What each of them has become in Salesforce, or why it has not.
CREATE TABLE writings (
    workspace_id TEXT NOT NULL,
    kind         TEXT NOT NULL,
    external_id  TEXT NOT NULL,
    part         TEXT NOT NULL,
    object       TEXT NOT NULL,
    record_id    TEXT NOT NULL, -- '' = omitted
    wanted       TEXT NOT NULL,
    reason       TEXT NOT NULL,
    omitted      TEXT NOT NULL,
    log_id       INTEGER NOT NULL,
    at           INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, kind, external_id, part)
) STRICT;
CREATE INDEX writings_record ON writings (workspace_id, object, record_id);
CREATE INDEX writings_contacts ON writings (workspace_id, at) WHERE object = 'Contact';

-- Which id Salesforce gave to a record that we created, kept for ever: what
-- still names the local one is translated when it is sent.
CREATE TABLE local_ids (
    workspace_id TEXT NOT NULL,
    local_id     TEXT NOT NULL,
    object       TEXT NOT NULL,
    record_id    TEXT NOT NULL,
    PRIMARY KEY (workspace_id, local_id)
) STRICT;

-- Answers to calls that carried an Idempotency-Key.
CREATE TABLE api_answers (
    workspace_id TEXT NOT NULL,
    key          TEXT NOT NULL,
    request      TEXT NOT NULL, -- hash of method, path and body
    status       INTEGER NOT NULL, -- 0 = not answered yet
    body         TEXT NOT NULL,
    at           INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, key)
) STRICT;
CREATE INDEX api_answers_at ON api_answers (at);

-- +goose Down
DROP TABLE api_answers;
DROP TABLE local_ids;
DROP TABLE writings;
DROP TABLE messages;
DROP TABLE said;
