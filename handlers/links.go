package handlers

import (
	"cmp"
	"net/url"
	"sort"
	"strings"

	"github.com/gofiber/fiber/v2"

	"tidegate/gateway"
	"tidegate/store"
	"tidegate/views"
)

// isPerson reports whether records of an object are people, so that a person
// can choose among them.
func isPerson(object string) bool { return object == "Contact" || object == "Lead" }

// choices is how many records of one object are offered to be chosen.
const choices = 20

// evidence says of each thing here that is this record why that is so, and how
// it came here (UX 42).
func (b *recordBuilder) evidence() ([]views.Evidence, error) {
	links, err := b.ws.Links(b.UserContext(), b.record.Key)
	if err != nil {
		return nil, err
	}
	var out []views.Evidence
	for _, l := range links {
		e := views.Evidence{Strong: "Linked", Text: b.linkText(l)}
		switch {
		case l.Broken != "":
			e.More = "The link does not hold: " + l.Broken
		case l.Pinned:
			e.More = "A person chose this; it stays."
		}
		if l.Role == gateway.RoleSelf && isPerson(l.Key.Object) {
			e.Actions = []views.Action{
				{Text: "Choose another record", URL: linkURL(b.record.Key, "link", l), About: l.ExternalID},
				{Text: "Unlink", URL: linkURL(b.record.Key, "unlink", l), Icon: views.IconUnlink, About: l.ExternalID},
			}
		}
		moves, err := b.ws.LinkHistory(b.UserContext(), l.Kind, l.ExternalID)
		if err != nil {
			return nil, err
		}
		for _, m := range moves {
			if m.Role == l.Role {
				e.Moves = append(e.Moves, b.moveLine(m))
			}
		}
		out = append(out, e)
	}
	return out, nil
}

func (b *recordBuilder) linkText(l gateway.Link) string {
	text := "to “" + l.ExternalID + "” here: " + l.Reason + ", on " + b.clk.full(l.At).Text + "."
	if l.Moved != "" {
		text += " " + l.Moved
	}
	return text
}

// moveLine is one step of a link's way in words, with the records as links.
func (b *recordBuilder) moveLine(m gateway.LinkMove) views.EvidenceMove {
	line := views.EvidenceMove{Text: sentence(m.Reason), When: b.clk.at(m.At)}
	if m.From != m.To && m.From.ID != "" {
		line.From = views.Link{Text: m.From.Object + " " + m.From.ID, URL: recordURL(m.From)}
	}
	if m.To.ID != "" {
		line.To = views.Link{Text: m.To.Object + " " + m.To.ID, URL: recordURL(m.To)}
	}
	return line
}

// sentence begins with a capital and ends with a full stop.
func sentence(text string) string {
	if text == "" {
		return ""
	}
	return strings.ToUpper(text[:1]) + strings.TrimSuffix(text[1:], ".") + "."
}

// linkWhy says of each record beside this one why it belongs to the same thing.
func (b *recordBuilder) linkWhy() (map[gateway.RecordKey]string, error) {
	own, err := b.ws.Links(b.UserContext(), b.record.Key)
	if err != nil {
		return nil, err
	}
	why := map[gateway.RecordKey]string{}
	for _, l := range own {
		all, err := b.ws.LinksOf(b.UserContext(), l.Kind, l.ExternalID)
		if err != nil {
			return nil, err
		}
		for _, one := range all {
			if _, said := why[one.Key]; !said && one.Key.ID != "" {
				why[one.Key] = strings.TrimSpace(sentence(one.Reason) + " " + one.Moved)
			}
		}
	}
	return why, nil
}

// linkURL is the page on which the link of one thing is decided.
func linkURL(key gateway.RecordKey, what string, l gateway.Link) string {
	return recordURL(key) + "/" + what + "?" + url.Values{"kind": {l.Kind}, "thing": {l.ExternalID}}.Encode()
}

// linkHere returns the link that an address names, if it leads to the record.
func (v *visit) linkHere(k recordKind) (gateway.Link, gateway.Record, error) {
	key, err := recordKey(v, k)
	if err != nil {
		return gateway.Link{}, gateway.Record{}, err
	}
	r, err := v.ws.Record(v.UserContext(), key)
	if err != nil {
		return gateway.Link{}, r, err
	}
	l, err := v.ws.LinkOf(v.UserContext(), v.Query("kind"), v.Query("thing"))
	if v.Query("thing") == "" { // typed by hand: the first thing that is this record
		l, err = v.firstLink(key)
	}
	if err == nil && l.Key != key {
		err = gateway.Errorf(gateway.CodeConflict, "This link has moved meanwhile. Look at the record that it leads to now.")
	}
	return l, r, err
}

func (v *visit) firstLink(key gateway.RecordKey) (gateway.Link, error) {
	all, err := v.ws.Links(v.UserContext(), key)
	for _, l := range all {
		if l.Role == gateway.RoleSelf {
			return l, nil
		}
	}
	if err == nil {
		err = gateway.Errorf(gateway.CodeNotFound, "Nothing here is linked to this record.")
	}
	return gateway.Link{}, err
}

// askLink offers the records that a thing here could be instead.
func askLink(k recordKind) func(*visit) error {
	return func(v *visit) error {
		l, r, err := v.linkHere(k)
		if err != nil {
			return err
		}
		search := strings.TrimSpace(v.Query("q"))
		rows, err := v.candidates(l, r.Key, search)
		if err != nil {
			return err
		}
		p := views.ListPage{
			Shell: v.s.shell(v, "Choose another record", k.nav),
			Head: views.Head{
				Crumb: []views.Link{{Text: k.many, URL: k.path}, {Text: r.Label(), URL: recordURL(r.Key)}},
				Title: "Which record is “" + l.ExternalID + "”?",
				Lead:  "Now it is " + r.Label() + ": " + l.Reason + ". What you choose stays, whatever e-mail or phone say later.",
			},
			Caption: "Records to choose from",
			Filter: views.Filter{
				URL: recordURL(r.Key) + "/link", Button: "Find",
				Search: views.Field{ID: "q", Name: "q", Label: "Name, e-mail or phone", Value: search, Placeholder: "Name, e-mail or phone", Type: "search"},
				Keep:   []views.Hidden{{Name: "kind", Value: l.Kind}, {Name: "thing", Value: l.ExternalID}},
			},
			Columns: []views.Column{{Text: "Name"}, {Text: "Object"}, {Text: "E-mail"}, {Text: "As of"}, {Text: "Action", Hidden: true}},
			Rows:    rows,
			Empty:   views.Empty{Icon: views.IconSearch, Title: "Nobody found", Text: "No other contact or lead here has that in its name, e-mail or phone. Try a part of it."},
		}
		return render(v.Ctx, views.List(p))
	}
}

// candidates are the contacts and leads that fit a search, but not the one that
// the link leads to.
func (v *visit) candidates(l gateway.Link, now gateway.RecordKey, search string) ([]views.Row, error) {
	clk := v.clock()
	var found []gateway.Record
	for _, object := range []string{"Contact", "Lead"} {
		page, err := v.ws.Records(v.UserContext(), store.RecordQuery{Object: object, Search: search, Limit: choices})
		if err != nil {
			return nil, err
		}
		found = append(found, page.Records...)
	}
	sort.SliceStable(found, func(i, j int) bool { return found[i].Label() < found[j].Label() })
	var rows []views.Row
	for _, r := range found {
		if r.Key == now {
			continue
		}
		k, _ := kindOf(r.Key.Object)
		to := linkURL(now, "link", l) + "&" + url.Values{"to": {r.Key.Object + "/" + r.Key.ID}}.Encode()
		rows = append(rows, views.Row{ID: r.Key.ID, Cells: []views.Cell{
			{Text: r.Label(), URL: recordURL(r.Key), Kind: k.kind},
			{Text: k.one},
			{Text: r.Fields["Email"].String()},
			{Time: clk.ago(r.Version.Time())},
			{Action: views.Action{Text: "Choose", URL: to, Post: true, Small: true, About: r.Label()}},
		}})
	}
	return rows, nil
}

// chooseLink links a thing to the record that a person chose.
func chooseLink(k recordKind) func(*visit) error {
	return func(v *visit) error {
		l, _, err := v.linkHere(k)
		if err != nil {
			return err
		}
		object, id, _ := strings.Cut(v.Query("to"), "/")
		to := gateway.RecordKey{Object: object, ID: id}
		if _, ok := gateway.NormalizeID(id); !ok || !isPerson(object) {
			return gateway.Errorf(gateway.CodeInvalid, "Choose a contact or a lead from the list.")
		}
		if err := v.s.Outbox.ChooseLink(v.UserContext(), v.member.Workspace, l.Kind, l.ExternalID, to, v.member.Name); err != nil {
			return err
		}
		v.s.audit(v, "chose another record for "+l.Kind+" "+l.ExternalID, to.Object+" "+to.ID)
		return v.Redirect(recordURL(to)+"?saved=linked", fiber.StatusSeeOther)
	}
}

// askUnlink says what unlinking does.
func askUnlink(k recordKind) func(*visit) error {
	return func(v *visit) error {
		l, r, err := v.linkHere(k)
		if err != nil {
			return err
		}
		return render(v.Ctx, views.Confirm(views.ConfirmPage{
			Shell: v.s.shell(v, "Unlink", k.nav),
			Head: views.Head{
				Crumb: []views.Link{{Text: k.many, URL: k.path}, {Text: r.Label(), URL: recordURL(r.Key)}},
				Title: "Unlink “" + l.ExternalID + "” from " + r.Label(), Lead: sentence(l.Reason) + " " + l.Moved,
			},
			Effects: []string{
				"Nothing that the product says of it is written to Salesforce any more.", "Its Events and Tasks no longer name the record.",
				"No rule links it again; a person can.",
			},
			Kept:   []string{"The record in Salesforce, and the fields that were written to it.", "The history of the link, with your name."},
			Form:   views.Form{URL: linkURL(r.Key, "unlink", l)},
			Action: views.Action{Text: "Unlink", Style: views.Destructive},
			Cancel: views.Link{Text: "Keep the link", URL: recordURL(r.Key)},
		}))
	}
}

// unlink cuts a link for good.
func unlink(k recordKind) func(*visit) error {
	return func(v *visit) error {
		l, r, err := v.linkHere(k)
		if err != nil {
			return err
		}
		if err := v.s.Outbox.ChooseLink(v.UserContext(), v.member.Workspace, l.Kind, l.ExternalID, gateway.RecordKey{}, v.member.Name); err != nil {
			return err
		}
		v.s.audit(v, "unlinked "+l.Kind+" "+l.ExternalID, r.Key.Object+" "+r.Key.ID)
		return v.Redirect(recordURL(r.Key)+"?saved=unlinked", fiber.StatusSeeOther)
	}
}

// identified leads from a fact about somebody to the record that he is, with its
// kind, here and in Salesforce (AVC-09). Of whom nothing is known it stays as it is.
func (v *visit) identified(f views.Fact, who gateway.Who) (views.Fact, error) {
	l, err := v.ws.LinkOf(v.UserContext(), who.Kind, who.ID)
	if gateway.CodeOf(err) == gateway.CodeNotFound {
		return f, nil
	}
	if err != nil {
		return f, err
	}
	conn, err := v.ws.Connection(v.UserContext())
	if err != nil && gateway.CodeOf(err) != gateway.CodeNotFound {
		return f, err
	}
	f.URL, f.Second = recordURL(l.Key), sentence(l.Reason)
	if u := salesforceURL(conn, l.Key); u != "" {
		f.Record = views.Link{Text: v.objectWords(l.Key.Object) + " in Salesforce", URL: u, External: true}
	}
	return f, nil
}

// personFact names somebody of the product, with the record that he is.
func (v *visit) personFact(id string) ([]views.Fact, error) {
	if id == "" {
		return nil, nil
	}
	name := id
	if p, err := v.ws.Person(v.UserContext(), id); err == nil {
		name = cmp.Or(strings.TrimSpace(p.FirstName+" "+p.LastName), p.Email, id)
	}
	f, err := v.identified(views.Fact{Label: "Person", Value: name}, gateway.Who{Kind: gateway.KindPerson, ID: id})
	return []views.Fact{f}, err
}
