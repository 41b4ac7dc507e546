package gateway

import "time"

// Role is what a member may do.
type Role string

// The roles. An admin changes settings; a rep works with records.
const (
	RoleAdmin Role = "admin"
	RoleRep   Role = "rep"
)

// Member is a person who signs in to one workspace.
type Member struct {
	ID           string
	Workspace    WorkspaceID
	Email        string // lower case
	Name         string
	Role         Role
	Zone         string // IANA time zone, "" = UTC
	PasswordHash string // argon2id encoded
	Disabled     bool
	Team         string // "Sales", "" = none
	JobRole      string // such as "Account Executive", "" = none; says nothing about rights
	// SalesforceUser is the id of the Salesforce user that an admin chose for him;
	// "" = the one who has his address.
	SalesforceUser string
	CreatedAt      time.Time
}

// Initials returns up to two letters for the header.
func (m Member) Initials() string {
	var out []rune
	start := true
	for _, r := range m.Name {
		if r == ' ' {
			start = true
			continue
		}
		if start && len(out) < 2 {
			out = append(out, r)
		}
		start = false
	}
	return string(out)
}

// Session is a signed-in browser. Token is stored only as its SHA-256.
type Session struct {
	TokenHash string // hex
	MemberID  string
	Workspace WorkspaceID
	CreatedAt time.Time
	ExpiresAt time.Time
}

// APIKey lets the host product call /api/v1. The key itself is stored only as
// its SHA-256.
type APIKey struct {
	ID        string
	Workspace WorkspaceID
	Name      string
	Hash      string // hex
	Prefix    string // first characters, to recognize it by
	Scopes    []string
	CreatedAt time.Time
	CreatedBy string
	LastUsed  time.Time
	Revoked   bool
}

// Person is somebody the host product knows, before he is a record.
type Person struct {
	ExternalID  string
	Kind        string // "contact" or "lead"
	Email       string
	Phone       string
	MobilePhone string
	FirstName   string
	LastName    string
	Company     string
	Title       string
	Rating      string
	OwnerEmail  string
	// Agent is which agent of the product captured him, its id or name; "" = none
	// is told.
	Agent      string
	Properties Fields
	UpdatedAt  time.Time
}
