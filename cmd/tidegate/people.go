package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"tidegate/config"
	"tidegate/gateway"
	"tidegate/handlers"
	"tidegate/store"
)

// withStore opens the configured database for a command that needs no server.
func withStore(ctx context.Context, f func(*store.DB) error) error {
	cfg, err := config.FromEnv()
	if err != nil {
		return err
	}
	return withDatabase(ctx, cfg, f)
}

// withStoreToAct is withStore for a command that changes something: what it does
// goes into the audit log, whose chain needs the installation's key. Without that
// nothing is done.
func withStoreToAct(ctx context.Context, f func(*store.DB) error) error {
	cfg, err := config.FromEnv()
	if err == nil {
		err = wantKey(cfg)
	}
	if err != nil {
		return err
	}
	return withDatabase(ctx, cfg, f)
}

// withStoreAsIs is withStore without migrating first.
func withStoreAsIs(ctx context.Context, f func(*store.DB) error) error {
	cfg, err := config.FromEnv()
	if err != nil {
		return err
	}
	cfg.Migrate = "off"
	return withDatabase(ctx, cfg, f)
}

func withDatabase(ctx context.Context, cfg config.Config, f func(*store.DB) error) error {
	db, err := openStore(ctx, cfg, slog.New(slog.DiscardHandler), nil)
	if err != nil {
		return err
	}
	return errors.Join(f(db), db.Close())
}

// workspaceFlag names the workspace that a command works on.
type workspaceFlag struct {
	Workspace string `help:"Workspace to work on; may be left out where there is only one."`
}

// defaultWorkspace is meant, and made, where none is named and none is there.
const defaultWorkspace = "default"

func (w workspaceFlag) id() gateway.WorkspaceID { return gateway.WorkspaceID(w.Workspace) }

// withStore is the function withStore for a workspace that is there.
func (w *workspaceFlag) withStore(ctx context.Context, f func(*store.DB) error) error {
	return withStore(ctx, func(db *store.DB) error {
		if err := w.find(ctx, db); err != nil {
			return err
		}
		return f(db)
	})
}

// beside is the function newAppBeside for a workspace that is there.
func (w *workspaceFlag) beside(ctx context.Context) (*app, error) {
	a, err := newAppBeside(ctx)
	if err != nil {
		return nil, err
	}
	if err := w.find(ctx, a.db); err != nil {
		a.close()
		return nil, err
	}
	return a, nil
}

// find chooses the workspace, which must be there.
func (w *workspaceFlag) find(ctx context.Context, db *store.DB) error {
	all, err := w.choose(ctx, db)
	if err != nil || slices.Contains(all, w.Workspace) {
		return err
	}
	if len(all) == 0 {
		return gateway.Errorf(gateway.CodeNotFound, "There is no workspace yet; make one with: tidegate user add --email you@example.com --role admin")
	}
	return gateway.Errorf(gateway.CodeNotFound, "There is no workspace %q; there are: %s.", w.Workspace, strings.Join(all, ", "))
}

// choose sets the workspace that is meant where none was named, and returns
// the names of those that are there.
func (w *workspaceFlag) choose(ctx context.Context, db *store.DB) ([]string, error) {
	rows, err := db.Workspaces(ctx)
	if err != nil {
		return nil, err
	}
	all := make([]string, 0, len(rows))
	for _, r := range rows {
		all = append(all, string(r.ID))
	}
	switch {
	case w.Workspace != "":
	case len(all) == 0 || slices.Contains(all, defaultWorkspace):
		w.Workspace = defaultWorkspace
	case len(all) == 1:
		w.Workspace = all[0]
	default:
		return nil, gateway.Errorf(gateway.CodeInvalid, "Name the workspace with --workspace; there are: %s.", strings.Join(all, ", "))
	}
	return all, nil
}

// ensureWorkspace makes the workspace if it is not there yet.
func ensureWorkspace(ctx context.Context, db *store.DB, id gateway.WorkspaceID) error {
	all, err := db.Workspaces(ctx)
	if err != nil {
		return err
	}
	for _, w := range all {
		if w.ID == id {
			return nil
		}
	}
	return db.CreateWorkspace(ctx, id, string(id))
}

type userCmd struct {
	Add     userAddCmd     `cmd:"" help:"Add a person; the password is read from standard input, or drawn and printed."`
	List    userListCmd    `cmd:"" help:"List the people of a workspace."`
	Passwd  userPasswdCmd  `cmd:"" help:"Set a new password; all sessions of the person end."`
	Disable userDisableCmd `cmd:"" help:"Keep a person out; all sessions end."`
}

// Help shows examples.
func (userCmd) Help() string { return userAddCmd{}.Help() }

type userAddCmd struct {
	workspaceFlag
	Email    string `required:"" help:"E-mail address to sign in with."`
	Name     string `help:"Display name; the address before @ when left out."`
	Role     string `enum:"admin,rep" default:"rep" help:"admin or rep."`
	Zone     string `default:"UTC" help:"Time zone, such as Europe/Zurich."`
	Team     string `help:"Their team, such as Sales: contacts come from meetings of chosen teams."`
	Password bool   `help:"Read the password from standard input instead of drawing one."`
	JSON     bool   `name:"json" help:"Print one JSON line."`
}

// Help shows examples.
func (userAddCmd) Help() string {
	return examples("",
		"tidegate user add --email ann@example.com --role admin",
		`printf '%s' "$PW" | tidegate user add --email ann@example.com --password`)
}

// Run adds the person.
func (c userAddCmd) Run(ctx context.Context, out *output) error {
	return withStoreToAct(ctx, func(db *store.DB) error {
		password, drawn, err := newPassword(c.Password, os.Stdin)
		if err != nil {
			return err
		}
		if _, err := c.choose(ctx, db); err != nil {
			return err
		}
		m, err := addPerson(ctx, db, person{c.id(), c.Email, c.Name, c.Role, c.Zone, password, c.Team})
		if err != nil {
			return err
		}
		if c.JSON {
			row := map[string]string{"id": m.ID, "email": m.Email, "role": string(m.Role)}
			if drawn {
				row["password"] = password
			}
			return out.json(row)
		}
		fmt.Fprintf(out.to, "Added %s as %s.\n", m.Email, m.Role)
		if drawn {
			fmt.Fprintf(out.to, "Password, shown this once: %s\n", password)
		}
		return nil
	})
}

// person is what a member is made from.
type person struct {
	workspace                               gateway.WorkspaceID
	email, name, role, zone, password, team string
}

func addPerson(ctx context.Context, db *store.DB, p person) (gateway.Member, error) {
	if err := ensureWorkspace(ctx, db, p.workspace); err != nil {
		return gateway.Member{}, err
	}
	email, err := handlers.CheckEmail(p.email)
	if err != nil {
		return gateway.Member{}, err
	}
	if _, err := time.LoadLocation(p.zone); err != nil {
		return gateway.Member{}, gateway.InvalidField("zone", "%q is no time zone, such as Europe/Zurich.", p.zone)
	}
	hash, err := handlers.HashPassword(p.password)
	if err != nil {
		return gateway.Member{}, err
	}
	name := p.name
	if name == "" {
		name, _, _ = strings.Cut(email, "@")
	}
	m := gateway.Member{
		ID: handlers.NewID(), Workspace: p.workspace, Email: email, Name: name, Role: gateway.Role(p.role), Zone: p.zone, Team: p.team,
		PasswordHash: hash, CreatedAt: time.Now(),
	}
	if err := db.In(p.workspace).CreateMember(ctx, m); err != nil {
		if gateway.CodeOf(err) == gateway.CodeConflict {
			return m, gateway.Errorf(gateway.CodeConflict, "Somebody already signs in with %s; use: tidegate user passwd", email)
		}
		return m, err
	}
	return m, act(ctx, db.In(p.workspace), "added the member "+m.Name+" as "+string(m.Role), m.ID)
}

// newPassword reads one line, or draws a password that nobody has to think of.
func newPassword(read bool, in io.Reader) (password string, drawn bool, err error) {
	if !read {
		return strings.ToLower(rand.Text()), true, nil
	}
	line, err := bufio.NewReader(in).ReadString('\n')
	if err != nil && err != io.EOF {
		return "", false, fmt.Errorf("reading the password: %w", err)
	}
	return strings.TrimRight(line, "\r\n"), false, nil
}

type userListCmd struct {
	workspaceFlag
	JSON bool `name:"json" help:"Print JSON lines."`
}

// Help shows examples.
func (userListCmd) Help() string {
	return examples("", "tidegate user list --workspace demo", "tidegate user list --json | jq .email")
}

// Run lists people.
func (c userListCmd) Run(ctx context.Context, out *output) error {
	return c.withStore(ctx, func(db *store.DB) error {
		all, err := db.In(c.id()).Members(ctx)
		if err != nil {
			return err
		}
		table := tabwriter.NewWriter(out.to, 0, 4, 2, ' ', 0)
		for _, m := range all {
			if c.JSON {
				if err := out.json(map[string]any{"id": m.ID, "email": m.Email, "name": m.Name, "role": m.Role, "disabled": m.Disabled}); err != nil {
					return err
				}
				continue
			}
			state := ""
			if m.Disabled {
				state = "disabled"
			}
			fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", m.Email, m.Name, m.Role, state)
		}
		return table.Flush()
	})
}

type userPasswdCmd struct {
	Email    string `required:"" help:"Whose password."`
	Password bool   `help:"Read it from standard input instead of drawing one."`
}

// Help shows examples.
func (userPasswdCmd) Help() string {
	return examples("",
		"tidegate user passwd --email ann@example.com",
		`printf '%s' "$PW" | tidegate user passwd --email ann@example.com --password`)
}

// Run sets the password.
func (c userPasswdCmd) Run(ctx context.Context, out *output) error {
	return withStoreToAct(ctx, func(db *store.DB) error {
		m, err := db.MemberByEmail(ctx, strings.ToLower(c.Email))
		if err != nil {
			return err
		}
		password, drawn, err := newPassword(c.Password, os.Stdin)
		if err != nil {
			return err
		}
		hash, err := handlers.HashPassword(password)
		if err != nil {
			return err
		}
		if err := db.In(m.Workspace).SetPassword(ctx, m.ID, hash); err != nil {
			return err
		}
		if err := act(ctx, db.In(m.Workspace), "set the password of "+m.Name, m.ID); err != nil {
			return err
		}
		if drawn {
			fmt.Fprintf(out.to, "Password, shown this once: %s\n", password)
		}
		return nil
	})
}

type userDisableCmd struct {
	Email string `required:"" help:"Whom to keep out."`
}

// Help shows examples.
func (userDisableCmd) Help() string {
	return examples("", "tidegate user disable --email ann@example.com")
}

// Run disables the person.
func (c userDisableCmd) Run(ctx context.Context) error {
	return withStoreToAct(ctx, func(db *store.DB) error {
		m, err := db.MemberByEmail(ctx, strings.ToLower(c.Email))
		if err != nil {
			return err
		}
		m.Disabled = true
		if err := db.In(m.Workspace).UpdateMember(ctx, m); err != nil {
			return err
		}
		if err := db.In(m.Workspace).EndSessions(ctx, m.ID); err != nil {
			return err
		}
		return act(ctx, db.In(m.Workspace), "disabled the member "+m.Name, m.ID)
	})
}
