package handlers

import (
	"crypto/rand"
	"encoding/base64"
	"net/mail"
	"strings"
	"time"

	"github.com/alexedwards/argon2id"
	"github.com/gofiber/fiber/v2"

	"tidegate/gateway"
	"tidegate/views"
)

const minPassword = 12

// you is the signed-in person's own Notes settings ("You", AVM-07).
func you(v *visit) error {
	state, err := v.youState()
	if err != nil {
		return err
	}
	return v.showTab(state)
}

func (v *visit) youState() (tabState, error) {
	state, err := v.tabState(gateway.TabNotes, memberScope(v.member.ID))
	state.common.Form.URL = "/settings/you"
	state.common.Form.Bar.DiscardURL = "/settings/you"
	if state.origin.Locked {
		state.locked = "locked by organization"
		state.common.Form.ReadOnly = true
	}
	return state, err
}

func saveYou(v *visit) error {
	return v.saveScope(gateway.TabNotes, memberScope(v.member.ID), "/settings/you")
}

func members(v *visit) error {
	all, err := v.ws.Members(v.UserContext())
	if err != nil {
		return err
	}
	p := views.ListPage{
		Shell:   v.s.shell(v, "Members", views.NavSettings),
		Head:    views.Head{Title: "Members", Lead: "Who may sign in to this workspace, and as what. An admin changes settings; a rep works with records."},
		Caption: "Members", Columns: []views.Column{{Text: "Name"}, {Text: "E-mail"}, {Text: "Role"}, {Text: "State"}, {Text: "Since"}},
	}
	for _, m := range all {
		state := views.Chip{Tone: views.Good, Icon: views.IconOK, Text: "Can sign in"}
		if m.Disabled {
			state = views.Chip{Tone: views.Idle, Icon: views.IconLock, Text: "Disabled"}
		}
		p.Rows = append(p.Rows, views.Row{ID: m.ID, Cells: []views.Cell{
			{Text: m.Name}, {Text: m.Email}, {Text: string(m.Role)}, {Chip: state}, {Time: v.clock().full(m.CreatedAt)},
		}})
	}
	p.Pager.Text = "New members are added with: tidegate user add --email ann@example.com --role rep"
	return answer(v.Ctx, views.List(p))
}

// keys lists the API keys; a new one is shown once.
func keys(v *visit) error { return v.showKeys("", "", "") }

func (v *visit) showKeys(fresh, name, problem string) error {
	all, err := v.ws.Keys(v.UserContext())
	if err != nil {
		return err
	}
	p := views.KeysPage{
		Shell: v.s.shell(v, "API keys", views.NavSettings),
		Head:  views.Head{Title: "API keys", Lead: "With a key your product calls /api/v1 of this workspace."},
		Fresh: fresh, Form: views.Form{URL: "/settings/keys"},
		Name:    views.Field{Name: "name", Label: "Name of the new key", Value: name, Required: true, MaxLength: "60", Hint: "What will use it, such as “Meeting recorder”.", Error: problem},
		Columns: []views.Column{{Text: "Name"}, {Text: "Begins with"}, {Text: "Made"}, {Text: "Last used"}, {Text: "State"}, {Text: "Action", Hidden: true}},
	}
	if problem != "" {
		p.Form.Errors = []views.FieldError{{FieldID: "name", Text: problem}}
		v.Status(fiber.StatusUnprocessableEntity)
	}
	clk := v.clock()
	for _, k := range all {
		row := views.Row{ID: k.ID, Cells: []views.Cell{
			{Text: k.Name}, {Text: k.Prefix + "…", Mono: true}, {Time: clk.full(k.CreatedAt), Second: k.CreatedBy}, {Time: clk.full(k.LastUsed)},
		}}
		if k.Revoked {
			row.Cells = append(row.Cells, views.Cell{Chip: views.Chip{Tone: views.Idle, Icon: views.IconLock, Text: "Revoked"}}, views.Cell{})
		} else {
			row.Cells = append(row.Cells, views.Cell{Chip: views.Chip{Tone: views.Good, Icon: views.IconOK, Text: "Works"}},
				views.Cell{Action: views.Action{Text: "Revoke", URL: "/settings/keys/" + k.ID + "/revoke", Post: true, Small: true, About: k.Name}})
		}
		p.Rows = append(p.Rows, row)
	}
	return render(v.Ctx, views.Keys(p))
}

func createKey(v *visit) error {
	name := strings.TrimSpace(v.FormValue("name"))
	if name == "" || len(name) > 60 {
		return v.showKeys("", name, "Give the key a name of up to 60 characters.")
	}
	key, row := NewKey(name, v.member.Name, v.s.Now())
	if err := v.ws.CreateKey(v.UserContext(), row); err != nil {
		return err
	}
	v.s.audit(v, "made the API key "+name, row.ID)
	return v.showKeys(key, "", "")
}

// NewKey draws an API key: what the caller gets to see once, and the row that
// keeps only its hash.
func NewKey(name, by string, now time.Time) (string, gateway.APIKey) {
	key := "tg_" + newToken()
	return key, gateway.APIKey{
		ID: NewID(), Name: name, Hash: tokenHash(key), Prefix: key[:8], Scopes: []string{"read", "write"}, CreatedAt: now, CreatedBy: by,
	}
}

// NewID draws the id of a member, key or connection: 15 random bytes, URL-safe.
func NewID() string {
	var b [15]byte
	rand.Read(b[:]) //nolint:errcheck // crypto/rand.Read never fails since Go 1.24
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
	if len(password) < minPassword {
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

// auditLog lists what people did here, newest first.
func auditLog(v *visit) error {
	entries, err := v.ws.AuditLog(v.UserContext(), 0, 100)
	if err != nil {
		return err
	}
	p := views.ListPage{
		Shell: v.s.shell(v, "Audit", views.NavSettings), Caption: "Audit",
		Head:    views.Head{Title: "Audit", Lead: "Who changed what in this workspace, and what was refused. The newest 100."},
		Columns: []views.Column{{Text: "When"}, {Text: "Who"}, {Text: "What"}, {Text: "Where"}},
		Empty:   views.Empty{Icon: views.IconInfo, Title: "Nothing yet", Text: "Every change of a setting, a member or the connection will appear here."},
	}
	for _, e := range entries {
		p.Rows = append(p.Rows, views.Row{Cells: []views.Cell{{Time: v.clock().full(e.At)}, {Text: e.By}, {Text: e.What}, {Text: e.Target, Mono: true}}})
	}
	return answer(v.Ctx, views.List(p))
}
