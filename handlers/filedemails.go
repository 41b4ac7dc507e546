package handlers

import (
	"maps"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"tidegate/gateway"
	"tidegate/rules/backfill"
	"tidegate/rules/filed"
	"tidegate/rules/note"
	"tidegate/store"
	"tidegate/views"
)

// filedBase is below it where e-mails that Salesforce holds have their pages.
const filedBase = emailsBase + "/salesforce"

// emailRows are the e-mails of the product and, as far as they are read, those
// that Salesforce holds, each once (AVM-48, AVM-49).
func emailRows(v *visit, q store.SaidQuery) (saidRows, error) {
	in, err := v.inForce()
	if err != nil {
		return saidRows{}, err
	}
	page, err := v.ws.EmailsWith(v.UserContext(), q, in.Advanced.EmailsRead())
	return rowsOf(page, err, func(e store.ListedEmail) saidRow {
		if e.Filed.Key.ID == "" {
			return saidRow{id: e.Email.ExternalID, title: emailTitle(e.Email), second: e.Email.From, at: e.Email.SentAt}
		}
		return saidRow{id: e.Filed.Key.ID, title: filedTitle(e.Filed), second: e.Filed.From, at: e.Filed.At, filed: filedWords(e.Filed.Key)}
	})
}

func filedTitle(e gateway.FiledEmail) string { return emailTitle(gateway.Email{Subject: e.Subject}) }

// filedWords say that nothing of it is ours.
func filedWords(key gateway.RecordKey) string {
	if key.Object == "Task" {
		return "From Salesforce, logged as a Task"
	}
	return "From Salesforce, an " + key.Object
}

// filedEmailPage shows an e-mail that Salesforce holds, while such are read.
func filedEmailPage(v *visit) error {
	r, err := v.filedRecord()
	if err != nil {
		return err
	}
	e, ok := gateway.Filed(r)
	if !ok {
		return fiber.ErrNotFound
	}
	conn, err := v.ws.Connection(v.UserContext())
	if err != nil && gateway.CodeOf(err) != gateway.CodeNotFound {
		return err
	}
	p := views.SaidPage{
		Shell: v.s.shell(v, filedTitle(e), views.NavMeetings), TextTitle: "What was written", TextEmpty: "Salesforce shows no text of it.",
		Head: views.Head{
			Crumb: []views.Link{{Text: "E-mails", URL: emailsBase}}, Title: filedTitle(e), Kind: views.KindEmail,
			Lead: "Sent " + v.clock().full(e.At).Text + ". " + filedWords(e.Key) + ".",
		},
		Text: blocks(note.Read(e.Text)), Facts: facts("From", e.From, "To", e.To, "Cc", e.Cc),
		WritesLead:  "Nothing: it was read from Salesforce.",
		WritesEmpty: views.Empty{Icon: views.IconEmail, Title: "From Salesforce", Text: "It is shown as Salesforce has it, and never written back."},
	}
	p.Live = views.Live{URL: withQuery(v.Ctx, map[string]string{"part": views.PartSaid})}
	p.Shell.StreamURL = eventsURL(r.Key)
	about, err := v.filedAbout(r)
	if err != nil {
		return err
	}
	p.Facts = append(p.Facts, about...)
	if u := salesforceURL(conn, r.Key); u != "" {
		p.Facts = append(p.Facts, views.Fact{Label: "In Salesforce", Link: views.Link{Text: "Open in Salesforce", URL: u, External: true}})
	}
	return answer(v.Ctx, views.Said(p))
}

// filedAbout names whom and what an e-mail is filed under.
func (v *visit) filedAbout(r gateway.Record) ([]views.Fact, error) {
	var out []views.Fact
	for _, l := range [...]struct {
		field, label string
		objects      [2]string
	}{
		{"WhoId", "With", [2]string{"Contact", "Lead"}},
		{"WhatId", "About", [2]string{"Opportunity", "Account"}},
		{"RelatedToId", "About", [2]string{"Opportunity", "Account"}},
	} {
		id := r.Fields[l.field].String()
		if id == "" {
			continue
		}
		found, err := v.ws.RecordsOf(v.UserContext(), []gateway.RecordKey{{Object: l.objects[0], ID: id}, {Object: l.objects[1], ID: id}})
		if err != nil {
			return nil, err
		}
		for key, target := range found { // ids are unique, so there is one at most
			out = append(out, views.Fact{Label: l.label, Link: views.Link{Text: target.Label(), URL: recordURL(key)}})
		}
	}
	return out, nil
}

// filedRecord is the record of the address, as long as its object is read.
func (v *visit) filedRecord() (gateway.Record, error) {
	id, ok := gateway.NormalizeID(v.Params("id"))
	in, err := v.inForce()
	if err != nil || !ok {
		return gateway.Record{}, fiber.ErrNotFound
	}
	for _, object := range in.Advanced.EmailsRead().Objects() {
		r, err := v.ws.Record(v.UserContext(), gateway.RecordKey{Object: object, ID: id})
		if err == nil || gateway.CodeOf(err) != gateway.CodeNotFound {
			return r, err
		}
	}
	return gateway.Record{}, fiber.ErrNotFound
}

// activities are the Tasks, Events and e-mails about this record, of each kind
// those made last. A person is their Who or took part, anything else is their
// What.
func (b *recordBuilder) activities() ([]gateway.Record, error) {
	lookups := [...][2]string{{"Event", "WhatId"}, {"Task", "WhatId"}, {"EmailMessage", "RelatedToId"}}
	if o := b.record.Key.Object; o == "Contact" || o == "Lead" {
		lookups = [...][2]string{{"Event", "WhoId"}, {"Task", "WhoId"}, {"EmailMessageRelation", "RelationId"}}
	}
	var all []gateway.Record
	for _, l := range lookups {
		found, err := b.ws.RecordsUnder(b.UserContext(), l[0], l[1], b.record.Key.ID, timelineRead)
		if err == nil && l[0] == "EmailMessageRelation" {
			found, err = b.messagesOf(found)
		}
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	in, err := b.inForce()
	if err != nil {
		return nil, err
	}
	var emails []gateway.RecordKey
	for _, r := range all {
		if _, ok := gateway.Filed(r); ok {
			emails = append(emails, r.Key)
		}
	}
	ours, err := b.ws.WrittenAmong(b.UserContext(), emails)
	return filed.Once(all, in.Advanced.EmailsRead(), ours), err
}

// timelineRead is how many records of a kind are read for a timeline: of those
// made last not all happened last.
const timelineRead = 3 * timelineSize

// messagesOf reads the e-mails in which somebody took part.
func (b *recordBuilder) messagesOf(relations []gateway.Record) ([]gateway.Record, error) {
	keys := make([]gateway.RecordKey, len(relations))
	for i, r := range relations {
		keys[i] = gateway.RecordKey{Object: "EmailMessage", ID: r.Fields["EmailMessageId"].String()}
	}
	found, err := b.ws.RecordsOf(b.UserContext(), keys)
	out := slices.Collect(maps.Values(found))
	slices.SortFunc(out, func(a, b gateway.Record) int { return strings.Compare(a.Key.ID, b.Key.ID) })
	return out, err
}

// filedActivity is an e-mail of Salesforce on a timeline.
func (b *recordBuilder) filedActivity(e gateway.FiledEmail, read gateway.EmailsRead) views.Activity {
	a := views.Activity{
		Kind: views.KindEmail, Title: filedTitle(e), Text: excerpt(note.Read(e.Text).Plain()), Where: "Salesforce",
		URL: salesforceURL(b.conn, e.Key), When: b.clk.at(e.At),
	}
	if slices.Contains(read.Objects(), e.Key.Object) {
		a.URL = saidURL(filedBase, e.Key.ID)
	}
	if e.From != "" {
		a.Text = joinSentences("From "+strings.TrimSuffix(e.From, ".")+".", a.Text)
	}
	return a
}

// emailsRead says how many e-mails a proposal would have read, and at what cost
// of API calls. Tasks are mirrored already, so theirs cost none.
func (v *visit) emailsRead(before, after gateway.EmailsRead) ([]views.Fact, error) {
	var out []views.Fact
	ctx := v.UserContext()
	if after.Tasks != before.Tasks {
		n, err := v.ws.CountFiled(ctx, "Task")
		if err != nil {
			return nil, err
		}
		fact := views.Fact{Label: "E-mails from Tasks", Value: number(n) + " would appear here", Second: "They are mirrored with the other Tasks already: no API call."}
		if before.Tasks {
			fact.Value, fact.Second = number(n)+" would be hidden here", "Nothing changes in Salesforce."
		}
		out = append(out, fact)
	}
	if after.Messages == before.Messages {
		return out, nil
	}
	fact := views.Fact{Label: "E-mails from EmailMessages"}
	if before.Messages {
		n, err := v.ws.CountFiled(ctx, "EmailMessage")
		fact.Value, fact.Second = number(n)+" would be dropped here", "Nothing changes in Salesforce. Switched on again, all are read anew."
		return append(out, fact), err
	}
	rows, calls := map[string]int{}, 0
	for _, object := range gateway.EmailObjects {
		n, err := v.s.Org.Count(ctx, v.member.Workspace, object)
		if e, ok := gatewayError(err); ok {
			fact.Value, fact.Second = "not known", "Salesforce would not say how many: "+e.Message
			return append(out, fact), nil
		}
		if err != nil {
			return nil, err
		}
		rows[object], calls = n, calls+backfill.Choose(n, true, backfill.Sizes{}).Calls+1
	}
	fact.Value = number(rows["EmailMessage"]) + " would be read"
	fact.Second = "With " + count(rows["EmailMessageRelation"], "mention", "mentions") + " of who took part: about " + count(calls, "API call", "API calls") +
		" once. Then none where Salesforce streams their changes, else at most " + number(len(gateway.EmailObjects)*callsADay) + " a day, fewer where the budget is small."
	return append(out, fact), nil
}

// callsADay is how often an object that is not streamed is asked for: once a
// minute.
const callsADay = 24 * 60
