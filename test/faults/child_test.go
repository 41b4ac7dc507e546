package faults

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// patience ends a test that hangs; it measures nothing, and lets a machine be
// twenty times as busy as it should be.
const patience = 2 * time.Minute

// child is one running "tidegate serve".
type child struct {
	t    testing.TB
	cmd  *exec.Cmd
	url  string // main address
	ops  string // operations address
	log  *journal
	done chan struct{} // closed when it has ended
	err  error         // of Wait, once done
}

// journal keeps what a child writes, and finds where it serves.
type journal struct {
	mu    sync.Mutex
	text  bytes.Buffer
	line  []byte
	told  bool
	ready chan addresses
}

type addresses struct{ Msg, Address, Operations string }

func (j *journal) Write(b []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.text.Write(b)
	if j.told {
		return len(b), nil
	}
	j.line = append(j.line, b...)
	for {
		end := bytes.IndexByte(j.line, '\n')
		if end < 0 {
			return len(b), nil
		}
		var a addresses
		if json.Unmarshal(j.line[:end], &a) == nil && a.Msg == "serving" {
			j.told = true
			j.ready <- a
		}
		j.line = j.line[end+1:]
	}
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	text := j.text.String()
	return text[max(0, len(text)-6000):]
}

// environment is the outer one without what would configure the program.
func environment(extra ...string) []string {
	var env []string
	for _, e := range os.Environ() {
		if !strings.HasPrefix(e, "TIDEGATE_") {
			env = append(env, e)
		}
	}
	return append(env, extra...)
}

// launch starts "serve" of the program at path on free ports without waiting for it.
func launch(t testing.TB, path string, env []string) *child {
	t.Helper()
	c := &child{t: t, cmd: exec.Command(path, "serve"), log: &journal{ready: make(chan addresses, 1)}, done: make(chan struct{})}
	c.cmd.Env = append(env, "TIDEGATE_HTTP_ADDR=127.0.0.1:0", "TIDEGATE_OPS_ADDR=127.0.0.1:0", "TIDEGATE_LOG_FORMAT=json")
	c.cmd.Stdout, c.cmd.Stderr = c.log, c.log
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		c.err = c.cmd.Wait()
		close(c.done)
	}()
	t.Cleanup(func() {
		c.kill()
		if t.Failed() {
			t.Logf("serve wrote:\n%s", c.log)
		}
	})
	return c
}

// serving waits until the child has opened its addresses.
func (c *child) serving() *child {
	c.t.Helper()
	select {
	case a := <-c.log.ready:
		c.url, c.ops = "http://"+a.Address, "http://"+a.Operations
	case <-c.done:
		c.t.Fatalf("serve ended: %v\n%s", c.err, c.log)
	case <-time.After(patience):
		c.t.Fatalf("serve is not ready\n%s", c.log)
	}
	return c
}

// kill ends the child as a crash does, and waits until it is gone.
func (c *child) kill() {
	_ = c.cmd.Process.Kill() // it may have ended
	<-c.done
}

// terminate asks the child to end and returns its exit code and how long it
// took.
func (c *child) terminate() (code int, took time.Duration) {
	c.t.Helper()
	began := time.Now()
	if err := c.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		c.t.Fatal(err)
	}
	select {
	case <-c.done:
	case <-time.After(patience):
		c.t.Fatalf("serve does not end\n%s", c.log)
	}
	return c.cmd.ProcessState.ExitCode(), time.Since(began)
}

// memory is a figure of the child's memory, in KiB, by its name in
// /proc/PID/status.
func (c *child) memory(name string) (kib int) {
	c.t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", c.cmd.Process.Pid))
	if err != nil {
		c.t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, name+":"); ok {
			if _, err := fmt.Sscan(rest, &kib); err != nil {
				c.t.Fatal(err)
			}
		}
	}
	return kib
}

// goroutines are how many the child has.
func (c *child) goroutines() (n int) {
	c.t.Helper()
	code, body := c.get(c.ops + "/debug/pprof/goroutine?debug=1")
	if _, err := fmt.Sscanf(body, "goroutine profile: total %d", &n); code != http.StatusOK || err != nil {
		c.t.Fatalf("goroutines: %d, %v: %.80s", code, err, body)
	}
	return n
}

// get reads an address of the child; status 0 when it does not answer.
func (c *child) get(address string) (status int, body string) {
	return do(c.t, http.MethodGet, address, "", nil)
}

// do makes one call. A connection that fails is status 0.
func do(t testing.TB, method, address, token string, body []byte) (int, string) {
	t.Helper()
	req, err := http.NewRequest(method, address, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	req.Header.Set("Content-Type", "application/json")
	answer, err := client.Do(req)
	if err != nil {
		return 0, err.Error()
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return 0, err.Error()
	}
	return answer.StatusCode, string(text)
}

// client follows no redirects and keeps no connections: the servers come and
// go.
var client = &http.Client{
	Timeout:       patience,
	Transport:     &http.Transport{DisableKeepAlives: true},
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

// command runs a short command of the program.
func command(t testing.TB, env []string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	return commandWith(t, binary(t), env, "", args...)
}

// commandWith is command with another program, and something on its standard
// input.
func commandWith(t testing.TB, path string, env []string, input string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	cmd := exec.Command(path, args...)
	cmd.Env, cmd.Stdin = env, strings.NewReader(input)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	if _, failed := errors.AsType[*exec.ExitError](err); err != nil && !failed {
		t.Fatal(err)
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

// decode reads a JSON text.
func decode(t testing.TB, text string, out any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), out); err != nil {
		t.Fatalf("%v: %.400s", err, text)
	}
}

// eventually waits until check finds nothing to complain about.
func eventually(t testing.TB, check func() string) {
	t.Helper()
	var complaint string
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(15 * time.Millisecond) {
		if complaint = check(); complaint == "" {
			return
		}
	}
	t.Fatalf("still: %s", complaint)
}
