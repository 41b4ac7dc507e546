package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"tidegate/gateway"
	"tidegate/outbox"
	"tidegate/simulator/org"
)

// topicFields are the contact's fields that the topics of a meeting are mapped
// to, one each.
var topicFields = [...]string{"Department", "AssistantName", "MailingCity", "OtherCity", "Description"}

// guests take part in each meeting.
const guests = 3

// meetings measures what meetings cost that are told of at full load: some
// callers at a time, each waiting for its answer as the API's callers do.
func (w *world) meetings(ctx context.Context, f *out, box *outbox.Outbox, profile string) error {
	_, err := w.ws.SaveSetting(ctx, gateway.SettingRow{
		Scope: gateway.OrgScope, Tab: gateway.TabNotes, Body: []byte(`{"auto_events":true,"meeting_notes":["note","event"],"call_notes":["task"]}`),
	}, 0)
	if err != nil {
		return err
	}
	_, err = w.ws.SaveSetting(ctx, gateway.SettingRow{
		Scope: gateway.OrgScope, Tab: gateway.TabObjects, Body: []byte(`{"writeback":{"Contact":true},"update_fields":{"Contact":true}}`),
	}, 0)
	if err != nil {
		return err
	}
	emails := w.emails()
	if len(emails) < guests*f.Meetings {
		return fmt.Errorf("%d contacts with an address are too few for %d meetings", len(emails), f.Meetings)
	}
	before, err := w.counted(ctx)
	if err != nil {
		return err
	}
	end, err := profiled(profile, "meetings-"+w.db.Engine())
	if err != nil {
		return err
	}
	var mu sync.Mutex
	var took []time.Duration
	start := time.Now()
	err = dispatching(ctx, box, func() error {
		err := sideBySide(f.Meetings, outCallers, func(i int) error {
			began := time.Now()
			receipts, err := box.SubmitMeeting(ctx, workspace, meeting(i, emails[guests*i:guests*(i+1)]))
			if err == nil { // what does not come through in time is the dispatcher's
				_, _ = box.DeliverAll(ctx, workspace, receipts)
			}
			mu.Lock()
			defer mu.Unlock()
			took = append(took, time.Since(began))
			return err
		})
		return errors.Join(err, w.written(ctx))
	})
	f.MeetingRate = float64(f.Meetings) / time.Since(start).Seconds()
	after, wrong := w.counted(ctx)
	f.MeetingCalls = float64(after-before) / float64(f.Meetings)
	f.MeetingP50, f.MeetingP99 = percentiles(took)
	return errors.Join(err, wrong, end(), w.met(f.Meetings, emails))
}

// emails are the addresses that exactly one contact has.
func (w *world) emails() (all []string) {
	seen := map[string]int{}
	w.org.Engine.Read(func(v org.View) {
		v.Scan("Contact", func(r org.Record) bool {
			if email, ok := r.Value("Email").(string); ok && email != "" {
				seen[strings.ToLower(email)]++
				all = append(all, strings.ToLower(email))
			}
			return true
		})
	})
	kept := all[:0]
	for _, email := range all {
		if seen[email] == 1 {
			kept = append(kept, email)
		}
	}
	return kept
}

func meeting(i int, emails []string) gateway.Meeting {
	at := time.Date(2026, 5, 4, 9, 0, 0, 0, time.UTC).Add(time.Duration(i) * time.Minute)
	m := gateway.Meeting{
		ExternalID: fmt.Sprint("bench-", i), Title: fmt.Sprint("Meeting ", i), Source: gateway.FromCalendar, Status: gateway.MeetingCompleted,
		StartsAt: at, EndsAt: at.Add(30 * time.Minute), Notes: fmt.Sprint("They need it soon.\n\n- price of ", i, "\n- next step"),
		Topics: map[string][]gateway.TopicNote{},
	}
	for n, email := range emails {
		m.Participants = append(m.Participants, gateway.Participant{Email: email, Name: fmt.Sprint("Guest ", n)})
	}
	for n := range topicFields {
		m.Topics[fmt.Sprint("topic-", n+1)] = []gateway.TopicNote{{Text: topicText(i, n)}}
	}
	return m
}

func topicText(meeting, topic int) string { return fmt.Sprint("T", topic, " of ", meeting) }

// met compares the org with the meetings: each has one Event, one note with its
// links, and its topics on the contact.
func (w *world) met(n int, emails []string) (err error) {
	events, notes, links := map[string]int{}, 0, map[string]int{}
	topics := map[string]org.Record{}
	w.org.Engine.Read(func(v org.View) {
		v.Scan("Event", func(r org.Record) bool {
			events[fmt.Sprint(r.Value("Subject"))]++
			return true
		})
		v.Scan("ContentNote", func(org.Record) bool {
			notes++
			return true
		})
		v.Scan("ContentDocumentLink", func(r org.Record) bool {
			if r.Value("ShareType") == "V" {
				links[fmt.Sprint(r.Value("ContentDocumentId"))]++
			}
			return true
		})
		v.Scan("Contact", func(r org.Record) bool {
			if email, ok := r.Value("Email").(string); ok {
				topics[strings.ToLower(email)] = r
			}
			return true
		})
		for i := range n {
			if events[fmt.Sprint("Meeting ", i)] != 1 {
				err = fmt.Errorf("meeting %d has %d Events", i, events[fmt.Sprint("Meeting ", i)])
			}
			there := topics[emails[guests*i]]
			for t, field := range topicFields {
				if got := there.Value(field); got != topicText(i, t) {
					err = fmt.Errorf("%s of the contact of meeting %d is %v", field, i, got)
					return
				}
			}
		}
	})
	if notes != n || len(links) != n {
		return errors.Join(err, fmt.Errorf("%d notes, %d of them linked, of %d meetings", notes, len(links), n))
	}
	return err
}
