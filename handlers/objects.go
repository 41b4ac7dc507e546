package handlers

import (
	"cmp"
	"context"
	"net/url"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"tidegate/gateway"
	"tidegate/rules/settings"
	"tidegate/store"
	"tidegate/views"
)

// recordKind is what the pages know of one kind of record: where its pages
// live, its square, and which fields speak for it.
type recordKind struct {
	object    string
	path      string // "/contacts"
	nav       string
	kind      string // of the record square
	one, many string
	facts     []string // highlights
	details   []string // fields of the details card, in order, where describe shows them
	columns   []string // of the list
	key       []string // what stands for it in the CRM objects table
}

var recordKinds = []recordKind{
	{
		object: "Contact", path: "/contacts", nav: views.NavContacts, kind: views.KindContact, one: "Contact", many: "Contacts",
		facts:   []string{"Title", "AccountId", "Email", "Phone", "OwnerId"},
		details: []string{"FirstName", "LastName", "Title", "Department", "Email", "Phone", "MobilePhone", "MailingCity", "LeadSource", "DoNotCall", "Description"},
		columns: []string{"Title", "AccountId", "Email", "Phone"}, key: []string{"Title", "Email"},
	},
	{
		object: "Lead", path: "/leads", nav: views.NavLeads, kind: views.KindLead, one: "Lead", many: "Leads",
		facts:   []string{"Company", "Status", "Email", "Phone", "OwnerId"},
		details: []string{"FirstName", "LastName", "Title", "Company", "Email", "Phone", "MobilePhone", "Status", "Rating", "LeadSource"},
		columns: []string{"Company", "Status", "Email", "Phone"}, key: []string{"Company", "Status"},
	},
	{
		object: "Account", path: "/accounts", nav: views.NavAccounts, kind: views.KindAccount, one: "Account", many: "Accounts",
		facts:   []string{"Type", "Industry", "Phone", "Website", "OwnerId"},
		details: []string{"Name", "Type", "Industry", "Phone", "Website", "NumberOfEmployees", "AnnualRevenue", "BillingCity", "BillingCountry"},
		columns: []string{"Type", "Industry", "Phone", "BillingCity"}, key: []string{"Type", "Industry"},
	},
	{
		object: "Opportunity", path: "/deals", nav: views.NavDeals, kind: views.KindDeal, one: "Opportunity", many: "Deals",
		facts:   []string{"Amount", "CloseDate", "StageName", "AccountId", "OwnerId"},
		details: []string{"Name", "StageName", "Amount", "CloseDate", "Probability", "NextStep", "ForecastCategoryName", "Type"},
		columns: []string{"StageName", "Amount", "CloseDate", "AccountId"}, key: []string{"StageName", "Amount"},
	},
}

func kindOf(object string) (recordKind, bool) {
	for _, k := range recordKinds {
		if k.object == object {
			return k, true
		}
	}
	return recordKind{object: object, kind: views.KindCustom, one: object, many: object}, false
}

// squareOf is the record square of any object, also of those without pages.
func squareOf(object string) string {
	switch object {
	case "Event":
		return views.KindEvent
	case "Task":
		return views.KindTask
	case "ContentNote":
		return views.KindNote
	case "EmailMessage":
		return views.KindEmail
	}
	k, _ := kindOf(object)
	return k.kind
}

// recordsBase is where the pages of added objects live.
const recordsBase = "/records/"

// addable reports whether an object takes part only where somebody added it;
// then its records have pages under recordsBase.
func addable(object string) bool {
	return object != "" && !slices.Contains(gateway.MirroredObjects[:], object) && squareOf(object) == views.KindCustom && !strings.HasPrefix(object, "Content")
}

// addedKind is the kind of an added object: what an admin imported of it
// speaks for its records.
func (v *visit) addedKind() (recordKind, error) {
	object := v.Params("object")
	org, err := v.ws.Settings(v.UserContext(), gateway.OrgScope)
	if err != nil {
		return recordKind{}, err
	}
	in, err := settings.Effective(org, nil)
	if err != nil {
		return recordKind{}, err
	}
	if !slices.Contains(in.Objects.Added, object) {
		return recordKind{}, fiber.ErrNotFound
	}
	schema, err := v.schema(object)
	if err != nil {
		return recordKind{}, err
	}
	mappings, err := v.mappingsOf(object)
	if err != nil {
		return recordKind{}, err
	}
	k, _ := kindOf(object)
	k.path, k.one, k.many = recordsBase+object, firstLabel(schema), cmp.Or(schema.LabelPlural, firstLabel(schema))
	for _, f := range schema.Fields {
		if _, imported := mappings[f.Name]; imported && f.Name != "Name" && len(k.columns) < 4 {
			k.columns = append(k.columns, f.Name)
		}
	}
	k.facts = k.columns
	return k, nil
}

// ofAdded serves a page of the added object that the address names.
func ofAdded(page func(recordKind) func(*visit) error) func(*visit) error {
	return func(v *visit) error {
		k, err := v.addedKind()
		if err != nil {
			return err
		}
		return page(k)(v)
	}
}

// recordURL is our page of a record, "" where we have none.
func recordURL(key gateway.RecordKey) string {
	k, ok := kindOf(key.Object)
	if !ok && addable(key.Object) {
		k.path, ok = recordsBase+key.Object, true
	}
	if !ok || key.ID == "" {
		return ""
	}
	return k.path + "/" + url.PathEscape(key.ID) // ours of a record that Salesforce has not seen may hold anything
}

// mirrored returns the objects that a workspace mirrors.
func mirrored(ctx context.Context, ws *store.Workspace) ([]string, error) {
	org, err := ws.Settings(ctx, gateway.OrgScope)
	if err != nil {
		return nil, err
	}
	return settings.Mirrored(org)
}

// mustMirror answers "not here" for an object that is not mirrored.
func mustMirror(ctx context.Context, ws *store.Workspace, object string) error {
	objects, err := mirrored(ctx, ws)
	if err == nil && !slices.Contains(objects, object) {
		err = fiber.ErrNotFound
	}
	return err
}

// salesforceURL opens a record in Salesforce; it redirects to the right page
// whatever the object is. "" without a connection or for a local id.
func salesforceURL(c gateway.Connection, key gateway.RecordKey) string {
	if id, ok := gateway.NormalizeID(key.ID); ok && c.InstanceURL != "" {
		return c.InstanceURL + "/" + id
	}
	return ""
}
