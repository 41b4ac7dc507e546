package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"tidegate/config"
	"tidegate/gateway"
	"tidegate/handlers"
	"tidegate/outbox"
	"tidegate/rules/settings"
	"tidegate/simulator"
	simorg "tidegate/simulator/org"
	"tidegate/simulator/seed"
	"tidegate/store"
)

// rehearsed is what a rehearsal takes from a workspace: how it is configured,
// nothing that it holds.
type rehearsed struct {
	file     []byte // as config export writes it
	members  []gateway.Member
	schemas  []gateway.Schema
	fallback string // e-mail address of who gets what belongs to inactive owners
	// rules are the org's validation rules of the mirrored objects; unruled is why
	// they could not be read, as a sentence.
	rules   []gateway.ValidationRule
	unruled string
}

func readRehearsed(ctx context.Context, w *store.Workspace) (r rehearsed, err error) {
	standing, err := handlers.ReadSettingsFile(ctx, w)
	if err != nil {
		return r, err
	}
	if r.file, err = standing.YAML(); err != nil {
		return r, err
	}
	if r.members, err = w.Members(ctx); err != nil {
		return r, err
	}
	if r.schemas, err = w.Schemas(ctx); err != nil {
		return r, err
	}
	saved, err := w.Settings(ctx, gateway.OrgScope)
	if err != nil {
		return r, err
	}
	in, err := settings.Effective(saved, nil)
	r.fallback = in.Settings.Advanced.FallbackOwner
	return r, err
}

// readRules asks the connected org for its validation rules, which no describe
// tells. A rehearsal goes on without them, and says so.
func (r *rehearsed) readRules(ctx context.Context, a *app, id gateway.WorkspaceID) error {
	objects, err := mirrored(ctx, a.db.In(id))
	if err != nil {
		return err
	}
	one, err := a.orgs.of(ctx, id)
	if err == nil {
		var more int
		r.rules, more, err = one.client.ValidationRules(ctx, objects)
		one.budget.Heard(err)
		if more > 0 {
			r.unruled = fmt.Sprintf("%d more validation rules of the org were not read.", more)
		}
	}
	switch {
	case err != nil && gateway.CodeOf(err) == gateway.CodeNotFound:
		r.unruled = "No org is connected, so its validation rules were not rehearsed."
	case err != nil:
		r.unruled = "The org's validation rules could not be read and were not rehearsed: " + plain(err)
	}
	return nil
}

// stage is where a rehearsal plays: a simulated org, and a gateway of its own.
type stage struct {
	org     *simulator.Org
	app     *app
	ws      *store.Workspace
	key     string
	dir     string
	end     func()
	ended   chan struct{}
	notes   []string // what could not be taken over
	objects []string // that are followed by the stream
	edits   map[string]edit
	told    []string        // things of the product that are written: "a person", "a meeting"
	spoiled map[string]bool // ids that a round left wrong: later ones are not blamed for them
	round   int
}

// Places of users in the simulated org's sales team.
const fallbackUser, leavingUser = 1, 2

const stageWorkspace gateway.WorkspaceID = "rehearsal"

// stageSizes make an org that is read in a moment.
var stageSizes = seed.Sizes{Accounts: 15, Contacts: 60, Leads: 30, Opportunities: 15, Events: 8, Tasks: 8}

// newStage builds both, connects them and applies the configuration. through,
// where there is one, stands between the gateway's way out and Salesforce: tests
// take guards away with it.
func newStage(ctx context.Context, conf rehearsed, through func(outbox.Caller) outbox.Caller) (_ *stage, err error) {
	dir, err := os.MkdirTemp("", "tidegate-rehearsal-")
	if err != nil {
		return nil, err
	}
	s := &stage{dir: dir, key: handlers.DrawKey(), end: func() {}, ended: make(chan struct{}), edits: map[string]edit{}, spoiled: map[string]bool{}}
	defer func() {
		if err != nil {
			s.close()
		}
	}()
	s.org, err = simulator.New(simulator.Config{ // long-polling and the Pub/Sub API, as Salesforce has them
		Seed: 1, Sizes: stageSizes, Quiet: true, CometDWebsocketOff: true, DailyCalls: 10_000_000, Features: simorg.Features{Email: true},
	})
	if err != nil {
		return nil, err
	}
	s.model(conf)
	s.rule(conf)
	cfg, err := s.config()
	if err != nil {
		return nil, err
	}
	if s.app, err = newApp(ctx, cfg, slog.New(slog.DiscardHandler), "", func(a *app) { a.through = through }); err != nil {
		return nil, err
	}
	s.ws = s.app.db.In(stageWorkspace)
	s.run(ctx)
	return s, s.furnish(ctx, conf)
}

func (s *stage) config() (config.Config, error) {
	cfg, err := config.FromEnv()
	if err != nil {
		return cfg, err
	}
	ready := s.org.Ready()
	u, err := url.Parse(ready.URL)
	if err != nil {
		return cfg, err
	}
	cfg.HTTPAddr, cfg.OpsAddr, cfg.BaseURL, cfg.Migrate = "127.0.0.1:0", "127.0.0.1:0", "", "on"
	cfg.DatabaseURL, cfg.SecretKey = "sqlite://"+filepath.Join(s.dir, "rehearsal.db"), ""
	cfg.SummaryURL, cfg.SummaryModel, cfg.SummaryKey = "", "", "" // what is rehearsed leaves this machine nowhere
	cfg.PubSubURL, cfg.AllowedHosts = "http://"+ready.GRPC, []string{u.Host, ready.GRPC}
	return cfg, cfg.Validate()
}

// run serves both until close.
func (s *stage) run(ctx context.Context) {
	ctx, s.end = context.WithCancel(ctx)
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return s.org.Run(ctx) })
	g.Go(func() error { return s.app.Run(ctx) })
	go func() {
		defer close(s.ended)
		_ = g.Wait() // what fails there shows in what is played
	}()
}

// close ends both and removes what they wrote.
func (s *stage) close() {
	s.end()
	if s.ws != nil { // it was run
		<-s.ended
	}
	_ = os.RemoveAll(s.dir) // in the system's folder for such things
}

// model gives the org the custom objects and fields of the real one.
func (s *stage) model(conf rehearsed) {
	for _, schema := range conf.schemas {
		object := s.org.Engine.Object(schema.Object)
		if object == nil && strings.HasSuffix(schema.Object, "__c") {
			if err := s.org.Engine.Alter(simorg.Alteration{Op: "object", Object: schema.Object, Label: schema.Label}); err == nil {
				object = s.org.Engine.Object(schema.Object)
			}
		}
		if object == nil {
			s.notes = append(s.notes, schema.Object+" is not in the simulated org and was not rehearsed.")
			continue
		}
		for _, f := range schema.Fields {
			if !f.Custom || object.Field(f.Name) != nil {
				continue
			}
			spec := simorg.FieldSpec{
				Name: f.Name, Label: f.Label, Type: simorg.FieldType(f.Type), Length: f.Length, Values: f.Picklist, Restricted: f.Restricted,
				ExternalID: f.ExternalID, ReferenceTo: f.ReferenceTo,
			}
			if err := s.org.Engine.Alter(simorg.Alteration{Op: "add", Object: schema.Object, Field: spec}); err != nil {
				s.notes = append(s.notes, fmt.Sprintf("%s.%s could not be made in the simulated org: %v.", schema.Object, f.Name, err))
			}
		}
	}
}

// rule gives the org the validation rules of the real one. Which of them are
// rehearsed is noted, and which are not and why.
func (s *stage) rule(conf rehearsed) {
	if conf.unruled != "" {
		s.notes = append(s.notes, conf.unruled)
	}
	var understood []string
	for _, r := range conf.rules {
		v := simorg.Validation{Name: r.Name, Object: r.Object, Formula: r.Formula, Message: r.Message, Field: r.Field}
		if err := s.org.Engine.SetValidation(v, false); err != nil {
			s.notes = append(s.notes, fmt.Sprintf("The validation rule %s.%s was not rehearsed: %v.", r.Object, r.Name, err))
			continue
		}
		understood = append(understood, r.Object+"."+r.Name)
	}
	if len(understood) > 0 {
		s.notes = append(s.notes, "Validation rules of the org that were rehearsed: "+strings.Join(understood, ", ")+".")
	}
}

// user is the id of one of the org's sales team, and his address.
func (s *stage) user(n int) (id, email string) {
	s.org.Engine.Read(func(v simorg.View) {
		id = v.Nth("User", n).ID()
		email, _ = v.Nth("User", n).Value("Email").(string)
	})
	return id, email
}

// furnish makes the workspace with its members, connects it, waits for the first
// reading and applies the settings.
func (s *stage) furnish(ctx context.Context, conf rehearsed) error {
	db := s.app.db
	if err := ensureWorkspace(ctx, db, stageWorkspace); err != nil {
		return err
	}
	for _, m := range conf.members {
		m.Workspace, m.PasswordHash = stageWorkspace, ""
		if err := s.ws.CreateMember(ctx, m); err != nil {
			return fmt.Errorf("taking over a member: %w", err)
		}
	}
	if err := s.ws.CreateKey(ctx, handlers.KeyRow(s.key, "Rehearsal", "rehearsal", time.Now())); err != nil {
		return err
	}
	ready := s.org.Ready()
	err := s.app.connectByApp(ctx, connectCmd{
		workspaceFlag: workspaceFlag{string(stageWorkspace)}, LoginURL: ready.URL, ClientID: ready.ClientID, ClientSecret: ready.ClientSecret, Flow: "client-credentials",
	})
	if err != nil {
		return err
	}
	if err := s.loaded(ctx); err != nil {
		return err
	}
	if err := s.configure(ctx, conf.file); err != nil {
		s.notes = append(s.notes, "The settings could not be taken over, so the defaults were rehearsed: "+plain(err))
	}
	if id, _ := s.user(fallbackUser); conf.fallback != "" { // whoever that is there, he is somebody here
		if err := s.sim(ctx, "/changes", map[string]any{"object": "User", "op": "update", "id": id, "values": map[string]any{"Email": conf.fallback}}, nil); err != nil {
			return err
		}
	}
	return s.loaded(ctx)
}

func (s *stage) configure(ctx context.Context, file []byte) error {
	standing, err := handlers.ReadSettingsFile(ctx, s.ws)
	if err != nil {
		return err
	}
	if _, err := standing.Plan(file); err != nil {
		return err
	}
	// What is undecided there works as "most recent"; here nothing may be undecided.
	if err := standing.DecideRest(gateway.WinnerRecent); err != nil {
		return err
	}
	return s.ws.InTx(ctx, func(ctx context.Context, tx *store.Tx) error { return standing.Apply(ctx, tx, 0, onCommandLine, "") })
}

// stagePatience bounds every wait of a rehearsal.
const stagePatience = 45 * time.Second

// until waits until check has nothing to complain of, and returns what it last
// complained of after patience.
func until(ctx context.Context, patience time.Duration, check func() (complaint string, err error)) (string, error) {
	end := time.Now().Add(patience)
	for {
		complaint, err := check()
		if err != nil || complaint == "" || time.Now().After(end) {
			return complaint, err
		}
		select {
		case <-ctx.Done():
			return complaint, ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// loaded waits for the first reading of all objects that are mirrored.
func (s *stage) loaded(ctx context.Context) error {
	complaint, err := until(ctx, 2*time.Minute, func() (string, error) {
		objects, err := mirrored(ctx, s.ws)
		if err != nil {
			return "", err
		}
		s.objects = nil
		for _, object := range objects {
			b, err := s.ws.Backfill(ctx, object)
			if gateway.CodeOf(err) == gateway.CodeNotFound && s.org.Engine.Object(object) == nil {
				continue
			}
			if err != nil && gateway.CodeOf(err) != gateway.CodeNotFound {
				return "", err
			}
			if b.State != "done" {
				return object + " is not read", nil
			}
			if object != "User" && !strings.HasPrefix(object, "EmailMessage") { // those are asked for, not streamed
				s.objects = append(s.objects, object)
			}
		}
		slices.Sort(s.objects)
		return "", nil
	})
	if err == nil && complaint != "" {
		err = errors.New("the simulated org could not be read: " + complaint)
	}
	return err
}

// sim orders something of the org.
func (s *stage) sim(ctx context.Context, path string, in, out any) error {
	status, err := s.call(ctx, http.MethodPost, s.org.Ready().URL+"/_sim"+path, in, out)
	if err == nil && status >= http.StatusBadRequest {
		err = fmt.Errorf("the simulated org answers %d to %s", status, path)
	}
	return err
}

// api calls the product API of the stage's gateway.
func (s *stage) api(ctx context.Context, method, path string, in, out any) (int, error) {
	return s.call(ctx, method, baseURLOf(s.app.main.Addr().String())+"/api/v1"+path, in, out)
}

func (s *stage) call(ctx context.Context, method, address string, in, out any) (int, error) {
	body, err := json.Marshal(in)
	if err != nil {
		return 0, err
	}
	req, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+s.key)
	answer, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err
	}
	text, err := io.ReadAll(answer.Body)
	if err = errors.Join(err, answer.Body.Close()); err != nil || out == nil {
		return answer.StatusCode, err
	}
	return answer.StatusCode, json.Unmarshal(text, out)
}
