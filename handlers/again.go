package handlers

import (
	"context"
	"net/url"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"tidegate/gateway"
	"tidegate/outbox"
	"tidegate/rules/effect"
	"tidegate/store"
	"tidegate/views"
)

// againBase is where things are synced again (AVM-55, UX 38).
const againBase = "/sync/again"

var againPages = []route{
	{"GET", againBase, admins, askAgainPage},
	{"POST", againBase, admins, beginAgain},
	{"POST", againBase + "/pause", admins, wishAgain("pause")},
	{"POST", againBase + "/resume", admins, wishAgain("resume")},
	{"POST", againBase + "/cancel", admins, wishAgain("cancel")},
}

// againKinds are what can be chosen, with the words of the form.
var againKinds = []string{
	"", "Everything", effect.Waiting, "Writes that wait or need you", "person", "People", gateway.KindMeeting, "Meetings",
	gateway.KindCall, "Calls", gateway.KindConversation, "Chats and texts", gateway.KindEmail, "E-mails",
	gateway.KindCustom, "Custom records",
}

// againNames are the fields of a choice, beside the log's filters.
var againNames = []string{"kind", "object", "from", "until", "lines"}

// againScope reads a choice from the address or from a posted form.
func (v *visit) againScope(get func(string, ...string) string) (gateway.ReplanScope, error) {
	if get("lines") != "" {
		q, err := v.logQuery(get)
		return gateway.ReplanScope{Lines: &gateway.LineScope{
			Object: q.Object, RecordID: q.RecordID, State: q.State, Search: q.Search, User: q.User, Code: q.Code, What: q.What,
			Kind: q.Kind, Ref: q.Ref, Rule: q.Rule, Since: q.Since,
		}}, err
	}
	s := gateway.ReplanScope{Kind: get("kind"), Object: get("object")}
	known := false
	for i := 0; i < len(againKinds); i += 2 {
		known = known || againKinds[i] == s.Kind
	}
	if !known {
		return s, gateway.InvalidField("kind", "Choose what to sync again from the list.")
	}
	var err error
	if s.Since, err = v.day("from", get("from")); err != nil {
		return s, err
	}
	if s.Until, err = v.day("until", get("until")); err != nil {
		return s, err
	}
	if !s.Until.IsZero() {
		s.Until = s.Until.AddDate(0, 0, 1) // the day itself counts
		if !s.Since.Before(s.Until) {
			return s, gateway.InvalidField("until", "The last day lies before the first. Choose a later one.")
		}
	}
	return s, nil
}

// day reads a day in the reader's zone, the zero time for "".
func (v *visit) day(name, text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	t, err := time.ParseInLocation(time.DateOnly, text, v.clock().zone)
	if err != nil {
		return t, gateway.InvalidField(name, "Give the day as 2026-11-21, or leave it empty.")
	}
	return t, nil
}

// askAgainPage shows what is under way, the form, and for a choice what it
// would do.
func askAgainPage(v *visit) error {
	scope, err := v.againScope(v.Query)
	if _, refused := gatewayError(err); err != nil && !refused {
		return err
	}
	return v.showAgain(scope, err, v.Query)
}

func (v *visit) showAgain(scope gateway.ReplanScope, problem error, get func(string, ...string) string) error {
	p := views.AgainPage{
		Shell: v.s.shell(v, "Sync again", views.NavSyncLog),
		Head:  views.Head{Title: "Sync again", Lead: "Fixed a rule in Salesforce or a setting here? Choose what is to be tried and planned once more."},
		Live:  views.Live{URL: againBase + "?part=" + views.PartAgain},
	}
	p.Shell.StreamURL, p.Shell.ReloadURL = eventsURL(outbox.ReplanKey), againBase
	p.Head.Link = views.Link{Text: "What the settings would have done", URL: backtestBase}
	var err error
	if p.Tabs, err = v.logTabs(againBase); err != nil {
		return err
	}
	if p.Jobs, err = v.jobs(true); err != nil {
		return err
	}
	p.Choose = v.againForm(scope, get)
	if e, refused := gatewayError(problem); refused {
		v.Status(fiber.StatusUnprocessableEntity)
		for _, field := range e.Fields {
			p.Choose.Errors = append(p.Choose.Errors, views.FieldError{FieldID: "again-" + field, Text: e.Message})
		}
		for i := range p.Choose.Fields {
			if strings.Contains(strings.Join(e.Fields, " "), p.Choose.Fields[i].Name) {
				p.Choose.Fields[i].Error = e.Message
			}
		}
	} else if get("check") != "" {
		if p.Check, err = v.againCheck(scope, get); err != nil {
			return err
		}
	}
	return answer(v.Ctx, views.Again(p))
}

func (v *visit) againForm(scope gateway.ReplanScope, get func(string, ...string) string) views.AgainForm {
	f := views.AgainForm{URL: againBase, Hidden: []views.Hidden{{Name: "check", Value: "1"}}, Button: "Show what would happen"}
	if scope.Lines != nil {
		f.Hidden = append(f.Hidden, views.Hidden{Name: "lines", Value: "1"})
		for _, x := range logFilters {
			value := get(x.name)
			if value == "" || x.name == "direction" {
				continue
			}
			f.Hidden = append(f.Hidden, views.Hidden{Name: x.name, Value: value})
			if x.name == "cause" {
				value = orSomething(scope.Lines.What, value)
			}
			for _, s := range logStates {
				if x.name == "state" && value == string(s.state) {
					value = s.text
				}
			}
			f.Lines = append(f.Lines, views.Fact{Label: strings.ToUpper(x.name[:1]) + x.name[1:], Value: value})
		}
		if f.Lines == nil {
			f.Lines = []views.Fact{{Label: "Lines", Value: "All lines of the sync log about what we sent"}}
		}
		f.Leave = views.Link{Text: "Choose something else", URL: againBase}
		return f
	}
	object := func() []views.Option {
		out := objectOptions(v, scope.Object)
		for _, o := range [...]string{"Event", "Task", "ContentNote"} {
			out = append(out, views.Option{Value: o, Text: o, Selected: o == scope.Object})
		}
		return uniqueOptions(out)
	}
	f.Selects = []views.Select{
		{ID: "again-kind", Name: "kind", Label: "What", Options: choose(scope.Kind, againKinds...)},
		{ID: "again-object", Name: "object", Label: "Only what concerns this object", Options: object(), Hint: "A meeting is planned whole: its Event, notes and tasks belong together."},
	}
	f.Fields = []views.Field{
		{ID: "again-from", Name: "from", Label: "First day", Type: "date", Value: get("from"), Hint: "When the product last told of it. Empty: any."},
		{ID: "again-until", Name: "until", Label: "Last day", Type: "date", Value: get("until"), Hint: "Empty: until now."},
	}
	return f
}

func uniqueOptions(all []views.Option) []views.Option {
	seen := map[string]bool{}
	var out []views.Option
	for _, o := range all {
		if !seen[o.Value] {
			out = append(out, o)
		}
		seen[o.Value] = true
	}
	return out
}

func orSomething(text, other string) string {
	if text == "" {
		return other
	}
	return text
}

// againCheck says in numbers what a choice would do, before anybody presses.
func (v *visit) againCheck(scope gateway.ReplanScope, get func(string, ...string) string) (*views.AgainCheck, error) {
	e, err := v.s.Outbox.PreviewAgain(v.UserContext(), v.member.Workspace, scope)
	if err != nil {
		return nil, err
	}
	c := &views.AgainCheck{Effects: effectWords(e), URL: againBase, Button: "Sync these again now"}
	c.Effects[0].Text, c.Effects[2].Text = "in Salesforce, in the background", "up to 200 records of one object go in one"
	c.Also = []views.Fact{{Label: "Chosen", Value: count(e.Looked-e.Beside, "thing", "things")}}
	if e.Left > 0 {
		c.Also[0].Second = count(e.Left, "is as it should be", "are as they should be") + " and would not be written."
	}
	if e.Freed > 0 {
		c.Also = append(c.Also, views.Fact{Label: "Parked writes", Value: count(e.Freed, "would be tried again", "would be tried again")})
	}
	if e.Held > 0 {
		c.Also = append(c.Also, views.Fact{Label: "A person must decide", Value: count(e.Held, "person", "people"), Second: "Nothing is written of them before."})
	}
	if !e.Whole() {
		c.Also = append(c.Also, views.Fact{Label: "Looked at", Value: number(e.Looked) + " of " + number(e.Total), Second: "The rest is not in these numbers, and is synced all the same."})
	}
	if l := scope.Lines; l != nil && l.Code != "" {
		if err := v.causeNotice(c, *l); err != nil {
			return nil, err
		}
	}
	var page views.ReviewPage
	if err := v.addSample(&page, e); err != nil {
		return nil, err
	}
	c.Sample, c.SampleLead = page.Sample, page.SampleLead
	for _, name := range againNames {
		if value := get(name); value != "" {
			c.Hidden = append(c.Hidden, views.Hidden{Name: name, Value: value})
		}
	}
	if scope.Lines != nil {
		for _, x := range logFilters {
			if value := get(x.name); value != "" && x.name != "object" {
				c.Hidden = append(c.Hidden, views.Hidden{Name: x.name, Value: value})
			}
		}
	}
	if r, err := v.ws.Replan(v.UserContext(), gateway.ReplanAsked); err == nil && r.Open() {
		c.Closed = "A choice of " + orSomebody(r.By) + " is being synced already; when it is through, or canceled above, this one can begin."
	} else if e.Whole() && e.Records() == 0 && e.Parked == 0 {
		c.Closed = "There is nothing to write: everything chosen is in Salesforce as the settings want it, waits already, or cannot succeed before something changes."
	}
	return c, nil
}

// causeNotice says who fixes a cause, and where.
func (v *visit) causeNotice(c *views.AgainCheck, l gateway.LineScope) error {
	groups, err := v.ws.LogGroups(v.UserContext(), store.LogQuery{State: string(gateway.LogNeedsYou), Code: l.Code, What: l.What})
	if err != nil || len(groups) == 0 {
		return err
	}
	p := groups[0].Problem
	c.Notice = views.Notice{Tone: views.Attention, Icon: views.IconInfo, Strong: p.What, Text: "First fix the cause: " + p.Who}
	if len(p.Fields) > 0 || gateway.Code(p.Code) == gateway.CodeForbidden {
		line, err := v.ws.LogLineByID(v.UserContext(), groups[0].NewestID)
		if err != nil {
			return err
		}
		if known, err := v.configurable(line.Entry.Key.Object); err == nil && known {
			c.Notice.Link = views.Link{Text: "Open the fields of " + line.Entry.Key.Object, URL: settingsBase + "/objects/" + line.Entry.Key.Object}
		}
	}
	return nil
}

// beginAgain begins to sync a choice again. Pressed once more while it is
// under way it shows that one (F-74).
func beginAgain(v *visit) error {
	get := func(name string, _ ...string) string { return v.posted(name) }
	scope, err := v.againScope(get)
	if _, refused := gatewayError(err); refused {
		return v.showAgain(scope, err, get)
	}
	if err != nil {
		return err
	}
	total, err := v.s.Outbox.CountAgain(v.UserContext(), v.member.Workspace, scope)
	if err != nil {
		return err
	}
	told := "again-runs"
	err = v.ws.InTx(v.UserContext(), func(ctx context.Context, tx *store.Tx) error {
		began, err := outbox.BeginAgain(ctx, tx, total, scope, v.member.Name, v.member.ID)
		if err != nil || !began {
			return err
		}
		told = "again"
		return tx.Audit(ctx, gateway.AuditEntry{At: v.s.Now(), By: v.member.Name, What: "asked to sync " + count(total, "thing", "things") + " again", Target: againBase, IP: v.IP()})
	})
	if err != nil {
		return err
	}
	v.s.Outbox.WakeReplanner()
	return v.Redirect(againBase+"?"+url.Values{"saved": {told}}.Encode(), fiber.StatusSeeOther)
}

// wishAgain pauses, resumes or cancels a job. Pressed twice it is one.
func wishAgain(to string) func(*visit) error {
	return func(v *visit) error {
		job := gateway.ReplanJob(v.posted("job"))
		if job != gateway.ReplanAsked && job != gateway.ReplanSettings {
			return gateway.InvalidField("job", "There is no such job. Reload the page and press again.")
		}
		err := v.ws.InTx(v.UserContext(), func(ctx context.Context, tx *store.Tx) error {
			var did bool
			var err error
			if to == "cancel" {
				did, err = tx.CancelReplan(ctx, job)
			} else {
				did, err = tx.PauseReplan(ctx, job, to == "pause")
			}
			if err != nil || !did {
				return err
			}
			return tx.Audit(ctx, gateway.AuditEntry{At: v.s.Now(), By: v.member.Name, What: againAudit[to], Target: string(job), IP: v.IP()})
		})
		if err != nil {
			return err
		}
		v.s.Hub.Announce(v.member.Workspace, []gateway.RecordKey{outbox.ReplanKey})
		v.s.Outbox.WakeReplanner()
		return v.Redirect(againBase+"?saved=again-"+to, fiber.StatusSeeOther)
	}
}

var againAudit = map[string]string{
	"pause": "paused syncing again", "resume": "resumed syncing again", "cancel": "canceled syncing again",
}

// jobs are what is planned anew: those under way, and with past also how the
// last ones came out.
func (v *visit) jobs(past bool) ([]views.Load, error) {
	var out []views.Load
	for _, job := range [...]gateway.ReplanJob{gateway.ReplanAsked, gateway.ReplanSettings} {
		r, err := v.ws.Replan(v.UserContext(), job)
		if gateway.CodeOf(err) == gateway.CodeNotFound && err != nil {
			continue
		}
		if err != nil {
			return nil, err
		}
		if r.Open() || past {
			out = append(out, v.jobWords(r))
		}
	}
	return out, nil
}

func (v *visit) jobWords(r gateway.Replan) views.Load {
	p, clk := effect.ProgressOf(r), v.clock()
	l := views.Load{
		Name: "Sync again", Bar: "Looked at", Share: int(max(p.Share, 0) * 1000), State: views.StateChip(views.StateCatchingUp),
		Text: number(r.Looked) + " of " + count(max(r.Total, r.Looked), "thing", "things") + " looked at, " + count(r.Queued, "leads to a write", "lead to writes") + ".",
	}
	if r.Job == gateway.ReplanSettings {
		l.Name = "After settings changed"
	}
	words := []string{}
	if r.By != "" {
		words = append(words, "Asked for by "+r.By+", "+clk.full(r.StartedAt).Text+".")
	}
	act := func(text, to, icon string) {
		if v.admin() {
			l.Actions = append(l.Actions, views.Action{
				Text: text, URL: againBase + "/" + to, Icon: icon, Post: true, Small: true, About: " " + l.Name,
				Fields: []views.Hidden{{Name: "job", Value: string(r.Job)}},
			})
		}
	}
	switch r.State {
	case gateway.ReplanDone:
		l.State, l.Share = views.StateChip(views.StateDone), -1
		words = append(words, "Through since "+clk.at(r.EndedAt).Text+".")
	case gateway.ReplanCanceled:
		l.State, l.Share = views.Chip{Tone: views.Idle, Icon: views.IconInfo, Text: "Canceled"}, -1
		words = append(words, "Canceled "+clk.at(r.EndedAt).Text+". What was queued until then goes out.")
	case gateway.ReplanPaused:
		l.State = views.StateChip(views.StatePaused)
		words = append(words, "Paused; it goes on where it stopped.")
		act("Resume", "resume", views.IconResume)
		act("Cancel", "cancel", views.IconCross)
	default:
		if p.Rate > 0 {
			words = append(words, "About "+number(int(p.Rate+0.5))+" things a second"+left(p.Left)+".")
		}
		act("Pause", "pause", views.IconPause)
		act("Cancel", "cancel", views.IconCross)
	}
	if r.Problem != "" && r.Open() {
		words = append(words, "It does not go on just now: "+r.Problem)
	}
	l.Second = strings.Join(words, " ")
	return l
}

func left(d time.Duration) string {
	if d <= 0 {
		return ""
	}
	return ", about " + duration(d) + " left"
}
