package match

import (
	"fmt"
	"slices"
	"strings"

	"tidegate/gateway"
)

// Subject is a person whose record is looked for, with all that decides which
// it is.
type Subject struct {
	Person gateway.Person
	// Steps are asked in their order; the first that finds anybody decides.
	Steps []gateway.MatchStep
	// Objects are where the person may be, the one he would become first. Of
	// a step's finds only those of the first object that has any count, so
	// that nobody becomes a Contact beside his Lead (AVM-34).
	Objects []string
	// Region is that of phone numbers without a country code, see Regions.
	Region string
	// Find returns the records that may have a value: all that have it, and for a
	// phone number others that end alike.
	Find func(step gateway.MatchStep, value string) ([]gateway.Record, error)
}

// Found is what the chain says of a person.
type Found struct {
	// Key is the one record that he is; zero when nobody was found, or when
	// several were.
	Key gateway.RecordKey
	// Rule is the step that decided, "" when none did; Reason is its evidence.
	Rule, Reason string
	// Matches are all that the step found: the one, or several between which a
	// person must choose, because nothing is guessed.
	Matches []gateway.Record
	// Asked says of each step up to the deciding one what it found.
	Asked []string
}

// Chain asks the steps in their order which record a person is (AVC-08,
// AIM-14, DEM-05). A step whose value the person does not have is passed over,
// and so is a domain, which says where he works and not who he is. The error is
// that of Find.
func Chain(s Subject) (Found, error) {
	var f Found
	for _, step := range s.Steps {
		values := evidence(s.Person, step)
		if len(values) == 0 {
			continue
		}
		found, value, err := s.ask(step, values)
		if err != nil {
			return f, err
		}
		shown := stepWords(step) + " " + value
		switch f.Matches = found; len(found) {
		case 0:
			f.Asked = append(f.Asked, "Nobody has the "+stepWords(step)+" "+strings.Join(values, " or ")+".")
			continue
		case 1:
			f.Key, f.Reason = found[0].Key, "matched by "+shown
			f.Asked = append(f.Asked, "The "+shown+" is that of one "+found[0].Key.Object+".")
		default:
			f.Reason = fmt.Sprintf("%d records of %s have the %s.", len(found), found[0].Key.Object, shown)
			f.Asked = append(f.Asked, f.Reason)
		}
		f.Rule = step.By
		return f, nil
	}
	return f, nil
}

// ask returns whom a step finds by any of its values, and by which.
func (s Subject) ask(step gateway.MatchStep, values []string) (found []gateway.Record, value string, err error) {
	var all []gateway.Record
	by := map[gateway.RecordKey]string{}
	for _, v := range values {
		records, err := s.Find(step, v)
		if err != nil {
			return nil, "", err
		}
		if step.By == "phone" {
			records = called(records, v, s.Region, step.Field)
		}
		for _, r := range records {
			if _, twice := by[r.Key]; !twice && !r.Deleted && !Converted(r) {
				by[r.Key] = v
				all = append(all, r)
			}
		}
	}
	for _, object := range s.Objects {
		for _, r := range all {
			if r.Key.Object == object {
				found = append(found, r)
			}
		}
		if len(found) > 0 {
			return found, by[found[0].Key], nil
		}
	}
	return nil, "", nil
}

// evidence returns what the product knows of a person that a step can look
// for, without repetition.
func evidence(p gateway.Person, step gateway.MatchStep) []string {
	var values []string
	add := func(value string) {
		if value = strings.TrimSpace(value); value != "" && !slices.Contains(values, value) {
			values = append(values, value)
		}
	}
	switch step.By {
	case "email":
		add(strings.ToLower(p.Email))
	case "phone":
		add(p.MobilePhone) // it is one person's own, where the other may be the company's
		add(p.Phone)
	case "field":
		if v := p.Properties[step.Field]; !v.Empty() {
			add(v.String())
		}
	}
	return values
}

// stepWords is how a step is spoken of in evidence.
func stepWords(step gateway.MatchStep) string {
	if step.By == "field" {
		return step.Field
	}
	return step.By
}

// Employer is a person's company as an account.
type Employer struct {
	// Key is the one account, zero when there is none or several.
	Key gateway.RecordKey
	// Domain is what was looked for, "" when the person has none that names a
	// company.
	Domain string
	Reason string
}

// EmployerOf answers which account a person belongs to, by the domain of his
// address and the accounts in which the Account Match Field holds it (AIM-05).
// A public domain names no company. accounts are those found by the domain.
func EmployerOf(email string, public func(domain string) bool, field string, accounts func(domain string) ([]gateway.Record, error)) (Employer, error) {
	_, host, _ := strings.Cut(strings.ToLower(strings.TrimSpace(email)), "@")
	domain := Domain(host)
	switch {
	case field == "":
		return Employer{Reason: "No Account Match Field is chosen, so accounts are not looked for."}, nil
	case domain == "":
		return Employer{Reason: "The person has no e-mail address whose domain could name an account."}, nil
	case public != nil && (public(host) || public(domain)):
		return Employer{Reason: host + " is a public e-mail domain and names no account."}, nil
	}
	e := Employer{Domain: domain}
	found, err := accounts(domain)
	if err != nil {
		return e, err
	}
	found = slices.DeleteFunc(slices.Clone(found), func(r gateway.Record) bool {
		return r.Deleted || r.Key.Object != "Account" || Domain(r.Fields[field].String()) != domain
	})
	switch len(found) {
	case 0:
		e.Reason = "No account has " + domain + " in " + field + "."
	case 1:
		e.Key, e.Reason = found[0].Key, "matched by the domain "+domain+" in "+field
	default:
		e.Reason = fmt.Sprintf("%d accounts have %s in %s, so none is chosen.", len(found), domain, field)
	}
	return e, nil
}
