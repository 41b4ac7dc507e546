-- Times are microseconds since 1970 UTC, 0 = none. Lists and small structs
-- are JSON text. Text is compared byte by byte, as SQLite does it: ids differ by
-- case, and lists must have one order on both engines.

-- +goose Up
CREATE TABLE workspaces (
    workspace_id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    name         TEXT COLLATE "C" NOT NULL,
    created_at   BIGINT NOT NULL
);

-- One row that the readiness check writes, to know that the database can be
-- written.
CREATE TABLE readiness (
    id BIGINT NOT NULL PRIMARY KEY,
    at BIGINT NOT NULL
);
INSERT INTO readiness (id, at) VALUES (1, 0);

CREATE TABLE connections (
    workspace_id   TEXT COLLATE "C" NOT NULL,
    connection_id  TEXT COLLATE "C" NOT NULL,
    environment    TEXT COLLATE "C" NOT NULL,
    login_url      TEXT COLLATE "C" NOT NULL,
    instance_url   TEXT COLLATE "C" NOT NULL,
    org_id         TEXT COLLATE "C" NOT NULL,
    org_name       TEXT COLLATE "C" NOT NULL,
    user_id        TEXT COLLATE "C" NOT NULL,
    username       TEXT COLLATE "C" NOT NULL,
    flow           TEXT COLLATE "C" NOT NULL,
    api_version    TEXT COLLATE "C" NOT NULL,
    scopes         TEXT COLLATE "C" NOT NULL,
    state          TEXT COLLATE "C" NOT NULL,
    state_reason   TEXT COLLATE "C" NOT NULL,
    state_since    BIGINT NOT NULL,
    transport      TEXT COLLATE "C" NOT NULL,
    api_used       BIGINT NOT NULL,
    api_max        BIGINT NOT NULL,
    api_seen_at    BIGINT NOT NULL,
    connected_at   BIGINT NOT NULL,
    connected_by   TEXT COLLATE "C" NOT NULL,
    refresh_holder TEXT COLLATE "C" NOT NULL DEFAULT '', -- who refreshes the token just now
    refresh_until  BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (workspace_id, connection_id)
);

-- Apart from connections, so that no list of connections can read it.
CREATE TABLE connection_secrets (
    workspace_id  TEXT COLLATE "C" NOT NULL,
    connection_id TEXT COLLATE "C" NOT NULL,
    sealed        BYTEA NOT NULL,
    generation    BIGINT NOT NULL,
    saved_at      BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, connection_id)
);

CREATE TABLE members (
    workspace_id  TEXT COLLATE "C" NOT NULL,
    member_id     TEXT COLLATE "C" NOT NULL,
    email         TEXT COLLATE "C" NOT NULL,
    name          TEXT COLLATE "C" NOT NULL,
    role          TEXT COLLATE "C" NOT NULL,
    zone          TEXT COLLATE "C" NOT NULL,
    password_hash TEXT COLLATE "C" NOT NULL,
    disabled      BOOLEAN NOT NULL,
    created_at    BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, member_id)
);
-- Signing in begins with the address alone, so it is unique everywhere.
CREATE UNIQUE INDEX members_email ON members (email);

CREATE TABLE sessions (
    workspace_id TEXT COLLATE "C" NOT NULL,
    token_hash   TEXT COLLATE "C" NOT NULL,
    member_id    TEXT COLLATE "C" NOT NULL,
    created_at   BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, token_hash),
    FOREIGN KEY (workspace_id, member_id) REFERENCES members (workspace_id, member_id)
);
CREATE UNIQUE INDEX sessions_token ON sessions (token_hash);
CREATE INDEX sessions_member ON sessions (workspace_id, member_id);

CREATE TABLE api_keys (
    workspace_id TEXT COLLATE "C" NOT NULL,
    key_id       TEXT COLLATE "C" NOT NULL,
    name         TEXT COLLATE "C" NOT NULL,
    hash         TEXT COLLATE "C" NOT NULL,
    prefix       TEXT COLLATE "C" NOT NULL,
    scopes       TEXT COLLATE "C" NOT NULL,
    created_at   BIGINT NOT NULL,
    created_by   TEXT COLLATE "C" NOT NULL,
    last_used    BIGINT NOT NULL,
    revoked      BOOLEAN NOT NULL,
    PRIMARY KEY (workspace_id, key_id)
);
CREATE UNIQUE INDEX api_keys_hash ON api_keys (hash);

CREATE TABLE schemas (
    workspace_id TEXT COLLATE "C" NOT NULL,
    object       TEXT COLLATE "C" NOT NULL,
    body         TEXT COLLATE "C" NOT NULL,
    read_at      BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, object)
);

-- Every save is a row; the highest revision is in force.
CREATE TABLE settings (
    workspace_id TEXT COLLATE "C" NOT NULL,
    scope        TEXT COLLATE "C" NOT NULL,
    tab          TEXT COLLATE "C" NOT NULL,
    revision     BIGINT NOT NULL,
    body         TEXT COLLATE "C" NOT NULL,
    by_name      TEXT COLLATE "C" NOT NULL,
    by_id        TEXT COLLATE "C" NOT NULL,
    at           BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, scope, tab, revision)
);

CREATE TABLE mappings (
    workspace_id TEXT COLLATE "C" NOT NULL,
    object       TEXT COLLATE "C" NOT NULL,
    field        TEXT COLLATE "C" NOT NULL,
    editable     BOOLEAN NOT NULL,
    topic        TEXT COLLATE "C" NOT NULL,
    direction    TEXT COLLATE "C" NOT NULL,
    write_mode   TEXT COLLATE "C" NOT NULL,
    winner       TEXT COLLATE "C" NOT NULL,
    imported     BOOLEAN NOT NULL,
    by_name      TEXT COLLATE "C" NOT NULL,
    at           BIGINT NOT NULL,
    revision     BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, object, field)
);

CREATE TABLE people (
    workspace_id TEXT COLLATE "C" NOT NULL,
    external_id  TEXT COLLATE "C" NOT NULL,
    body         TEXT COLLATE "C" NOT NULL,
    updated_at   BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, external_id)
);

CREATE TABLE links (
    workspace_id TEXT COLLATE "C" NOT NULL,
    kind         TEXT COLLATE "C" NOT NULL,
    external_id  TEXT COLLATE "C" NOT NULL,
    object       TEXT COLLATE "C" NOT NULL,
    record_id    TEXT COLLATE "C" NOT NULL,
    reason       TEXT COLLATE "C" NOT NULL,
    pinned       BOOLEAN NOT NULL,
    broken       TEXT COLLATE "C" NOT NULL,
    at           BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, kind, external_id)
);
CREATE INDEX links_record ON links (workspace_id, object, record_id);

CREATE TABLE audit (
    workspace_id TEXT COLLATE "C" NOT NULL,
    id           BIGINT NOT NULL,
    at           BIGINT NOT NULL,
    by_name      TEXT COLLATE "C" NOT NULL,
    what         TEXT COLLATE "C" NOT NULL,
    target       TEXT COLLATE "C" NOT NULL,
    before_text  TEXT COLLATE "C" NOT NULL,
    after_text   TEXT COLLATE "C" NOT NULL,
    ip           TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (workspace_id, id)
);

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
