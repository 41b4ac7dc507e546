package handlers

import (
	"bufio"
	"fmt"
	"net/url"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"

	"tidegate/gateway"
	"tidegate/live"
	"tidegate/views"
)

const (
	eventsPath  = "/events"
	heartbeat   = 15 * time.Second // a proxy closes what is silent
	eventWrite  = 5 * time.Second  // a reader slower than this is let go
	streamLife  = 30 * time.Minute // the browser reconnects; sessions are checked again
	lookAgain   = "event: " + views.EventChanged + "\ndata: again\n\n"
	streamRetry = "retry: 1000\n\n"
)

// events is the page's stream: it says "look again" when a record that the
// page shows may have changed. ?object= and ?id= narrow it; ?since= is the moment
// of which the page was drawn, and what came between is told at once.
func (s *Server) events(v *visit) error {
	if key := (gateway.RecordKey{Object: v.Query("object"), ID: v.Query("id")}); v.eyes != nil && key.ID != "" {
		if _, err := v.ws.Record(v.UserContext(), key); err != nil {
			return err // that something hidden changes is hidden too
		}
	}
	sub := s.Hub.Subscribe(v.member.Workspace, watched(v.Query("object"), v.Query("id")))
	if since, err := strconv.ParseUint(v.Query("since"), 10, 64); err == nil {
		sub.CatchUp(live.Moment(since))
	}
	v.Set(fiber.HeaderContentType, "text/event-stream")
	v.Set("X-Accel-Buffering", "no")
	v.Context().SetConnectionClose() // a later answer must not inherit the last write's deadline
	// The writer runs after this handler: it captures values, never the Ctx.
	conn, stopping := v.Context().Conn(), v.Context().Done()
	v.Context().SetBodyStreamWriter(func(w *bufio.Writer) {
		defer sub.Close()
		send := func(text string) bool {
			if err := conn.SetWriteDeadline(time.Now().Add(eventWrite)); err != nil {
				return false
			}
			fmt.Fprint(w, text)
			return w.Flush() == nil
		}
		follow(sub.C, stopping, send)
	})
	return nil
}

// follow sends a message for every change and a heartbeat in between, until
// the reader goes, the server stops or the stream is old.
func follow(changes, stopping <-chan struct{}, send func(text string) bool) {
	if !send(streamRetry) {
		return
	}
	beat, end := time.NewTicker(heartbeat), time.NewTimer(streamLife)
	defer beat.Stop()
	defer end.Stop()
	for {
		text := lookAgain
		select {
		case <-changes:
		case <-beat.C:
			text = ": still here\n\n"
		case <-end.C:
			return
		case <-stopping:
			return
		}
		if !send(text) {
			return
		}
	}
}

// eventsURL is the stream of one record.
func eventsURL(key gateway.RecordKey) string {
	return eventsPath + "?" + url.Values{"object": {key.Object}, "id": {key.ID}}.Encode()
}

func watched(object, id string) func(gateway.RecordKey) bool {
	if object == "" {
		return nil
	}
	return func(k gateway.RecordKey) bool { return k.Object == object && (id == "" || k.ID == id) }
}
