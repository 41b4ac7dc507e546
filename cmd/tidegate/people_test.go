package main

import (
	"path/filepath"
	"strings"
	"testing"

	"tidegate/gateway"
	"tidegate/store"
)

func TestWorkspaceMayBeLeftOutWhereOneIsMeant(t *testing.T) {
	db, err := store.Open(t.Context(), "sqlite://"+filepath.Join(t.TempDir(), "a.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct{ add, named, want, problem string }{
		{"", "", "", "no workspace yet"},
		{"acme", "", "acme", ""},
		{"", "acme", "acme", ""},
		{"", "nope", "", "there are: acme"},
		{"other", "", "", "--workspace; there are: acme, other"},
		{defaultWorkspace, "", defaultWorkspace, ""},
	} {
		if step.add != "" {
			if err := ensureWorkspace(t.Context(), db, gateway.WorkspaceID(step.add)); err != nil {
				t.Fatal(err)
			}
		}
		w := workspaceFlag{step.named}
		switch err := w.find(t.Context(), db); {
		case step.problem == "" && (err != nil || w.Workspace != step.want):
			t.Errorf("%+v: %q, %v", step, w.Workspace, err)
		case step.problem != "" && (err == nil || !strings.Contains(err.Error(), step.problem)):
			t.Errorf("%+v: %v", step, err)
		}
	}
}
