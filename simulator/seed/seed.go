// Package seed fills a simulated org with a plausible small sales
// organization, the same one for the same seed. Every company and person is
// made up, and every address is on a domain reserved for examples.
package seed

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"tidegate/simulator/org"
)

// Sizes says how many records of each object to make.
type Sizes struct {
	Accounts, Contacts, Leads, Opportunities int
	Events, Tasks                            int
}

// Default is the size of the demonstration org.
var Default = Sizes{Accounts: 500, Contacts: 1500, Leads: 400, Opportunities: 600, Events: 300, Tasks: 400}

// chunk is how many records are written per transaction.
const chunk = 5000

// Fill makes the team and the records. The org's past ends at the org's now.
func Fill(o *org.Org, seed uint64, n Sizes) error {
	f := &filler{org: o, rng: rand.New(rand.NewPCG(seed, 0x7469646567617465)), now: o.Now().UTC().Truncate(time.Second)}
	steps := []struct {
		name  string
		count int
		one   func(tx *org.Tx, i int) error
	}{
		{"users", len(staff), f.user},
		{"accounts", n.Accounts, f.account},
		{"contacts", n.Contacts, f.contact},
		{"leads", n.Leads, f.lead},
		{"opportunities", n.Opportunities, f.opportunity},
		{"events", n.Events, f.event},
		{"tasks", n.Tasks, f.task},
	}
	for _, step := range steps {
		for from := 0; from < step.count; from += chunk {
			_, err := o.Transact(org.Caller{Trusted: true, Quiet: true}, func(tx *org.Tx) error {
				for i := from; i < min(from+chunk, step.count); i++ {
					if err := step.one(tx, i); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				return fmt.Errorf("seeding %s: %w", step.name, err)
			}
		}
	}
	return nil
}

// filler remembers what later records refer to.
type filler struct {
	org *org.Org
	rng *rand.Rand
	now time.Time

	users    []string
	accounts []place
	contacts []person
	leads    []string
	deals    []deal
}

type place struct{ id, domain, city, country string }

type person struct{ id, account string }

type deal struct{ id, account string }

func (f *filler) past(days int) time.Time {
	return f.now.Add(-time.Duration(f.rng.IntN(days*24*60)) * time.Minute)
}

// make writes a record as a member of staff at some time in the past.
func (f *filler) make(tx *org.Tx, object string, at time.Time, values map[string]any) (string, error) {
	by := f.org.AdminID()
	if len(f.users) > 0 {
		by = one(f.rng, f.users)
	}
	tx.As(by, at)
	id, refused := tx.Create(object, values)
	if refused != nil {
		return "", refused
	}
	return id, nil
}

func (f *filler) user(tx *org.Tx, i int) error {
	s := staff[i]
	first, last, _ := strings.Cut(s.name, " ")
	email := strings.ToLower(first+"."+last) + "@tidegate.example"
	values := map[string]any{
		"Username": email, "FirstName": first, "LastName": last, "Email": email, "Title": s.title, "Department": s.department,
		"Alias": strings.ToLower(first[:1] + last[:min(len(last), 5)]), "CommunityNickname": strings.ToLower(first), "IsActive": true,
		"Phone": phone(f.rng), "CompanyName": "Tidegate Simulated Org",
	}
	if i > 0 {
		values["ManagerId"] = f.users[0]
	}
	id, err := f.make(tx, "User", f.now.AddDate(-2, 0, -i), values)
	f.users = append(f.users, id)
	return err
}

func (f *filler) account(tx *org.Tx, i int) error {
	name, domain := company(f.rng, i)
	c := one(f.rng, cities)
	values := map[string]any{
		"Name": name, "Website": "https://www." + domain, "Phone": phone(f.rng), "Industry": one(f.rng, industries),
		"Type": one(f.rng, accountTypes), "Rating": one(f.rng, ratings), "NumberOfEmployees": 10 + f.rng.IntN(4000),
		"AnnualRevenue": float64((1 + f.rng.IntN(900)) * 100_000), "BillingStreet": street(f.rng), "BillingCity": c.city,
		"BillingPostalCode": c.postal, "BillingCountry": c.country, "Region__c": c.region, "OwnerId": one(f.rng, f.users),
	}
	if c.state != "" {
		values["BillingState"] = c.state
	}
	id, err := f.make(tx, "Account", f.past(900), values)
	f.accounts = append(f.accounts, place{id, domain, c.city, c.country})
	return err
}

func (f *filler) contact(tx *org.Tx, i int) error {
	first, last := one(f.rng, firstNames), one(f.rng, lastNames)
	values := map[string]any{
		"FirstName": first, "LastName": last, "Title": one(f.rng, titles), "Department": one(f.rng, departments),
		"Phone": phone(f.rng), "LeadSource": one(f.rng, sources), "OwnerId": one(f.rng, f.users),
	}
	domain := "people.example"
	var account string
	if len(f.accounts) > 0 {
		at := f.accounts[(i+f.rng.IntN(3))%len(f.accounts)]
		domain, account = at.domain, at.id
		values["AccountId"], values["MailingCity"], values["MailingCountry"] = at.id, at.city, at.country
	}
	values["Email"] = address(first, last, i, domain)
	if f.rng.IntN(3) > 0 {
		values["MobilePhone"] = phone(f.rng)
	}
	if f.rng.IntN(4) == 0 {
		values["Buying_Role__c"] = one(f.rng, roles)
	}
	id, err := f.make(tx, "Contact", f.past(700), values)
	f.contacts = append(f.contacts, person{id, account})
	return err
}

func (f *filler) lead(tx *org.Tx, i int) error {
	first, last := one(f.rng, firstNames), one(f.rng, lastNames)
	name, domain := company(f.rng, 100_000+i)
	c := one(f.rng, cities)
	id, err := f.make(tx, "Lead", f.past(200), map[string]any{
		"FirstName": first, "LastName": last, "Company": name, "Email": address(first, last, i, domain), "Phone": phone(f.rng),
		"Title": one(f.rng, titles), "Status": one(f.rng, leadStatuses), "LeadSource": one(f.rng, sources), "Rating": one(f.rng, ratings),
		"Industry": one(f.rng, industries), "City": c.city, "Country": c.country, "OwnerId": one(f.rng, f.users),
	})
	f.leads = append(f.leads, id)
	return err
}

func (f *filler) opportunity(tx *org.Tx, i int) error {
	stage := org.Stages[f.rng.IntN(len(org.Stages))]
	opens := f.past(300)
	closing := f.now.AddDate(0, 0, 5+f.rng.IntN(150))
	if stage.Closed {
		closing = opens.AddDate(0, 0, 10+f.rng.IntN(60))
		if closing.After(f.now) {
			closing = f.now
		}
	}
	values := map[string]any{
		"Name": fmt.Sprintf("%s %s", one(f.rng, products), one(f.rng, dealKinds)), "StageName": stage.Name,
		"CloseDate": closing.Format(time.DateOnly), "Amount": float64((1 + f.rng.IntN(400)) * 500), "Type": one(f.rng, dealTypes),
		"LeadSource": one(f.rng, sources), "OwnerId": one(f.rng, f.users), "NextStep": one(f.rng, nextSteps),
	}
	var account string
	if len(f.accounts) > 0 {
		account = one(f.rng, f.accounts).id
		values["AccountId"] = account
	}
	if f.rng.IntN(3) == 0 {
		values["Competitor__c"] = one(f.rng, competitors)
	}
	if f.rng.IntN(3) == 0 {
		values["Pain_Points__c"] = one(f.rng, pains)
	}
	id, err := f.make(tx, "Opportunity", opens, values)
	if err != nil {
		return err
	}
	f.deals = append(f.deals, deal{id, account})
	return f.roles(tx, id, opens, i)
}

// roles gives a deal up to three people.
func (f *filler) roles(tx *org.Tx, deal string, at time.Time, i int) error {
	if len(f.contacts) == 0 {
		return nil
	}
	used := map[string]bool{}
	for k := range 1 + f.rng.IntN(3) {
		who := f.contacts[(i*3+k+f.rng.IntN(5))%len(f.contacts)].id
		if used[who] {
			continue
		}
		used[who] = true
		if _, err := f.make(tx, "OpportunityContactRole", at, map[string]any{
			"OpportunityId": deal, "ContactId": who, "Role": one(f.rng, contactRoles), "IsPrimary": k == 0,
		}); err != nil {
			return err
		}
	}
	return nil
}

func (f *filler) event(tx *org.Tx, _ int) error {
	start := f.now.Add(time.Duration(f.rng.IntN(60*24)-45*24) * time.Hour).Truncate(time.Hour)
	values := map[string]any{
		"Subject": one(f.rng, meetings), "StartDateTime": start, "DurationInMinutes": 30 * (1 + f.rng.IntN(3)),
		"Location": one(f.rng, []string{"Online", "Head office", "Customer site", "Phone"}), "OwnerId": one(f.rng, f.users),
	}
	f.relate(values)
	_, err := f.make(tx, "Event", earlier(start.AddDate(0, 0, -7), f.now), values)
	return err
}

func (f *filler) task(tx *org.Tx, _ int) error {
	due := f.now.AddDate(0, 0, f.rng.IntN(60)-40)
	status := one(f.rng, []string{"Not Started", "In Progress", "Completed", "Waiting on someone else"})
	if due.Before(f.now) && f.rng.IntN(4) > 0 {
		status = "Completed"
	}
	values := map[string]any{
		"Subject": one(f.rng, todos), "ActivityDate": due.Format(time.DateOnly), "Status": status,
		"Priority": one(f.rng, []string{"Normal", "Normal", "Normal", "High", "Low"}), "OwnerId": one(f.rng, f.users),
	}
	f.relate(values)
	_, err := f.make(tx, "Task", earlier(due.AddDate(0, 0, -5), f.now), values)
	return err
}

// relate hangs an activity on a lead, or on a contact and a deal.
func (f *filler) relate(values map[string]any) {
	switch {
	case len(f.leads) > 0 && f.rng.IntN(5) == 0:
		values["WhoId"] = one(f.rng, f.leads)
	case len(f.contacts) > 0:
		who := one(f.rng, f.contacts)
		values["WhoId"] = who.id
		if len(f.deals) > 0 && f.rng.IntN(2) == 0 {
			values["WhatId"] = one(f.rng, f.deals).id
		} else if who.account != "" {
			values["WhatId"] = who.account
		}
	}
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

func one[T any](rng *rand.Rand, list []T) T { return list[rng.IntN(len(list))] }
