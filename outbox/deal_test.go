package outbox

import (
	"path/filepath"
	"testing"
	"time"

	"tidegate/gateway"
	"tidegate/rules/effect"
	"tidegate/rules/settings"
	"tidegate/store/storetest"
)

// dealWorld has an open deal with a contact, and topics mapped to its fields.
func dealWorld(t *testing.T, url string, mode string) (*world, gateway.RecordKey) {
	t.Helper()
	w := newWorld(t, url)
	deal := gateway.RecordKey{Object: "Opportunity", ID: "006550000000001AAA"}
	w.mirror(
		gateway.Record{Key: key(1), Fields: gateway.Fields{"Email": `"ann@example.com"`, "LastName": `"Lee"`}},
		gateway.Record{Key: deal, Fields: gateway.Fields{"Name": `"40 seats"`, "IsClosed": "false", "Pain__c": "null", "Next__c": "null"}},
		gateway.Record{Key: gateway.RecordKey{Object: "OpportunityContactRole", ID: "00K550000000001AAA"}, Fields: gateway.Fields{
			"ContactId": gateway.Text(key(1).ID), "OpportunityId": gateway.Text(deal.ID),
		}},
	)
	w.org.put(deal.ID, gateway.Fields{})
	s := gateway.Schema{Object: "Opportunity"}
	for _, name := range []string{"Pain__c", "Next__c"} {
		s.Fields = append(s.Fields, gateway.Field{Name: name, Label: name, Type: gateway.TypeTextarea, Length: 2000, Updateable: true, Nillable: true})
	}
	must(t, w.db.In(ws).SaveSchemas(t.Context(), []gateway.Schema{s}))
	must(t, w.db.In(ws).SaveMapping(t.Context(), gateway.Mapping{Object: "Opportunity", Field: "Pain__c", Topic: "pain-points", WriteMode: mode, Direction: "outbound", Editable: true, Imported: true}))
	must(t, w.db.In(ws).SaveMapping(t.Context(), gateway.Mapping{Object: "Opportunity", Field: "Next__c", Topic: "action-items", WriteMode: "overwrite", Direction: "outbound", Editable: true, Imported: true}))
	return w, deal
}

func (w *world) summarize(on bool) {
	w.t.Helper()
	s := w.inForce()
	s.Advanced.SummarizeTopics = on
	w.saveTab(s, gateway.TabAdvanced)
}

func told(id string, days int, topics map[string][]gateway.TopicNote) gateway.Meeting {
	m := weekly(gateway.MeetingCompleted)
	m.ExternalID, m.Title, m.Topics = id, "Meeting "+id, topics
	m.StartsAt, m.EndsAt = start.AddDate(0, 0, days), start.AddDate(0, 0, days).Add(time.Hour)
	return m
}

func pains(texts ...string) map[string][]gateway.TopicNote {
	out := map[string][]gateway.TopicNote{}
	for _, text := range texts {
		out["pain-points"] = append(out["pain-points"], gateway.TopicNote{Text: text})
	}
	return out
}

// AVM-46, AVM-47: what meetings and e-mails note under a topic becomes one
// summary in the deal's field, updated as more is told, in whatever order it
// comes; a date-sensitive topic is never summarized; the switch, put on later,
// brings the same by planning anew what was told before.
func TestTopicsOfADealBecomeOneSummary_AVM46_AVM47(t *testing.T) {
	first := told("m1", 0, pains("Every report takes a day.", "Nobody trusts the numbers."))
	first.Topics["action-items"] = []gateway.TopicNote{{Text: "Send the offer by Friday."}}
	second := told("m2", 3, pains("Nobody trusts our numbers."))
	second.Topics["action-items"] = []gateway.TopicNote{{Text: "Call on Monday."}}
	mail := gateway.Email{ExternalID: "e1", From: "ann@example.com", To: []string{"rita@ours.example"}, Subject: "Re", SentAt: start.AddDate(0, 0, 5), Topics: pains("The old tool is too slow.")}
	const want = "The old tool is too slow.\nNobody trusts our numbers.\nEvery report takes a day."
	for name, tell := range map[string]func(w *world){
		"as it happened": func(w *world) {
			w.summarize(true)
			w.meeting(first)
			w.meeting(second)
			w.email(mail)
		},
		"the other way round": func(w *world) {
			w.summarize(true)
			w.email(mail)
			w.meeting(first)
			w.meeting(second)
		},
		"switched on later": func(w *world) {
			w.meeting(first)
			w.email(mail)
			w.meeting(second)
			w.summarize(true)
			w.beginAgain(gateway.ReplanScope{})
			must(w.t, w.box.Replanner().look(w.t.Context()))
		},
	} {
		t.Run(name, func(t *testing.T) {
			w, deal := dealWorld(t, sqlite(t), "overwrite")
			s := w.inForce()
			s.Objects.UpdateFields, s.Objects.Writeback = map[string]bool{"Opportunity": true}, map[string]bool{"Opportunity": true}
			w.saveTab(s, gateway.TabObjects)
			tell(w)
			w.settleAll()
			same(t, "the deal's summary", w.org.get(deal.ID)["Pain__c"], gateway.Text(want))
			same(t, "the date-sensitive topic", w.org.get(deal.ID)["Next__c"], gateway.Text("Call on Monday."))
			said, err := w.box.PreviewAgain(t.Context(), ws, gateway.ReplanScope{Object: "Opportunity"})
			must(t, err)
			same(t, "planned again it is the same", said.Lines, nilLines)
		})
	}
}

// A field to which others wrote keeps their words, and a sentence that a
// correction took back goes away.
func TestSummaryKeepsTheWordsOfOthers_AVM46(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, url string) {
		w, deal := dealWorld(t, url, "append")
		s := w.inForce()
		s.Objects.UpdateFields, s.Objects.Writeback = map[string]bool{"Opportunity": true}, map[string]bool{"Opportunity": true}
		w.saveTab(s, gateway.TabObjects)
		w.summarize(true)
		w.mirror(gateway.Record{Key: deal, Fields: gateway.Fields{"Name": `"40 seats"`, "IsClosed": "false", "Pain__c": `"Typed by hand"`}, Version: gateway.Version{CommitAt: 5, CommitNumber: 5}})
		w.meeting(told("m1", 0, pains("Reports take long.")))
		w.settleAll()
		w.meeting(told("m2", 1, pains("Legal is slow.")))
		w.settleAll()
		same(t, "appended", w.org.get(deal.ID)["Pain__c"], gateway.Text("Typed by hand\nLegal is slow.\nReports take long."))
		notes, err := DealNotes(t.Context(), w.db.In(ws), deal)
		must(t, err)
		same(t, "notes of the deal", len(notes), 2)
	})
}

var nilLines []effect.Line

func sqlite(t *testing.T) string { return "sqlite://" + filepath.Join(t.TempDir(), "store.db") }

func (w *world) email(e gateway.Email) {
	w.t.Helper()
	_, err := w.box.SubmitEmail(w.t.Context(), ws, e)
	must(w.t, err)
}

func (w *world) saveTab(s gateway.Settings, tab gateway.Tab) {
	w.t.Helper()
	body, err := settings.Encode(s, tab)
	must(w.t, err)
	rows, err := w.db.In(ws).Settings(w.t.Context(), gateway.OrgScope)
	must(w.t, err)
	_, err = w.db.In(ws).SaveSetting(w.t.Context(), gateway.SettingRow{Scope: gateway.OrgScope, Tab: tab, Body: body}, rows[tab].Revision)
	must(w.t, err)
}

// settleAll sends all that is owed, links and all.
func (w *world) settleAll() {
	w.t.Helper()
	for range 4 {
		w.clock.forward(time.Minute)
		w.round()
	}
}
