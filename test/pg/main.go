// Command pg starts a throw-away Postgres for tests that are not written in
// Go, prints {"url":…} and keeps it until standard input ends.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"tidegate/testpg"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "pg:", err)
		os.Exit(1)
	}
}

func run() (err error) {
	server, err := testpg.Start(testpg.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.Stop()) }()
	if err := json.NewEncoder(os.Stdout).Encode(map[string]string{"url": server.URL}); err != nil {
		return err
	}
	// The one who started us keeps our input open for as long as he needs the
	// server; when he is gone, so is the server.
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}
