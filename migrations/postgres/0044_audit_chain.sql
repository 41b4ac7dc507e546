-- +goose Up
-- Each act of the audit log carries its place in a chain and a code over itself
-- and the code before it, so that a row that is edited, removed or added in the
-- database is found. Acts from before this version have the place 0.
ALTER TABLE audit ADD COLUMN n BIGINT NOT NULL DEFAULT 0;
ALTER TABLE audit ADD COLUMN mac BYTEA NOT NULL DEFAULT '';
CREATE INDEX audit_chain ON audit (workspace_id, n);

-- The end of each chain; sealed is the key of its codes, as the vault keeps it,
-- and began the digest of what was there before.
CREATE TABLE audit_heads (
    workspace_id TEXT COLLATE "C" NOT NULL,
    n            BIGINT NOT NULL,
    mac          BYTEA NOT NULL,
    began        BYTEA NOT NULL,
    sealed       BYTEA NOT NULL,
    PRIMARY KEY (workspace_id)
);

-- +goose Down
DROP TABLE audit_heads;
DROP INDEX audit_chain;
ALTER TABLE audit DROP COLUMN mac;
ALTER TABLE audit DROP COLUMN n;
