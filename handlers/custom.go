package handlers

import (
	"net/url"
	"slices"

	"github.com/gofiber/fiber/v2"

	"tidegate/gateway"
	"tidegate/store"
	"tidegate/views"
)

// customBase is where the records of the product's own kinds are listed, and
// below it, by kind, where each has its page.
const customBase = "/custom"

// customListPage lists the records of one kind: that of the address, else the
// first. One at a time, because each is a list of its own in the index.
func customListPage(v *visit) error {
	kinds, err := v.ws.CustomKinds(v.UserContext())
	if err != nil {
		return err
	}
	kind := v.Query("kind")
	if kind == "" && len(kinds) > 0 {
		kind = kinds[0].Kind
	}
	if kind != "" && !slices.ContainsFunc(kinds, func(k gateway.CustomKind) bool { return k.Kind == kind }) {
		return gateway.Errorf(gateway.CodeNotFound, "The product has told of no record of the kind “%s”. Open Custom records for the kinds that it has told of.", excerpt(kind))
	}
	return customList(kind, kinds).page(v)
}

// customTab is what the list and its tab say.
func customTab() saidList {
	return saidList{
		base: customBase, title: "Custom records", one: "record", many: "records", head: "Record",
		search: "Id or property", icon: views.KindCustom,
		empty: views.Empty{
			Icon: views.IconCustom, Title: "Records of your product’s own kinds will appear here",
			Text: "The product sends them with an API key, each under a kind of its own, such as a risk. What each became in Salesforce stands here then.",
		},
	}
}

// customList is the list of one kind, chosen among those that there are.
func customList(kind string, kinds []gateway.CustomKind) saidList {
	l := customTab()
	l.kind, l.under = gateway.KindCustom+kind, customBase+"/"+kind
	if kind != "" {
		l.all = customBase + "?" + url.Values{"kind": {kind}}.Encode()
		choice := views.Select{Name: "kind", Label: "Kind"}
		for _, k := range kinds {
			choice.Options = append(choice.Options, views.Option{Value: k.Kind, Text: k.Kind, Selected: k.Kind == kind})
		}
		l.selects = []views.Select{choice}
	}
	l.rows = func(v *visit, q store.SaidQuery) (saidRows, error) {
		page, err := v.ws.CustomRecords(v.UserContext(), kind, q)
		return rowsOf(page, err, func(r gateway.CustomRecord) saidRow {
			return saidRow{id: r.ExternalID, title: r.ExternalID, second: propertyWords(r), at: r.UpdatedAt}
		})
	}
	return l
}

// propertyWords are the first properties of a record, to know it by.
func propertyWords(r gateway.CustomRecord) string {
	var words []string
	for _, name := range r.Properties.Names() {
		if value := r.Properties[name]; !value.Empty() && len(words) < 3 {
			words = append(words, name+": "+excerpt(value.String()))
		}
	}
	return list(words)
}

// customPage shows one record: where it went and why not, its properties, and
// what it refers to.
func customPage(v *visit) error {
	id, err := saidID(v)
	if err != nil {
		return err
	}
	kind := v.Params("kind")
	if !customKind(kind) {
		return fiber.ErrNotFound
	}
	r, err := v.ws.CustomRecord(v.UserContext(), kind, id)
	if err != nil {
		return err
	}
	p := views.SaidPage{
		Shell: v.s.shell(v, kind+" "+id, views.NavMeetings), TextTitle: "Its properties", TextEmpty: "It has none.",
		Head: views.Head{
			Crumb: []views.Link{{Text: "Custom records", URL: customBase + "?" + url.Values{"kind": {kind}}.Encode()}},
			Title: id, Kind: views.KindCustom, Lead: "A record of the kind “" + kind + "”, last told of " + v.clock().full(r.UpdatedAt).Text + ".",
		},
	}
	for _, name := range r.Properties.Names() {
		p.Text = append(p.Text, views.TextBlock{Strong: name + ":", Text: orNone(r.Properties[name].String())})
	}
	if p.Facts, err = v.customFacts(r); err != nil {
		return err
	}
	if _, err := v.said(&p, r.SaidKind(), id); err != nil {
		return err
	}
	return answer(v.Ctx, views.Said(p))
}

// customFacts name what a record refers to, each with the way there if there is
// one.
func (v *visit) customFacts(r gateway.CustomRecord) ([]views.Fact, error) {
	out := facts("Kind", r.Kind, "Who of us", r.Owner)
	person, err := v.personFact(r.Person)
	if err != nil {
		return nil, err
	}
	out = append(out, person...)
	if r.Meeting != "" {
		fact := views.Fact{Label: "Meeting", Value: r.Meeting, Second: "The product has not told of it yet."}
		m, err := v.ws.Meeting(v.UserContext(), r.Meeting)
		if err != nil && gateway.CodeOf(err) != gateway.CodeNotFound {
			return nil, err
		}
		if err == nil {
			fact = views.Fact{Label: "Meeting", Value: m.Title, URL: meetingURL(r.Meeting)}
		}
		out = append(out, fact)
	}
	if r.Deal != "" {
		key := gateway.RecordKey{Object: "Opportunity", ID: r.Deal}
		out = append(out, views.Fact{Label: "Opportunity", Value: v.labelOfRecord(key), URL: recordURL(key)})
	}
	return out, nil
}
