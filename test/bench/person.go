package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os/exec"
	"strings"
	"time"

	"tidegate/simulator/org"
)

// The one who opens pages.
const personMail, personWord = "ann@acme.example", "correct horse battery staple"

func (g *gatewayProcess) person(ctx context.Context) error {
	cmd := exec.CommandContext(ctx, g.bin, "user", "add", "--workspace", string(workspace), "--email", personMail, "--role", "admin", "--password")
	cmd.Env, cmd.Stdin = g.env, strings.NewReader(personWord)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("adding a person: %w: %s", err, out)
	}
	return nil
}

// signIn returns a function that opens a page and says how long that took, to
// its last byte.
func (g *gatewayProcess) signIn(ctx context.Context) (func(path string) (time.Duration, error), error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	client := &http.Client{Jar: jar, Timeout: patience}
	ask := func(method, path string, form url.Values) (err error) {
		req, err := http.NewRequestWithContext(ctx, method, "http://"+g.addr+path, strings.NewReader(form.Encode()))
		if err != nil {
			return err
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Sec-Fetch-Site", "same-origin")
		resp, err := client.Do(req)
		if err != nil {
			return fmt.Errorf("opening %s: %w", path, err)
		}
		_, err = io.Copy(io.Discard, resp.Body)
		if resp.StatusCode != http.StatusOK || resp.Request.URL.Path == "/login" {
			err = errors.Join(err, fmt.Errorf("opening %s: %s at %s", path, resp.Status, resp.Request.URL.Path))
		}
		return errors.Join(err, resp.Body.Close())
	}
	if err := ask(http.MethodPost, "/login", url.Values{"email": {personMail}, "password": {personWord}}); err != nil {
		return nil, err
	}
	return func(path string) (time.Duration, error) {
		start := time.Now()
		err := ask(http.MethodGet, path, nil)
		return time.Since(start), err
	}, nil
}

// editor returns a function that edits a deal through the product API and says
// how long it took until the org had it.
func (g *gatewayProcess) editor(ctx context.Context, w *world) (func() (time.Duration, error), error) {
	cmd := exec.CommandContext(ctx, g.bin, "key", "create", "--workspace", string(workspace), "--name", "Bench")
	cmd.Env = g.env
	key, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("making a key: %w", err)
	}
	deals := w.deals()
	n := 0
	return func() (time.Duration, error) {
		n++
		deal := deals[n%len(deals)] // another one: edits of one record are spread out (F-63)
		step := fmt.Sprint("Step ", n)
		start := time.Now()
		if err := g.editDeal(ctx, strings.TrimSpace(string(key)), deal, step); err != nil {
			return 0, fmt.Errorf("editing a deal: %w", err)
		}
		err := eventually(ctx, "the edit", func() (there bool, err error) {
			w.org.Engine.Read(func(v org.View) {
				r, _ := v.Get("Opportunity", deal)
				there = r.Value("NextStep") == step
			})
			return there, nil
		})
		return time.Since(start), err
	}, nil
}

func (w *world) deals() (ids []string) {
	w.org.Engine.Read(func(v org.View) {
		v.Scan("Opportunity", func(r org.Record) bool {
			ids = append(ids, r.ID())
			return true
		})
	})
	return ids
}

func (g *gatewayProcess) editDeal(ctx context.Context, key, deal, step string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPatch, "http://"+g.addr+"/api/v1/records/Opportunity/"+deal,
		strings.NewReader(fmt.Sprintf(`{"fields":{"NextStep":%q}}`, step)))
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+key)
	req.Header.Set("Content-Type", "application/json")
	resp, err := (&http.Client{Timeout: patience}).Do(req)
	if err != nil {
		return err
	}
	said, err := io.ReadAll(resp.Body)
	if resp.StatusCode != http.StatusOK {
		err = errors.Join(err, fmt.Errorf("%s: %s", resp.Status, said))
	}
	return errors.Join(err, resp.Body.Close())
}
