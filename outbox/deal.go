package outbox

import (
	"context"
	"slices"
	"strings"
	"time"

	"tidegate/gateway"
	"tidegate/rules/outbound"
	"tidegate/rules/summary"
	"tidegate/rules/topic"
	"tidegate/store"
)

// DealThings is how many meetings, calls and e-mails a summary of a deal is
// made of at most: the newest.
const DealThings = 100

// DealNotes returns what was noted under topics about a deal.
func DealNotes(ctx context.Context, w *store.Workspace, deal gateway.RecordKey) ([]summary.Note, error) {
	all, err := w.SaidOfDeal(ctx, deal, DealThings)
	var out []summary.Note
	for _, s := range all {
		out = append(out, notesOf(s)...)
	}
	return out, err
}

// notesOf are the topic notes of one thing.
func notesOf(s store.Said) []summary.Note {
	source, topics := summary.Source{Kind: s.Kind, ID: s.ExternalID}, map[string][]gateway.TopicNote{}
	source.Title, source.At = s.Title()
	switch s.Kind {
	case gateway.KindMeeting:
		if s.Meeting.Status != gateway.MeetingCancelled {
			topics = s.Meeting.Topics
		}
	case gateway.KindCall:
		topics = s.Call.Topics
	case gateway.KindEmail:
		topics = s.Email.Topics
	}
	// The engines keep microseconds.
	source.At = source.At.Truncate(time.Microsecond)
	var out []summary.Note
	for slug, notes := range topics {
		for _, n := range notes {
			out = append(out, summary.Note{Source: source, Topic: slug, Text: n.Text})
		}
	}
	return out
}

// deals reads what was noted about the deals that a thing may belong to, where
// topics are summarized (AVM-46), and lays its own notes over that.
func (l *loading) deals(ctx context.Context, in *outbound.Surroundings, own store.Said) {
	if !in.Settings.Advanced.SummarizeTopics || len(in.Opportunities) == 0 || !slices.ContainsFunc(in.Mappings, func(m gateway.Mapping) bool {
		return m.Object == "Opportunity" && m.Topic != ""
	}) {
		return
	}
	topics, err := l.w.Topics(ctx)
	l.did("the topics", err)
	in.Summarized, in.Notes = map[string]bool{}, map[string][]summary.Note{}
	for _, t := range topics {
		in.Summarized[t.Slug], _ = topic.Summarized(t, true)
	}
	for _, o := range in.Opportunities {
		notes, err := DealNotes(ctx, l.w, o.Key)
		l.did("what was noted about a deal", err)
		notes = slices.DeleteFunc(notes, func(n summary.Note) bool { return n.Kind == own.Kind && n.ID == own.ExternalID })
		in.Notes[o.Key.ID] = append(notes, notesOf(own)...)
	}
}

// dealsOf are the opportunities that a planned thing belongs to.
func dealsOf(plan outbound.SaidPlan) []string {
	out := []string{}
	for _, key := range plan.Related {
		if key.Object == "Opportunity" && !strings.HasPrefix(key.ID, outbound.LocalPrefix) {
			out = append(out, key.ID)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
