package testpg

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Options say how the server is to run.
type Options struct {
	// Fsync makes commits durable, as in production. Without it tests are
	// faster, and a crash of the machine may lose them.
	Fsync bool
	// Settings are further "name=value" server settings.
	Settings []string
}

// Server is a running Postgres.
type Server struct {
	// URL is the address of its first database, "postgres".
	URL string
	// Dir is the data folder; it goes with the server.
	Dir   string
	guard io.Closer // closing it ends the server
	ended chan struct{}
	log   *bytes.Buffer
}

// startFor bounds how long a server may take until it answers.
const startFor = 60 * time.Second

// Start creates a data folder and starts a server on a free port of 127.0.0.1.
func Start(o Options) (*Server, error) {
	bin, err := binaries()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "tidegate-pg-")
	if err != nil {
		return nil, fmt.Errorf("creating data folder: %w", err)
	}
	s, err := start(bin, dir, o)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return s, nil
}

func start(bin, dir string, o Options) (*Server, error) {
	attr, err := ordinaryUser(dir)
	if err != nil {
		return nil, err
	}
	create := exec.Command(filepath.Join(bin, "initdb"), "--pgdata="+filepath.Join(dir, "data"), "--username=postgres",
		"--auth=trust", "--encoding=UTF8", "--no-locale", "--no-sync", "--no-instructions")
	create.SysProcAttr, create.Dir = attr, dir
	if out, err := create.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("running initdb: %w: %s", err, out)
	}
	// Somebody may take the free port before Postgres does.
	for try := 1; ; try++ {
		s, err := launch(bin, dir, attr, o)
		if err == nil || try == 3 {
			return s, err
		}
	}
}

// guardScript runs Postgres until standard input ends, which it does when this
// program ends in whatever way, and cleans up behind it.
const guardScript = `
"$@" &
pid=$!
cat >/dev/null
kill -QUIT $pid 2>/dev/null
wait $pid
cd / && rm -rf "$TESTPG_DIR"
`

func launch(bin, dir string, attr *syscall.SysProcAttr, o Options) (*Server, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command("/bin/sh", append([]string{"-c", guardScript, "sh", filepath.Join(bin, "postgres")},
		arguments(dir, port, o)...)...)
	cmd.SysProcAttr, cmd.Dir = attr, dir
	cmd.Env = append(os.Environ(), "TESTPG_DIR="+dir)
	s := &Server{
		URL: fmt.Sprintf("postgres://postgres@127.0.0.1:%d/postgres?sslmode=disable", port),
		Dir: dir, ended: make(chan struct{}), log: &bytes.Buffer{},
	}
	cmd.Stdout, cmd.Stderr = s.log, s.log
	guard, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("starting postgres: %w", err)
	}
	s.guard = guard
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting postgres: %w", err)
	}
	go func() {
		defer close(s.ended)
		_ = cmd.Wait() // killed by its guard: the status says nothing
	}()
	return s, s.await()
}

func arguments(dir string, port int, o Options) []string {
	settings := []string{
		"listen_addresses=127.0.0.1", "port=" + strconv.Itoa(port), "unix_socket_directories=",
		"max_connections=200", "log_min_messages=warning",
	}
	if !o.Fsync {
		settings = append(settings, "fsync=off", "synchronous_commit=off", "full_page_writes=off")
	}
	args := []string{"-D", filepath.Join(dir, "data")}
	for _, setting := range slices.Concat(settings, o.Settings) {
		args = append(args, "-c", setting)
	}
	return args
}

// await waits until the server answers.
func (s *Server) await() error {
	ctx, cancel := context.WithTimeout(context.Background(), startFor)
	defer cancel()
	for {
		err := run(ctx, s.URL, `SELECT 1`)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return errors.Join(fmt.Errorf("waiting for postgres: %w", err), s.Stop())
		case <-s.ended:
			return fmt.Errorf("postgres ended: %s", s.log)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// Stop ends the server at once and removes its data.
func (s *Server) Stop() error {
	err := s.guard.Close()
	<-s.ended
	return err
}

func freePort() (int, error) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return 0, fmt.Errorf("looking for a free port: %w", err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	return port, l.Close()
}

// binaries returns the folder of initdb and postgres: Debian keeps them out of
// PATH, one folder per version.
func binaries() (string, error) {
	if path, err := exec.LookPath("initdb"); err == nil {
		if real, err := filepath.EvalSymlinks(path); err == nil {
			return filepath.Dir(real), nil
		}
	}
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil || len(found) == 0 {
		return "", errors.New("no Postgres is installed here: run `make deps`, or set " + EnvURL)
	}
	newest := slices.MaxFunc(found, func(a, b string) int { return version(a) - version(b) })
	return filepath.Dir(newest), nil
}

func version(path string) int {
	n, _ := strconv.Atoi(strings.Split(path, "/")[4]) // 0 for a name that is no number
	return n
}

// ordinaryUser lets children run as a user that Postgres accepts: it refuses
// root. The server gets a process group of its own, so that an interrupt for
// the tests leaves its cleaning up alone.
func ordinaryUser(dir string) (*syscall.SysProcAttr, error) {
	attr := &syscall.SysProcAttr{Setpgid: true}
	if os.Geteuid() != 0 {
		return attr, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, uidErr := strconv.Atoi(u.Uid)
		gid, gidErr := strconv.Atoi(u.Gid)
		if err := errors.Join(uidErr, gidErr); err != nil {
			return nil, fmt.Errorf("reading user %s: %w", name, err)
		}
		if err := os.Chown(dir, uid, gid); err != nil {
			return nil, fmt.Errorf("giving the data folder to %s: %w", name, err)
		}
		attr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
		return attr, nil
	}
	return nil, errors.New("no user to run Postgres as: it refuses root")
}
