package static

import (
	"slices"
	"strings"
	"sync"
)

// publicDomainsName is the asset that holds one public e-mail domain a line,
// sorted by bytes. It is public itself, so that an admin can read it.
const publicDomainsName = "public-domains.txt"

var publicDomains = sync.OnceValue(func() []string {
	c, ok := Lookup(Path(publicDomainsName))
	if !ok {
		return nil // Check says what to run
	}
	return strings.Split(strings.TrimSpace(string(c.Plain)), "\n")
})

// PublicDomain reports whether everybody can have an address of a domain, as of
// a free e-mail provider; the domain is in lower case. The list is that of the
// npm package free-email-domains and a few more, see scripts/assets.mjs.
func PublicDomain(domain string) bool {
	_, found := slices.BinarySearch(publicDomains(), domain)
	return found
}

// PublicDomains returns how many domains the list has, and its address.
func PublicDomains() (count int, url string) {
	return len(publicDomains()), Path(publicDomainsName)
}
