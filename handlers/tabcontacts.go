package handlers

import (
	"net/mail"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"tidegate/gateway"
	"tidegate/rules/outbound"
	"tidegate/rules/settings"
	"tidegate/static"
	"tidegate/views"
)

// The posted names of the match chain: the steps as they stand, one to add, and
// the button that moves or drops one.
const (
	chainName  = "chain"
	chainMove  = "chain_move" // "up:1", "down:0", "drop:2"
	chainAdd   = "chain_add"
	chainField = "chain_field"
)

func readContacts(v *visit, t *tabState) {
	c := &t.settings.Contacts
	v.flip("auto_create", &c.AutoCreate)
	v.flip("exclude_public_domains", &c.ExcludePublicDomains)
	v.flip("leads_first", &c.LeadsFirst)
	v.flip("create_accounts", &c.CreateAccounts)
	v.choose("teams", &c.Teams)
	v.takeWords("allow_domains", &c.AllowDomains)
	v.takeWords("own_domains", &c.OwnDomains)
	v.takeNumber("cap_meeting", &c.CapMeeting)
	v.takeNumber("cap_hour", &c.CapHour)
	v.take("account_match_field", &c.AccountMatchField)
	v.take("phone_region", &c.PhoneRegion)
	v.readActivityObject(c)
	v.readChain(t, &c.Chain)
}

func (v *visit) takeWords(name string, into *[]string) {
	if v.shown(name) {
		*into = words(v.posted(name))
	}
}

// takeNumber takes a number over; what is none becomes −1, which no setting
// allows, so that it is refused at its place.
func (v *visit) takeNumber(name string, into *int) {
	if !v.shown(name) {
		return
	}
	n, err := strconv.Atoi(strings.ReplaceAll(strings.TrimSpace(v.posted(name)), ",", ""))
	if err != nil {
		n = -1
	}
	*into = n
}

// words splits what a person typed as a list: by commas, spaces or lines.
func words(text string) []string {
	out := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return r == ',' || r == ' ' || r == '\n' || r == '\r' || r == '\t' || r == ';' })
	if out == nil {
		return []string{}
	}
	return out
}

// readChain reads the steps in their order. A move changes only the form, which
// is shown again: nothing is saved by it.
func (v *visit) readChain(t *tabState, chain *[]gateway.MatchStep) {
	if v.shown(chainName) {
		*chain = []gateway.MatchStep{}
		for _, step := range v.many(chainName) {
			*chain = append(*chain, stepOf(step, ""))
		}
	}
	if added, field := v.posted(chainAdd), strings.TrimSpace(v.posted(chainField)); added != "" {
		*chain = append(*chain, stepOf(added, field))
	}
	if !v.shown(chainMove) {
		return
	}
	t.again = true
	how, at, _ := strings.Cut(v.posted(chainMove), ":")
	i, err := strconv.Atoi(at)
	if err != nil || i < 0 || i >= len(*chain) {
		return
	}
	switch {
	case how == "drop":
		*chain = slices.Delete(*chain, i, i+1)
	case how == "up" && i > 0:
		(*chain)[i-1], (*chain)[i] = (*chain)[i], (*chain)[i-1]
	case how == "down" && i < len(*chain)-1:
		(*chain)[i+1], (*chain)[i] = (*chain)[i], (*chain)[i+1]
	}
}

// stepOf reads "email", "field:Legacy__c" or "field" with its field apart.
func stepOf(text, field string) gateway.MatchStep {
	by, named, ok := strings.Cut(text, ":")
	if ok {
		field = named
	}
	if by != "field" {
		field = ""
	}
	return gateway.MatchStep{By: by, Field: field}
}

func showContacts(v *visit, t tabState) (templ.Component, error) {
	c := t.settings.Contacts
	account, err := v.schema("Account")
	if err != nil {
		return nil, err
	}
	p := views.ContactsTab{
		Settings: t.common,
		Switches: contactSwitches(v, t),
		Teams: &views.ChoiceGroup{
			Name: "teams", Legend: "Teams whose meetings count", Many: true, Error: t.errors["teams"],
			Meta: t.meta(v, "teams", "Sales and Customer Success"), Hint: "Meetings of other teams create nobody.",
		},
		Caps: []views.Field{
			{Name: "cap_meeting", Label: "Contacts per meeting", Value: strconv.Itoa(c.CapMeeting), Error: t.errors["cap_meeting"], Meta: t.meta(v, "cap_meeting", "20"), Hint: "The rest waits in the sync log."},
			{Name: "cap_hour", Label: "Contacts per hour", Value: strconv.Itoa(c.CapHour), Error: t.errors["cap_hour"], Meta: t.meta(v, "cap_hour", "200"), Hint: "Guards against a flood of participants."},
			{Name: "phone_region", Label: "Country of phone numbers", Value: c.PhoneRegion, Error: t.errors["phone_region"], Meta: t.meta(v, "phone_region", "that of the connected user"), Hint: "Two letters, such as US or GB: of numbers without a country code.", MaxLength: "2"},
		},
		Selects: []views.Select{{
			Name: "account_match_field", Label: "Account Match Field", Error: t.errors["account_match_field"],
			Options: append([]views.Option{{Text: "None", Selected: c.AccountMatchField == ""}}, fieldOptions(account, c.AccountMatchField, "url", "string", gateway.TypeEmail)...),
			Hint:    "An account is recognized where this field holds the domain of the address.", Meta: t.meta(v, "account_match_field", "Website"),
		}},
	}
	for _, team := range [...]string{"Sales", "Customer Success"} {
		p.Teams.Choices = append(p.Teams.Choices, views.Choice{Value: team, Label: team, Effect: "Meetings organized by " + team + ".", Checked: slices.Contains(c.Teams, team)})
	}
	found, err := v.ws.LinksByRule(v.UserContext(), v.s.Now().AddDate(0, 0, -pastDays))
	if err != nil {
		return nil, err
	}
	p.Chain = chainRows(c, found)
	if t.locked == "" {
		p.AddStep = []views.Select{{Name: chainAdd, Label: "Also look for", Options: append([]views.Option{{Text: "Nothing more", Selected: true}}, missingSteps(c.Chain)...), Error: t.errors["chain"], Meta: t.meta(v, "chain", "e-mail, then phone, then domain")}}
		p.AddField = []views.Field{{Name: chainField, Label: "API name of the field", Hint: "Only for a field of your own, such as Legacy_Id__c. It must exist on Lead and Contact."}}
	}
	activity, unfit, err := v.activitySelects(t)
	if err != nil {
		return nil, err
	}
	p.Selects, p.Unfit = append(p.Selects, activity...), unfit
	if p.TryOut, err = v.tryContact(c); err != nil {
		return nil, err
	}
	p.Past, p.PastText, err = v.contactsPast(t.settings)
	return views.Contacts(p), err
}

func contactSwitches(v *visit, t tabState) []views.Switch {
	c := t.settings.Contacts
	n, list := static.PublicDomains()
	return []views.Switch{
		{
			Name: "auto_create", Label: "Create contacts from meetings", On: c.AutoCreate, Meta: t.meta(v, "auto_create", "off"),
			Effect: "For each external participant who is not in Salesforce yet. Colleagues are never created.",
			Fields: []views.Field{{
				Name: "own_domains", Label: "Our own domains", Value: strings.Join(c.OwnDomains, ", "), Error: t.errors["own_domains"],
				Hint: "Beside those of the members. Separated by commas.", Meta: t.meta(v, "own_domains", "those of the members"),
			}},
		},
		{
			Name: "exclude_public_domains", Label: "Exclude public e-mail domains", On: c.ExcludePublicDomains, Meta: t.meta(v, "exclude_public_domains", "on"),
			Effect: number(n) + " free-mail domains, such as Gmail or Yahoo, create nobody unless allowed below.", Link: views.Link{Text: "Show the list", URL: list},
			Fields: []views.Field{{
				Name: "allow_domains", Label: "Allowed all the same", Value: strings.Join(c.AllowDomains, ", "), Error: t.errors["allow_domains"],
				Hint: "Addresses or domains, separated by commas.", Meta: t.meta(v, "allow_domains", "none"),
			}},
		},
		{
			Name: "leads_first", Label: "Look at Leads first", On: c.LeadsFirst, Meta: t.meta(v, "leads_first", "on"),
			Effect: "An existing Lead with the same address counts as known, so no Contact is created beside it.",
		},
		{
			Name: "create_accounts", Label: "Create an account when none matches", On: c.CreateAccounts, Meta: t.meta(v, "create_accounts", "off"),
			Effect: "By the domain of the address. Needs the Account Match Field below.",
		},
	}
}

// stepRows say what each step looks for and where.
var stepRows = map[string][2]string{
	"email": {"E-mail equals", "Lead, Contact"}, "phone": {"Mobile or phone equals, in any notation", "Lead, Contact"},
	"domain": {"Domain of the e-mail equals the Account Match Field", "Account"},
}

func stepValue(s gateway.MatchStep) string {
	if s.By == "field" {
		return "field:" + s.Field
	}
	return s.By
}

// chainRows are the steps in their order; found is how many each rule decided
// lately.
func chainRows(c gateway.ContactsSettings, found map[string]int) []views.ChainRow {
	rows := []views.ChainRow{{Order: "1", LooksFor: "Link already chosen by a person", In: "any", Text: "always first", Found: number(found[gateway.LinkByPerson])}}
	for i, step := range c.Chain {
		row := views.ChainRow{Order: strconv.Itoa(i + 2), LooksFor: settings.StepWords(step) + " equals", In: "Lead, Contact", Found: stepFound(step, c.Chain, found)}
		if said, ok := stepRows[step.By]; ok {
			row.LooksFor, row.In = said[0], said[1]
		}
		row.Fields = []views.Hidden{{Name: chainName, Value: stepValue(step)}}
		about := settings.StepWords(step)
		if i > 0 {
			row.Actions = append(row.Actions, moveButton("Move up", about, "up", i))
		}
		if i < len(c.Chain)-1 {
			row.Actions = append(row.Actions, moveButton("Move down", about, "down", i))
		}
		row.Actions = append(row.Actions, moveButton("Leave out", about, "drop", i))
		rows = append(rows, row)
	}
	return rows
}

// stepFound is how many people a step decided on, "—" where that is not known: a
// domain names where somebody works, and fields are not told apart.
func stepFound(step gateway.MatchStep, chain []gateway.MatchStep, found map[string]int) string {
	fields := 0
	for _, s := range chain {
		if s.By == "field" {
			fields++
		}
	}
	if step.By == "domain" || step.By == "field" && fields > 1 {
		return "—"
	}
	return number(found[step.By])
}

func moveButton(text, about, how string, i int) views.Action {
	return views.Action{Text: text, About: about, Small: true, Fields: []views.Hidden{{Name: chainMove, Value: how + ":" + strconv.Itoa(i)}}}
}

// missingSteps are what the chain does not look for yet.
func missingSteps(chain []gateway.MatchStep) []views.Option {
	var out []views.Option
	for _, by := range []string{"email", "phone", "domain"} {
		if !slices.Contains(chain, gateway.MatchStep{By: by}) {
			out = append(out, views.Option{Value: by, Text: stepRows[by][0]})
		}
	}
	return append(out, views.Option{Value: "field", Text: "A field of your own"})
}

// tryContact answers for one address whether it would be created, by the same
// rule as a meeting, and with the settings as they are in the form.
func (v *visit) tryContact(c gateway.ContactsSettings) (*views.TryOut, error) {
	email := strings.TrimSpace(v.Query("try"))
	try := &views.TryOut{
		URL:   settingsBase + "/contacts",
		Email: views.Field{ID: "try", Name: "try", Label: "E-mail of a participant", Value: email, Type: "email", Autocomplete: "off", Hint: "Answered with the saved settings, for a meeting of the first team above."},
	}
	if email == "" {
		return try, nil
	}
	if _, err := mail.ParseAddress(email); err != nil {
		try.Email.Error = "This is not an e-mail address. Type one such as ann@example.com."
		return try, nil
	}
	p := outbound.Participant{Email: email, Settings: c, PublicDomain: static.PublicDomain}
	p.Settings.AutoCreate = true // the question is who, not whether
	if len(c.Teams) > 0 {
		p.Team = c.Teams[0]
	}
	members, err := v.ws.Members(v.UserContext())
	if err != nil {
		return nil, err
	}
	for _, m := range members {
		_, domain, _ := strings.Cut(m.Email, "@")
		p.OwnDomains = append(p.OwnDomains, domain)
	}
	found, err := v.ws.RecordsByKey(v.UserContext(), "email", email)
	if err != nil {
		return nil, err
	}
	for _, r := range found {
		known := map[string]*string{"Lead": &p.Lead, "Contact": &p.Contact}[r.Key.Object]
		if known != nil && !r.Deleted && r.Fields["IsConverted"] != "true" && *known == "" {
			*known = r.Label()
			try.Link = views.Link{Text: "Open " + r.Label(), URL: recordURL(r.Key)}
		}
	}
	ok, tests, reason := outbound.MayCreateContact(p)
	for _, test := range tests[1:] { // the first is the switch
		try.Checks = append(try.Checks, views.Check{Title: test.Text, Pass: test.Pass})
	}
	try.Strong, try.Answer = "No contact would be created.", reason
	if ok {
		try.Strong, try.Answer = "A contact would be created.", ""
		if !c.AutoCreate {
			try.Answer = "Only once “Create contacts from meetings” is on."
		}
	}
	return try, nil
}
