package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"tidegate/gateway"
	"tidegate/store"
)

// talkWait is how long the demo waits for the first records before it has
// nobody to talk with.
const talkWait = 5 * time.Minute

// talk puts what a product would have recorded in the last days, through the
// public API, so that a newcomer sees where it goes. What is there already is
// left as it is, also when somebody removed its effects.
func (c demoCmd) talk(ctx context.Context, a *app, access demoAccess) error {
	ws := a.db.In(demoWorkspace)
	if _, err := ws.Meeting(ctx, "demo-review"); gateway.CodeOf(err) != gateway.CodeNotFound {
		return err
	}
	people, err := talkers(ctx, ws, 4)
	if err != nil || len(people) < 4 {
		return err
	}
	for _, s := range said(people, access, time.Now().UTC()) {
		if err := put(ctx, a.baseURL()+"/api/v1"+s.path, access.APIKey, s.body); err != nil {
			return err
		}
	}
	return nil
}

// talkers waits until contacts with an address are here that have a role in an
// open deal, and returns n of them.
func talkers(ctx context.Context, ws *store.Workspace, n int) ([]gateway.Record, error) {
	ctx, cancel := context.WithTimeout(ctx, talkWait)
	defer cancel()
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		found, err := inDeals(ctx, ws, n)
		if err != nil || len(found) == n {
			return found, err
		}
		select {
		case <-ctx.Done():
			return nil, nil // it is a demo without talk then
		case <-tick.C:
		}
	}
}

func inDeals(ctx context.Context, ws *store.Workspace, n int) ([]gateway.Record, error) {
	if whole, err := dealsAreRead(ctx, ws); err != nil || !whole {
		return nil, err
	}
	roles, err := ws.Records(ctx, store.RecordQuery{Object: "OpportunityContactRole", Limit: 200})
	if err != nil {
		return nil, err
	}
	var found []gateway.Record
	seen := map[string]bool{}
	for _, role := range roles.Records {
		id := role.Fields["ContactId"].String()
		if len(found) == n || seen[id] {
			continue
		}
		deal, err := recordIfThere(ctx, ws, "Opportunity", role.Fields["OpportunityId"].String())
		if err != nil {
			return nil, err
		}
		contact, err := recordIfThere(ctx, ws, "Contact", id)
		if err != nil {
			return nil, err
		}
		if deal.Fields["IsClosed"] == gateway.Bool(false) && contact.Fields["Email"].String() != "" {
			seen[id], found = true, append(found, contact)
		}
	}
	return found, nil
}

// dealsAreRead says whether deals and their people are here as a whole: of a
// half read org, others would be chosen at each start, some without a deal.
func dealsAreRead(ctx context.Context, ws *store.Workspace) (bool, error) {
	readings, err := ws.Backfills(ctx)
	missing := map[string]bool{"Contact": true, "Opportunity": true, "OpportunityContactRole": true}
	for _, b := range readings {
		if b.State == gateway.BackfillDone {
			delete(missing, b.Object)
		}
	}
	return len(missing) == 0, err
}

// recordIfThere is the record, or one without fields where there is none.
func recordIfThere(ctx context.Context, ws *store.Workspace, object, id string) (gateway.Record, error) {
	r, err := ws.Record(ctx, gateway.RecordKey{Object: object, ID: id})
	if gateway.CodeOf(err) == gateway.CodeNotFound || r.Deleted {
		return gateway.Record{}, nil
	}
	return r, err
}

type saidThing struct {
	path string
	body any
}

type object map[string]any

// said is one of each kind of conversation, with the people given.
func said(people []gateway.Record, access demoAccess, now time.Time) []saidThing {
	day := func(days, hour int) time.Time {
		y, m, d := now.AddDate(0, 0, days).Date()
		return time.Date(y, m, d, hour, 0, 0, 0, time.UTC)
	}
	who := func(i int) object {
		return object{"email": people[i].Fields["Email"].String(), "name": people[i].Label()}
	}
	note := func(text string, at float64) []object { return []object{{"text": text, "at_seconds": at}} }
	first, second := people[0], people[1]
	return []saidThing{
		{"/meetings/demo-discovery", object{
			"title": "Discovery", "source": "calendar", "status": "completed", "purpose": "Sales", "outcome": "Next meeting agreed",
			"starts_at": day(-9, 9), "ends_at": day(-9, 9).Add(50 * time.Minute), "organizer_email": access.Rep.Email, "participants": []object{who(0)},
			"notes":  "Two teams copy notes by hand.\nThe numbers are trusted by nobody.",
			"topics": object{"pain-points": note("Handovers get lost between the two teams.", 340), "competitors": note("They also look at Northmast.", 1310)},
		}},
		{"/meetings/demo-review", object{
			"title": "Pricing review", "source": "calendar", "status": "completed", "purpose": "Sales", "outcome": "Decision made",
			"starts_at": day(-2, 14), "ends_at": day(-2, 14).Add(45 * time.Minute), "organizer_email": access.Rep.Email, "participants": []object{who(0), who(1)},
			"notes":        "They want a price for 40 seats before the end of the month, and a security review first.",
			"action_items": []object{{"text": "Send the price for 40 seats", "due_on": day(3, 0).Format(time.DateOnly), "owner_email": access.Rep.Email}},
			"topics":       object{"next-steps": note("A price for 40 seats, then a pilot.", 731.5), "objections": note("The security review must pass first.", 1862)},
		}},
		{"/meetings/demo-visitor", object{
			"title": "Introduction", "source": "impromptu", "status": "completed", "purpose": "Partner",
			"starts_at": day(-1, 11), "ends_at": day(-1, 11).Add(20 * time.Minute), "organizer_email": access.Rep.Email,
			"participants": []object{{"email": "lena.brook@newharbor.example", "name": "Lena Brook"}}, "notes": "Nobody in Salesforce has this address yet.",
		}},
		{"/meetings/demo-next", object{
			"title": "Pilot kick-off", "source": "calendar", "status": "scheduled", "purpose": "CSM",
			"starts_at": day(4, 10), "ends_at": day(4, 10).Add(30 * time.Minute), "organizer_email": access.Rep.Email, "participants": []object{who(1), who(2)},
		}},
		{"/people/demo-caller", object{"kind": "contact", "email": second.Fields["Email"].String(), "last_name": second.Fields["LastName"].String()}},
		{"/calls/demo-call", object{
			"direction": "inbound", "from": "+1 212 555 0100", "to": "+1 212 555 0199", "started_at": day(-1, 15), "duration_seconds": 720, "disposition": "Connected",
			"notes": "Has the approval of the budget. Asks for the security sheet.", "person_external_id": "demo-caller",
		}},
		{"/people/demo-visitor", object{"kind": "contact", "email": first.Fields["Email"].String(), "last_name": first.Fields["LastName"].String()}},
		{"/conversations/demo-chat", object{
			"channel": "chat", "person_external_id": "demo-visitor", "answers": object{"team_size": 40},
			"messages": []object{
				{"external_id": "1", "direction": "inbound", "author": first.Label(), "text": "Can we begin with ten people?", "at": day(-3, 8)},
				{"external_id": "2", "direction": "outbound", "author": demoRep, "text": "Yes, and you can grow from there.", "at": day(-3, 8).Add(time.Minute)},
			},
		}},
		{"/emails/demo-mail", object{
			"from": access.Rep.Email, "to": []string{people[3].Fields["Email"].String()}, "subject": "Security sheet",
			"text": "Here is the sheet that you asked for.", "sent_at": day(-1, 16),
		}},
	}
}

// put makes one call of the product API as a product would.
func put(ctx context.Context, address, key string, body any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPut, address, bytes.NewReader(text))
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer "+key)
	r.Header.Set("Content-Type", "application/json")
	answer, err := (&http.Client{Timeout: time.Minute}).Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode >= http.StatusBadRequest {
		var problem struct {
			Detail string `json:"detail"`
		}
		_ = json.NewDecoder(answer.Body).Decode(&problem) // the status says enough without it
		return fmt.Errorf("the API answered %d to %s: %s", answer.StatusCode, r.URL.Path, problem.Detail)
	}
	return nil
}
