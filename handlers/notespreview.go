package handlers

import (
	"slices"
	"strings"
	"time"

	"tidegate/gateway"
	"tidegate/rules/outbound"
	"tidegate/rules/settings"
	"tidegate/store"
	"tidegate/views"
)

// enhancedNotes says whether the org takes notes, as the last readiness check
// or describe saw it; known is false before the first.
func (v *visit) enhancedNotes() (on, known bool, err error) {
	s, err := v.ws.Schema(v.UserContext(), "ContentNote")
	if err != nil && gateway.CodeOf(err) == gateway.CodeNotFound {
		return false, false, nil
	}
	return s.Createable, err == nil, err
}

// notesOffText explains why the destination Note cannot work (AVM-05).
const notesOffText = "Enhanced Notes is off in Salesforce, so notes cannot be written there."

// closeNotes marks the destination Note where the org has no Enhanced Notes:
// it cannot be chosen anew, and where it was chosen before it waits.
func (v *visit) closeNotes(t tabState, p *views.NotesPage) error {
	on, known, err := v.enhancedNotes()
	if err != nil || on || !known {
		return err
	}
	for _, g := range []*views.ChoiceGroup{&p.MeetingNotes, &p.CallNotes} {
		for i := range g.Choices {
			c := &g.Choices[i]
			switch {
			case c.Value != "note":
			case c.Checked:
				c.Warning, c.WarningLink = "Waits: "+notesOffText, v.toSettings(views.Link{Text: "What to click", URL: settingsBase})
			default:
				c.Closed = notesOffText + " An admin sees under Connection and readiness what to click in Setup."
			}
		}
	}
	return nil
}

// checkNotes refuses to choose a destination that cannot work. One that was
// chosen while it worked may stay: it waits, and says so.
func checkNotes(v *visit, before, after gateway.Settings) error {
	on, known, err := v.enhancedNotes()
	if err != nil || on || !known {
		return err
	}
	for field, chosen := range map[string][2][]string{
		"meeting_notes": {before.Notes.MeetingNotes, after.Notes.MeetingNotes}, "call_notes": {before.Notes.CallNotes, after.Notes.CallNotes},
	} {
		if slices.Contains(chosen[1], "note") && !slices.Contains(chosen[0], "note") {
			return gateway.InvalidField(field, "%s Choose Event or Task, or switch it on first: Setup, Notes Settings, Enable Notes.", notesOffText)
		}
	}
	return nil
}

// checkTab refuses what cannot be meant, and what only this org or these
// members rule out.
func (v *visit) checkTab(state tabState) error {
	before, err := state.effective(state.rows)
	if err != nil {
		return err
	}
	if state.tab == gateway.TabContacts { // first: which test fails tells more than that no phone field is chosen
		if err := checkActivity(v, before, state.settings); err != nil {
			return err
		}
	}
	if err := settings.Validate(state.settings, state.tab); err != nil {
		return err
	}
	switch state.tab {
	case gateway.TabAdvanced:
		return checkDealFields(v, before, state.settings)
	case gateway.TabNotes:
		return v.checkNotesTab(before, state)
	}
	return nil
}

func (v *visit) checkNotesTab(before gateway.Settings, state tabState) error {
	if state.scope == gateway.OrgScope {
		if err := checkPilot(state.settings); err != nil {
			return err
		}
	}
	return checkNotes(v, before, state.settings)
}

// previewMeetings is how many of the last meetings are looked at for one that
// has notes.
const previewMeetings = 20

// notePreview shows a meeting and a call as Salesforce would have them by the
// values in the form: the very plans of the live flow, of real ones where there
// are any. judged is nil where the meeting is an example.
func (v *visit) notePreview(t tabState) (p *views.NotePreview, judged *judgedMeeting, err error) {
	p = &views.NotePreview{UpdateURL: v.tabURL(t.tab, t.scope) + "/preview"}
	if t.locked != "" {
		p.UpdateURL = ""
	}
	if p.Meeting, judged, err = v.meetingPreview(t.settings); err != nil {
		return nil, nil, err
	}
	p.Call, err = v.callPreview(t.settings)
	return p, judged, err
}

// judgedMeeting is the real meeting of a preview: its title and the records that
// it belongs to.
type judgedMeeting struct {
	title   string
	related []gateway.RecordKey
}

// previewLead says where a preview is from.
func previewLead(what string, real bool) string {
	if real {
		return "From a real " + what + ", with the values on this page. Nothing is written by looking."
	}
	return "From an example " + what + ", with the values on this page. A real one stands here as soon as there is one."
}

func (v *visit) meetingPreview(s gateway.Settings) (p views.SaidPreview, judged *judgedMeeting, err error) {
	page, err := v.ws.Meetings(v.UserContext(), store.SaidQuery{Limit: previewMeetings})
	if err != nil {
		return p, nil, err
	}
	i := slices.IndexFunc(page.Items, func(m gateway.Meeting) bool {
		return (m.Notes != "" || m.Summary != "") && m.Status != gateway.MeetingCancelled
	})
	p.Lead = previewLead("meeting", i >= 0)
	if i < 0 {
		in, err := v.sampleMeeting(s)
		if err == nil {
			showPlan(&p, "meeting", in.Meeting.StartsAt, outbound.PlanMeeting(in), in.Opportunities[0], v.clock())
		}
		return p, nil, err
	}
	m := page.Items[i]
	plan, err := v.s.Outbox.PreviewMeeting(v.UserContext(), v.member.Workspace, m, s)
	if err != nil {
		return p, nil, err
	}
	to, err := v.mainRecord(plan)
	if err == nil {
		showPlan(&p, "meeting", m.StartsAt, plan, to, v.clock())
	}
	return p, &judgedMeeting{m.Title, plan.Related}, err
}

func (v *visit) callPreview(s gateway.Settings) (p views.SaidPreview, err error) {
	page, err := v.ws.Calls(v.UserContext(), store.SaidQuery{Limit: previewMeetings})
	if err != nil {
		return p, err
	}
	i := slices.IndexFunc(page.Items, func(c gateway.Call) bool { return c.Notes != "" })
	p.Lead = previewLead("call", i >= 0)
	if i < 0 {
		in, err := v.sampleCall(s)
		if err == nil {
			showPlan(&p, "call", in.Call.StartedAt, outbound.PlanCall(in), in.Attendees[0].Matches[0], v.clock())
		}
		return p, err
	}
	plan, err := v.s.Outbox.PreviewCall(v.UserContext(), v.member.Workspace, page.Items[i], s)
	if err != nil {
		return p, err
	}
	to, err := v.mainRecord(plan)
	if err == nil {
		showPlan(&p, "call", page.Items[i].StartedAt, plan, to, v.clock())
	}
	return p, err
}

// mainRecord is the record of a plan that reps open first: the deal, else the
// account, else a person. Zero when the meeting belongs to none.
func (v *visit) mainRecord(plan outbound.SaidPlan) (gateway.Record, error) {
	for _, object := range [...]string{"Opportunity", "Account", "Contact", "Lead"} {
		for _, key := range plan.Related {
			if key.Object != object {
				continue
			}
			r, err := v.ws.Record(v.UserContext(), key)
			if gateway.CodeOf(err) != gateway.CodeNotFound || err == nil {
				return r, err
			}
		}
	}
	return gateway.Record{}, nil
}

// excerptLength is how much of a text a preview shows, in characters.
const excerptLength = 180

// showPlan turns a plan into the cards of the preview.
func showPlan(p *views.SaidPreview, what string, began time.Time, plan outbound.SaidPlan, to gateway.Record, clk clock) {
	if to.Key.ID != "" {
		p.Kind, p.Record = squareOf(to.Key.Object), to.Label()
	}
	links := 0
	for _, o := range plan.Owed {
		subject, text := o.Fields["Subject"].String(), firstOf(o.Fields["Description"].String(), excerptLength)
		switch {
		case o.Part == outbound.PartEvent:
			p.EventTitle, p.EventText, p.EventWhen = subject, text, clk.at(began)
		case o.Part == outbound.PartTask:
			p.TaskTitle, p.TaskComment = subject, text
		case o.Part == outbound.PartNote:
			p.NotesTitle, _, _ = strings.Cut(o.Fields["Title"].String(), " [")
		case o.Key.Object == "ContentDocumentLink":
			links++
		}
	}
	if p.NotesTitle != "" {
		p.NotesText = "One Enhanced Note on " + count(links, "record", "records") + ", such as " + p.Record + "."
	}
	for _, o := range plan.Omitted {
		if o.Part == outbound.PartNote || o.Part == outbound.PartEvent || o.Part == outbound.PartTask || o.Part == outbound.PartAll || strings.HasPrefix(o.Part, outbound.PartNote+":") {
			p.Omitted = append(p.Omitted, o.Why)
		}
	}
	if p.EventTitle+p.TaskTitle+p.NotesTitle == "" && len(p.Omitted) == 0 {
		p.Omitted = []string{"With these values nothing of the " + what + " is written to Salesforce."}
	}
}

// firstOf is the beginning of a text, its lines in one, whole words where it can be.
func firstOf(text string, n int) string {
	var lines []string
	for line := range strings.Lines(strings.TrimPrefix(text, "Summary\n")) {
		if words := strings.Fields(line); len(words) > 0 {
			lines = append(lines, strings.Join(words, " "))
		}
	}
	text = strings.Join(lines, " · ")
	runes := []rune(text)
	if len(runes) <= n {
		return text
	}
	cut := string(runes[:n])
	if i := strings.LastIndexByte(cut, ' '); i > n/2 {
		cut = cut[:i]
	}
	return cut + " …"
}

// sampleMeeting is a meeting on example domains, for the preview of a workspace
// that has none yet.
func (v *visit) sampleMeeting(s gateway.Settings) (outbound.MeetingInput, error) {
	around, ann, err := v.sample(s, "/meetings")
	start := v.today().AddDate(0, 0, -1).Add(14 * time.Hour)
	return outbound.MeetingInput{
		Surroundings: around,
		Meeting: gateway.Meeting{
			ExternalID: "example", Title: "Pricing review", Source: gateway.FromCalendar, Status: gateway.MeetingCompleted, StartsAt: start, EndsAt: start.Add(45 * time.Minute),
			Organizer: v.member.Email, Participants: []gateway.Participant{ann}, Outcome: "Next meeting agreed",
			Summary: "They want a price for 40 seats before the end of the month, and compare with another vendor.",
		},
	}, err
}

// sampleCall is sampleMeeting for calls, with a number kept for examples.
func (v *visit) sampleCall(s gateway.Settings) (outbound.CallInput, error) {
	around, ann, err := v.sample(s, "/calls")
	return outbound.CallInput{
		Surroundings: around,
		Call: gateway.Call{
			ExternalID: "example", Direction: "outbound", From: "+12025550100", To: ann.Phone, Agent: v.member.Email,
			StartedAt: v.today().AddDate(0, 0, -1).Add(15 * time.Hour), Seconds: 252, Disposition: "Reached",
			Notes: "She asks for a price for 40 seats, and calls back on Friday.",
		},
	}, err
}

// sample are a contact, its account and a deal that are in no org.
func (v *visit) sample(s gateway.Settings, path string) (outbound.Surroundings, gateway.Participant, error) {
	record := func(object, id, name string) gateway.Record {
		return gateway.Record{Key: gateway.RecordKey{Object: object, ID: id}, Fields: gateway.Fields{"Name": gateway.Text(name)}}
	}
	account := record("Account", "001000000000001AAA", "Fernhollow Logistics")
	contact := record("Contact", "003000000000001AAA", "Ann Ferrow")
	deal := record("Opportunity", "006000000000001AAA", "Fernhollow Logistics, 40 seats")
	contact.Fields["AccountId"], deal.Fields["AccountId"] = gateway.Text(account.Key.ID), gateway.Text(account.Key.ID)
	s.Notes.Pilot, s.Objects.Filters = gateway.PilotSettings{}, nil
	ann := gateway.Participant{Email: "ann.ferrow@fernhollow.example", Name: "Ann Ferrow", Phone: "+12025550123"}
	around := outbound.Surroundings{
		Workspace: v.member.Workspace, Settings: s, Member: v.member, Schemas: map[string]gateway.Schema{}, URL: v.s.BaseURL + path,
		Attendees:     []outbound.Attendee{{Participant: ann, Matches: []gateway.Record{contact}, Reason: "matched by email " + ann.Email, Account: &account}},
		Opportunities: []gateway.Record{deal},
	}
	for _, object := range [...]string{"Event", "Task"} {
		schema, err := v.schema(object)
		if err != nil {
			return around, ann, err
		}
		around.Schemas[object] = schema
	}
	on, known, err := v.enhancedNotes()
	around.NotesOff = known && !on
	return around, ann, err
}

// notesWhy answers "why aren't my notes syncing?" for the values on the page
// and the meeting of the preview (AVM-54). Without a real one the test of its
// records says so.
func (v *visit) notesWhy(t tabState, judged *judgedMeeting) ([]views.Check, error) {
	on, asked, err := v.enhancedNotes()
	if err != nil {
		return nil, err
	}
	who := "everybody without settings of their own"
	if t.scope != gateway.OrgScope {
		who = "this member"
		if t.scope == memberScope(v.member.ID) {
			who = v.member.Name
		}
	}
	in := outbound.NotesInput{
		Settings: settings.InForce{Settings: t.settings, Origins: map[gateway.Tab]settings.Origin{gateway.TabNotes: t.origin}},
		Who:      who, NotesOn: on, Asked: asked, NoMeeting: judged == nil,
	}
	if judged != nil {
		in.Meeting, in.Related = judged.title, len(judged.related) > 0
	}
	var out []views.Check
	for _, test := range outbound.CheckNotes(in) {
		out = append(out, views.Check{Title: test.Title, Text: test.Text, Pass: test.Pass, Warn: test.Warn})
	}
	return out, nil
}
