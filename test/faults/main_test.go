package faults

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"tidegate/store/storetest"
)

// buildDir is where the program under test is built; main removes it.
var buildDir string

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "tidegate-faults-")
	if err != nil {
		fmt.Fprintln(os.Stderr, "making a folder for the program:", err)
		return 1
	}
	defer os.RemoveAll(dir)
	buildDir = dir
	return m.Run()
}

// program builds the program once per run of the tests.
var program = sync.OnceValues(func() (string, error) {
	root, err := filepath.Abs("../..")
	if err != nil {
		return "", err
	}
	if _, err := os.Stat(filepath.Join(root, "static", "dist", "manifest.json")); err != nil {
		return "", fmt.Errorf("the static files are not built, run `make assets` first: %w", err)
	}
	path := filepath.Join(buildDir, "tidegate")
	build := exec.Command("go", "build", "-o", path, "./cmd/tidegate")
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building the program: %w\n%s", err, out)
	}
	return path, nil
})

func binary(t testing.TB) string {
	t.Helper()
	path, err := program()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// engines runs a test on SQLite and on Postgres, both at once.
func engines(t *testing.T, f func(t *testing.T, url string)) {
	t.Helper()
	t.Parallel()
	storetest.Engines(t, func(t *testing.T, url string) {
		t.Parallel()
		f(t, url)
	})
}
