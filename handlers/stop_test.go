package handlers

import (
	"context"
	"net"
	"testing"
	"time"
)

// F-72: told to end before it has begun to listen, the server ends all the
// same.
func TestServerThatIsToldToEndAtOnceEnds(t *testing.T) {
	for range 20 { // which of the two is quicker is chance
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		done := make(chan error, 1)
		go func() { done <- New(Config{}).Serve(ctx, l, time.Second) }()
		select {
		case err := <-done:
			if err != nil {
				t.Fatal(err)
			}
		case <-time.After(time.Minute):
			t.Fatal("the server does not end")
		}
	}
}
