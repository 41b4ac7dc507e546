package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tidegate/gateway"
	"tidegate/store"
)

// UX 21: exported from one workspace, planned and applied to another, the
// settings are the same, and applying again changes nothing.
func TestSettingsTravelFromSandboxToProduction_UX21(t *testing.T) {
	url := "sqlite://" + filepath.Join(t.TempDir(), "store.db")
	t.Setenv("TIDEGATE_DATABASE_URL", url)
	run := func(run func(*output) error) string {
		t.Helper()
		f, err := os.Create(filepath.Join(t.TempDir(), "out"))
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(run(&output{f}), f.Close()); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(f.Name())
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	sandbox, production := workspaceFlag{"sandbox"}, workspaceFlag{"production"}
	err := withStore(t.Context(), func(db *store.DB) error {
		for _, ws := range []gateway.WorkspaceID{"sandbox", "production"} {
			if _, err := addPerson(t.Context(), db, person{ws, "ann@" + string(ws) + ".example", "Ann", "admin", "UTC", "a long enough password", ""}); err != nil {
				return err
			}
		}
		w := db.In("sandbox")
		if err := w.SaveMapping(t.Context(), gateway.Mapping{Object: "Contact", Field: "Title", Editable: true, WriteMode: "fill", Imported: true}); err != nil {
			return err
		}
		if err := db.In("production").SaveMapping(t.Context(), gateway.Mapping{Object: "Contact", Field: "Fax", Imported: true}); err != nil {
			return err
		}
		_, err := w.SaveSetting(t.Context(), gateway.SettingRow{Scope: gateway.OrgScope, Tab: gateway.TabNotes, By: "Ann", Body: []byte(`{"meeting_notes":["note","task"],"locked":true}`)}, 0)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "settings.yaml")
	export := func() string {
		t.Helper()
		text := run(func(o *output) error { return configExportCmd{sandbox}.Run(t.Context(), o) })
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return text
	}
	// DEM-17: nothing begins to travel both ways before it is decided who wins.
	export()
	for what, run := range map[string]func() error{
		"plan": func() error { return configPlanCmd{production, file, false}.Run(t.Context(), &output{os.Stdout}) },
		"apply": func() error {
			return configApplyCmd{production, file, false}.Run(t.Context(), &output{os.Stdout})
		},
	} {
		if err := run(); gateway.CodeOf(err) != gateway.CodeInvalid || !strings.Contains(err.Error(), "Contact.Title") || !strings.Contains(err.Error(), "advanced.conflicts.people: recent, salesforce, product or ask") {
			t.Errorf("%s of an undecided file: %v", what, err)
		}
	}
	err = withStore(t.Context(), func(db *store.DB) error {
		return decideWinners(t.Context(), db.In("sandbox"), gateway.WinnerRecent, "Ann")
	})
	if err != nil {
		t.Fatal(err)
	}
	text := export()
	plan := run(func(o *output) error { return configPlanCmd{production, file, false}.Run(t.Context(), o) })
	for _, want := range []string{
		"Notes › Meeting notes go to: Event → Note, Task\n", "Notes › Lock for everyone: Off → On\n",
		"Objects › Contact.Fax: not editable → not imported\n", "Objects › Contact.Title: not imported → editable, write mode fill\n", "10 settings would change.\n",
	} {
		if !strings.Contains(plan, want) {
			t.Errorf("the plan does not say %q:\n%s", want, plan)
		}
	}
	if again := run(func(o *output) error { return configPlanCmd{production, file, false}.Run(t.Context(), o) }); again != plan {
		t.Errorf("planning changed something:\n%s", again)
	}
	run(func(o *output) error { return configApplyCmd{production, file, false}.Run(t.Context(), o) })
	if got := run(func(o *output) error { return configExportCmd{production}.Run(t.Context(), o) }); got != text {
		t.Errorf("production exports\n%s\nthe file says\n%s", got, text)
	}
	if got := run(func(o *output) error { return configApplyCmd{production, file, false}.Run(t.Context(), o) }); got != "0 settings changed.\n" {
		t.Errorf("applying again: %s", got)
	}
	err = withStore(t.Context(), func(db *store.DB) error {
		audit, err := db.In("production").AuditLog(t.Context(), 0, 10)
		if err != nil || len(audit) != 2 || !strings.Contains(audit[0].After, "Lock for everyone: Off → On") {
			t.Errorf("audit %+v (%v)", audit, err)
		}
		r, found := db.In("production").Replan(t.Context(), gateway.ReplanSettings)
		if found != nil || !r.Open() || r.By != onCommandLine {
			t.Errorf("AVM-30: applying plans nothing anew: %+v, %v", r, found)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestSettingsFileOfStrangersIsRefused(t *testing.T) {
	t.Setenv("TIDEGATE_DATABASE_URL", "sqlite://"+filepath.Join(t.TempDir(), "store.db"))
	file := filepath.Join(t.TempDir(), "settings.yaml")
	if err := os.WriteFile(file, []byte("tidegate: 1\nmembers: {eve@example.com: {auto_events: false}}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := withStore(t.Context(), func(db *store.DB) error { return ensureWorkspace(t.Context(), db, "demo") }); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{file: "eve@example.com, who is no member", filepath.Join(t.TempDir(), "none"): "no such file"} {
		err := configApplyCmd{workspaceFlag{"demo"}, path, false}.Run(t.Context(), &output{os.Stdout})
		if gateway.CodeOf(err) != gateway.CodeInvalid || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", path, err)
		}
	}
}
