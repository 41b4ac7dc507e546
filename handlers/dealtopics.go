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
	of := count(len(seen), "conversation", "conversations")
	if len(seen) == outbox.DealThings {
		of = "the newest " + strconv.Itoa(len(seen)) + " conversations"
	}
	d := &views.DealTopics{Lead: "From " + of + " of this deal. " + b.verbatim(in.Advanced.SummarizeTopics)}
	if b.admin() {
		d.Link = views.Link{Text: "Advanced Settings", URL: settingsBase + "/advanced"}
	}
	worded, err := b.wordings(in.Advanced.SummarizeTopics)
	if err != nil {
		return nil, err
	}
	for _, t := range topics {
		of := slices.DeleteFunc(slices.Clone(notes), func(n summary.Note) bool { return n.Topic != t.Slug })
		if len(of) > 0 && !t.Archived {
			d.Topics = append(d.Topics, b.dealTopic(t, of, in.Advanced.SummarizeTopics, worded[t.Slug]))
		}
	}
	if d.Topics == nil {
		return nil, nil
	}
	return d, nil
}

// verbatim says how the sentences came about.
func (b *recordBuilder) verbatim(on bool) string {
	if b.s.Worder == nil || !on {
		return "Each sentence was noted there, word for word."
	}
	return "Each sentence was noted there, or rests on what was."
}

// wordings are those of the deal, where a language model is set up; asking it
// anew goes on behind the page.
func (b *recordBuilder) wordings(on bool) (map[string]gateway.Wording, error) {
	if b.s.Worder == nil || !on {
		return nil, nil
	}
	b.s.Worder.Want(b.ws.ID(), b.record.Key)
	return b.ws.Wordings(b.UserContext(), b.record.Key)
}

// summaryLines are the lines of a topic's summary: the language model's where
// it has some about these very notes, else those that are extracted. why says
// which and why.
func (b *recordBuilder) summaryLines(t gateway.Topic, notes []summary.Note, g gateway.Wording) (lines []summary.Line, why string) {
	lines = summary.Extract(notes, 0).Lines
	r := b.s.Worder
	if r == nil || !summary.Ask(t.Name, notes).Worth() {
		return lines, ""
	}
	const extracted = " These sentences are extracted, word for word."
	switch {
	case g.Of != summary.Of(r.Model, t.Name, notes):
		return lines, " The language model is being asked." + extracted
	case g.Problem != "":
		return lines, " " + g.Problem + extracted
	}
	return outbox.WordedLines(g), " Worded by the language model " + g.Model + "; each sentence names the conversations that it rests on."
}

func (b *recordBuilder) dealTopic(t gateway.Topic, notes []summary.Note, on bool, g gateway.Wording) views.DealTopic {
	out := views.DealTopic{Name: t.Name}
	var one bool
	if one, out.Why = topic.Summarized(t, on); one {
		lines, why := b.summaryLines(t, notes, g)
		out.Why += why
		for _, l := range lines {
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
		from := views.DealSource{Text: s.Title, When: b.clk.at(s.At), URL: thingURL(s.Kind, s.ID)}
		if from.Text == "" {
			from.Text = map[string]string{gateway.KindMeeting: "Meeting", gateway.KindEmail: "E-mail"}[s.Kind]
		}
		l.Sources = append(l.Sources, from)
	}
	return l
}
