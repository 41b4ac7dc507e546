package handlers

import (
	"cmp"
	"net/url"
	"slices"
	"strings"

	"tidegate/gateway"
	"tidegate/rules/conflict"
	"tidegate/rules/mapping"
	"tidegate/store"
	"tidegate/views"
)

const explainBase = "/sync/explain"

var explainPages = []route{{"GET", explainBase, signedIn, explain}}

// explanation gathers why something did or did not sync: tests, each with its
// answer, and the lines of the log.
type explanation struct {
	*visit
	about  string
	checks []views.Check
	query  store.LogQuery
}

func (x *explanation) say(pass bool, title, text string, to views.Link) {
	x.checks = append(x.checks, views.Check{Pass: pass, Title: title, Text: text, SetupLink: x.toSettings(to)})
}

// explain answers "why did this not sync?" for a record, a person or a
// meeting, by asking the same rules that decided.
func explain(v *visit) error {
	x := &explanation{visit: v}
	var err error
	record, person, meeting := strings.TrimSpace(v.Query("record")), strings.TrimSpace(v.Query("person")), strings.TrimSpace(v.Query("meeting"))
	switch {
	case record != "":
		err = x.record(record)
	case person != "":
		err = x.person(person)
	case meeting != "":
		err = x.thing(gateway.KindMeeting, meeting)
	}
	if err != nil {
		return err
	}
	p := views.ExplainPage{
		Shell: v.s.shell(v, "Explain", views.NavSyncLog),
		Head:  views.Head{Title: "Why did this sync, or not?", Lead: "Every test that decides, the failing one first, asked now with the settings in force."},
		Filter: views.Filter{
			URL: explainBase, Button: "Explain",
			Search: views.Field{ID: "record", Name: "record", Label: "Record", Value: record, Placeholder: "Salesforce id", Type: "search"},
		},
		Fields: []views.Field{
			{ID: "person", Name: "person", Label: "Or a person, by the product's id", Value: person},
			{ID: "meeting", Name: "meeting", Label: "Or a meeting, by the product's id", Value: meeting},
		},
	}
	if p.Tabs, err = v.logTabs(explainBase); err != nil {
		return err
	}
	if x.about != "" {
		if err := x.answer(&p); err != nil {
			return err
		}
	}
	return render(v.Ctx, views.Explain(p))
}

// answer puts the failing tests first, and says the first of them.
func (x *explanation) answer(p *views.ExplainPage) error {
	slices.SortStableFunc(x.checks, func(a, b views.Check) int {
		order := func(c views.Check) int {
			if c.Pass {
				return 1
			}
			return 0
		}
		return cmp.Compare(order(a), order(b))
	})
	p.About, p.Checks = x.about, x.checks
	p.Answer = "Nothing stands in the way: what changes travels as its mapping says."
	if len(x.checks) > 0 && !x.checks[0].Pass {
		p.Answer = x.checks[0].Text
	}
	x.query.Limit = 10
	page, err := x.ws.Log(x.UserContext(), x.query)
	if err != nil {
		return err
	}
	conn, err := x.connection()
	if err != nil {
		return err
	}
	ends, err := x.bondEnds(page.Entries...)
	if err != nil {
		return err
	}
	for _, line := range page.Entries {
		p.Lines = append(p.Lines, x.logRow(line, conn, ends))
	}
	return nil
}

// record explains one record: the way out of its object and fields, what waits
// for it, and how it came here.
func (x *explanation) record(id string) error {
	if full, ok := gateway.NormalizeID(id); ok {
		id = full
	}
	key, found, err := x.find(id)
	if err != nil {
		return err
	}
	x.query.RecordID = id
	if !found {
		x.about = id
		x.say(false, "Is it here?", "No record with this id is in the mirror. Salesforce may not show it to the connected user, its object may not be read, or the id is another one.",
			views.Link{Text: "Open the objects", URL: settingsBase + "/objects"})
		return nil
	}
	return x.known(key)
}

// find looks an id up in all objects that are read.
func (x *explanation) find(id string) (gateway.RecordKey, bool, error) {
	schemas, err := x.ws.Schemas(x.UserContext())
	if err != nil {
		return gateway.RecordKey{}, false, err
	}
	for _, s := range schemas {
		key := gateway.RecordKey{Object: s.Object, ID: id}
		_, err := x.ws.Record(x.UserContext(), key)
		if err == nil {
			return key, true, nil
		}
		if gateway.CodeOf(err) != gateway.CodeNotFound {
			return key, false, err
		}
	}
	return gateway.RecordKey{}, false, nil
}

func (x *explanation) known(key gateway.RecordKey) error {
	r, err := x.ws.Record(x.UserContext(), key)
	if err != nil {
		return err
	}
	x.about = r.Label()
	x.query.Object, x.query.RecordID = key.Object, key.ID
	here := "As in Salesforce at " + x.clock().full(r.Version.Time()).Text + "."
	switch {
	case r.Deleted:
		x.say(false, "Is it in Salesforce?", "It was deleted there. Restore it from the recycle bin, and it is back here too.", views.Link{})
	case r.Partial:
		x.say(false, "Is it read whole?", "Only some fields are known; the rest is being read.", views.Link{})
	default:
		x.say(true, "Is it here?", here, views.Link{Text: "Open the record", URL: recordURL(key)})
	}
	if err := x.connected(); err != nil {
		return err
	}
	if err := x.waiting(key); err != nil {
		return err
	}
	if err := x.fields(key.Object, x.Query("field")); err != nil {
		return err
	}
	schema, err := x.schema(key.Object)
	if err != nil {
		return err
	}
	return x.origins(r, schema, x.Query("field"))
}

func (x *explanation) connected() error {
	conn, err := x.connection()
	if err != nil {
		return err
	}
	chip := views.StateChip(string(conn.State))
	if conn.State == "" {
		chip.Text = "Not connected"
	}
	_, away := awayTones[conn.State]
	text := chip.Text + "."
	if conn.StateReason != "" {
		text += " " + conn.StateReason
	}
	x.say(!away && conn.State != "", "Is Salesforce connected?", text, views.Link{Text: "Connection and readiness", URL: "/settings/salesforce"})
	return nil
}

// waiting says what Salesforce is still owed for the record.
func (x *explanation) waiting(key gateway.RecordKey) error {
	c, waits, err := x.ws.Pending(x.UserContext(), key)
	if err != nil {
		return err
	}
	to := views.Link{Text: "Open its line", URL: logURL(c.LogID)}
	switch {
	case !waits:
		x.say(true, "Does a write wait?", "No: Salesforce has everything that was to be written.", views.Link{})
	case len(conflict.Asks(c)) > 0:
		x.say(false, "Does a write wait?", c.Problem.What+" "+c.Problem.Who, views.Link{Text: "Decide the conflict", URL: question{c, conflict.Asks(c)[0]}.url()})
	case c.State == gateway.StateParked:
		x.say(false, "Does a write wait?", joinSentences("It is parked.", c.Problem.What, c.Problem.Who), to)
	default:
		x.say(false, "Does a write wait?", joinSentences("It is on its way, next try "+x.clock().at(c.DueAt).Text+".", c.Problem.What), to)
	}
	return nil
}

// fields are the truth table of the object: the switch with who set it, and
// the imported fields of which an edit would not be written, or the one asked
// for.
func (x *explanation) fields(object, only string) error {
	state, err := x.tabState(gateway.TabObjects, gateway.OrgScope)
	if err != nil {
		return err
	}
	schema, err := x.schema(object)
	if err != nil {
		return err
	}
	mappings, err := x.mappingsOf(object)
	if err != nil {
		return err
	}
	on := state.settings.Objects.Writeback[object]
	who := "As delivered."
	if c, ok := state.changes["writeback."+object]; ok {
		who = "Set by " + orSomebody(c.By) + ", " + x.clock().full(c.At).Text + "."
	}
	x.say(on, "Is "+object+" synced to Salesforce?", onOff(on)+". "+who, views.Link{Text: "Open the objects", URL: settingsBase + "/objects"})
	shown := 0
	for _, f := range schema.Fields {
		m, imported := mappings[f.Name]
		if only != "" && f.Name != only || only == "" && !imported {
			continue
		}
		m.Object, m.Field = object, f.Name
		ok, cells, why := mapping.Writable(true, m, f) // the switch is said above
		if only == "" && (ok || shown == 5 && m.Suspended.Cause == "") {
			continue
		}
		shown++
		to := views.Link{Text: "Open the field", URL: settingsBase + "/objects/" + object + "?" + url.Values{"field": {f.Name}}.Encode()}
		if only == "" && m.Suspended.Cause == "" {
			// A field that only comes in is no fault; it is said, after the rest.
			x.say(true, labelOf(f)+" only comes in", why+" "+setBy(x.visit, m), to)
			continue
		}
		for _, cell := range cells {
			x.say(cell.Pass, labelOf(f)+": "+cell.Question, cell.Why+" "+setBy(x.visit, m), to)
		}
	}
	return nil
}

func setBy(v *visit, m gateway.Mapping) string {
	if m.By == "" || m.At.IsZero() {
		return ""
	}
	return "Set by " + m.By + ", " + v.clock().full(m.At).Text + "."
}

// person explains the link of a person, with its evidence, and then its record.
func (x *explanation) person(id string) error {
	x.about = "Person " + id
	x.query.Kind, x.query.Ref = "person", id
	p, err := x.ws.Person(x.UserContext(), id)
	if gateway.CodeOf(err) == gateway.CodeNotFound && err != nil {
		x.say(false, "Does the product know the person?", "The product never sent a person with this id.", views.Link{})
		return nil
	}
	if err != nil {
		return err
	}
	if name := strings.TrimSpace(p.FirstName + " " + p.LastName); name != "" {
		x.about = name
	}
	l, err := x.ws.LinkOf(x.UserContext(), "person", id)
	switch {
	case err != nil && gateway.CodeOf(err) == gateway.CodeNotFound:
		x.say(false, "Is the person matched?", "No record is linked: nothing matched, several did, or a rule creates nobody. The lines below say which.", views.Link{Text: "Open the match rules", URL: settingsBase + "/contacts"})
		return nil
	case err != nil:
		return err
	case l.State() == gateway.LinkBroken:
		x.say(false, "Is the person matched?", l.Broken, views.Link{})
	case l.State() == gateway.LinkUnlinked:
		x.say(false, "Is the person matched?", joinSentences("Somebody decided that there is no record for this person.", byLine(l.By)), views.Link{})
	default:
		x.say(true, "Is the person matched?", joinSentences(l.Reason+".", l.Moved, byLine(l.By)), views.Link{Text: "Open the record", URL: recordURL(l.Key)})
	}
	if l.Key.ID == "" || l.Key.Local() {
		return x.connected()
	}
	about, query := x.about, x.query
	err = x.known(l.Key)
	x.about, x.query = about, query
	if gateway.CodeOf(err) == gateway.CodeNotFound && err != nil {
		return x.connected()
	}
	return err
}

// thing explains what a meeting became: each part with why it was written, or
// why not.
func (x *explanation) thing(kind, id string) error {
	x.about = "Meeting " + id
	if m, err := x.ws.Meeting(x.UserContext(), id); err == nil && m.Title != "" {
		x.about = "Meeting “" + m.Title + "”"
	}
	x.query.Kind, x.query.Ref = kind, id
	w, err := x.writes(kind, id)
	if err != nil {
		return err
	}
	here, err := x.ws.RecordsOf(x.UserContext(), w.keys())
	if err != nil {
		return err
	}
	if len(w.all) == 0 {
		x.say(false, "Did it become anything in Salesforce?", "Nothing is written of a meeting with this id: the product never sent it, or it is still to be planned.", views.Link{})
	}
	for _, one := range w.all {
		to := views.Link{}
		if one.LogID != 0 {
			to = views.Link{Text: "Open its line", URL: logURL(one.LogID)}
		}
		what, about := writtenAs(one)
		if r, ok := here[linked(one)]; ok {
			about = r.Label()
		}
		if about != "" {
			what += ": " + about
		}
		chip, why := w.state(one)
		x.say(chip == partWritten, what, cmp.Or(why, "It is written."), to)
	}
	return x.connected()
}
