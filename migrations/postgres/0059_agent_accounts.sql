-- An agent's Accounts obey "Sync to Salesforce" of the Account, as its Contacts do
-- theirs. Where an agent has Account chosen the switch goes on, so that what was
-- written goes on; nothing else begins: a field of Account that was Editable while
-- the object was off, and so never written, is not Editable any more. The revision
-- and the field name the upgrade as who did it.
-- +goose Up
CREATE TEMPORARY TABLE writes_accounts ON COMMIT DROP AS
    SELECT w.workspace_id, coalesce(s.revision, 0) AS revision, coalesce(s.body, '{}')::jsonb AS body
    FROM workspaces w LEFT JOIN settings s ON s.workspace_id = w.workspace_id AND s.scope = 'org' AND s.tab = 'objects'
        AND s.revision = (SELECT max(n.revision) FROM settings n WHERE n.workspace_id = s.workspace_id AND n.scope = s.scope AND n.tab = s.tab)
    WHERE EXISTS (SELECT 1 FROM agents a WHERE a.workspace_id = w.workspace_id AND a.body::jsonb -> 'objects' @> '["Account"]')
        AND coalesce(s.body::jsonb -> 'writeback' ->> 'Account', 'false') = 'false';

UPDATE mappings SET editable = false, by_name = 'Upgrade: off until now'
    WHERE object = 'Account' AND editable AND workspace_id IN (SELECT workspace_id FROM writes_accounts);

INSERT INTO settings (workspace_id, scope, tab, revision, body, by_name, by_id, at)
    SELECT workspace_id, 'org', 'objects', revision + 1,
        jsonb_set(body, '{writeback}', coalesce(nullif(body -> 'writeback', 'null'), '{"Contact":true,"Lead":true,"Opportunity":true}') || '{"Account":true}')::text,
        'Upgrade: an agent writes Accounts', '', (extract(epoch FROM now()) * 1000000)::bigint
    FROM writes_accounts;

-- +goose Down
UPDATE mappings SET editable = true WHERE object = 'Account' AND by_name = 'Upgrade: off until now';
DELETE FROM settings WHERE scope = 'org' AND tab = 'objects' AND by_name = 'Upgrade: an agent writes Accounts' AND by_id = ''
    AND NOT EXISTS (SELECT 1 FROM settings s WHERE s.workspace_id = settings.workspace_id AND s.scope = 'org' AND s.tab = 'objects' AND s.revision > settings.revision);
