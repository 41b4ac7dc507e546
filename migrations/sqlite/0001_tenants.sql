-- Times are microseconds since 1970 UTC, 0 = none. Lists and small structs
-- are JSON text.

-- +goose Up
CREATE TABLE workspaces (
    workspace_id TEXT NOT NULL PRIMARY KEY,
    name         TEXT NOT NULL,
    created_at   INTEGER NOT NULL
) STRICT;

-- One row that the readiness check writes, to know that the database can be
-- written.
CREATE TABLE readiness (
    id INTEGER NOT NULL PRIMARY KEY,
    at INTEGER NOT NULL
) STRICT;
INSERT INTO readiness (id, at) VALUES (1, 0);

CREATE TABLE connections (
    workspace_id   TEXT NOT NULL,
    connection_id  TEXT NOT NULL,
    environment    TEXT NOT NULL,
    login_url      TEXT NOT NULL,
    instance_url   TEXT NOT NULL,
    org_id         TEXT NOT NULL,
    org_name       TEXT NOT NULL,
    user_id        TEXT NOT NULL,
    username       TEXT NOT NULL,
    flow           TEXT NOT NULL,
    api_version    TEXT NOT NULL,
    scopes         TEXT NOT NULL,
    state          TEXT NOT NULL,
    state_reason   TEXT NOT NULL,
    state_since    INTEGER NOT NULL,
    transport      TEXT NOT NULL,
    api_used       INTEGER NOT NULL,
    api_max        INTEGER NOT NULL,
    api_seen_at    INTEGER NOT NULL,
    connected_at   INTEGER NOT NULL,
    connected_by   TEXT NOT NULL,
    refresh_holder TEXT NOT NULL DEFAULT '', -- who refreshes the token just now
    refresh_until  INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (workspace_id, connection_id)
) STRICT;

-- Apart from connections, so that no list of connections can read it.
CREATE TABLE connection_secrets (
    workspace_id  TEXT NOT NULL,
    connection_id TEXT NOT NULL,
    sealed        BLOB NOT NULL,
    generation    INTEGER NOT NULL,
    saved_at      INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, connection_id)
) STRICT;

CREATE TABLE members (
    workspace_id  TEXT NOT NULL,
    member_id     TEXT NOT NULL,
    email         TEXT NOT NULL,
    name          TEXT NOT NULL,
    role          TEXT NOT NULL,
    zone          TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    disabled      INTEGER NOT NULL,
    created_at    INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, member_id)
) STRICT;
-- Signing in begins with the address alone, so it is unique everywhere.
CREATE UNIQUE INDEX members_email ON members (email);

CREATE TABLE sessions (
    workspace_id TEXT NOT NULL,
    token_hash   TEXT NOT NULL,
    member_id    TEXT NOT NULL,
    created_at   INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, token_hash),
    FOREIGN KEY (workspace_id, member_id) REFERENCES members (workspace_id, member_id)
) STRICT;
CREATE UNIQUE INDEX sessions_token ON sessions (token_hash);
CREATE INDEX sessions_member ON sessions (workspace_id, member_id);

CREATE TABLE api_keys (
    workspace_id TEXT NOT NULL,
    key_id       TEXT NOT NULL,
    name         TEXT NOT NULL,
    hash         TEXT NOT NULL,
    prefix       TEXT NOT NULL,
    scopes       TEXT NOT NULL,
    created_at   INTEGER NOT NULL,
    created_by   TEXT NOT NULL,
    last_used    INTEGER NOT NULL,
    revoked      INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, key_id)
) STRICT;
CREATE UNIQUE INDEX api_keys_hash ON api_keys (hash);

CREATE TABLE schemas (
    workspace_id TEXT NOT NULL,
    object       TEXT NOT NULL,
    body         TEXT NOT NULL,
    read_at      INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, object)
) STRICT;

-- Every save is a row; the highest revision is in force.
CREATE TABLE settings (
    workspace_id TEXT NOT NULL,
    scope        TEXT NOT NULL,
    tab          TEXT NOT NULL,
    revision     INTEGER NOT NULL,
    body         TEXT NOT NULL,
    by_name      TEXT NOT NULL,
    by_id        TEXT NOT NULL,
    at           INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, scope, tab, revision)
) STRICT;

CREATE TABLE mappings (
    workspace_id TEXT NOT NULL,
    object       TEXT NOT NULL,
    field        TEXT NOT NULL,
    editable     INTEGER NOT NULL,
    topic        TEXT NOT NULL,
    direction    TEXT NOT NULL,
    write_mode   TEXT NOT NULL,
    winner       TEXT NOT NULL,
    imported     INTEGER NOT NULL,
    by_name      TEXT NOT NULL,
    at           INTEGER NOT NULL,
    revision     INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, object, field)
) STRICT;

CREATE TABLE people (
    workspace_id TEXT NOT NULL,
    external_id  TEXT NOT NULL,
    body         TEXT NOT NULL,
    updated_at   INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, external_id)
) STRICT;

CREATE TABLE links (
    workspace_id TEXT NOT NULL,
    kind         TEXT NOT NULL,
    external_id  TEXT NOT NULL,
    object       TEXT NOT NULL,
    record_id    TEXT NOT NULL,
    reason       TEXT NOT NULL,
    pinned       INTEGER NOT NULL,
    broken       TEXT NOT NULL,
    at           INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, kind, external_id)
) STRICT;
CREATE INDEX links_record ON links (workspace_id, object, record_id);

CREATE TABLE audit (
    workspace_id TEXT NOT NULL,
    id           INTEGER NOT NULL,
    at           INTEGER NOT NULL,
    by_name      TEXT NOT NULL,
    what         TEXT NOT NULL,
    target       TEXT NOT NULL,
    before_text  TEXT NOT NULL,
    after_text   TEXT NOT NULL,
    ip           TEXT NOT NULL,
    PRIMARY KEY (workspace_id, id)
) STRICT;

-- +goose Down
DROP TABLE audit;
DROP TABLE links;
DROP TABLE people;
DROP TABLE mappings;
DROP TABLE settings;
DROP TABLE schemas;
DROP TABLE api_keys;
DROP TABLE sessions;
DROP TABLE members;
DROP TABLE connection_secrets;
DROP TABLE connections;
DROP TABLE readiness;
DROP TABLE workspaces;
