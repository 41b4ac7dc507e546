package handlers

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"time"

	"tidegate/gateway"
	"tidegate/rules/inbound"
	"tidegate/rules/mapping"
	"tidegate/store"
	"tidegate/views"
)

// writtenFor is how long an edit's last step stays visible.
const writtenFor = 10 * time.Minute

// details builds the card of fields, each with its edit link, its open form
// or the reason why it may not be edited here.
func (b *recordBuilder) details() ([]views.Detail, error) {
	in, err := b.inForce()
	if err != nil {
		return nil, err
	}
	recent, err := b.recentWrites()
	if err != nil {
		return nil, err
	}
	origins, err := b.s.Outbox.Origins(b.UserContext(), b.member.Workspace, b.record, b.detailFields())
	if err != nil {
		return nil, err
	}
	objectOn := in.Objects.Writeback[b.record.Key.Object]
	shown := b.shown()
	var out []views.Detail
	for _, name := range b.detailFields() {
		f, ok := b.schema.Field(name)
		if !ok {
			continue // hidden by Salesforce from the connected user
		}
		d := b.detail(f, shown.Fields[name], objectOn, recent[name])
		if origin, ours := origins[name]; ours && d.Form == nil {
			d.Written = b.writtenBy(origin, f)
		}
		out = append(out, d)
	}
	return out, nil
}

// detailFields are the usual fields and whatever else an admin imported.
func (b *recordBuilder) detailFields() []string {
	names := append([]string(nil), b.kind.details...)
	known := make(map[string]bool, len(names))
	for _, n := range names {
		known[n] = true
	}
	for _, f := range b.schema.Fields { // describe order is Salesforce's own
		if b.mappings[f.Name].Imported && !known[f.Name] {
			names = append(names, f.Name)
		}
	}
	return names
}

func (b *recordBuilder) detail(f gateway.Field, value gateway.Value, objectOn bool, wrote *gateway.LogEntry) views.Detail {
	d := views.Detail{ID: f.Name, Label: b.label(f), Value: "—", URL: contactURL(f, value)}
	if text := b.clk.display(f, value, b.money); text != "" {
		d.Value = text
	}
	ok, _, _ := mapping.Writable(objectOn, b.mapped(f.Name), f)
	switch {
	case b.record.Deleted:
		d.Reason = "Deleted"
	case !ok:
		d.Reason = "Read-only"
		d.WhyURL = recordURL(b.record.Key) + "/why?field=" + f.Name
	case b.edit.field == f.Name:
		d.Form = b.form(f, value)
	default:
		d.EditURL = withQuery(b.Ctx, map[string]string{"edit": f.Name})
	}
	d.Note = b.calculated(f)
	d.Progress = b.progress(f.Name, wrote)
	return d
}

// calculated says of a field that changes without an event by when it is read
// again, and when that was done last (F-44).
func (b *recordBuilder) calculated(f gateway.Field) string {
	if !f.Calculated && !inbound.Silent(gateway.Schema{})[f.Name] {
		return ""
	}
	text := "Changes in Salesforce without telling; read again when the record changes"
	if every := b.s.ProveEvery; every > 0 {
		text += " and at least every " + duration(every)
	}
	if last := b.proof.AsOf; !last.IsZero() {
		text += ", last " + b.clk.full(last).Text
	}
	return text + "."
}

// label is what the field is called here: the name that an admin gave it, else
// Salesforce's label (STA-02).
func (b *recordBuilder) label(f gateway.Field) string {
	if name := b.mappings[f.Name].DisplayName; name != "" {
		return name
	}
	return labelOf(f)
}

// mapped is the field's mapping; one that nobody made is the zero mapping of
// that field.
func (b *recordBuilder) mapped(field string) gateway.Mapping {
	if m, ok := b.mappings[field]; ok {
		return m
	}
	return gateway.Mapping{Object: b.record.Key.Object, Field: field}
}

func (b *recordBuilder) form(f gateway.Field, value gateway.Value) *views.DetailForm {
	base := recordURL(b.record.Key)
	form := &views.DetailForm{URL: base, Revision: fingerprint(value), CancelURL: base, Effect: "Saved here at once, then written to Salesforce."}
	typed, problem := value.String(), ""
	if b.edit.typed != nil {
		typed = *b.edit.typed
	}
	if b.edit.err != nil {
		problem = b.edit.err.Message
	}
	form.Field, form.Select = fieldControl(f, typed, problem)
	return form
}

// fieldControl is the control for a value of a field: a text field, or a select
// where the values are given.
func fieldControl(f gateway.Field, typed, problem string) (views.Field, *views.Select) {
	choose := views.Select{ID: "value", Name: "value", Label: labelOf(f), Error: problem}
	switch {
	case f.Type == gateway.TypeBoolean:
		choose.Options = []views.Option{
			{Value: "true", Text: "Yes", Selected: typed == "true"}, {Value: "false", Text: "No", Selected: typed != "true"},
		}
		return views.Field{}, &choose
	case f.Type == gateway.TypePicklist && len(f.Picklist) > 0:
		choose.Options = picklist(f, typed)
		return views.Field{}, &choose
	}
	text := views.Field{ID: "value", Name: "value", Label: labelOf(f), Value: typed, Type: inputType(f.Type), Hint: f.Help, Error: problem}
	if f.Type == gateway.TypeTextarea {
		text.Lines = 4
	}
	if f.Length > 0 {
		text.MaxLength = strconv.Itoa(f.Length)
	}
	return text, nil
}

func picklist(f gateway.Field, chosen string) []views.Option {
	var out []views.Option
	found := chosen == ""
	if f.Nillable {
		out = append(out, views.Option{Text: "None", Selected: chosen == ""})
	}
	for _, v := range f.Picklist {
		out = append(out, views.Option{Value: v, Text: v, Selected: v == chosen})
		found = found || v == chosen
	}
	if !found { // a value that is no longer offered must not be lost by opening the form
		out = append(out, views.Option{Value: chosen, Text: chosen + " (not offered any more)", Selected: true})
	}
	return out
}

func inputType(t gateway.FieldType) string {
	switch t {
	case gateway.TypeEmail:
		return "email"
	case gateway.TypePhone:
		return "tel"
	case gateway.TypeDate:
		return "date"
	}
	return "text"
}

// fingerprint names the value that a form was made from, so that a save does
// not silently replace what came meanwhile.
func fingerprint(v gateway.Value) string {
	if !v.Known() {
		v = gateway.Null // a field never heard of and an empty one look the same to a person
	}
	sum := sha256.Sum256([]byte(v))
	return hex.EncodeToString(sum[:8])
}

// recentWrites returns the newest outbound line of each field that is still
// news.
func (b *recordBuilder) recentWrites() (map[string]*gateway.LogEntry, error) {
	page, err := b.ws.Log(b.UserContext(), store.LogQuery{
		Direction: "out", Object: b.record.Key.Object, RecordID: b.record.Key.ID, Since: b.clk.now.Add(-writtenFor), Limit: 20,
	})
	if err != nil {
		return nil, err
	}
	out := make(map[string]*gateway.LogEntry)
	for i := range page.Entries {
		e := &page.Entries[i].Entry
		for name := range e.Fields {
			if out[name] == nil {
				out[name] = e
			}
		}
	}
	return out, nil
}

// progress shows the way of an edit: saved here, waiting, written.
func (b *recordBuilder) progress(field string, wrote *gateway.LogEntry) *views.Progress {
	_, owed := b.pending.Fields[field]
	switch {
	case b.waiting && owed && b.pending.State == gateway.StateParked:
		p := b.pending.Problem
		return &views.Progress{NeedsYou: joinSentences(p.What, p.Who), Link: views.Link{Text: "Open in the sync log", URL: logURL(b.pending.LogID)}}
	case b.waiting && owed:
		return &views.Progress{Step: 2, SavedAt: b.clk.at(b.pending.EnqueuedAt), RefreshURL: recordURL(b.record.Key)}
	case wrote != nil && wrote.State == gateway.LogDone:
		return &views.Progress{Step: 3, SavedAt: b.clk.at(wrote.At), WrittenAt: b.clk.at(wrote.DoneAt)}
	}
	return nil
}
