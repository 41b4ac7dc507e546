// Package faults proves from outside what must hold when things go wrong: it
// runs the program as child processes against a simulated org, kills and
// starves them, and compares the mirror with the org's truth. It has no code
// of its own: run it with go test.
package faults
