package main

import (
	"fmt"

	"tidegate/streaming/bayeux"
)

// describeState puts the stream's state into one line for the terminal.
func describeState(s bayeux.State) string {
	switch {
	case s.Subscribed:
		return fmt.Sprintf("listening by %s", s.Transport)
	case s.Connected:
		return fmt.Sprintf("connected by %s, subscribing", s.Transport)
	case s.Reason != "":
		return "not connected: " + s.Reason
	}
	return "connecting"
}
