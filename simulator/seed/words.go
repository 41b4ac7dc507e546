package seed

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"tidegate/simulator/org"
)

// staff are the people of the org's Sales and Customer Success departments.
var staff = []struct{ name, title, department string }{
	{"Helena Brandt", "VP Sales", "Sales"},
	{"Marcus Oyelaran", "Account Executive", "Sales"},
	{"Sofia Lindqvist", "Account Executive", "Sales"},
	{"Daniel Petrov", "Account Executive", "Sales"},
	{"Priya Raman", "Senior Account Executive", "Sales"},
	{"Tom Achterberg", "Sales Development Representative", "Sales"},
	{"Leila Haddad", "Sales Development Representative", "Sales"},
	{"Jonas Egger", "Sales Engineer", "Sales"},
	{"Grace Mbeki", "Head of Customer Success", "Customer Success"},
	{"Ruben Castillo", "Customer Success Partner", "Customer Success"},
	{"Yuki Tanabe", "Customer Success Partner", "Customer Success"},
	{"Clara Fournier", "Onboarding Specialist", "Customer Success"},
}

var (
	firstNames = strings.Fields("Ada Aisha Alba Alexander Amara Andrea Anton Astrid Beatrice Benjamin Bruno Camila Carlos Chloe Daria David Diana Elias Elena Emil Emma Erik Farah Felix Fiona Florian Gabriel Hana Hassan Hugo Ida Ines Isabel Ivan Jan Jasmin Johanna Julia Karim Katarina Lars Laura Leo Lina Linus Lucas Maja Malik Mara Marco Maria Matteo Mila Mira Nadia Naomi Nico Nils Nina Noah Nora Oliver Olivia Omar Oscar Paula Peter Rafael Rania Rosa Samuel Sara Selma Simon Stella Tariq Theo Tobias Valentina Vera Viktor Yara Zoe")
	lastNames  = strings.Fields("Abadi Ackermann Almeida Andersson Arnold Aydin Bachmann Baker Barros Baumann Becker Berger Bianchi Bishop Blanc Bosch Brunner Carter Chen Conti Costa Dahl Das Dubois Eriksen Evans Fischer Fontaine Frei Garcia Gerber Graf Gruber Haas Hansen Hoffmann Holm Huber Ivanova Jansen Kaufmann Keller Khan Kim Koch Kowalski Kumar Lang Larsen Laurent Lopez Maier Marin Martins Meier Mendes Moreau Moser Nakamura Nguyen Nielsen Novak Okafor Olsen Park Patel Pereira Ricci Roth Rossi Santos Schmid Schneider Silva Singh Steiner Svensson Tanaka Torres Vogel Wagner Weber Weiss Wong Wyss Young Zimmermann")
	nameStarts = strings.Fields("Alpine Amber Anchor Arbor Atlas Aurora Beacon Birch Blue Bright Canyon Cedar Clear Cobalt Coral Crescent Delta Eastern Ember Evergreen Falcon Fjord Forge Glacier Golden Granite Harbor Helio Horizon Indigo Iron Juniper Keystone Lakeside Lattice Linden Lumen Maple Meridian Mistral Nordic North Oak Orchard Orion Pine Polar Prairie Quartz Red Ridge River Saffron Sierra Silver Solstice Stellar Stone Summit Terra Tidal Timber Union Vector Velvet Verdant Vista Western Willow Zenith")
	nameMiddle = strings.Fields("Analytics Bakery Biotech Bridge Capital Ceramics Cloud Components Dental Design Dynamics Electric Energy Engineering Farms Foods Freight Garden Health Hotels Imaging Instruments Insurance Labs Learning Logistics Machines Marine Materials Media Medical Metals Mobility Motors Networks Optics Outdoor Packaging Partners Pharma Plastics Power Press Print Properties Rail Robotics Security Sensors Services Software Solar Sports Steel Studios Supply Systems Textiles Tools Trading Transport Travel Ventures Water Works")
	nameEnds   = []string{"", "", "", " AG", " GmbH", " Ltd", " Inc", " Group", " SA"}

	titles      = []string{"CEO", "CFO", "CTO", "COO", "Head of Sales", "Head of IT", "VP Operations", "VP Marketing", "Procurement Lead", "IT Architect", "Product Owner", "Finance Director", "Operations Lead", "HR Director", "Customer Service Lead", "Data Analyst"}
	departments = []string{"Finance", "IT", "Marketing", "Operations", "Procurement", "Sales", "Human Resources", "Customer Service"}

	industries   = []string{"Banking", "Biotechnology", "Construction", "Consulting", "Education", "Electronics", "Energy", "Engineering", "Finance", "Food & Beverage", "Healthcare", "Hospitality", "Insurance", "Machinery", "Manufacturing", "Media", "Retail", "Shipping", "Technology", "Telecommunications", "Transportation", "Utilities"}
	accountTypes = []string{"Prospect", "Customer - Direct", "Customer - Direct", "Customer - Channel", "Technology Partner", "Other"}
	ratings      = []string{"Hot", "Warm", "Cold"}
	sources      = []string{"Web", "Phone Inquiry", "Partner Referral", "Purchased List", "Other"}
	leadStatuses = []string{"Open - Not Contacted", "Open - Not Contacted", "Working - Contacted", "Closed - Not Converted"}
	roles        = []string{"Economic Buyer", "Champion", "Technical Evaluator", "Coach", "Blocker"}
	contactRoles = []string{"Business User", "Decision Maker", "Economic Buyer", "Evaluator", "Executive Sponsor", "Influencer", "Technical Buyer"}

	products    = []string{"Platform", "Analytics", "Support", "Enterprise", "Starter", "Integration", "Mobile", "Insights", "Workflow", "Security"}
	dealKinds   = []string{"rollout", "renewal", "expansion", "pilot", "upgrade", "migration", "licenses", "subscription"}
	dealTypes   = []string{"New Customer", "New Customer", "Existing Customer - Upgrade", "Existing Customer - Replacement"}
	nextSteps   = []string{"Send proposal", "Demo with the technical team", "Wait for legal review", "Call the sponsor", "Agree on pilot scope", "Negotiate terms"}
	competitors = []string{"Incumbent vendor", "In-house build", "Open-source tool", "Spreadsheet", "Regional integrator"}
	pains       = []string{"Reports take two days to put together.", "Data is entered twice and drifts apart.", "Follow-ups are forgotten after meetings.", "Forecasts are off by a quarter.", "Onboarding of new people takes too long."}
	meetings    = []string{"Discovery call", "Product demo", "Quarterly review", "Kick-off", "Contract negotiation", "Technical deep dive", "Renewal talk", "Pilot check-in"}
	todos       = []string{"Send proposal", "Call back", "Share security questionnaire", "Update the deal", "Prepare demo", "Follow up after the meeting", "Check references", "Send contract"}
)

type city struct{ city, state, postal, country, region string }

var cities = []city{
	{"Zurich", "", "8001", "Switzerland", "EMEA"},
	{"Bern", "", "3000", "Switzerland", "EMEA"},
	{"Geneva", "", "1204", "Switzerland", "EMEA"},
	{"Berlin", "", "10115", "Germany", "EMEA"},
	{"Munich", "", "80331", "Germany", "EMEA"},
	{"Vienna", "", "1010", "Austria", "EMEA"},
	{"Paris", "", "75001", "France", "EMEA"},
	{"Lyon", "", "69001", "France", "EMEA"},
	{"London", "", "EC1A 1BB", "United Kingdom", "EMEA"},
	{"Stockholm", "", "111 29", "Sweden", "EMEA"},
	{"Lisbon", "", "1100-148", "Portugal", "EMEA"},
	{"New York", "NY", "10001", "United States", "Americas"},
	{"Austin", "TX", "78701", "United States", "Americas"},
	{"Denver", "CO", "80202", "United States", "Americas"},
	{"Toronto", "ON", "M5H 2N2", "Canada", "Americas"},
	{"Singapore", "", "048616", "Singapore", "APAC"},
	{"Tokyo", "", "100-0001", "Japan", "APAC"},
	{"Sydney", "NSW", "2000", "Australia", "APAC"},
}

// company makes a name and a domain that differs for every i.
func company(rng *rand.Rand, i int) (name, domain string) {
	start, middle := one(rng, nameStarts), one(rng, nameMiddle)
	name = start + " " + middle + one(rng, nameEnds)
	domain = fmt.Sprintf("%s-%s%d.example", strings.ToLower(start), strings.ToLower(middle), i)
	return name, domain
}

func address(first, last string, i int, domain string) string {
	return fmt.Sprintf("%s.%s%d@%s", strings.ToLower(first), strings.ToLower(last), i, domain)
}

// phone makes a number from ranges set aside for fiction.
func phone(rng *rand.Rand) string {
	switch rng.IntN(3) {
	case 0:
		return fmt.Sprintf("+44 20 7946 0%03d", rng.IntN(1000))
	case 1:
		return fmt.Sprintf("+1 %d 555 01%02d", 201+rng.IntN(700), rng.IntN(100))
	}
	return fmt.Sprintf("+49 30 23125 %03d", rng.IntN(1000))
}

func street(rng *rand.Rand) string {
	return fmt.Sprintf("%s Street %d", one(rng, nameStarts), 1+rng.IntN(120))
}

// Values makes what a new record of the object is created with, or nil when
// the object is not one that people create.
func Values(v org.View, rng *rand.Rand, object string) map[string]any {
	n := 1_000_000 + rng.IntN(1_000_000_000)
	first, last := one(rng, firstNames), one(rng, lastNames)
	name, domain := company(rng, n)
	switch object {
	case "Account":
		return map[string]any{"Name": name, "Website": "https://www." + domain, "Phone": phone(rng), "Industry": one(rng, industries)}
	case "Contact":
		values := map[string]any{"FirstName": first, "LastName": last, "Email": address(first, last, n, domain), "Phone": phone(rng), "Title": one(rng, titles)}
		if account := Pick(v, rng, "Account"); account != "" {
			values["AccountId"] = account
		}
		return values
	case "Lead":
		return map[string]any{"FirstName": first, "LastName": last, "Company": name, "Email": address(first, last, n, domain), "Phone": phone(rng)}
	case "Opportunity":
		values := map[string]any{
			"Name": one(rng, products) + " " + one(rng, dealKinds), "StageName": org.Stages[rng.IntN(4)].Name,
			"CloseDate": v.Org().Now().AddDate(0, 0, 10+rng.IntN(90)).Format("2006-01-02"), "Amount": float64((1 + rng.IntN(400)) * 500),
		}
		if account := Pick(v, rng, "Account"); account != "" {
			values["AccountId"] = account
		}
		return values
	case "Task":
		return map[string]any{"Subject": one(rng, todos), "ActivityDate": v.Org().Now().AddDate(0, 0, rng.IntN(14)).Format("2006-01-02")}
	case "Event":
		return map[string]any{"Subject": one(rng, meetings), "StartDateTime": v.Org().Now().AddDate(0, 0, rng.IntN(14)), "DurationInMinutes": 30}
	case "ContentNote":
		return map[string]any{"Title": one(rng, meetings), "Content": "PHA+Tm90ZXM8L3A+"}
	}
	return nil
}

// Pick chooses a live record of the object, "" when it finds none.
func Pick(v org.View, rng *rand.Rand, object string) string {
	n := v.Len(object)
	for range 20 {
		if n == 0 {
			break
		}
		if r := v.Nth(object, rng.IntN(n)); r.Value("IsDeleted") != true {
			return r.ID()
		}
	}
	return ""
}

// Phone makes a phone number from ranges set aside for fiction.
func Phone(rng *rand.Rand) string { return phone(rng) }

// Title makes a job title.
func Title(rng *rand.Rand) string { return one(rng, titles) }

// NextStep makes the next step of a deal.
func NextStep(rng *rand.Rand) string { return one(rng, nextSteps) }
