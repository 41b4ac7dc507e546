-- +goose Up

-- What was said here: meetings, calls, conversations, e-mails and records of
-- custom kinds, each whole in body. The other columns are what lists ask for.
CREATE TABLE said (
    workspace_id TEXT COLLATE "C" NOT NULL,
    kind         TEXT COLLATE "C" NOT NULL,
    external_id  TEXT COLLATE "C" NOT NULL,
    at           BIGINT NOT NULL, -- when it was or will be
    status       TEXT COLLATE "C" NOT NULL,
    owner        TEXT COLLATE "C" NOT NULL, -- e-mail, lower case
    search       TEXT COLLATE "C" NOT NULL, -- lower case
    body         TEXT COLLATE "C" NOT NULL,
    updated_at   BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, kind, external_id)
);
CREATE INDEX said_at ON said (workspace_id, kind, at, external_id);

CREATE TABLE messages (
    workspace_id    TEXT COLLATE "C" NOT NULL,
    conversation_id TEXT COLLATE "C" NOT NULL,
    external_id     TEXT COLLATE "C" NOT NULL,
    at              BIGINT NOT NULL,
    body            TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (workspace_id, conversation_id, external_id)
);
CREATE INDEX messages_at ON messages (workspace_id, conversation_id, at, external_id);

-- What each of them has become in Salesforce, or why it has not.
CREATE TABLE writings (
    workspace_id TEXT COLLATE "C" NOT NULL,
    kind         TEXT COLLATE "C" NOT NULL,
    external_id  TEXT COLLATE "C" NOT NULL,
    part         TEXT COLLATE "C" NOT NULL,
    object       TEXT COLLATE "C" NOT NULL,
    record_id    TEXT COLLATE "C" NOT NULL, -- '' = omitted
    wanted       TEXT COLLATE "C" NOT NULL,
    reason       TEXT COLLATE "C" NOT NULL,
    omitted      TEXT COLLATE "C" NOT NULL,
    log_id       BIGINT NOT NULL,
    at           BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, kind, external_id, part)
);
CREATE INDEX writings_record ON writings (workspace_id, object, record_id);
CREATE INDEX writings_contacts ON writings (workspace_id, at) WHERE object = 'Contact';

-- Which id Salesforce gave to a record that we created, kept for ever: what
-- still names the local one is translated when it is sent.
CREATE TABLE local_ids (
    workspace_id TEXT COLLATE "C" NOT NULL,
    local_id     TEXT COLLATE "C" NOT NULL,
    object       TEXT COLLATE "C" NOT NULL,
    record_id    TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (workspace_id, local_id)
);

-- Answers to calls that carried an Idempotency-Key.
CREATE TABLE api_answers (
    workspace_id TEXT COLLATE "C" NOT NULL,
    key          TEXT COLLATE "C" NOT NULL,
    request      TEXT COLLATE "C" NOT NULL, -- hash of method, path and body
    status       BIGINT NOT NULL, -- 0 = not answered yet
    body         TEXT COLLATE "C" NOT NULL,
    at           BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, key)
);
CREATE INDEX api_answers_at ON api_answers (at);

-- +goose Down
DROP TABLE api_answers;
DROP TABLE local_ids;
DROP TABLE writings;
DROP TABLE messages;
DROP TABLE said;
