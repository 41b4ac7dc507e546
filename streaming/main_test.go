package streaming

import (
	"context"
	"testing"

	"go.uber.org/goleak"
)

type ctxt = context.Context

func TestMain(m *testing.M) {
	// The throw-away Postgres lives as long as the process.
	goleak.VerifyTestMain(m,
		goleak.IgnoreAnyFunction("tidegate/testpg.launch.func1"),
		goleak.IgnoreAnyFunction("os/exec.(*Cmd).writerDescriptor.func1"))
}
