package outbound

import (
	"fmt"
	"slices"
	"strings"

	"tidegate/gateway"
)

// Participant is somebody who took part in a meeting, with all that decides
// whether he becomes a Contact by himself.
type Participant struct {
	Email string // as the meeting has it
	Team  string // of the meeting's organizer

	Settings gateway.ContactsSettings
	// OwnDomains are those of the members beside Settings.OwnDomains.
	OwnDomains []string
	// PublicDomain tells free e-mail providers from companies.
	PublicDomain func(domain string) bool
	// Lead and Contact are labels of records that have this address, "" = none.
	Lead, Contact string
	// InMeeting and InHour count what was created already (S-53).
	InMeeting, InHour int
}

// Test is one condition with its answer in words.
type Test struct {
	Text string
	Pass bool
}

// MayCreateContact answers whether a participant becomes a Contact (AVM-31 to
// AVM-34). All conditions are told, the deciding one in reason; the order is
// that of the page: what is about him first, what is about our pace last.
func MayCreateContact(p Participant) (ok bool, tests []Test, reason string) {
	domain, address := domainOf(p.Email)
	add := func(pass bool, yes, no string) {
		text := no
		if pass {
			text = yes
		} else if reason == "" {
			reason = no
		}
		tests = append(tests, Test{text, pass})
	}
	add(p.Settings.AutoCreate, "Creating contacts from meetings is on.", "Creating contacts from meetings is off.")
	add(address, "The participant has an e-mail address.", "The participant has no e-mail address to be recognized by.")
	if address {
		own := slices.Contains(p.Settings.OwnDomains, domain) || slices.Contains(p.OwnDomains, domain)
		add(!own, "External: "+domain+" is not ours.", "Internal: "+domain+" is ours, and colleagues are never created.")
	}
	add(slices.Contains(p.Settings.Teams, p.Team), "Team of the organizer: "+p.Team+".", teamRefusal(p))
	if address {
		public, why := publicDomain(p, domain)
		add(!public, why, why)
	}
	add(p.Contact == "", "No Contact has this address.", "A Contact already has this address: "+p.Contact+".")
	if p.Settings.LeadsFirst {
		add(p.Lead == "", "No Lead has this address.", "A Lead already has this address: "+p.Lead+".")
	}
	add(p.InMeeting < p.Settings.CapMeeting && p.InHour < p.Settings.CapHour, "The caps are not reached.", capRefusal(p))
	if reason != "" {
		return false, tests, reason
	}
	return true, tests, "All conditions hold: a Contact is created."
}

func teamRefusal(p Participant) string {
	team := p.Team
	if team == "" {
		team = "none"
	}
	return fmt.Sprintf("Team of the organizer: %s; contacts come from meetings of %s only.", team, strings.Join(p.Settings.Teams, " and "))
}

// publicDomain answers whether the address is of a public provider and not
// allowed all the same.
func publicDomain(p Participant, domain string) (refused bool, why string) {
	switch {
	case !p.Settings.ExcludePublicDomains:
		return false, "Public e-mail domains are not excluded."
	case p.PublicDomain == nil || !p.PublicDomain(domain):
		return false, "Public domain: no."
	case slices.Contains(p.Settings.AllowDomains, domain) || slices.Contains(p.Settings.AllowDomains, strings.ToLower(strings.TrimSpace(p.Email))):
		return false, domain + " is a public domain, but allowed all the same."
	}
	return true, domain + " is a public e-mail domain, and those are excluded."
}

func capRefusal(p Participant) string {
	if p.InMeeting >= p.Settings.CapMeeting {
		return fmt.Sprintf("This meeting has created %d contacts already, the most that one may.", p.InMeeting)
	}
	return fmt.Sprintf("%d contacts were created within the hour, the most that are allowed; the participant waits in the log.", p.InHour)
}

// domainOf returns the part of an address after @, in lower case.
func domainOf(email string) (domain string, ok bool) {
	local, domain, ok := strings.Cut(strings.ToLower(strings.TrimSpace(email)), "@")
	if !ok || local == "" || domain == "" || strings.ContainsAny(domain, "@ ") {
		return "", false
	}
	return strings.TrimSuffix(domain, "."), true
}
