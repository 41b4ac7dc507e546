package handlers

import (
	"net/url"
	"slices"
	"sort"
	"strings"

	"github.com/gofiber/fiber/v2"

	"tidegate/gateway"
	"tidegate/store"
	"tidegate/views"
)

// undecidedBase is the page of those of whom it is not known which record they
// are.
const undecidedBase = "/sync/people"

var undecidedPages = []route{
	{"GET", undecidedBase, signedIn, undecided},
	{"GET", undecidedBase + "/decide", signedIn, askWho},
	{"POST", undecidedBase + "/decide", signedIn, decideWho},
}

// The choices of the filter: why somebody is undecided, or that a person cut
// him.
const showIgnored = "ignored"

var undecidedStates = []views.Option{
	{Value: string(gateway.UndecidedSeveral), Text: "Several records fit"},
	{Value: string(gateway.UndecidedNobody), Text: "Nobody fits"},
	{Value: string(gateway.UndecidedUnread), Text: "Salesforce is still being read"},
	{Value: showIgnored, Text: "Ignored"},
}

// undecided lists who waits for a person (UX 42).
func undecided(v *visit) error {
	state := v.Query("state")
	if !slices.ContainsFunc(undecidedStates, func(c views.Option) bool { return c.Value == state }) {
		state = string(gateway.UndecidedSeveral)
	}
	counts, err := v.ws.CountUndecided(v.UserContext())
	if err != nil {
		return err
	}
	rows, next, err := v.undecidedRows(state)
	if err != nil {
		return err
	}
	options := slices.Clone(undecidedStates)
	for i := range options {
		options[i].Selected = options[i].Value == state
	}
	p := views.ListPage{
		Shell: v.s.shell(v, "People", views.NavSyncLog),
		Head: views.Head{
			Title: "People", Lead: count(counts[gateway.UndecidedSeveral], "person waits", "people wait") + " for somebody to choose the record, because several fit; " +
				count(counts[gateway.UndecidedNobody], "fits", "fit") + " none. What is said with them is written as soon as it is known who they are.",
		},
		Caption: "People to decide on",
		Filter:  views.Filter{URL: undecidedBase, Selects: []views.Select{{ID: "state", Name: "state", Label: "Why they wait", Options: options}}},
		Columns: []views.Column{{Text: "Who"}, {Text: "Why", Sentence: true}, {Text: "Since"}, {Text: "Action", Hidden: true}},
		Rows:    rows,
		Empty: views.Empty{
			Icon: views.IconOK, Title: "Nobody waits here",
			Text: "Where an e-mail address or a number fits several contacts or leads, nobody is guessed: who it is appears here, and you choose.",
		},
	}
	if next != (gateway.Who{}) {
		p.Pager.OlderURL, p.Pager.OlderText = undecidedBase+"?"+url.Values{"state": {state}, "kind": {next.Kind}, "after": {next.ID}}.Encode(), "More"
	}
	if p.Tabs, err = v.logTabs(undecidedBase); err != nil {
		return err
	}
	return render(v.Ctx, views.List(p))
}

// undecidedRows is a page of the list; next is its last one when there are more.
func (v *visit) undecidedRows(state string) (rows []views.Row, next gateway.Who, err error) {
	after := gateway.Who{Kind: v.Query("kind"), ID: v.Query("after")}
	var all []gateway.Undecided
	if state == showIgnored {
		all, err = v.ws.CutPeople(v.UserContext(), after, pageSize+1)
	} else {
		all, err = v.ws.Undecided(v.UserContext(), gateway.UndecidedState(state), after, pageSize+1)
	}
	if len(all) > pageSize {
		all = all[:pageSize]
		next = all[pageSize-1].Who
	}
	clk := v.clock()
	for _, u := range all {
		second := u.ID
		if u.Kind == gateway.KindPerson {
			second = "“" + u.ID + "” in the product"
		}
		rows = append(rows, views.Row{ID: u.Kind + "-" + u.ID, Cells: []views.Cell{
			{Text: u.Name, Second: second, URL: whoURL(u.Who)},
			{Text: u.Reason},
			{Time: clk.ago(u.At)},
			{Action: views.Action{Text: "Decide", URL: whoURL(u.Who), Small: true, About: u.Name}},
		}})
	}
	return rows, next, err
}

// whoURL is the page on which somebody's record is decided.
func whoURL(who gateway.Who) string {
	return undecidedBase + "/decide?" + url.Values{"kind": {who.Kind}, "thing": {who.ID}}.Encode()
}

// whoHere is who the address names, with what is known of him. CodeNotFound for
// somebody of whom nothing is.
func (v *visit) whoHere() (u gateway.Undecided, l gateway.Link, err error) {
	u.Who = gateway.Who{Kind: v.Query("kind"), ID: v.Query("thing")}
	if u.Kind != gateway.KindPerson && u.Kind != gateway.KindParticipant {
		return u, l, gateway.Errorf(gateway.CodeNotFound, "There is no such person here.")
	}
	l, err = v.ws.LinkOf(v.UserContext(), u.Kind, u.ID)
	if err != nil && gateway.CodeOf(err) != gateway.CodeNotFound {
		return u, l, err
	}
	linked := err == nil
	found, err := v.ws.UndecidedOf(v.UserContext(), u.Who)
	switch {
	case err == nil:
		u = found
	case linked && gateway.CodeOf(err) == gateway.CodeNotFound:
		u.Name, u.Reason, err = u.ID, sentence(l.Reason), nil
	}
	return u, l, err
}

// askWho offers the records that somebody may be, with the evidence.
func askWho(v *visit) error {
	if v.Query("thing") == "" { // typed by hand
		return undecided(v)
	}
	u, l, err := v.whoHere()
	if err != nil {
		return err
	}
	search := strings.TrimSpace(v.Query("q"))
	rows, why, err := v.whoRows(u.Who, l.Key, search)
	if err != nil {
		return err
	}
	lead := u.Reason
	if search == "" && why != "" {
		lead = why
	}
	p := views.ListPage{
		Shell: v.s.shell(v, "Which record is "+u.Name+"?", views.NavSyncLog),
		Head: views.Head{
			Crumb: []views.Link{{Text: "People", URL: undecidedBase}}, Title: "Which record is " + u.Name + "?",
			Lead: joinSentences(lead, "What you decide stays, whatever e-mail or phone say later."), Actions: whoActions(u.Who),
		},
		Caption: "Records to choose from",
		Filter: views.Filter{
			URL: undecidedBase + "/decide", Button: "Find",
			Search: views.Field{ID: "q", Name: "q", Label: "Name, e-mail or phone", Value: search, Placeholder: "Name, e-mail or phone", Type: "search"},
			Keep:   []views.Hidden{{Name: "kind", Value: u.Kind}, {Name: "thing", Value: u.ID}},
		},
		Columns: []views.Column{{Text: "Name"}, {Text: "Object"}, {Text: "E-mail"}, {Text: "Phone"}, {Text: "As of"}, {Text: "Action", Hidden: true}},
		Rows:    rows,
		Empty:   views.Empty{Icon: views.IconSearch, Title: "Nobody found", Text: "No contact or lead here has that. Try a part of the name, the e-mail or the phone."},
	}
	if p.Tabs, err = v.logTabs(undecidedBase); err != nil {
		return err
	}
	return render(v.Ctx, views.List(p))
}

func whoActions(who gateway.Who) []views.Action {
	to := func(what string) string { return whoURL(who) + "&to=" + what }
	return []views.Action{
		{Text: "Create a new contact", URL: to(whoNew), Post: true},
		{Text: "Ignore", URL: to(whoNobody), Post: true, Icon: views.IconUnlink},
	}
}

// What is decided beside a record: he is a new one, or none.
const (
	whoNew    = "new"
	whoNobody = "nobody"
)

// whoRows are the records that fit, or those that fit a search.
func (v *visit) whoRows(who gateway.Who, now gateway.RecordKey, search string) ([]views.Row, string, error) {
	found, why, err := v.s.Outbox.Candidates(v.UserContext(), v.member.Workspace, who)
	if err != nil {
		return nil, "", err
	}
	if search != "" || len(found) == 0 {
		found = nil
		for _, object := range []string{"Contact", "Lead"} {
			page, err := v.ws.Records(v.UserContext(), store.RecordQuery{Object: object, Search: search, Limit: choices})
			if err != nil {
				return nil, "", err
			}
			found = append(found, page.Records...)
		}
	}
	sort.SliceStable(found, func(i, j int) bool { return found[i].Label() < found[j].Label() })
	clk := v.clock()
	var rows []views.Row
	for _, r := range found {
		k, _ := kindOf(r.Key.Object)
		if r.Key == now {
			continue
		}
		rows = append(rows, views.Row{ID: r.Key.ID, Cells: []views.Cell{
			{Text: r.Label(), URL: recordURL(r.Key), Kind: k.kind, Second: r.Key.ID},
			{Text: k.one},
			{Text: r.Fields["Email"].String()},
			{Text: r.Fields["Phone"].String()},
			{Time: clk.ago(r.Version.Time())},
			{Action: views.Action{Text: "Choose", URL: whoURL(who) + "&" + url.Values{"to": {r.Key.Object + "/" + r.Key.ID}}.Encode(), Post: true, Small: true, About: r.Label()}},
		}})
	}
	return rows, why, nil
}

// decideWho takes a person's decision; what waits for it goes on by itself.
func decideWho(v *visit) error {
	u, _, err := v.whoHere()
	if err != nil {
		return err
	}
	object, id, _ := strings.Cut(v.Query("to"), "/")
	to, said, what := gateway.RecordKey{Object: object, ID: id}, "linked", "chose the record of "
	switch _, whole := gateway.NormalizeID(id); {
	case v.Query("to") == whoNew:
		to, said, what = gateway.RecordKey{Object: "Contact"}, "who-new", "had a new record made of "
	case v.Query("to") == whoNobody:
		to, said, what = gateway.RecordKey{}, "unlinked", "ignored "
	case !whole || !isPerson(object):
		return gateway.Errorf(gateway.CodeInvalid, "Choose a contact or a lead from the list, a new one, or nobody.")
	}
	if err := v.s.Outbox.ChooseLink(v.UserContext(), v.member.Workspace, u.Kind, u.ID, to, v.member.Name); err != nil {
		return err
	}
	v.s.audit(v, what+u.Kind+" "+u.ID, strings.TrimSpace(to.Object+" "+to.ID))
	return v.Redirect(undecidedBase+"?saved="+said, fiber.StatusSeeOther)
}
