package handlers

import (
	"net/url"
	"sort"
	"strings"

	"github.com/gofiber/fiber/v2"

	"tidegate/gateway"
	"tidegate/rules/forecast"
	"tidegate/views"
)

const timelineSize = 12

// recordPage returns the handler of one kind's record page.
func recordPage(k recordKind) func(*visit) error {
	return func(v *visit) error {
		key, err := recordKey(v, k)
		if err != nil {
			return err
		}
		if v.Query("as_of") != "" {
			return v.showPast(k, key)
		}
		return v.showRecord(k, key, edit{field: v.Query("edit")})
	}
}

// recordKey reads the id of the address; one of 15 characters is completed.
func recordKey(v *visit, k recordKind) (gateway.RecordKey, error) {
	id := v.Params("id")
	full, ok := gateway.NormalizeID(id)
	if !ok && !strings.HasPrefix(id, "local:") {
		return gateway.RecordKey{}, fiber.ErrNotFound
	}
	if ok {
		id = full
	}
	return gateway.RecordKey{Object: k.object, ID: id}, nil
}

// edit is what the details card must show open: a field, what was typed and
// what is wrong with it.
type edit struct {
	field string
	typed *string
	err   *gateway.Error
}

// showRecord builds the page of a record. An error of the edit gives 422.
func (v *visit) showRecord(k recordKind, key gateway.RecordKey, e edit) error {
	k, err := v.shownFields(v.chosenFields(k))
	if err != nil {
		return err
	}
	b := &recordBuilder{visit: v, kind: k, record: gateway.Record{Key: key}, clk: v.clock(), edit: e}
	p, err := b.page()
	if err != nil {
		return err
	}
	if e.err != nil {
		v.Status(statusOf[e.err.Code])
	}
	v.sawFields(key.Object, append(b.detailFields(), k.facts...))
	return answer(v.Ctx, views.Record(p))
}

// recordBuilder gathers what one record page needs.
type recordBuilder struct {
	*visit
	kind     recordKind
	record   gateway.Record
	schema   gateway.Schema
	mappings map[string]gateway.Mapping
	pending  gateway.Change
	waiting  bool
	leaving  bool // deleted here, and Salesforce is not told yet
	conn     gateway.Connection
	names    map[string]gateway.Record
	money    string
	clk      clock
	edit     edit
	proof    gateway.Proof // the last one of its object
}

func (b *recordBuilder) page() (views.RecordPage, error) {
	if err := b.load(); err != nil {
		return views.RecordPage{}, err
	}
	key := b.record.Key
	p := views.RecordPage{
		Shell: b.s.shell(b.visit, b.record.Label(), b.kind.nav),
		// An open form is left alone by the view; the part itself is fetched
		// without one, so that it does not open again after it was saved.
		Live: views.Live{URL: withQuery(b.Ctx, map[string]string{"part": views.PartRecord, "edit": ""})},
		Kind: b.kind.kind, Type: b.kind.one, Name: b.shown().Label(),
		Facts:         b.facts(),
		AsOf:          b.asOf(),
		DetailsFoot:   "Something looks wrong?",
		DetailsLink:   views.Link{Text: "Why did this not sync?", URL: explainBase + "?record=" + url.QueryEscape(key.ID)},
		TimelineParts: b.timelineParts(),
		TimelineEmpty: views.Empty{
			Icon: views.IconEvent, Title: "No activity yet",
			Text: "Events, tasks and what is written from here will appear in this place, newest first.",
		},
	}
	p.Shell.StreamURL = eventsURL(key)
	p.TimelineOlder = views.Link{Text: "All changes that were observed", URL: "/sync/log?direction=in&object=" + key.Object + "&record=" + key.ID}
	p.DetailsAsOf = views.Link{Text: "As it was before", URL: pastURL(key, b.clk.now)}
	if u := salesforceURL(b.conn, key); u != "" {
		p.Actions = []views.Action{{Text: "Open in Salesforce", URL: u, Icon: views.IconOut}}
	}
	if !b.record.Deleted {
		p.Delete = views.Link{Text: "Delete this " + strings.ToLower(b.kind.one), URL: deleteURL(key)}
	}
	if b.edit.err != nil {
		p.Errors = []views.FieldError{{FieldID: "value", Text: b.edit.err.Message}}
	}
	var err error
	if p.Details, err = b.details(); err != nil {
		return p, err
	}
	if p.Objects, err = b.crmObjects(); err != nil {
		return p, err
	}
	if p.Timeline, err = b.timeline(); err != nil {
		return p, err
	}
	if p.Path, err = b.dealPath(); err != nil {
		return p, err
	}
	if p.Topics, err = b.dealTopics(); err != nil {
		return p, err
	}
	p.Evidence, err = b.evidence()
	return p, err
}

func (b *recordBuilder) load() (err error) {
	ctx, key := b.UserContext(), b.record.Key
	if b.schema, err = b.visit.schema(key.Object); err != nil {
		return err
	}
	if b.mappings, err = b.mappingsOf(key.Object); err != nil {
		return err
	}
	if b.record, b.pending, b.waiting, err = b.ws.RecordOwed(ctx, key); err != nil {
		return err
	}
	b.leaving = b.waiting && b.pending.Op == gateway.OpDelete
	b.record.Deleted = b.record.Deleted || b.leaving
	if b.conn, err = b.ws.Connection(ctx); err != nil && gateway.CodeOf(err) != gateway.CodeNotFound {
		return err
	}
	proofs, err := b.proofs()
	if err != nil {
		return err
	}
	b.proof = proofs[key.Object].Last
	b.money = b.currency()
	b.names, err = b.namesOf([]gateway.Record{b.record}, append(b.kind.facts, b.kind.details...))
	return err
}

// shown is the record with what Salesforce is still owed laid over it: people
// see their own edit at once.
func (b *recordBuilder) shown() gateway.Record {
	r := b.record
	if b.waiting {
		r.Fields = r.Fields.Overlay(b.pending.Fields)
		if b.pending.Fields["FirstName"].Known() || b.pending.Fields["LastName"].Known() {
			delete(r.Fields, "Name") // Salesforce composes it; until then the parts speak
		}
	}
	return r
}

func (b *recordBuilder) asOf() string {
	if b.leaving {
		return "Deleted here; Salesforce is told next. Until then, ignoring the deletion in the sync log takes it back."
	}
	if b.record.Deleted {
		return "Deleted in Salesforce; these are the last values. It comes back here if it is undeleted there."
	}
	if b.record.Partial {
		return "Only some fields are known so far; the whole record is being read from Salesforce."
	}
	at := b.record.Version.Time()
	as := "the connected Salesforce user may see"
	if b.eyes != nil {
		as = "Salesforce shows you"
	}
	return "As in Salesforce as of " + b.clk.at(at).Text + ". You see what " + as + "."
}

func (b *recordBuilder) facts() []views.Fact {
	r := b.shown()
	facts := make([]views.Fact, 0, len(b.kind.facts))
	for i, name := range b.kind.facts {
		f := fieldOf(b.schema, name)
		fact := views.Fact{Label: labelOf(f), Value: "—", Big: b.kind.object == "Opportunity" && i < 2}
		if cell := fieldCell(b.clk, f, r.Fields[name], b.names, b.money); cell.Text != "" {
			fact.Value, fact.URL = cell.Text, cell.URL
		}
		if fact.URL == "" {
			fact.URL = contactURL(f, r.Fields[name])
		}
		facts = append(facts, fact)
		if i == 0 && b.kind.object == "Opportunity" {
			facts = append(facts, b.weighted(r, f.Name))
		}
	}
	return facts
}

// weighted is the deal's amount by its probability, as forecasts count it.
func (b *recordBuilder) weighted(r gateway.Record, amountField string) views.Fact {
	d := forecast.FromRecord(r, gateway.AdvancedSettings{AmountField: amountField})
	fact := views.Fact{Label: "Weighted", Value: "—"}
	if d.Known {
		fact.Value = money(d.Counted(gateway.ForecastSettings{Amount: "weighted"}).Round(2).String(), b.money)
		fact.Second = d.Probability.String() + " % probability"
	}
	return fact
}

// contactURL makes an address or a number a thing to click.
func contactURL(f gateway.Field, v gateway.Value) string {
	switch {
	case v.Empty():
		return ""
	case f.Type == gateway.TypeEmail:
		return "mailto:" + url.PathEscape(v.String()) // no header of the mail comes from a value
	case f.Type == gateway.TypePhone:
		return "tel:" + strings.ReplaceAll(v.String(), " ", "")
	}
	return ""
}

// crmObjects lists the Salesforce records that belong to this one (AIM-17).
func (b *recordBuilder) crmObjects() ([]views.CRMObject, error) {
	records := []gateway.Record{b.record}
	if account, ok := b.names[b.record.Fields["AccountId"].String()]; ok {
		records = append(records, account)
	}
	why, err := b.linkWhy()
	if err != nil {
		return nil, err
	}
	more, err := b.relatedRecords(why)
	if err != nil {
		return nil, err
	}
	records = append(records, more...)
	out := make([]views.CRMObject, 0, len(records))
	for _, r := range records {
		k, _ := kindOf(r.Key.Object)
		k = b.chosenFields(k)
		out = append(out, views.CRMObject{
			Kind: squareOf(r.Key.Object), Name: r.Label(), Type: k.one, URL: recordURL(r.Key),
			Salesforce: salesforceURL(b.conn, r.Key), Key: b.keyFields(k, r), Why: why[r.Key], AsOf: b.clk.ago(r.Version.Time()),
		})
	}
	return out, nil
}

// relatedRecords adds to why what the relation says of each.
func (b *recordBuilder) relatedRecords(why map[gateway.RecordKey]string) ([]gateway.Record, error) {
	id := b.record.Key.ID
	switch b.record.Key.Object {
	case "Contact":
		deals, err := b.dealsOfContact(id)
		if err != nil {
			return nil, err
		}
		leads, err := b.related("Lead", "ConvertedContactId", id, 5)
		return append(deals, leads...), err
	case "Account":
		deals, err := b.related("Opportunity", "AccountId", id, 10)
		if err != nil {
			return nil, err
		}
		contacts, err := b.related("Contact", "AccountId", id, 10)
		return append(deals, contacts...), err
	case "Opportunity":
		return b.dealPeople(why)
	}
	return nil, nil
}

func (b *recordBuilder) dealsOfContact(id string) ([]gateway.Record, error) {
	roles, err := b.related("OpportunityContactRole", "ContactId", id, 10)
	if err != nil {
		return nil, err
	}
	deals, err := b.namesOf(roles, []string{"OpportunityId"})
	if err != nil {
		return nil, err
	}
	out := make([]gateway.Record, 0, len(deals))
	for _, d := range deals {
		out = append(out, d)
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Label() < out[j].Label() })
	return out, nil
}

func (b *recordBuilder) keyFields(k recordKind, r gateway.Record) string {
	schema, err := b.visit.schema(k.object)
	if err != nil {
		return ""
	}
	var words []string
	for _, name := range k.key {
		if text := b.clk.display(fieldOf(schema, name), r.Fields[name], b.money); text != "" {
			words = append(words, text)
		}
	}
	return strings.Join(words, ", ")
}
