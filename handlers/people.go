package handlers

import (
	"crypto/rand"
	"encoding/base64"
	"net/mail"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/alexedwards/argon2id"
	"github.com/gofiber/fiber/v2"

	"tidegate/gateway"
	"tidegate/views"
)

const (
	minPassword = 12
)

// you is the signed-in person's own Notes settings ("You", AVM-07).
func you(v *visit) error {
	state, err := v.tabState(gateway.TabNotes, memberScope(v.member.ID))
	if err != nil {
		return err
	}
	return v.showTab(state)
}

func saveYou(v *visit) error {
	return v.saveScope(gateway.TabNotes, memberScope(v.member.ID))
}

// account is a person's own password.
func account(v *visit) error { return v.showAccount(nil) }

func (v *visit) showAccount(problem *gateway.Error) error {
	form := views.SmallForm{
		Title: "Change your password", Text: "Other sessions of this account end with it.", Button: "Change password",
		Form: views.Form{URL: "/settings/you/account"},
		Fields: []views.Field{
			{Name: "current", Label: "Present password", Type: "password", Required: true, Autocomplete: "current-password"},
			{Name: "password", Label: "New password", Type: "password", Required: true, Autocomplete: "new-password", Hint: "At least 12 characters."},
		},
	}
	mark(&form, problem)
	if problem != nil {
		v.Status(statusOf[problem.Code])
	}
	return render(v.Ctx, views.You(views.YouPage{
		Shell: v.s.shell(v, "Your account", views.NavSettings),
		Head:  views.Head{Title: "Your account", Link: views.Link{Text: "Your notes settings", URL: "/settings/you"}},
		Facts: []views.Fact{{Label: "Name", Value: v.member.Name}, {Label: "E-mail", Value: v.member.Email}, {Label: "Role", Value: string(v.member.Role)}},
		Forms: []views.SmallForm{form},
	}))
}

func changePassword(v *visit) error {
	if problem := v.confirmPassword(v.posted("current")); problem != "" {
		return v.showAccount(gateway.InvalidField("current", "%s", problem))
	}
	hash, err := HashPassword(v.posted("password"))
	if e, ok := gatewayError(err); ok {
		return v.showAccount(e)
	}
	if err != nil {
		return err
	}
	if err := v.ws.SetPassword(v.UserContext(), v.member.ID, hash); err != nil {
		return err
	}
	v.s.audit(v, "changed the own password", v.member.ID)
	// All sessions ended with the old password, this one too: it gets a new one.
	if err := v.s.startSession(v, v.member, false); err != nil {
		return err
	}
	return v.Redirect("/settings/you/account?saved=password", fiber.StatusSeeOther)
}

// confirmPassword says what is wrong with the present password, "" when it is
// right. It counts like signing in: a stolen session must not guess on.
func (v *visit) confirmPassword(password string) string {
	if wait := v.s.limiter.begin(v.member.Email, v.IP()); wait > 0 {
		return "Too many attempts. Wait " + duration(wait) + ", then try again."
	}
	match, err := argon2id.ComparePasswordAndHash(password, v.member.PasswordHash)
	if err != nil || !match {
		return "This is not your present password."
	}
	v.s.limiter.succeeded(v.member.Email, v.IP())
	return ""
}

// keys lists the API keys; a new one is shown once.
func keys(v *visit) error { return v.showKeys("", "", "", "") }

// scopeWords say what a key may do.
func scopeWords(scopes []string) string {
	if slices.Contains(scopes, "write") {
		return "Read and write"
	}
	return "Read only"
}

func (v *visit) showKeys(fresh, name, may, problem string) error {
	all, err := v.ws.Keys(v.UserContext())
	if err != nil {
		return err
	}
	form := views.SmallForm{
		Title: "Make a key", Text: "It is shown once. Only its hash is kept here.", Button: "Make key", Form: views.Form{URL: "/settings/keys"},
		Fields: []views.Field{{Name: "name", Label: "Name", Value: name, Required: true, MaxLength: "60", Hint: "What will use it, such as “Meeting recorder”."}},
		Selects: []views.Select{{
			Name: "may", Label: "It may", Options: choose(may, "", "Read and write", "read", "Read only"),
			Hint: "A key that only reads sends nothing to Salesforce.",
		}},
	}
	if problem != "" {
		mark(&form, gateway.InvalidField("name", "%s", problem))
		v.Status(fiber.StatusUnprocessableEntity)
	}
	list := views.ListPage{
		Shell:   v.s.shell(v, "API keys", views.NavSettings),
		Head:    views.Head{Title: "API keys", Lead: "With a key your product calls /api/v1 of this workspace.", Link: views.Link{Text: "How to call the API", URL: apiPath}},
		Caption: "API keys",
		Columns: []views.Column{{Text: "Name"}, {Text: "Begins with"}, {Text: "May"}, {Text: "Made"}, {Text: "Last used"}, {Text: "State"}, {Text: "Action", Hidden: true}},
		Empty:   views.Empty{Icon: views.IconKey, Title: "No key yet", Text: "Make one below, and give it to the product that records your conversations."},
	}
	clk := v.clock()
	for _, k := range all {
		row := views.Row{ID: k.ID, Cells: []views.Cell{
			{Text: k.Name}, {Text: k.Prefix + "…", Mono: true}, {Text: scopeWords(k.Scopes)}, {Time: clk.full(k.CreatedAt), Second: k.CreatedBy}, {Time: clk.full(k.LastUsed)},
		}}
		if k.Revoked {
			row.Cells = append(row.Cells, views.Cell{Chip: views.Chip{Tone: views.Idle, Icon: views.IconLock, Text: "Revoked"}}, views.Cell{})
		} else {
			row.Cells = append(row.Cells, views.Cell{Chip: views.Chip{Tone: views.Good, Icon: views.IconOK, Text: "Works"}},
				views.Cell{Action: views.Action{Text: "Revoke", URL: "/settings/keys/" + k.ID + "/revoke", Post: true, Small: true, About: k.Name}})
		}
		list.Rows = append(list.Rows, row)
	}
	return render(v.Ctx, views.Keys(views.KeysPage{List: list, NewKey: fresh, Create: &form}))
}

func createKey(v *visit) error {
	name := strings.TrimSpace(v.posted("name"))
	if name == "" || utf8.RuneCountInString(name) > 60 {
		return v.showKeys("", name, v.posted("may"), "Give the key a name of up to 60 characters.")
	}
	key, row := NewKey(name, v.member.Name, v.s.Now())
	if v.posted("may") == "read" {
		row.Scopes = []string{"read"}
	}
	if err := v.ws.CreateKey(v.UserContext(), row); err != nil {
		return err
	}
	v.s.audit(v, "made the API key "+name+", "+strings.ToLower(scopeWords(row.Scopes)), row.ID)
	return v.showKeys(key, "", "", "")
}

// NewKey draws an API key: what the caller gets to see once, and the row that
// keeps only its hash.
func NewKey(name, by string, now time.Time) (string, gateway.APIKey) {
	key := DrawKey()
	return key, KeyRow(key, name, by, now)
}

// DrawKey draws the text of an API key: "tg_" and 43 URL-safe characters.
func DrawKey() string { return "tg_" + newToken() }

// KeyRow is what is kept of a key: its hash, and its first characters to
// recognize it by.
func KeyRow(key, name, by string, now time.Time) gateway.APIKey {
	return gateway.APIKey{
		ID: NewID(), Name: name, Hash: tokenHash(key), Prefix: key[:8], Scopes: []string{"read", "write"}, CreatedAt: now, CreatedBy: by,
	}
}

// NewID draws the id of a member, key or connection: 15 random bytes, URL-safe.
func NewID() string {
	var b [15]byte
	rand.Read(b[:]) // never fails since Go 1.24
	return base64.RawURLEncoding.EncodeToString(b[:])
}

func revokeKey(v *visit) error {
	if err := v.ws.RevokeKey(v.UserContext(), v.Params("id")); err != nil {
		return err
	}
	v.s.audit(v, "revoked an API key", v.Params("id"))
	return v.Redirect("/settings/keys?saved=revoked", fiber.StatusSeeOther)
}

// HashPassword checks a new password and returns its argon2id hash.
func HashPassword(password string) (string, error) {
	if utf8.RuneCountInString(password) < minPassword {
		return "", gateway.InvalidField("password", "A password needs at least %d characters.", minPassword)
	}
	return argon2id.CreateHash(password, PasswordParams)
}

// CheckEmail brings an e-mail address to the form that members are kept by.
func CheckEmail(email string) (string, error) {
	a, err := mail.ParseAddress(strings.TrimSpace(email))
	if err != nil || a.Name != "" {
		return "", gateway.InvalidField("email", "%q is no e-mail address, such as ann@example.com.", email)
	}
	return strings.ToLower(a.Address), nil
}
