package faults

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"

	"tidegate/store/storetest"
)

// buildDir is where the program under test is built; main removes it.
var buildDir string

func TestMain(m *testing.M) { os.Exit(run(m)) }

// atOnce is how many tests run side by side: most of what they do is to wait for
// a program that starts, or for a time that a fault takes, so two cores have
// room for more than two.
const atOnce = "5"

func run(m *testing.M) int {
	flag.Parse()
	if p := flag.Lookup("test.parallel"); p.Value.String() == strconv.Itoa(runtime.GOMAXPROCS(0)) { // nobody chose another
		if err := p.Value.Set(atOnce); err != nil {
			fmt.Fprintln(os.Stderr, "running tests side by side:", err)
			return 1
		}
	}
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
	if _, err := os.Stat(filepath.Join(root, "static", "dist", "manifest.json")); err != nil {
		return "", fmt.Errorf("the static files are not built, run `make assets` first: %w", err)
	}
	return variant("tidegate", nil)
})

// variant builds the program with further files, given by their path in the
// project: what a test cannot bring about from outside.
func variant(name string, files map[string]string) (string, error) {
	top, err := filepath.Abs(root)
	if err != nil {
		return "", err
	}
	replace := map[string]string{}
	for path, text := range files {
		replace[filepath.Join(top, path)] = filepath.Join(buildDir, name+"-"+strings.ReplaceAll(path, string(filepath.Separator), "-"))
		if err := os.WriteFile(replace[filepath.Join(top, path)], []byte(text), 0o600); err != nil {
			return "", err
		}
	}
	overlay, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	list, path := filepath.Join(buildDir, name+".json"), filepath.Join(buildDir, name)
	if err := os.WriteFile(list, overlay, 0o600); err != nil {
		return "", err
	}
	build := exec.Command("go", "build", "-overlay", list, "-o", path, "./cmd/tidegate")
	build.Dir = top
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building %s: %w\n%s", name, err, out)
	}
	return path, nil
}

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
