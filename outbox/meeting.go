package outbox

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"tidegate/gateway"
	"tidegate/rules/mapping"
	"tidegate/rules/outbound"
	"tidegate/store"
)

// SubmitMeeting makes a meeting durable together with what Salesforce is owed
// for it. Repeating it changes nothing; another state of the same meeting
// changes the records that the earlier one became. The receipts stand in the
// order in which the records are written.
func (o *Outbox) SubmitMeeting(ctx context.Context, ws gateway.WorkspaceID, m gateway.Meeting) ([]Receipt, error) {
	if strings.TrimSpace(m.ExternalID) == "" {
		return nil, gateway.InvalidField("external_id", "A meeting needs an external id.")
	}
	return o.submitSaid(ctx, ws, store.Said{Kind: gateway.KindMeeting, Meeting: m}, func(ctx context.Context, tx *store.Tx) error {
		return tx.SaveMeeting(ctx, m)
	})
}

func (l *loading) planMeeting(ctx context.Context, m gateway.Meeting) planned {
	in := l.meetingInput(ctx, m)
	rule := "Meeting “" + m.Title + "”"
	if m.Title == "" {
		rule = "Meeting"
	}
	return planOf(gateway.KindMeeting, m.ExternalID, rule, m.Title, outbound.PlanMeeting(in), in.Surroundings).noted(len(m.Topics))
}

// PreviewMeeting says what a meeting would become under other settings, as if
// nothing of it had been written yet. Nothing is saved.
func (o *Outbox) PreviewMeeting(ctx context.Context, ws gateway.WorkspaceID, m gateway.Meeting, s gateway.Settings) (outbound.SaidPlan, error) {
	l := loading{outbox: o, w: o.db.In(ws)}
	in := l.meetingInput(ctx, m)
	l.asLooked(ctx, &in.Surroundings, s)
	return outbound.PlanMeeting(in), l.err
}

// asLooked turns what a plan looks at into that of a preview: other settings,
// and nothing written yet.
func (l *loading) asLooked(ctx context.Context, in *outbound.Surroundings, s gateway.Settings) {
	if l.err != nil {
		return
	}
	known, err := l.w.Schema(ctx, "ContentNote") // as it is known; looking asks the org nothing
	if err != nil && gateway.CodeOf(err) != gateway.CodeNotFound {
		l.err = err
	}
	in.NotesOff = err == nil && !known.Createable
	in.Settings, in.Written, in.Gone = s, nil, nil
	in.Settings.Notes.Pilot = gateway.PilotSettings{} // how it looks, not for whom
}

// meetingInput reads all that PlanMeeting looks at.
func (l *loading) meetingInput(ctx context.Context, m gateway.Meeting) outbound.MeetingInput {
	o, ws := l.outbox, l.w.ID()
	in := outbound.MeetingInput{Meeting: m, Surroundings: o.surroundings(ws, o.page("/meetings/", m.ExternalID))}
	l.settings(ctx, m.Organizer, &in.Surroundings)
	l.schemas(ctx, in.Schemas, "Event", "Task", "Contact", "Account")
	if slices.Contains(in.Settings.Notes.MeetingNotes, "note") {
		in.NotesOff = l.noteSchemas(ctx, ws, in.Schemas)
	}
	in.Written, in.Gone = l.written(ctx, gateway.KindMeeting, m.ExternalID)
	in.Unsaid = l.unsaid(ctx, gateway.KindMeeting, m.ExternalID)
	if len(m.Participants) > 1 || outbound.Related(in.Written) {
		l.described(ctx, ws, in.Schemas, "EventRelation")
		l.shared(ctx, in.Schemas)
	}
	in.Mappings = l.mappings(ctx)
	if len(m.Topics) > 0 {
		in.Archived = l.archived(ctx)
	}
	if len(m.Topics) > 0 || mapping.FromMeetings(in.Mappings) {
		l.schemas(ctx, in.Schemas, "Opportunity", "Lead")
	}
	l.recorded(ctx, &in.Surroundings, gateway.AgentNamed(l.agents(ctx), m.Agent))
	for _, p := range m.Participants {
		in.Attendees = append(in.Attendees, l.attendee(ctx, p, in.Settings.Contacts))
	}
	l.beside(ctx, &in.Surroundings)
	in.Opportunities = l.opportunities(ctx, in.Attendees)
	emails := []string{m.Organizer}
	for _, a := range m.ActionItems {
		emails = append(emails, a.Owner)
	}
	l.users(ctx, in.Users, emails...)
	in.ContactsInHour = l.contactsInHour(ctx)
	l.deals(ctx, &in.Surroundings, store.Said{Kind: gateway.KindMeeting, ExternalID: m.ExternalID, Meeting: m})
	return in
}

func (l *loading) users(ctx context.Context, users map[string]string, emails ...string) {
	slices.Sort(emails)
	for _, email := range slices.Compact(emails) {
		if id := cmp.Or(l.user(ctx, email, true), l.user(ctx, email, false)); id != "" {
			users[email] = id
		}
	}
}
