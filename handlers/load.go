package handlers

import (
	"strings"

	"github.com/gofiber/fiber/v2"

	"tidegate/gateway"
	"tidegate/rules/backfill"
	"tidegate/views"
)

// loadURL is the form of an object's loading; to is "", "pause", "resume" or
// "cancel".
func loadURL(object, to string) string {
	base := settingsBase + "/objects/" + object + "/load"
	if to == "" {
		return base
	}
	return base + "/" + to
}

// loadWishes are what a person may want of an object's loading, by the last
// word of the address: what becomes of it, the word of the audit, and the
// sentence behind ?saved=.
var loadWishes = map[string]struct {
	edit        func(v *visit, object string, b gateway.Backfill, found bool) (gateway.Backfill, error)
	audit, told string
}{
	"": {func(v *visit, object string, b gateway.Backfill, found bool) (gateway.Backfill, error) {
		next, _ := backfill.Start(b, found, backfill.Ask{Object: object, By: v.member.Name, Why: "Asked for by " + v.member.Name + ".", Now: v.s.Now()})
		return next, nil
	}, "asked for all records to be loaded again", "loading"},
	"pause": {func(_ *visit, _ string, b gateway.Backfill, found bool) (gateway.Backfill, error) {
		return backfill.Pause(b, found, true)
	}, "paused the loading", "loadpaused"},
	"resume": {func(_ *visit, _ string, b gateway.Backfill, found bool) (gateway.Backfill, error) {
		return backfill.Pause(b, found, false)
	}, "resumed the loading", "loadresumed"},
	"cancel": {func(v *visit, _ string, b gateway.Backfill, found bool) (gateway.Backfill, error) {
		return backfill.Cancel(b, found, v.s.Now())
	}, "canceled the loading", "loadcanceled"},
}

// wishLoad begins, pauses, resumes or cancels the loading of an object. Whoever
// holds the lease sees it within a second; pressed twice it is one (F-74).
func wishLoad(to string) func(*visit) error {
	wish := loadWishes[to]
	return func(v *visit) error {
		object := v.Params("object")
		if err := mustMirror(v.UserContext(), v.ws, object); err != nil {
			return err
		}
		conn, err := v.connection()
		if err != nil {
			return err
		}
		if conn.ID == "" {
			return gateway.Errorf(gateway.CodeConflict, "No Salesforce org is connected, so nothing can be loaded. Connect one under Settings, Connection.")
		}
		var was gateway.Backfill
		next, err := v.ws.EditBackfill(v.UserContext(), object, func(b gateway.Backfill, found bool) (gateway.Backfill, error) {
			b.Object = object
			was = b
			return wish.edit(v, object, b, found)
		})
		if err != nil {
			return err
		}
		if next != was { // pressed again it changes nothing
			v.s.audit(v, wish.audit, object)
			v.s.Hub.Announce(v.member.Workspace, []gateway.RecordKey{{Object: object}})
		}
		back := "/"
		if known, err := v.configurable(object); err == nil && known && v.posted("from") == "object" {
			back = settingsBase + "/objects/" + object
		}
		return v.Redirect(back+"?saved="+wish.told, fiber.StatusSeeOther)
	}
}

// healthLoads are the objects that are being loaded, or whose loading somebody
// gave up.
func (v *visit) healthLoads(f healthFacts) []views.Load {
	var out []views.Load
	for _, object := range f.mirrors {
		b, known := f.loads[object]
		if !known || !b.Open() && b.State != gateway.BackfillCanceled {
			continue
		}
		out = append(out, v.loadWords(b, ""))
	}
	return out
}

// loadWords tells how far a loading is.
func (v *visit) loadWords(b gateway.Backfill, from string) views.Load {
	p := backfill.Of(b)
	l := views.Load{
		Kind: squareOf(b.Object), Name: b.Object, State: views.StateChip(views.StateCatchingUp), Share: -1,
		Text: count(b.Rows, "row", "rows"),
	}
	if b.Total >= 0 {
		l.Text = number(b.Rows) + " of " + count(b.Total, "row", "rows")
		l.Share = int(max(p.Share, 0) * 1000)
	}
	l.Second = loadSecond(b, p)
	act := func(text, to, icon string) {
		if v.admin() {
			a := views.Action{Text: text, URL: loadURL(b.Object, to), Icon: icon, Post: true, Small: true, About: " the loading of " + b.Object}
			if from != "" {
				a.Fields = []views.Hidden{{Name: "from", Value: from}}
			}
			l.Actions = append(l.Actions, a)
		}
	}
	switch {
	case b.State == gateway.BackfillCanceled:
		l.State = views.Chip{Tone: views.Attention, Icon: views.IconWarning, Text: "Canceled"}
		act("Load again", "", views.IconAgain)
	case b.Paused:
		l.State = views.StateChip(views.StatePaused)
		act("Resume", "resume", views.IconResume)
		act("Cancel", "cancel", views.IconCross)
	default:
		act("Pause", "pause", views.IconPause)
		act("Cancel", "cancel", views.IconCross)
	}
	return l
}

// loadSecond is the quiet line: rate, time left, way.
func loadSecond(b gateway.Backfill, p backfill.Progress) string {
	var parts []string
	switch {
	case b.State == gateway.BackfillCanceled:
		return "It is not all here. What changes in Salesforce comes in all the same."
	case b.Paused:
		return "Paused; nothing is lost, and it goes on where it stopped. What changes in Salesforce comes in all the same."
	case b.Rows == 0 && b.Job != "":
		parts = append(parts, "Salesforce prepares the rows")
	}
	if p.Rate > 0 {
		parts = append(parts, number(int(p.Rate))+" rows a second")
	}
	if p.Left > 0 {
		parts = append(parts, "about "+duration(p.Left)+" left")
	}
	switch b.Way {
	case gateway.WayBulk:
		parts = append(parts, "by Bulk API 2.0")
	case gateway.WayREST:
		parts = append(parts, "by pages of a query")
	}
	if len(parts) == 0 {
		return ""
	}
	text := strings.Join(parts, ", ") + "."
	return strings.ToUpper(text[:1]) + text[1:]
}

// objectLoad is the card on an object's page.
func (v *visit) objectLoad(object string) (*views.Load, error) {
	b, err := v.ws.Backfill(v.UserContext(), object)
	if err != nil {
		if gateway.CodeOf(err) == gateway.CodeNotFound {
			return nil, nil
		}
		return nil, err
	}
	l := v.loadWords(b, "object")
	if b.Open() || b.State == gateway.BackfillCanceled {
		return &l, nil
	}
	rows, err := v.ws.CountRecords(v.UserContext(), object)
	if err != nil {
		return nil, err
	}
	plan := backfill.Choose(rows, true, backfill.Sizes{})
	l.State, l.Share, l.Actions = views.StateChip(views.StateOK), -1, nil
	l.Text = "All " + object + " records are here: " + number(rows) + "."
	if b.State != gateway.BackfillDone {
		l.State, l.Text = views.StateChip(views.StateCatchingUp), "Reading what changed lately."
	}
	l.Second = "Loading them again takes about " + count(plan.Calls, "API call", "API calls") + ". Nothing is emptied meanwhile, and nothing is written to Salesforce."
	if v.admin() {
		l.Actions = []views.Action{{
			Text: "Load again", URL: loadURL(object, ""), Icon: views.IconAgain, Post: true, About: " all records of " + object,
			Fields: []views.Hidden{{Name: "from", Value: "object"}},
		}}
	}
	return &l, nil
}
