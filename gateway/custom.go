package gateway

import (
	"strings"
	"time"
)

// KindCustom begins the kind of a record that only the host product has, where
// it stands beside the kinds of what was said: "custom:risk".
const KindCustom = "custom:"

// CustomRecord is a record of a kind that only the host product has.
type CustomRecord struct {
	Kind       string `json:"kind"` // "risk"
	ExternalID string `json:"external_id"`
	Properties Fields `json:"properties"`
	// Person and Meeting are external ids of what it is about, Deal the
	// Salesforce id of its opportunity; "" = none.
	Person    string    `json:"person,omitempty"`
	Meeting   string    `json:"meeting,omitempty"`
	Deal      string    `json:"deal,omitempty"`
	Owner     string    `json:"owner,omitempty"` // e-mail of who of us it belongs to
	UpdatedAt time.Time `json:"updated_at"`
}

// SaidKind is its kind beside those of what was said.
func (r CustomRecord) SaidKind() string { return KindCustom + r.Kind }

// Custom returns the product's own kind behind a kind of what was said: "risk"
// for "custom:risk".
func Custom(kind string) (own string, ok bool) { return strings.CutPrefix(kind, KindCustom) }

// CustomKind is a kind of records that only the host product has, with the
// properties that were seen of it, by name.
type CustomKind struct {
	Kind       string
	Properties []CustomProperty
}

// CustomProperty is one property of such records. Holds says what its values
// were so far, as rules/mapping names it; "" = nothing was seen in it.
type CustomProperty struct {
	Name, Holds string
}
