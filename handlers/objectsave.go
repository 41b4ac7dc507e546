package handlers

import (
	"context"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"tidegate/gateway"
	"tidegate/outbox"
	"tidegate/rules/mapping"
	"tidegate/rules/settings"
	"tidegate/store"
	"tidegate/views"
)

// baseName carries what the form of an object's page was made from.
const baseName = "base"

// saveObject takes the form of an object's page: it is merged with what others
// saved meanwhile, checked, reviewed and then saved whole, in one transaction
// (AVM-30, STA-03, UX 18). What was typed survives every refusal.
func saveObject(v *visit) error {
	s, err := v.objectTab()
	if err != nil {
		return err
	}
	ours, err := v.postedObject(&s)
	if err != nil {
		return v.refuseObject(s, err)
	}
	standing := s.body
	if s.body, err = settings.DecodeObject(ours); err != nil {
		return v.refuseObject(s, err)
	}
	if v.posted(stepName) == stepEdit {
		s.common.Form.Unsaved = true
		return v.showObject(s)
	}
	theirs, err := standing.Encode()
	if err != nil {
		return err
	}
	tab := gateway.TabObjects
	merged, overlaps, err := settings.Merge(tab, s.base, theirs, ours, v.choices(tab, s.base, theirs, ours))
	if err != nil {
		return v.refuseObject(s, err)
	}
	if undecided := slices.DeleteFunc(slices.Clone(overlaps), func(o settings.Overlap) bool { return v.shown(chooseName + o.Name) }); len(undecided) > 0 {
		return v.showObjectMerge(s, ours, undecided)
	}
	met := objectProposal{objectTab: s, before: standing}
	if differ, err := settings.Diff(tab, s.base, theirs); err == nil && len(differ) > 0 {
		met.overlap = s.lastSaved(v, differ)
	}
	if met.body, err = settings.DecodeObject(merged); err != nil {
		return v.refuseObject(s, err)
	}
	if err := met.check(); err != nil {
		return v.refuseObject(met.objectTab, err)
	}
	if v.posted(stepName) != stepSave {
		return v.showObjectReview(met, "")
	}
	r := met.review()
	ok, problem, err := v.maySaveReview(&r)
	if err != nil {
		return err
	}
	if !ok {
		return v.showObjectReview(met, problem)
	}
	return v.saveObjectProposal(met, r)
}

// objectProposal is an object's page as somebody wants it to be. body is then
// merged with what others saved.
type objectProposal struct {
	objectTab
	before  settings.ObjectBody // as saved now
	overlap string              // what others saved meanwhile, in one sentence
}

// postedObject returns what the form says. s.base becomes what it was made
// from.
func (v *visit) postedObject(s *objectTab) ([]byte, error) {
	began := s.body
	if text := v.posted(baseName); text != "" { // a form without it was made by hand, from what is there now
		var err error
		if began, err = settings.DecodeObject([]byte(text)); err != nil {
			return nil, err
		}
		s.base = []byte(text)
	}
	switch v.posted(stepName) {
	case stepSave, stepMerge, stepEdit, stepExport, stepBacktest:
		return []byte(v.posted(bodyName)), nil
	}
	ours := settings.ObjectBody{Switches: began.Switches, Fields: map[string]settings.BodyField{}}
	v.flip("switch_writeback", &ours.Switches.Writeback)
	v.flip("switch_create_missing", &ours.Switches.CreateMissing)
	v.flip("switch_update_fields", &ours.Switches.UpdateFields)
	for name, f := range began.Fields {
		ours.Fields[name] = f
	}
	for _, f := range s.schema.Fields {
		if err := v.readField(s, f, began.Fields[f.Name], ours.Fields); err != nil {
			return nil, err
		}
	}
	return ours.Encode()
}

// readField reads the controls of one line. A field that was not imported is
// by any choice. What the page has no control for is not read: a field that
// Salesforce does not let us write keeps what it has.
func (v *visit) readField(s *objectTab, f gateway.Field, had settings.BodyField, into map[string]settings.BodyField) error {
	field := had
	product := field.Product
	v.take(displayName+f.Name, &field.DisplayName)
	v.take(productName+f.Name, &field.Product)
	if _, closed := mapping.ReadOnlyCause(s.schema, f.Name); !closed {
		winner := string(field.Winner)
		v.flip(editableName+f.Name, &field.Editable)
		v.take(directionName+f.Name, &field.Direction)
		v.take(modeName+f.Name, &field.WriteMode)
		v.take(winnerName+f.Name, &winner)
		v.take(defaultName+f.Name, &field.Default)
		field.Winner = gateway.Winner(winner)
		if field.Product != product && field.Direction == had.Direction {
			field.Direction = "" // who maps a topic clears an earlier choice (AVM-22)
		}
	}
	if field != (settings.BodyField{}) {
		field.Imported = true
		into[f.Name] = field
	}
	target := f.Name
	v.take(targetName+f.Name, &target)
	if target == f.Name || target == "" || !field.Imported {
		return nil
	}
	return s.move(f.Name, target, into)
}

// move carries a line to another field of Salesforce (STA-02).
func (s *objectTab) move(from, to string, into map[string]settings.BodyField) error {
	bad := func(format string, args ...any) error {
		s.errors[targetName+from] = gateway.Errorf(gateway.CodeInvalid, format, args...).Message
		return gateway.InvalidField(targetName+from, format, args...)
	}
	if _, shown := s.schema.Field(to); !shown {
		return bad("%s has no field %s that the connected user can see. Give the API name as in Setup, Object Manager.", s.object, to)
	}
	if _, taken := into[to]; taken {
		return bad("%s is mapped already. Remove its line first, or choose another field.", to)
	}
	into[to] = into[from]
	delete(into, from)
	return nil
}

// check refuses what cannot be, with the control's name.
func (p objectProposal) check() error {
	for _, f := range p.schema.Fields {
		after, imported := p.body.Fields[f.Name]
		if !imported || after == p.before.Fields[f.Name] {
			continue
		}
		had := p.mappings[f.Name]
		if err := mapping.Check(f, after.Onto(gateway.Mapping{Object: p.object, Field: f.Name}), had, p.sources); err != nil {
			return err
		}
	}
	for name := range p.body.Fields {
		if _, shown := p.schema.Field(name); !shown && p.mappings[name].Field == "" {
			return gateway.InvalidField(name, "%s has no field %s that the connected user can see.", p.object, name)
		}
	}
	return nil
}

// lastSaved says who saved since the form was made.
func (s objectTab) lastSaved(v *visit, differ []settings.Difference) string {
	var newest gateway.Mapping
	for _, d := range differ {
		if m := s.mappings[settings.ObjectField(d.Name)]; m.ChangedAt.After(newest.ChangedAt) {
			newest = m
		}
	}
	if newest.ChangedAt.IsZero() {
		return "Somebody saved other fields or switches meanwhile; they stay as saved."
	}
	return newest.ChangedBy + " saved other fields at " + v.clock().full(newest.ChangedAt).Text + "; they stay as saved."
}

func (v *visit) showObjectMerge(s objectTab, ours []byte, overlaps []settings.Overlap) error {
	who, when := "Somebody", "meanwhile"
	for _, o := range overlaps {
		if m := s.mappings[settings.ObjectField(o.Name)]; m.ChangedBy != "" {
			who, when = m.ChangedBy, "at "+v.clock().full(m.ChangedAt).Text
		}
	}
	m := views.Merge{
		Form: s.common.Form, Who: who, When: when,
		KeepTo: views.Link{Text: "Keep what " + who + " saved", URL: objectURL(s.object)},
		Fields: []views.Hidden{{Name: stepName, Value: stepMerge}, {Name: bodyName, Value: string(ours)}, {Name: baseName, Value: string(s.base)}},
	}
	for _, o := range overlaps {
		m.Rows = append(m.Rows, views.MergeRow{
			Setting: settings.ObjectLabel(o.Name, s.schema), Name: chooseName + o.Name,
			TheirText: settings.ObjectWords(o.Name, o.Theirs, s.sources), TheirWord: "theirs",
			YourText: settings.ObjectWords(o.Name, o.Ours, s.sources), YourWord: "ours",
		})
	}
	v.Status(fiber.StatusConflict)
	return render(v.Ctx, views.SettingsMerge(s.common, string(gateway.TabObjects), m))
}

// showObjectReview shows what would change before it takes effect, directions
// that follow included (AVM-30).
func (v *visit) showObjectReview(p objectProposal, problem string) error {
	rows, err := p.changes()
	if err != nil {
		return err
	}
	back := objectURL(p.object)
	if len(rows) == 0 {
		return v.Redirect(back+"?saved=nothing", fiber.StatusSeeOther)
	}
	body, err := p.body.Encode()
	if err != nil {
		return err
	}
	base, err := p.before.Encode()
	if err != nil {
		return err
	}
	r := p.review()
	r.page = views.ReviewPage{
		Shell: p.common.Shell,
		Head: views.Head{
			Crumb: []views.Link{{Text: "Salesforce settings", URL: settingsBase + "/objects"}, {Text: "Objects", URL: settingsBase + "/objects"}, {Text: firstLabel(p.schema), URL: back}},
			Title: reviewTitle(len(rows)), Lead: "Nothing is saved yet.",
		},
		Overlap: p.overlap, Changes: rows,
		Form:   views.Form{URL: p.common.Form.URL, Revision: p.common.Form.Revision, Bar: views.SaveBar{Save: "Save Changes & Start Syncing"}},
		Fields: []views.Hidden{{Name: bodyName, Value: string(body)}, {Name: baseName, Value: string(base)}},
		Back:   "Back to editing",
	}
	return v.showReviewed(r, problem)
}

// changes are the rows of the review: what was chosen, and the directions that
// change by it.
func (p objectProposal) changes() ([]views.ReviewChange, error) {
	before, err := p.before.Encode()
	if err != nil {
		return nil, err
	}
	after, err := p.body.Encode()
	if err != nil {
		return nil, err
	}
	differences, err := settings.Diff(gateway.TabObjects, before, after)
	var rows []views.ReviewChange
	where := firstLabel(p.schema)
	for _, d := range differences {
		row := views.ReviewChange{
			Where: where, Setting: settings.ObjectLabel(d.Name, p.schema),
			Before: settings.ObjectWords(d.Name, d.Before, p.sources), After: settings.ObjectWords(d.Name, d.After, p.sources),
		}
		if strings.HasSuffix(d.Name, ".product") {
			row.Reason = p.directionAfter(settings.ObjectField(d.Name))
		}
		rows = append(rows, row)
	}
	return rows, err
}

// directionAfter says which direction a field gets, and why, where it changes.
func (p objectProposal) directionAfter(field string) string {
	f, _ := p.schema.Field(field)
	blank := gateway.Mapping{Object: p.object, Field: field}
	was, _ := mapping.Direction(f, p.before.Fields[field].Onto(blank))
	is, why := mapping.Direction(f, p.body.Fields[field].Onto(blank))
	if was == is {
		return "The direction stays " + settings.DirectionWords[is] + ". " + why
	}
	return "The direction becomes " + settings.DirectionWords[is] + ". " + why
}

// saveObjectProposal saves if nobody else did in this very moment; else the
// next try merges with him.
func (v *visit) saveObjectProposal(p objectProposal, r review) error {
	rows, err := p.changes()
	if err != nil {
		return err
	}
	things, err := v.s.Outbox.CountThings(v.UserContext(), v.member.Workspace)
	if err != nil {
		return err
	}
	err = v.ws.InTx(v.UserContext(), func(ctx context.Context, tx *store.Tx) error {
		if err := outbox.BeginReplan(ctx, tx, things, "the fields of "+p.object+" changed", v.member.Name, v.member.ID); err != nil {
			return err
		}
		if err := p.saveFields(ctx, tx, v.member.Name, v.s.Now()); err != nil {
			return err
		}
		if err := p.saveSwitches(ctx, tx, v.member); err != nil {
			return err
		}
		if err := v.saveDecided(ctx, tx, r, p.rows[gateway.TabAdvanced]); err != nil {
			return err
		}
		entry, err := p.entry(rows)
		if err != nil {
			return err
		}
		entry.At, entry.By, entry.IP = v.s.Now(), v.member.Name, v.IP()
		return tx.Audit(ctx, entry)
	})
	if gateway.CodeOf(err) == gateway.CodeConflict && err != nil {
		return v.refuseObject(p.objectTab, gateway.Errorf(gateway.CodeConflict,
			"Somebody saved this page in the same moment. Your values are still in the form below: review them again."))
	}
	if err != nil {
		return err
	}
	v.s.Outbox.WakeReplanner()
	told := "object"
	if p.body.Switches.Writeback && !p.before.Switches.Writeback {
		told = "writeback" // STA-08
	}
	return v.Redirect(objectURL(p.object)+"?saved="+told, fiber.StatusSeeOther)
}

// refuseObject shows the page again with what was typed and why it was not
// taken.
func (v *visit) refuseObject(s objectTab, err error) error {
	e, ok := gatewayError(err)
	if !ok {
		return err
	}
	fields := e.Fields
	if len(fields) == 0 {
		fields = []string{"fields-title"}
	}
	for _, field := range fields {
		at := field
		if _, shown := s.schema.Field(field); shown {
			at = "field-" + field
		}
		s.errors[field] = e.Message
		s.common.Form.Errors = append(s.common.Form.Errors, views.FieldError{FieldID: at, Text: e.Message})
	}
	s.common.Form.Unsaved = true
	v.Status(statusOf[e.Code])
	return v.showObject(s)
}
