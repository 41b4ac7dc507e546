package handlers

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"tidegate/gateway"
)

// UX 42: whom several records fit waits on a page, where somebody chooses the
// record, has a new one made, or ignores him; the meeting says who he is and
// why, and lets another be chosen.
func TestWhomSeveralFitIsDecidedOnAPage_UX42(t *testing.T) {
	w := newWorld(t)
	twin := gateway.RecordKey{Object: "Contact", ID: "003000000000077AAA"}
	const email = "ann@twins.example"
	w.save(home, gateway.Record{Key: gateway.RecordKey{Object: "Contact", ID: "003000000000078AAA"}, Fields: gateway.Fields{"Email": gateway.Text(email), "LastName": `"Other"`}})
	w.save(home, gateway.Record{Key: twin, Fields: gateway.Fields{"Email": gateway.Text(email), "LastName": `"Twin"`, "Phone": `"+44 20 7946 0018"`}})
	at := time.Date(2026, 5, 4, 9, 0, 0, 0, time.UTC)
	_, err := w.box.SubmitMeeting(t.Context(), home, gateway.Meeting{
		ExternalID: "m-twin", Title: "Twins", Source: gateway.FromCalendar, Status: gateway.MeetingScheduled, StartsAt: at, EndsAt: at.Add(time.Hour),
		Participants: []gateway.Participant{{Email: email, Name: "Ann Twin"}},
	})
	must(t, err)
	b := w.as(home, gateway.RoleRep)
	b.get(undecidedBase).want(http.StatusOK, "People 1", "1 person waits", "Ann Twin", email, "Decide")
	who := gateway.Who{Kind: gateway.KindParticipant, ID: email}
	b.get(whoURL(who)).want(http.StatusOK, "Which record is Ann Twin", "2 records of Contact have the email "+email, twin.ID, "Choose", "Create a new contact", "Ignore")
	b.get(whoURL(who)+"&q=nobody-of-that-name").want(http.StatusOK, "Nobody found")
	b.get(meetingsBase+"/m-twin").want(http.StatusOK, "Choose the record", "nobody knows which one")

	b.post(whoURL(who)+"&to=Account/001000000000001AAA", url.Values{}).want(http.StatusUnprocessableEntity, "Choose a contact or a lead")
	b.post(whoURL(who)+"&to=Contact/"+twin.ID, url.Values{}).want(http.StatusSeeOther)
	l, err := w.db.In(home).LinkOf(t.Context(), who.Kind, who.ID)
	must(t, err)
	if l.Key != twin || !l.Pinned {
		t.Errorf("link %+v", l)
	}
	b.get(undecidedBase).want(http.StatusOK, "0 people wait", "Nobody waits here")
	b.get(meetingsBase+"/m-twin").want(http.StatusOK, "Chosen by", "Choose the record")
	b.get("/contacts/"+twin.ID).want(http.StatusOK, "A person chose this; it stays.", "Choose another record", "Unlink")

	b.post(whoURL(who)+"&to="+whoNobody, url.Values{}).want(http.StatusSeeOther)
	b.get(undecidedBase+"?state=ignored").want(http.StatusOK, email, "unlinked by")
	b.post(whoURL(who)+"&to="+whoNew, url.Values{}).want(http.StatusSeeOther)
	if l, err = w.db.In(home).LinkOf(t.Context(), who.Kind, who.ID); err != nil || !l.Key.Local() {
		t.Errorf("link %+v, %v", l, err)
	}
	b.get(whoURL(gateway.Who{Kind: who.Kind, ID: "nobody@example.com"})).want(http.StatusNotFound)
	b.get(undecidedBase + "/decide?kind=meeting&thing=m-twin").want(http.StatusNotFound)
}
