package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// clockTick is the unit of times in /proc on every Linux that Go runs on.
const clockTick = 10 * time.Millisecond

// cpuTime returns what this process and those below it (the database, the
// program) have spent so far. A rate is worth little on a machine that others
// use at the same time; what an event costs hardly changes.
func cpuTime() (time.Duration, error) {
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return 0, err
	}
	parent, spent := map[int]int{}, map[int]time.Duration{}
	for _, path := range stats {
		text, err := os.ReadFile(path)
		if err != nil {
			continue // it has ended
		}
		pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		_, rest, _ := strings.Cut(string(text), ") ") // the name before may hold anything
		fields := strings.Fields(rest)
		if len(fields) < 15 {
			return 0, fmt.Errorf("reading %s: too short", path)
		}
		parent[pid], _ = strconv.Atoi(fields[1])
		// User and system, its own and that of children that have ended: Postgres
		// has a process for each connection, and connections come and go.
		for _, ticks := range fields[11:15] {
			n, _ := strconv.Atoi(ticks)
			spent[pid] += time.Duration(n) * clockTick
		}
	}
	var sum time.Duration
	for pid := range spent {
		for up := pid; up > 1; up = parent[up] {
			if up == os.Getpid() {
				sum += spent[pid]
				break
			}
		}
	}
	return sum, nil
}

// watchCPU returns what tells how much was spent since.
func watchCPU() func() (time.Duration, error) {
	before, failed := cpuTime()
	return func() (time.Duration, error) {
		now, err := cpuTime()
		return now - before, errors.Join(failed, err)
	}
}
