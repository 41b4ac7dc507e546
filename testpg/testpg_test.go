package testpg

import (
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

func TestEveryTestGetsItsOwnDatabase(t *testing.T) {
	a, b := URL(t), URL(t)
	if a == b {
		t.Fatalf("both tests got %s", a)
	}
	if err := run(t.Context(), a, `CREATE TABLE only_in_a (id INT)`); err != nil {
		t.Fatal(err)
	}
	if err := run(t.Context(), b, `SELECT * FROM only_in_a`); err == nil {
		t.Fatal("a table of one database is in the other")
	}
}

func TestStoppedServerLeavesNothingBehind(t *testing.T) {
	server, err := Start(Options{Fsync: true})
	if err != nil {
		t.Fatal(err)
	}
	address, err := server.NewDatabase(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := run(t.Context(), address, `SELECT 1`); err != nil {
		t.Fatal(err)
	}
	if err := server.Stop(); err != nil {
		t.Fatal(err)
	}
	if err := run(t.Context(), address, `SELECT 1`); err == nil {
		t.Fatal("the server still answers")
	}
	if _, err := os.Stat(server.Dir); !os.IsNotExist(err) {
		t.Fatalf("the data folder is still there: %v", err)
	}
}

// childEnv makes this test binary start a server, say where, and wait to be
// killed.
const childEnv = "TESTPG_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(childEnv) == "" {
		os.Exit(m.Run())
	}
	server, err := Start(Options{})
	if err != nil {
		panic(err)
	}
	os.Stdout.WriteString(server.Dir + " " + server.URL + "\n")
	select {}
}

func TestServerEndsWithAKilledProgram(t *testing.T) {
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), childEnv+"=1")
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	line := make([]byte, 4096)
	n, err := out.Read(line)
	if err != nil {
		t.Fatal(err)
	}
	dir, address, _ := strings.Cut(strings.TrimSpace(string(line[:n])), " ")
	if err := run(t.Context(), address, `SELECT 1`); err != nil {
		t.Fatal(err)
	}
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = child.Wait() // reports the kill
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		if _, err := os.Stat(dir); os.IsNotExist(err) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("the data folder is still there")
		}
	}
}
