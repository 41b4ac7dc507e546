-- +goose Up
-- By which normalized address or number somebody whom the product names is
-- known: a person of its own, or a participant of what was said (external_id
-- is then his e-mail or his number as the whole world dials it).
CREATE TABLE who_keys (
    workspace_id TEXT COLLATE "C" NOT NULL,
    key          TEXT COLLATE "C" NOT NULL, -- as in record_keys
    kind         TEXT COLLATE "C" NOT NULL,
    external_id  TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (workspace_id, key, kind, external_id)
);
CREATE INDEX who_keys_who ON who_keys (workspace_id, kind, external_id);
INSERT INTO who_keys SELECT workspace_id, lower(CAST(body AS JSONB) ->> 'Email'), 'person', external_id FROM people
    WHERE CAST(body AS JSONB) ->> 'Email' LIKE '%@%' ON CONFLICT DO NOTHING;

-- Who takes part in what was said.
CREATE TABLE said_of_people (
    workspace_id TEXT COLLATE "C" NOT NULL,
    who_kind     TEXT COLLATE "C" NOT NULL,
    who_id       TEXT COLLATE "C" NOT NULL,
    kind         TEXT COLLATE "C" NOT NULL,
    external_id  TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (workspace_id, who_kind, who_id, kind, external_id)
);
CREATE INDEX said_of_people_said ON said_of_people (workspace_id, kind, external_id);

-- Whose record nobody knows: nobody in Salesforce fits, or several do.
CREATE TABLE undecided (
    workspace_id TEXT COLLATE "C" NOT NULL,
    kind         TEXT COLLATE "C" NOT NULL,
    external_id  TEXT COLLATE "C" NOT NULL,
    state        TEXT COLLATE "C" NOT NULL, -- nobody, several
    name         TEXT COLLATE "C" NOT NULL,
    reason       TEXT COLLATE "C" NOT NULL,
    at           BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, kind, external_id)
);

-- Whose things are to be planned anew, because it is known now which record he
-- is, or it is another one.
CREATE TABLE revisits (
    workspace_id TEXT COLLATE "C" NOT NULL,
    kind         TEXT COLLATE "C" NOT NULL,
    external_id  TEXT COLLATE "C" NOT NULL,
    reason       TEXT COLLATE "C" NOT NULL,
    at           BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, kind, external_id)
);

-- +goose Down
DROP TABLE revisits;
DROP TABLE undecided;
DROP TABLE said_of_people;
DROP TABLE who_keys;
DELETE FROM link_history WHERE kind = 'participant';
DELETE FROM links WHERE kind = 'participant';
