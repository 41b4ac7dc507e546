-- +goose Up
-- By which normalized address or number somebody whom the product names is
-- known: a person of its own, or a participant of what was said (external_id
-- is then his e-mail or his number as the whole world dials it).
CREATE TABLE who_keys (
    workspace_id TEXT NOT NULL,
    key          TEXT NOT NULL, -- as in record_keys
    kind         TEXT NOT NULL,
    external_id  TEXT NOT NULL,
    PRIMARY KEY (workspace_id, key, kind, external_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX who_keys_who ON who_keys (workspace_id, kind, external_id);
INSERT OR IGNORE INTO who_keys SELECT workspace_id, lower(json_extract(body, '$.Email')), 'person', external_id FROM people
    WHERE json_extract(body, '$.Email') LIKE '%@%';

-- Who takes part in what was said.
CREATE TABLE said_of_people (
    workspace_id TEXT NOT NULL,
    who_kind     TEXT NOT NULL,
    who_id       TEXT NOT NULL,
    kind         TEXT NOT NULL,
    external_id  TEXT NOT NULL,
    PRIMARY KEY (workspace_id, who_kind, who_id, kind, external_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX said_of_people_said ON said_of_people (workspace_id, kind, external_id);

-- Whose record nobody knows: nobody in Salesforce fits, or several do.
CREATE TABLE undecided (
    workspace_id TEXT NOT NULL,
    kind         TEXT NOT NULL,
    external_id  TEXT NOT NULL,
    state        TEXT NOT NULL, -- nobody, several
    name         TEXT NOT NULL,
    reason       TEXT NOT NULL,
    at           INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, kind, external_id)
) STRICT, WITHOUT ROWID;

-- Whose things are to be planned anew, because it is known now which record he
-- is, or it is another one.
CREATE TABLE revisits (
    workspace_id TEXT NOT NULL,
    kind         TEXT NOT NULL,
    external_id  TEXT NOT NULL,
    reason       TEXT NOT NULL,
    at           INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, kind, external_id)
) STRICT, WITHOUT ROWID;

-- +goose Down
DROP TABLE revisits;
DROP TABLE undecided;
DROP TABLE said_of_people;
DROP TABLE who_keys;
DELETE FROM link_history WHERE kind = 'participant';
DELETE FROM links WHERE kind = 'participant';
