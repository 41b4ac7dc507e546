package match

import (
	"net/url"
	"strings"

	"golang.org/x/net/idna"
	"golang.org/x/net/publicsuffix"
)

// Domain returns the domain that an organization registers, of a host, a web
// address or an e-mail address: "mail.eu.acme.co.uk" → "acme.co.uk". "" for what names
// none, such as a public suffix alone or an address of numbers.
func Domain(text string) string {
	text = strings.TrimSpace(text)
	if _, domain, ok := strings.Cut(text, "@"); ok {
		text = domain
	}
	if !strings.Contains(text, "//") {
		text = "//" + text
	}
	u, err := url.Parse(text)
	if err != nil {
		return ""
	}
	host, err := idna.Lookup.ToASCII(strings.TrimSuffix(u.Hostname(), "."))
	if err != nil {
		return ""
	}
	domain, err := publicsuffix.EffectiveTLDPlusOne(strings.ToLower(host))
	if err != nil || strings.Trim(host, "0123456789.") == "" {
		return ""
	}
	return domain
}
