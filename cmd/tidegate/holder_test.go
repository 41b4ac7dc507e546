package main

import (
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
)

func TestOnlyAnEndedProcessOfThisMachineHasDeparted(t *testing.T) {
	self := holderName()
	place := self[:strings.LastIndexByte(self, '/')+1]
	if !strings.Contains(self, "@") {
		t.Log("this system does not tell when a process started: nobody departs here")
	}
	child := exec.Command(os.Args[0], "-test.run=^$")
	if err := child.Run(); err != nil {
		t.Fatal(err)
	}
	ended := strconv.Itoa(child.Process.Pid) + "@1"
	for _, c := range []struct {
		name, holder string
		want         bool
	}{
		{"this process", self, false},
		{"another live one", place + running(os.Getppid()), false},
		{"an ended one", place + ended, strings.Contains(self, "@")},
		{"the number is somebody else's now", place + strconv.Itoa(os.Getpid()) + "@1", strings.Contains(self, "@")},
		{"another machine", "elsewhere/" + ended, false},
		{"a name of an older version", "host/4711", false},
		{"nobody", "", false},
	} {
		if got := departed(c.holder, self); got != c.want {
			t.Errorf("%s: departed(%q) = %v, want %v", c.name, c.holder, got, c.want)
		}
	}
}
