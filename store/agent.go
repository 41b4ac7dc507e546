package store

import (
	"cmp"
	"context"
	"slices"

	"tidegate/gateway"
)

type agentRow struct {
	WorkspaceID string `db:"workspace_id"`
	AgentID     string `db:"agent_id"`
	Name        string `db:"name"`
	Body        string `db:"body"`
	Revision    int64  `db:"revision"`
	ByName      string `db:"by_name"`
	At          int64  `db:"at"`
}

const agentColumns = `workspace_id, agent_id, name, body, revision, by_name, at`

func (r agentRow) agent() (gateway.Agent, error) {
	var a gateway.Agent
	err := readJSON(r.Body, &a)
	a.ID, a.Name, a.Revision, a.By, a.At = r.AgentID, r.Name, r.Revision, r.ByName, fromMicros(r.At)
	return a, err
}

// Agents returns all agents in the order of their names: those that the
// workspace begins with, as it has changed them, and its own.
func (w *Workspace) Agents(ctx context.Context) ([]gateway.Agent, error) {
	rows, err := list[agentRow](ctx, w.read, "reading agents", `SELECT `+agentColumns+` FROM agents WHERE workspace_id = ?`, w.id)
	if err != nil {
		return nil, err
	}
	out := gateway.DefaultAgents()
	for _, row := range rows {
		a, err := row.agent()
		if err != nil {
			return nil, err
		}
		if i := slices.IndexFunc(out, func(d gateway.Agent) bool { return d.ID == a.ID }); i >= 0 {
			out[i] = a
		} else {
			out = append(out, a)
		}
	}
	slices.SortFunc(out, func(a, b gateway.Agent) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID)) })
	return out, nil
}

// Agent returns one agent, CodeNotFound when there is none.
func (w *Workspace) Agent(ctx context.Context, id string) (gateway.Agent, error) {
	all, err := w.Agents(ctx)
	if err != nil {
		return gateway.Agent{}, err
	}
	for _, a := range all {
		if a.ID == id {
			return a, nil
		}
	}
	return gateway.Agent{}, notFound("There is no such agent.")
}

// SaveAgent saves an agent whole as the revision after a.Revision, the one that
// the person saw (0 = not saved yet). CodeConflict when there is a newer one.
func (w *Workspace) SaveAgent(ctx context.Context, a gateway.Agent) error {
	return w.InTx(ctx, func(ctx context.Context, tx *Tx) error { return tx.SaveAgent(ctx, a) })
}

// SaveAgent is Workspace.SaveAgent in this transaction.
func (tx *Tx) SaveAgent(ctx context.Context, a gateway.Agent) error {
	return tx.saveRevision(ctx, "saving agent", a.Revision, `UPDATE agents SET name = :name, body = :body,
			revision = revision + 1, by_name = :by_name, at = :at
		WHERE workspace_id = :workspace_id AND agent_id = :agent_id AND revision = :revision`, `INSERT INTO agents (`+agentColumns+`)
		VALUES (:workspace_id, :agent_id, :name, :body, 1, :by_name, :at)`,
		agentRow{
			WorkspaceID: string(tx.ws), AgentID: a.ID, Name: clean(a.Name), Body: writeJSON(a), Revision: a.Revision,
			ByName: clean(a.By), At: micros(tx.now),
		})
}
