package store

import (
	"context"

	"tidegate/gateway"
)

// Meeting returns a meeting, CodeNotFound when nobody told us of it.
func (w *Workspace) Meeting(ctx context.Context, externalID string) (gateway.Meeting, error) {
	return readSaid[gateway.Meeting](ctx, w.read, w.id, gateway.KindMeeting, externalID)
}

// Meetings returns one page of meetings, those that begin last first.
func (w *Workspace) Meetings(ctx context.Context, q SaidQuery) (SaidPage[gateway.Meeting], error) {
	return listSaid[gateway.Meeting](ctx, w, gateway.KindMeeting, q)
}

// SaveMeeting saves a meeting whole, new or not.
func (tx *Tx) SaveMeeting(ctx context.Context, m gateway.Meeting) error {
	m.UpdatedAt = tx.now
	search := []string{m.Title, m.Organizer}
	for _, p := range m.Participants {
		search = append(search, p.Name, p.Email)
	}
	return tx.saveSaid(ctx, said{
		kind: gateway.KindMeeting, id: m.ExternalID, status: string(m.Status), owner: m.Organizer,
		at: m.StartsAt, search: search, body: m,
	})
}
