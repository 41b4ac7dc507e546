package handlers

import (
	"slices"
	"strconv"

	"tidegate/gateway"
	"tidegate/outbox"
	"tidegate/rules/summary"
	"tidegate/rules/topic"
	"tidegate/views"
)

// topicLines is how many sentences of a topic a deal's page shows.
const topicLines = 12

// dealTopics is what was noted about a deal: one summary for each topic where
// the switch says so, else per conversation (AVM-46, AVM-47).
func (b *recordBuilder) dealTopics() (*views.DealTopics, error) {
	if b.record.Key.Object != "Opportunity" {
		return nil, nil
	}
	notes, err := outbox.DealNotes(b.UserContext(), b.ws, b.record.Key)
	if err != nil || len(notes) == 0 {
		return nil, err
	}
	in, err := b.inForce()
	if err != nil {
		return nil, err
	}
	topics, err := b.ws.Topics(b.UserContext())
	if err != nil {
		return nil, err
	}
	seen := map[[2]string]bool{}
	for _, n := range notes {
		seen[[2]string{n.Kind, n.ID}] = true
	}
	d := &views.DealTopics{Lead: "From " + count(len(seen), "conversation", "conversations") + " of this deal. Each sentence was noted there, word for word."}
	if len(seen) == outbox.DealThings {
		d.Lead = "From the newest " + strconv.Itoa(len(seen)) + " conversations of this deal. Each sentence was noted there, word for word."
	}
	if b.admin() {
		d.Link = views.Link{Text: "Advanced Settings", URL: settingsBase + "/advanced"}
	}
	for _, t := range topics {
		of := slices.DeleteFunc(slices.Clone(notes), func(n summary.Note) bool { return n.Topic != t.Slug })
		if len(of) > 0 && !t.Archived {
			d.Topics = append(d.Topics, b.dealTopic(t, of, in.Advanced.SummarizeTopics))
		}
	}
	if d.Topics == nil {
		return nil, nil
	}
	return d, nil
}

func (b *recordBuilder) dealTopic(t gateway.Topic, notes []summary.Note, on bool) views.DealTopic {
	out := views.DealTopic{Name: t.Name}
	var one bool
	if one, out.Why = topic.Summarized(t, on); one {
		for _, l := range summary.Extract(notes, 0).Lines {
			out.Lines = append(out.Lines, b.dealLine(l.Text, l.Sources))
		}
	} else {
		slices.SortStableFunc(notes, func(x, y summary.Note) int { return y.At.Compare(x.At) })
		for _, n := range notes {
			out.Lines = append(out.Lines, b.dealLine(n.Text, []summary.Source{n.Source}))
		}
	}
	if n := len(out.Lines) - topicLines; n > 0 {
		out.Lines, out.More = out.Lines[:topicLines], "And "+number(n)+" more."
	}
	return out
}

func (b *recordBuilder) dealLine(text string, sources []summary.Source) views.DealLine {
	l := views.DealLine{Text: text}
	for _, s := range sources {
		from := views.DealSource{Text: s.Title, When: b.clk.at(s.At)}
		if s.Kind == gateway.KindMeeting {
			from.URL = meetingURL(s.ID)
		}
		if from.Text == "" {
			from.Text = map[string]string{gateway.KindMeeting: "Meeting", gateway.KindEmail: "E-mail"}[s.Kind]
		}
		l.Sources = append(l.Sources, from)
	}
	return l
}
