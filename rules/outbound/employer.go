package outbound

import (
	"cmp"
	"strings"

	"tidegate/gateway"
)

// Employer is the account that somebody belongs to.
type Employer struct {
	Key  gateway.RecordKey // zero = none; local while it is to be made
	Make *Owed             // the account to be made, nil when it is there
	Why  string            // why there is none, "" when there is
}

// EmployerInput is everything that PlanEmployer looks at.
type EmployerInput struct {
	Workspace gateway.WorkspaceID
	Domain    string // of his address, or of what he says of his company; "" = none
	Company   string // what it is called, "" = by its domain
	// Found is the one account that has the domain in the Account Match Field;
	// Unsure says why none of several was taken.
	Found    *gateway.Record
	Unsure   string
	Settings gateway.ContactsSettings
	// PublicDomain tells free e-mail providers from companies, nil = none is.
	PublicDomain func(domain string) bool
}

// PlanEmployer decides which account somebody belongs to (DEM-24): the one of
// his domain, else a new one where the settings say so (DEM-06, AIM-05). All who
// share a domain share the account that is made.
func PlanEmployer(in EmployerInput) Employer {
	switch {
	case in.Found != nil:
		return Employer{Key: in.Found.Key}
	case in.Unsure != "":
		return Employer{Why: in.Unsure}
	case in.Domain == "" || in.PublicDomain != nil && in.PublicDomain(in.Domain):
		return Employer{Why: "No domain names a company."}
	case !in.Settings.CreateAccounts:
		return Employer{Why: "No account has the domain " + in.Domain + ", and creating accounts is off on the Contacts tab."}
	}
	key := gateway.RecordKey{Object: "Account", ID: gateway.LocalID(in.Workspace, "domain", in.Domain, "account")}
	return Employer{Key: key, Make: &Owed{
		Part: accountPrefix + in.Domain, Key: key,
		Fields: gateway.Fields{
			"Name": gateway.Text(cmp.Or(strings.TrimSpace(in.Company), in.Domain)), cmp.Or(in.Settings.AccountMatchField, "Website"): gateway.Text(in.Domain),
		},
		Why: "No account in Salesforce has the domain " + in.Domain + ".",
	}}
}

// EmployeeInput is everything that Employ looks at.
type EmployeeInput struct {
	Account gateway.RecordKey // zero = none is known
	Record  gateway.Record    // the contact; only its key where it is to be created
	Pending *gateway.Change
	Schema  gateway.Schema
	Updates bool // "Sync updates to object fields"
}

// Employ returns the AccountId that a contact gets (AIM-16, DEM-24), "" for
// none: one that has an account keeps it.
func Employ(in EmployeeInput) gateway.Value {
	f, known := in.Schema.Field("AccountId")
	fresh := in.Record.Key.Local()
	switch {
	case in.Account.ID == "" || in.Record.Key.Object != "Contact":
		return ""
	case in.Schema.Object != "" && (!known || fresh && !f.Createable || !fresh && !f.Updateable):
		return ""
	case in.Pending != nil && !in.Pending.Fields["AccountId"].Empty():
		return ""
	case !fresh && (!in.Updates || !in.Record.Fields["AccountId"].Empty()):
		return ""
	case !fresh && in.Record.Partial && !in.Record.Fields["AccountId"].Known() && !ownCreation(in.Record):
		return ""
	}
	return gateway.Text(in.Account.ID)
}
