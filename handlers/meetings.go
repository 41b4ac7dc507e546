package handlers

import (
	"net/url"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"tidegate/gateway"
	"tidegate/rules/note"
	"tidegate/rules/outbound"
	"tidegate/rules/settings"
	"tidegate/store"
	"tidegate/views"
)

// The addresses of what was said.
const (
	meetingsBase      = "/meetings"
	conversationsBase = "/conversations"
)

var saidPages = []route{
	{"GET", meetingsBase, signedIn, meetingList},
	{"GET", meetingsBase + "/:id", signedIn, meetingPage},
	{"GET", conversationsBase + "/:id", signedIn, conversationPage},
}

var meetingStates = []struct {
	status gateway.MeetingStatus
	chip   views.Chip
}{
	{gateway.MeetingScheduled, views.Chip{Tone: views.UnderWay, Icon: views.IconClock, Text: "Planned"}},
	{gateway.MeetingCompleted, views.Chip{Tone: views.Good, Icon: views.IconOK, Text: "Held"}},
	{gateway.MeetingCancelled, views.Chip{Tone: views.Idle, Icon: views.IconCross, Text: "Cancelled"}},
}

func meetingChip(status gateway.MeetingStatus) views.Chip {
	for _, s := range meetingStates {
		if s.status == status {
			return s.chip
		}
	}
	return views.Chip{}
}

// meetingList is the page of all meetings, the latest first.
func meetingList(v *visit) error {
	q := store.SaidQuery{
		Search: strings.TrimSpace(v.Query("q")), Status: v.Query("status"), After: v.Query("after"), Before: v.Query("before"), Limit: pageSize,
	}
	page, err := v.ws.Meetings(v.UserContext(), q)
	if err != nil {
		return err
	}
	p := views.ListPage{
		Shell: v.s.shell(v, "Meetings", views.NavMeetings), Caption: "Meetings",
		Head:    views.Head{Title: "Meetings", Lead: count(page.Total, "meeting", "meetings") + ", the latest first."},
		Live:    views.Live{URL: withQuery(v.Ctx, map[string]string{"part": views.PartList})},
		Filter:  meetingFilter(v, q),
		Columns: []views.Column{{Text: "Meeting"}, {Text: "State"}, {Text: "When"}, {Text: "In Salesforce"}},
		Pager:   views.Pager{NewerText: "Later", OlderText: "Earlier"},
		Empty:   meetingsEmpty(v, q),
	}
	p.Shell.StreamURL = eventsPath + "?object=Event"
	ids := make([]string, 0, len(page.Items))
	for _, m := range page.Items {
		ids = append(ids, m.ExternalID)
	}
	became, err := v.writesOf(gateway.KindMeeting, ids)
	if err != nil {
		return err
	}
	clk := v.clock()
	for _, m := range page.Items {
		p.Rows = append(p.Rows, views.Row{ID: m.ExternalID, Cells: []views.Cell{
			{Text: m.Title, URL: meetingURL(m.ExternalID), Kind: views.KindEvent, Second: m.Organizer},
			{Chip: meetingChip(m.Status)},
			{Time: clk.full(m.StartsAt)},
			{Text: became[m.ExternalID].lead()},
		}})
	}
	if len(page.Items) > 0 {
		p.Pager.Text = number(len(page.Items)) + " of " + number(page.Total)
	}
	if page.Next != "" {
		p.Pager.OlderURL = withQuery(v.Ctx, map[string]string{"after": page.Next, "before": ""})
	}
	if page.Prev != "" {
		p.Pager.NewerURL = withQuery(v.Ctx, map[string]string{"before": page.Prev, "after": ""})
	}
	return answer(v.Ctx, views.List(p))
}

func meetingURL(id string) string { return meetingsBase + "/" + url.PathEscape(id) }

func meetingFilter(v *visit, q store.SaidQuery) views.Filter {
	first := map[string]string{"after": "", "before": ""}
	without := func(key string) string {
		first[key] = ""
		defer delete(first, key)
		return withQuery(v.Ctx, first)
	}
	pairs := []string{"", "Any state"}
	for _, s := range meetingStates {
		pairs = append(pairs, string(s.status), s.chip.Text)
	}
	f := views.Filter{
		URL:     meetingsBase,
		Search:  views.Field{ID: "q", Name: "q", Label: "Title or participant", Value: q.Search, Placeholder: "Title or participant", Type: "search"},
		Selects: []views.Select{{Name: "status", Label: "State", Options: choose(q.Status, pairs...)}},
	}
	if q.Search != "" {
		f.Active = append(f.Active, views.Link{Text: "“" + q.Search + "”", URL: without("q")})
	}
	if q.Status != "" {
		f.Active = append(f.Active, views.Link{Text: "State: " + meetingChip(gateway.MeetingStatus(q.Status)).Text, URL: without("status")})
	}
	return f
}

func meetingsEmpty(v *visit, q store.SaidQuery) views.Empty {
	if q.Search != "" || filtered(v, "status", "after", "before") {
		return views.Empty{
			Icon: views.IconSearch, Title: "Nothing found", Text: "No meeting has that in its title or among its participants. Try a part of it, or drop the filter.",
			Actions: []views.Action{{Text: "Show all", URL: meetingsBase}},
		}
	}
	e := views.Empty{Icon: views.IconEvent, Title: "Meetings will appear here", Text: "The product that records them sends them with an API key; each is then an Event in Salesforce."}
	if v.admin() {
		e.Actions = []views.Action{{Text: "Open Keys", URL: "/settings/keys"}}
	}
	return e
}

// saidID reads the id of the address.
func saidID(v *visit) (string, error) {
	id, err := url.PathUnescape(v.Params("id"))
	if err != nil || checkExternalID(id) != nil {
		return "", fiber.ErrNotFound
	}
	return id, nil
}

// meetingPage shows one meeting: what we wrote, why each thing did or did not
// go out, and what was said.
func meetingPage(v *visit) error {
	id, err := saidID(v)
	if err != nil {
		return err
	}
	m, err := v.ws.Meeting(v.UserContext(), id)
	if err != nil {
		return err
	}
	clk := v.clock()
	p := views.SaidPage{
		Shell: v.s.shell(v, m.Title, views.NavMeetings),
		Head: views.Head{
			Crumb: []views.Link{{Text: "Meetings", URL: meetingsBase}}, Title: m.Title, Kind: views.KindEvent, Chip: meetingChip(m.Status),
			Lead: clk.full(m.StartsAt).Text + " to " + m.EndsAt.In(clk.zone).Format("15:04") + ".",
		},
		TextTitle: "What was said", TextEmpty: "No notes, summary or topics have come yet.", Text: blocks(outbound.MeetingText(m)),
		Facts: meetingFacts(m),
	}
	writes, err := v.said(&p, gateway.KindMeeting, id)
	if err != nil {
		return err
	}
	if err := v.notesChecks(&p, m, writes); err != nil {
		return err
	}
	return answer(v.Ctx, views.Said(p))
}

func meetingFacts(m gateway.Meeting) []views.Fact {
	out := []views.Fact{{Label: "Organizer", Value: m.Organizer}, {Label: "Source", Value: map[string]string{gateway.FromCalendar: "Calendar", gateway.Impromptu: "Impromptu"}[m.Source]}}
	for i, p := range m.Participants {
		label := ""
		if i == 0 {
			label = "Participants"
		}
		out = append(out, views.Fact{Label: label, Value: p.Words()})
	}
	out = append(out, views.Fact{Label: "Purpose", Value: m.Purpose}, views.Fact{Label: "Outcome", Value: m.Outcome})
	if m.RecordingURL != "" {
		out = append(out, views.Fact{Label: "Recording", Link: views.Link{Text: "Open the recording", URL: m.RecordingURL, External: true}})
	}
	return slices.DeleteFunc(out, func(f views.Fact) bool { return f.Value == "" && f.Link.URL == "" })
}

// notesChecks answers "why aren't my notes syncing?" with the settings that
// hold now (AVM-54).
func (v *visit) notesChecks(p *views.SaidPage, m gateway.Meeting, w writes) error {
	members, err := v.ws.Members(v.UserContext())
	if err != nil {
		return err
	}
	who, own := "everybody without settings of their own", settings.Rows(nil)
	for _, member := range members {
		if m.Organizer == "" || !strings.EqualFold(member.Email, m.Organizer) {
			continue
		}
		who = member.Name
		if own, err = v.ws.Settings(v.UserContext(), memberScope(member.ID)); err != nil {
			return err
		}
	}
	org, err := v.ws.Settings(v.UserContext(), gateway.OrgScope)
	if err != nil {
		return err
	}
	inForce, err := settings.Effective(org, own)
	if err != nil {
		return err
	}
	schema, err := v.ws.Schema(v.UserContext(), "ContentNote")
	if err != nil && gateway.CodeOf(err) != gateway.CodeNotFound {
		return err
	}
	in := outbound.NotesInput{Settings: inForce, Who: who, NotesOn: schema.Createable, Asked: schema.Object != "" || w.refused("ContentNote"), Related: w.related()}
	for _, t := range outbound.CheckNotes(in) {
		p.Checks = append(p.Checks, views.Check{Title: t.Title, Text: t.Text, Pass: t.Pass, Warn: t.Warn})
	}
	p.ChecksLead = "The four things that decide it, with the settings as they are now."
	return nil
}

// conversationPage shows one conversation.
func conversationPage(v *visit) error {
	id, err := saidID(v)
	if err != nil {
		return err
	}
	c, err := v.ws.Conversation(v.UserContext(), id)
	if err != nil {
		return err
	}
	messages, err := v.ws.Messages(v.UserContext(), id)
	if err != nil {
		return err
	}
	title := map[string]string{gateway.ChannelChat: "Chat", gateway.ChannelSMS: "Texts"}[c.Channel]
	person, err := v.ws.Person(v.UserContext(), c.Person)
	if name := strings.TrimSpace(person.FirstName + " " + person.LastName); err == nil && name != "" {
		title += " with " + name
	}
	clk := v.clock()
	p := views.SaidPage{
		Shell: v.s.shell(v, title, views.NavMeetings), TextTitle: "What was said", TextEmpty: "No message has come yet.",
		Head: views.Head{Crumb: []views.Link{{Text: "Meetings", URL: meetingsBase}}, Title: title, Kind: views.KindNote, Lead: "Began " + clk.full(c.StartedAt).Text + ", " + count(len(messages), "message", "messages") + "."},
	}
	for _, m := range messages {
		author := m.Author
		if author == "" {
			author = map[string]string{"inbound": "Visitor", "outbound": "We"}[m.Direction]
		}
		p.Text = append(p.Text, views.TextBlock{Strong: m.At.In(clk.zone).Format("15:04") + " " + author + ":", Text: m.Text})
	}
	if c.Agent != "" {
		p.Facts = append(p.Facts, views.Fact{Label: "Agent", Value: c.Agent})
	}
	for _, name := range c.Answers.Names() {
		p.Facts = append(p.Facts, views.Fact{Label: name, Value: c.Answers[name].String()})
	}
	if _, err := v.said(&p, gateway.KindConversation, id); err != nil {
		return err
	}
	return answer(v.Ctx, views.Said(p))
}

// blocks are the words of a document.
func blocks(d note.Doc) []views.TextBlock {
	kinds := map[note.Kind]string{note.Heading: "heading", note.Item: "item", note.Numbered: "item"}
	out := make([]views.TextBlock, 0, len(d))
	for _, b := range d {
		out = append(out, views.TextBlock{Kind: kinds[b.Kind], Text: b.Text()})
	}
	return out
}
