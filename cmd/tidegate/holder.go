package main

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"

	"tidegate/gateway"
	"tidegate/store"
	"tidegate/streaming"
)

// holderName names this process in leases: the machine, then the process on
// it, with its start, because the system gives numbers out again.
func holderName() string {
	host, err := os.Hostname()
	if err != nil {
		host = "host"
	}
	return machine(host) + "/" + running(os.Getpid())
}

// machine tells one boot of one machine and one space of process numbers from
// others. Two containers may share a host name, and a boot id too.
func machine(host string) string {
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return host
	}
	space, err := os.Readlink("/proc/self/ns/pid")
	if err != nil {
		return host
	}
	return host + "/" + strings.TrimSpace(string(boot)) + "/" + space
}

// running is a process's number and start, "" once it has ended. Where the
// system does not say, it is the number alone.
func running(pid int) string {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		if pid == os.Getpid() {
			return strconv.Itoa(pid)
		}
		return ""
	}
	// The second field, the name, is in brackets and may hold anything. State
	// is the third, the start the twenty-second; see proc_pid_stat(5).
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	if len(fields) < 20 || fields[0] == "Z" || fields[0] == "X" {
		return ""
	}
	return strconv.Itoa(pid) + "@" + fields[19]
}

// departed reports whether a holder is a process of this machine that has
// ended. It errs towards no: the lease then runs out by itself.
func departed(holder, self string) bool {
	at, mine := strings.LastIndexByte(holder, '/'), strings.LastIndexByte(self, '/')
	if holder == self || at < 0 || mine < 0 || holder[:at] != self[:mine] {
		return false
	}
	number, _, dated := strings.Cut(holder[at+1:], "@")
	pid, err := strconv.Atoi(number)
	return err == nil && dated && running(pid) != holder[at+1:]
}

// inherit gives back the lease of a process of this machine that was killed,
// so that a restart goes on at once instead of after the lease has run out.
func inherit(ctx context.Context, ws *store.Workspace, connection, self string) error {
	p, err := ws.Position(ctx, connection, streaming.Channel)
	if err != nil {
		if gateway.CodeOf(err) == gateway.CodeNotFound {
			return nil
		}
		return err
	}
	if !departed(p.Lease.Holder, self) {
		return nil
	}
	if err := ws.ReleaseLease(ctx, p.Lease); err != nil && gateway.CodeOf(err) != gateway.CodeFenced {
		return err
	}
	return nil
}
