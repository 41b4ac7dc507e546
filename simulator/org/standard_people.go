package org

import "slices"

var (
	industries = []string{
		"Agriculture", "Apparel", "Banking", "Biotechnology", "Chemicals", "Communications",
		"Construction", "Consulting", "Education", "Electronics", "Energy", "Engineering", "Entertainment",
		"Environmental", "Finance", "Food & Beverage", "Government", "Healthcare", "Hospitality", "Insurance",
		"Machinery", "Manufacturing", "Media", "Not For Profit", "Recreation", "Retail", "Shipping",
		"Technology", "Telecommunications", "Transportation", "Utilities", "Other",
	}
	leadSources = []string{"Web", "Phone Inquiry", "Partner Referral", "Purchased List", "Other"}
	ratings     = []string{"Hot", "Warm", "Cold"}
)

func owner(childName string) *Field {
	return ref("OwnerId", "User").owned().children(childName)
}

func viewDates() []*Field {
	return []*Field{
		date("LastActivityDate").readOnly(),
		moment("LastViewedDate").readOnly(),
		moment("LastReferencedDate").readOnly(),
	}
}

func accountObject() *Object {
	o := newObject("Account", "Account", "Accounts", "001", []*Field{
		ref("MasterRecordId", "Account").readOnly(),
		text("Name", 255).required().named().labeled("Account Name"),
		pick("Type", "Prospect", "Customer - Direct", "Customer - Channel", "Channel Partner / Reseller",
			"Installation Partner", "Technology Partner", "Other").labeled("Account Type"),
		ref("ParentId", "Account").children("ChildAccounts").labeled("Parent Account ID"),
	}, address("Billing"), address("Shipping"), []*Field{
		phone("Phone").labeled("Account Phone"),
		phone("Fax").labeled("Account Fax"),
		text("AccountNumber", 40),
		link("Website"),
		link("PhotoUrl").readOnly(),
		text("Sic", 20).labeled("SIC Code"),
		pick("Industry", industries...),
		number("AnnualRevenue", TypeCurrency, 18, 0),
		whole("NumberOfEmployees", 8).labeled("Employees"),
		pick("Ownership", "Public", "Private", "Subsidiary", "Other"),
		text("TickerSymbol", 20),
		area("Description", 32000).labeled("Account Description"),
		pick("Rating", ratings...).labeled("Account Rating"),
		text("Site", 80).labeled("Account Site"),
		owner(""),
	}, viewDates(), []*Field{
		text("Jigsaw", 20).labeled("Data.com Key"),
		pick("AccountSource", leadSources...),
		text("SicDesc", 80).labeled("SIC Description"),
		pick("Region__c", "EMEA", "Americas", "APAC"),
		upsertKey(),
	})
	o.FeedEnabled = true
	return o
}

func contactObject() *Object {
	account := ref("AccountId", "Account").children("Contacts").cascade()
	o := newObject("Contact", "Contact", "Contacts", "003", []*Field{
		ref("MasterRecordId", "Contact").readOnly(),
		account,
	}, person(), address("Other"), address("Mailing"), []*Field{
		phone("Phone").labeled("Business Phone"),
		phone("Fax").labeled("Business Fax"),
		phone("MobilePhone"),
		phone("HomePhone"),
		phone("OtherPhone"),
		phone("AssistantPhone"),
		ref("ReportsToId", "Contact").labeled("Reports To ID"),
		email("Email").lookup(),
		text("Title", 128),
		text("Department", 80),
		text("AssistantName", 40),
		pick("LeadSource", leadSources...),
		date("Birthdate"),
		area("Description", 32000).labeled("Contact Description"),
		owner(""),
		flag("HasOptedOutOfEmail").labeled("Email Opt Out"),
		flag("HasOptedOutOfFax").labeled("Fax Opt Out"),
		flag("DoNotCall"),
		moment("LastCURequestDate").readOnly(),
		moment("LastCUUpdateDate").readOnly(),
		text("EmailBouncedReason", 255),
		moment("EmailBouncedDate"),
		flag("IsEmailBounced").readOnly(),
		link("PhotoUrl").readOnly(),
		text("Jigsaw", 20).labeled("Data.com Key"),
	}, viewDates(), []*Field{
		pick("Buying_Role__c", "Economic Buyer", "Champion", "Technical Evaluator", "Coach", "Blocker").restricted(),
		text("Account_Summary__c", 1300).formula(`Account.Name & " / " & Title`),
		upsertKey(),
	})
	o.FeedEnabled = true
	return o
}

func leadObject() *Object {
	status := pick("Status", "*Open - Not Contacted", "Working - Contacted", "Closed - Converted", "Closed - Not Converted").owned()
	o := newObject("Lead", "Lead", "Leads", "00Q", []*Field{
		ref("MasterRecordId", "Lead").readOnly(),
	}, person(), []*Field{
		text("Title", 128),
		text("Company", 255).required(),
	}, address(""), []*Field{
		phone("Phone"),
		phone("MobilePhone"),
		phone("Fax"),
		email("Email").lookup(),
		link("Website"),
		link("PhotoUrl").readOnly(),
		area("Description", 32000),
		pick("LeadSource", leadSources...),
		status,
		pick("Industry", industries...),
		pick("Rating", ratings...),
		number("AnnualRevenue", TypeCurrency, 18, 0),
		whole("NumberOfEmployees", 8).labeled("Employees"),
		owner(""),
		flag("HasOptedOutOfEmail").labeled("Email Opt Out"),
		flag("DoNotCall"),
		flag("IsConverted").createOnly().labeled("Converted"),
		date("ConvertedDate").readOnly(),
		ref("ConvertedAccountId", "Account").readOnly(),
		ref("ConvertedContactId", "Contact").readOnly(),
		ref("ConvertedOpportunityId", "Opportunity").readOnly(),
		flag("IsUnreadByOwner").labeled("Unread By Owner"),
		text("Jigsaw", 20).labeled("Data.com Key"),
		text("EmailBouncedReason", 255),
		moment("EmailBouncedDate"),
	}, viewDates(), []*Field{upsertKey()})
	o.FeedEnabled = true
	return o
}

func userObject() *Object {
	restrictedPick := func(name string, values ...string) *Field { return pick(name, values...).restricted().owned() }
	o := newObject("User", "User", "Users", "005", []*Field{
		text("Username", 80).required().lookup(),
	}, person(), []*Field{
		text("CompanyName", 80),
		text("Division", 80),
		text("Department", 80),
		text("Title", 80),
	}, address(""), []*Field{
		email("Email").required(),
		text("Alias", 8).required(),
		text("CommunityNickname", 40).owned(),
		phone("Phone"),
		phone("MobilePhone"),
		flag("IsActive").labeled("Active"),
		restrictedPick("TimeZoneSidKey", "*Europe/Zurich", "Europe/London", "America/New_York", "America/Los_Angeles", "UTC"),
		restrictedPick("LocaleSidKey", "*en_US", "en_GB", "de_CH", "de_DE"),
		restrictedPick("EmailEncodingKey", "*UTF-8", "ISO-8859-1"),
		restrictedPick("LanguageLocaleKey", "*en_US", "de", "fr"),
		restrictedPick("UserType", "*Standard", "AutomatedProcess", "CloudIntegrationUser").readOnly(),
		text("EmployeeNumber", 20),
		ref("ManagerId", "User").children("ManagedUsers"),
		ref("ProfileId", "Profile").owned(),
		ref("UserRoleId", "UserRole"),
		text("FederationIdentifier", 512),
		moment("LastLoginDate").readOnly(),
	})
	unique := o.Field("Username")
	unique.Unique = true
	o.Deletable, o.Undeletable, o.FeedEnabled = false, false, true
	// A user is created by the org's administrator, not by this API's callers.
	o.Createable = false
	return o
}

func organizationObject() *Object {
	o := newObject("Organization", "Organization", "Organizations", "00D", []*Field{
		text("Name", 80).required().named(),
	}, address(""), []*Field{
		phone("Phone"),
		pick("OrganizationType", "Developer Edition", "Professional Edition", "Enterprise Edition").readOnly(),
		text("InstanceName", 5).readOnly(),
		flag("IsSandbox").readOnly(),
		text("LanguageLocaleKey", 40),
		text("DefaultLocaleSidKey", 40),
		text("TimeZoneSidKey", 40),
		whole("FiscalYearStartMonth", 2).readOnly(),
		text("NamespacePrefix", 15).readOnly(),
		moment("TrialExpirationDate").readOnly(),
	})
	o.Createable, o.Deletable, o.Undeletable, o.Updateable = false, false, false, false
	return o
}

// standardObjects makes the whole schema, sorted by name as describeGlobal
// lists it.
func standardObjects() []*Object {
	list := []*Object{
		accountObject(), contactObject(), leadObject(), userObject(), organizationObject(),
		profileObject(), userRoleObject(), recordTypeObject(),
		opportunityObject(), contactRoleObject(), stageObject(), leadStatusObject(), taskStatusObject(),
		taskObject(), eventObject(), eventRelationObject(), noteObject(), documentObject(), documentLinkObject(),
		activityListObject(activityHistory, "Activity History", "Activity Histories"), activityListObject(openActivity, "Open Activity", "Open Activities"),
	}
	slices.SortFunc(list, func(a, b *Object) int {
		if a.Name < b.Name {
			return -1
		}
		return 1
	})
	return list
}
