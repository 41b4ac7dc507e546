package outbox

import (
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"tidegate/gateway"
	"tidegate/rules/effect"
	"tidegate/store"
)

// lately are meetings of the last days, as they are told.
func lately(w *world, m gateway.Meeting, n int) []gateway.Meeting {
	out := make([]gateway.Meeting, n)
	for i := range out {
		out[i] = m
		out[i].ExternalID, out[i].Title = fmt.Sprint("m", i), fmt.Sprint("Weekly ", i)
		out[i].StartsAt = w.clock.now().Truncate(time.Second).AddDate(0, 0, -1-i)
		out[i].EndsAt = out[i].StartsAt.Add(time.Hour)
	}
	return out
}

// replay is a world in which the same meetings, a call and a chat were told under
// settings; nil meetings are drawn.
func replay(t *testing.T, set func(*gateway.Settings), all []gateway.Meeting) (*world, []gateway.Meeting) {
	t.Helper()
	w, m := noteWorld(t, sqlite(t))
	must(t, w.db.In(ws).SaveSchemas(t.Context(), []gateway.Schema{eventSchema()}))
	must(t, w.db.In(ws).CreateMember(t.Context(), gateway.Member{ID: "u1", Workspace: ws, Email: "rita@ours.example", Name: "Rita", Role: gateway.RoleRep, Team: "Sales"}))
	w.mirror(deal("006550000000001AAA", "2026-06-01"), role("00K550000000001AAA", "006550000000001AAA"))
	s := w.inForce()
	set(&s)
	w.saveTab(s, gateway.TabNotes)
	w.saveTab(s, gateway.TabContacts)
	if all == nil {
		m.Organizer, m.Purpose, m.Outcome = "rita@ours.example", "Sales", "Next meeting agreed"
		m.ActionItems = []gateway.ActionItem{{Text: "Send the offer", DueOn: "2026-05-09"}}
		m.Participants = append(m.Participants, gateway.Participant{Email: "new@client.example", Name: "Nel New"})
		all = lately(w, m, 3)
	}
	for _, one := range slices.Backward(all) { // as they were held
		w.deliverAll(w.meeting(one))
	}
	old := all[0]
	old.Participants = old.Participants[:1]
	old.ExternalID, old.StartsAt = "old", w.clock.now().AddDate(0, 0, -BacktestDays-1)
	old.EndsAt = old.StartsAt.Add(time.Hour)
	w.deliverAll(w.meeting(old))
	w.deliver(w.person(gateway.Person{ExternalID: "ann", Kind: "contact", Email: "ann@example.com", LastName: "Lee"}))
	r, err := w.box.SubmitCall(t.Context(), ws, gateway.Call{ExternalID: "c1", Direction: "inbound", From: "+12025550123", To: "+12025550199", StartedAt: all[0].StartsAt, Seconds: 60, Person: "ann", Notes: "They call back."})
	must(t, err)
	w.deliverAll(r)
	r, err = w.box.SubmitConversation(t.Context(), ws, gateway.Conversation{ExternalID: "v1", Channel: gateway.ChannelChat, Person: "ann", StartedAt: all[1].StartsAt},
		[]gateway.Message{{ExternalID: "1", Direction: "inbound", Author: "Ann", Text: "Hello", At: all[1].StartsAt}})
	must(t, err)
	w.deliverAll(r)
	w.settleAll()
	return w, all
}

// inOrg are the values that the org holds of each part of a thing.
func (w *world) inOrg(kind, id string) map[string]gateway.Fields {
	w.t.Helper()
	all, err := w.db.In(ws).Writings(w.t.Context(), kind, id)
	must(w.t, err)
	out := map[string]gateway.Fields{}
	for _, one := range all {
		if one.Key.ID != "" && one.Omitted == "" {
			out[one.Part] = w.plainly(w.org.get(one.Key.ID))
		}
	}
	return out
}

// plainly leaves out what is empty, and names what the org made by its local id.
func (w *world) plainly(fields gateway.Fields) gateway.Fields {
	local := map[gateway.Value]gateway.Value{}
	w.org.script(func(o *org) {
		for name, made := range o.made {
			for _, one := range made {
				local[gateway.Text(one)] = gateway.Text(name)
			}
		}
	})
	out := gateway.Fields{}
	for name, v := range fields {
		if name, known := local[v]; known {
			v = name
		}
		if !v.Empty() {
			out[name] = v
		}
	}
	return out
}

// Issue 5 point 10, M5: with the settings in force a backtest finds all as it
// was; with others it says of each part and each of its fields the value that the
// org holds when the same is told under those, and the one that it holds now.
// Nothing is saved by looking.
func TestBacktestSaysWhatTheSameInputBecomes_M5(t *testing.T) {
	creates := func(s *gateway.Settings) {
		s.Contacts.AutoCreate, s.Contacts.Teams = true, []string{"Sales"}
		s.Contacts.Chain = []gateway.MatchStep{{By: "email"}}
	}
	places := func(meetings, calls []string) func(*gateway.Settings) {
		return func(s *gateway.Settings) {
			s.Notes.AutoEvents, s.Notes.MeetingNotes, s.Notes.CallNotes = true, meetings, calls
		}
	}
	for name, c := range map[string]struct{ was, then []func(*gateway.Settings) }{
		"to a note":            {[]func(*gateway.Settings){places([]string{"event"}, []string{"task"})}, []func(*gateway.Settings){places([]string{"note"}, []string{"task"})}},
		"everywhere":           {[]func(*gateway.Settings){places([]string{"note"}, []string{"task"})}, []func(*gateway.Settings){places([]string{"note", "event", "task"}, []string{"note", "event", "task"})}},
		"no Events":            {[]func(*gateway.Settings){places([]string{"event", "note"}, []string{"task"})}, []func(*gateway.Settings){places([]string{"task"}, []string{"event"}), func(s *gateway.Settings) { s.Notes.AutoEvents = false }}},
		"contacts are created": {[]func(*gateway.Settings){places([]string{"note"}, []string{"task"})}, []func(*gateway.Settings){places([]string{"note"}, []string{"task"}), creates}},
	} {
		t.Run(name, func(t *testing.T) {
			set := func(all []func(*gateway.Settings)) func(*gateway.Settings) {
				return func(s *gateway.Settings) {
					for _, one := range all {
						one(s)
					}
				}
			}
			w, all := replay(t, set(c.was), nil)
			calls := w.org.callCount()
			was, err := w.box.Backtest(t.Context(), ws, nil, false)
			must(t, err)
			same(t, "looked at", was.Looked, 5)
			same(t, "things that would differ", was.Things, 0)
			rowByRow(t, was, w, w)

			s := w.inForce()
			set(c.then)(&s)
			then, err := w.box.Backtest(t.Context(), ws, &Proposal{Settings: s}, true)
			must(t, err)
			same(t, "sampled", then.Sampled(), false)
			if then.Things == 0 {
				t.Error("nothing differs, so nothing is shown")
			}
			w.round()
			same(t, "looking wrote", w.org.callCount(), calls)
			replayed, _ := replay(t, set(c.then), all)
			rowByRow(t, then, w, replayed)
			was, err = replayed.box.Backtest(t.Context(), ws, nil, false)
			must(t, err)
			same(t, "things that differ from what was replayed", was.Things, 0)
			rowByRow(t, was, replayed, replayed)
		})
	}
}

// rowByRow compares what a backtest says of each field with what two orgs hold.
func rowByRow(t *testing.T, b *effect.Backtest, was, then *world) {
	t.Helper()
	type thing struct{ kind, id string }
	would, wrote := map[thing]map[string]gateway.Fields{}, map[thing]map[string]gateway.Fields{}
	differ := map[string][]string{}
	for _, r := range b.Rows {
		at := thing{r.Kind, r.ID}
		if would[at] == nil {
			would[at], wrote[at] = map[string]gateway.Fields{}, map[string]gateway.Fields{}
		}
		if r.Outcome != effect.WouldNot && r.Outcome != effect.Left {
			would[at][r.Part] = was.plainly(r.Would)
		}
		if r.Outcome != effect.WouldWrite && r.Outcome != effect.Left {
			wrote[at][r.Part] = was.plainly(r.Was)
		}
		differ[r.Kind+r.ID+r.Part] = r.Fields
	}
	for at := range would {
		now, later := was.inOrg(at.kind, at.id), then.inOrg(at.kind, at.id)
		if want := wrote[at]; !reflect.DeepEqual(now, want) {
			t.Errorf("%s %s holds\n%v\nand the backtest says\n%v", at.kind, at.id, now, want)
		}
		if want := would[at]; !reflect.DeepEqual(later, want) {
			t.Errorf("%s %s, told again, holds\n%v\nand the backtest says\n%v", at.kind, at.id, later, want)
		}
		for part, fields := range now {
			var want []string
			for name := range fields.Overlay(later[part]) {
				if fields[name] != later[part][name] && later[part] != nil {
					want = append(want, name)
				}
			}
			slices.Sort(want)
			if got := differ[at.kind+at.id+part]; !slices.Equal(got, want) {
				t.Errorf("%s of %s %s: the backtest says that %v differ, it is %v", part, at.kind, at.id, got, want)
			}
		}
	}
}

// M5: what topics write to a field of a deal that is there is in the backtest too:
// with the mappings in force all is as it was, with others it says what the deal
// then holds, and what is not written any more; a field that is only filled while
// empty counts as empty where this filled it.
func TestBacktestSaysWhatTopicsWriteToRecordsThatAreThere_M5(t *testing.T) {
	for _, mode := range []string{"overwrite", "fill"} {
		t.Run(mode, func(t *testing.T) { topicsThatAreThere(t, mode) })
	}
}

func topicsThatAreThere(t *testing.T, mode string) {
	t.Helper()
	mapped := func(next, pain string) []gateway.Mapping {
		return []gateway.Mapping{
			{Object: "Opportunity", Field: "Next__c", Topic: next, WriteMode: mode, Editable: true, Imported: true, FieldType: "textarea"},
			{Object: "Opportunity", Field: "Pain__c", Topic: pain, WriteMode: mode, Editable: true, Imported: true, FieldType: "textarea"},
		}
	}
	tell := func(mappings []gateway.Mapping) *world {
		w, deal := dealWorld(t, sqlite(t), "overwrite")
		s := w.inForce()
		s.Objects.UpdateFields, s.Objects.Writeback = map[string]bool{"Opportunity": true}, map[string]bool{"Opportunity": true}
		w.saveTab(s, gateway.TabObjects)
		saved, err := w.db.In(ws).Mappings(t.Context(), "Opportunity")
		must(t, err)
		for _, m := range mappings {
			for _, had := range saved {
				if had.Field == m.Field {
					m.Revision = had.Revision
				}
			}
			must(t, w.db.In(ws).SaveMapping(t.Context(), m))
		}
		m := told("m1", 0, map[string][]gateway.TopicNote{"pain-points": {{Text: "It takes a day."}}, "next-steps": {{Text: "Call on Monday."}}})
		m.StartsAt = w.clock.now().Truncate(time.Second).AddDate(0, 0, -1)
		m.EndsAt = m.StartsAt.Add(time.Hour)
		w.meeting(m)
		w.settleAll()
		there := gateway.Record{Key: deal, Fields: w.org.get(deal.ID), Version: gateway.Version{CommitAt: 9, CommitNumber: 9}}
		there.Fields = there.Fields.Overlay(gateway.Fields{"Name": `"40 seats"`, "IsClosed": "false"})
		w.mirror(there) // as the stream brings it
		return w
	}
	held := func(w *world) gateway.Fields {
		all, err := w.db.In(ws).Writings(t.Context(), gateway.KindMeeting, "m1")
		must(t, err)
		for _, one := range all {
			if one.Part == "topics:Opportunity" {
				return gateway.Fields{"Next__c": w.org.get(one.Key.ID)["Next__c"], "Pain__c": w.org.get(one.Key.ID)["Pain__c"]}
			}
		}
		return gateway.Fields{}
	}
	row := func(b *effect.Backtest) effect.Row {
		t.Helper()
		i := slices.IndexFunc(b.Rows, func(r effect.Row) bool { return r.Part == "topics:Opportunity" })
		if i < 0 {
			t.Fatalf("no row of the deal's fields: %+v", b.Rows)
		}
		return b.Rows[i]
	}
	was := tell(mapped("next-steps", "pain-points"))
	b, err := was.box.Backtest(t.Context(), ws, nil, false)
	must(t, err)
	same(t, "things that differ", b.Things, 0)
	same(t, "what the deal holds", row(b).Was, held(was))
	same(t, "it is the same", row(b).Outcome, effect.AsItWas)

	for name, then := range map[string][]gateway.Mapping{
		"the other way round": mapped("pain-points", "next-steps"), "one to both": mapped("pain-points", "pain-points"), "one no more": mapped("", "pain-points"),
	} {
		t.Run(name, func(t *testing.T) {
			b, err := was.box.Backtest(t.Context(), ws, &Proposal{Settings: was.inForce(), Mappings: map[string][]gateway.Mapping{"Opportunity": then}}, true)
			must(t, err)
			now, replayed := row(b), tell(then)
			want := held(replayed)
			for field, v := range want {
				if v.Empty() {
					delete(want, field)
				}
			}
			same(t, "what the deal would hold", now.Would, want)
			same(t, "what it holds", now.Was, held(was))
			if now.Outcome != effect.Otherwise || len(now.Fields) == 0 {
				t.Errorf("the row is %+v", now)
			}
		})
	}
	none := []gateway.Mapping{}
	b, err = was.box.Backtest(t.Context(), ws, &Proposal{Settings: was.inForce(), Mappings: map[string][]gateway.Mapping{"Opportunity": none}}, true)
	must(t, err)
	same(t, "without a mapping", row(b).Outcome, effect.WouldNot)
}

// AVM-31: whom settings would have created is named, and who was created then
// is no difference.
func TestBacktestSaysWhomItWouldCreate(t *testing.T) {
	w, m := noteWorld(t, sqlite(t))
	w.notes(`"event"`)
	must(t, w.db.In(ws).CreateMember(t.Context(), gateway.Member{ID: "u1", Workspace: ws, Email: "rita@ours.example", Name: "Rita", Role: gateway.RoleRep, Team: "Sales"}))
	m.Organizer = "rita@ours.example"
	m.Participants = append(m.Participants, gateway.Participant{Email: "new@client.example", Name: "Nel New"})
	for _, one := range lately(w, m, 1) {
		w.deliverAll(w.meeting(one))
	}
	s := w.inForce()
	s.Contacts.AutoCreate, s.Contacts.Teams = true, []string{"Sales"}
	s.Contacts.Chain = []gateway.MatchStep{{By: "email"}}
	got, err := w.box.Backtest(t.Context(), ws, &Proposal{Settings: s}, true)
	must(t, err)
	same(t, "created", len(got.Created), 1)
	same(t, "things that differ", got.Things, 1)
	if got.Calls < 2 {
		t.Errorf("%d calls", got.Calls)
	}
}

// Of many things an even sample is looked at.
func TestBacktestSamplesEvenly(t *testing.T) {
	keys := make([]store.SaidKey, 1001)
	for i := range keys {
		keys[i].ExternalID = fmt.Sprint(i)
	}
	got := sample(keys, 100)
	same(t, "sampled", len(got), 100)
	same(t, "first", got[0].ExternalID, "0")
	same(t, "last", got[99].ExternalID, "990")
	same(t, "few are all looked at", len(sample(keys[:7], 100)), 7)
}
