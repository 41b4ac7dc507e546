-- Reps see what Salesforce shows them, from now on without anybody switching it on.
-- Workspaces that are there keep what they had: nobody's pages go blank by an
-- upgrade. A revision that does not name the switch was saved while it was off.
-- +goose Up
UPDATE settings SET body = jsonb_set(body::jsonb, '{own_sight}', 'false')::text
    WHERE scope = 'org' AND tab = 'advanced' AND body::jsonb -> 'own_sight' IS NULL;

INSERT INTO settings (workspace_id, scope, tab, revision, body, by_name, by_id, at)
    SELECT w.workspace_id, 'org', 'advanced', 1, '{"own_sight":false}', 'Upgrade', '', (extract(epoch FROM now()) * 1000000)::bigint
    FROM workspaces w
    WHERE NOT EXISTS (SELECT 1 FROM settings s WHERE s.workspace_id = w.workspace_id AND s.scope = 'org' AND s.tab = 'advanced');

-- +goose Down
DELETE FROM settings WHERE scope = 'org' AND tab = 'advanced' AND revision = 1 AND by_name = 'Upgrade' AND by_id = ''
    AND body = '{"own_sight":false}' AND NOT EXISTS (SELECT 1 FROM settings s
        WHERE s.workspace_id = settings.workspace_id AND s.scope = 'org' AND s.tab = 'advanced' AND s.revision > 1);
