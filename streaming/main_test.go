package streaming

import (
	"context"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"tidegate/testpg"
)

type ctxt = context.Context

func TestMain(m *testing.M) {
	// The throw-away Postgres lives as long as the process.
	goleak.VerifyTestMain(m,
		goleak.IgnoreAnyFunction("tidegate/testpg.launch.func1"),
		goleak.IgnoreAnyFunction("os/exec.(*Cmd).writerDescriptor.func1"))
}

// freshURL returns another empty database of the same engine.
func freshURL(t *testing.T, url string) string {
	t.Helper()
	if strings.HasPrefix(url, "sqlite") {
		return "sqlite://" + t.TempDir() + "/fresh.db"
	}
	return testpg.URL(t)
}
