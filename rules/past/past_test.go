package past

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tidegate/gateway"
	"tidegate/rules/inbound"
)

const (
	contact = "003000000000001AAA"
	epoch   = int64(1_772_446_542_000) // ms
)

func silent(name string) bool { return name == "Age__c" }

// truth is what Salesforce holds after one commit.
type truth struct {
	at      int64 // ms
	fields  gateway.Fields
	deleted bool
	born    bool
}

// org makes changes of one record and delivers them in any order, some of
// them twice, to a mirror that is read now and then.
type org struct {
	t       *rapid.T
	truths  []truth
	pending []gateway.ChangeEvent
	sent    []gateway.ChangeEvent
	mirror  *gateway.Record
	history []gateway.HistoryEntry
	refetch bool
}

func (o *org) now() truth { return o.truths[len(o.truths)-1] }

func stamp(ms int64) gateway.Value {
	return gateway.Text(time.UnixMilli(ms).UTC().Truncate(time.Second).Format("2006-01-02T15:04:05.000Z"))
}

// commit makes one change and puts its event under way.
func (o *org) commit() {
	was := o.now()
	next := truth{at: was.at/1000*1000 + 1000*rapid.Int64Range(1, 5).Draw(o.t, "later") + rapid.Int64Range(0, 999).Draw(o.t, "ms"), fields: was.fields.Clone(), born: true}
	e := gateway.ChangeEvent{
		Object: "Contact", RecordIDs: []string{contact}, Fields: gateway.Fields{}, Type: gateway.Update,
		Version:        gateway.Version{CommitAt: next.at, CommitNumber: 1<<60 + int64(len(o.truths)), Sequence: 1},
		TransactionKey: fmt.Sprint("tx", len(o.truths)), User: "005000000000001AAA",
	}
	switch {
	case !was.born:
		e.Type = gateway.Create
		next.fields["CreatedDate"] = stamp(next.at)
	case was.deleted:
		e.Type = gateway.Undelete
	case rapid.IntRange(0, 5).Draw(o.t, "kind") == 0:
		e.Type, next.deleted = gateway.Delete, true
	}
	if e.Type != gateway.Delete {
		for _, name := range []string{"Title", "Phone", "City"} {
			switch rapid.IntRange(0, 5).Draw(o.t, name) {
			case 0:
				next.fields[name], e.Fields[name] = gateway.Null, gateway.Null
			case 1, 2:
				v := gateway.Text(fmt.Sprint(name, len(o.truths)))
				next.fields[name], e.Fields[name] = v, v
			}
		}
		next.fields["LastModifiedDate"], e.Fields["LastModifiedDate"] = stamp(next.at), stamp(next.at)
		next.fields["Age__c"] = gateway.Text(fmt.Sprint(next.at % 3)) // no event tells
	}
	if e.Type.Whole() {
		e.Fields = gateway.Fields{}
		for name, v := range next.fields {
			if v != gateway.Null && !silent(name) {
				e.Fields[name] = v
			}
		}
	}
	o.truths, o.pending = append(o.truths, next), append(o.pending, e)
}

// read reads the record as it is.
func (o *org) read() {
	if !o.now().born {
		return
	}
	e := gateway.ChangeEvent{
		Object: "Contact", RecordIDs: []string{contact}, Type: gateway.Snapshot, Fields: o.now().fields.Clone(),
		Version: gateway.Version{CommitAt: o.now().at / 1000 * 1000},
	}
	if o.now().deleted {
		e.Type, e.Fields = gateway.Delete, nil
		if o.mirror == nil {
			return
		}
		e.Version = gateway.Version{CommitAt: o.mirror.Version.CommitAt}
	}
	if o.mirror != nil {
		e.SeenVersion = o.mirror.Version
	}
	o.refetch = false
	o.apply(e)
}

func (o *org) apply(e gateway.ChangeEvent) {
	d := inbound.Decide(inbound.Input{
		Current: o.mirror, Event: e, RecordID: contact, Newer: slices.Clone(o.newer(e)), OwnClient: "tidegate",
		Carried: func(name string) bool { return !silent(name) },
		Now:     time.UnixMilli(o.now().at).UTC(),
	})
	if d.Save {
		o.mirror = &d.Record
	}
	o.refetch = o.refetch || d.Refetch != ""
	if d.Append {
		d.Entry.ID = int64(len(o.history) + 1)
		o.history = append(o.history, d.Entry)
	}
}

func (o *org) newer(e gateway.ChangeEvent) (out []gateway.HistoryEntry) {
	if !inbound.NeedsHistory(o.mirror, e) {
		return nil
	}
	for _, h := range o.history {
		if !h.Version.Before(e.Version) {
			out = append(out, h)
		}
	}
	return out
}

// deliver brings one event that is under way, or one again.
func (o *org) deliver() {
	if len(o.pending) == 0 || len(o.sent) > 0 && rapid.IntRange(0, 4).Draw(o.t, "again") == 0 {
		if len(o.sent) > 0 {
			o.apply(rapid.SampledFrom(o.sent).Draw(o.t, "repeated"))
		}
		return
	}
	i := rapid.IntRange(0, len(o.pending)-1).Draw(o.t, "which")
	e := o.pending[i]
	o.pending = slices.Delete(o.pending, i, i+1)
	o.sent = append(o.sent, e)
	o.apply(e)
}

// play makes a life of the record, until everything has arrived.
func play(t *rapid.T) *org {
	first := truth{at: epoch, fields: gateway.Fields{"Title": `"First"`, "Phone": gateway.Null, "City": `"Bern"`, "Age__c": "0", "CreatedDate": stamp(epoch - 1_000_000), "LastModifiedDate": stamp(epoch)}, born: true}
	if rapid.Bool().Draw(t, "created while we listen") {
		first = truth{at: epoch, fields: gateway.Fields{"Title": gateway.Null, "Phone": gateway.Null, "City": gateway.Null}}
	}
	o := &org{t: t, truths: []truth{first}}
	if first.born && rapid.Bool().Draw(t, "read at the connect") {
		o.read()
	}
	for range rapid.IntRange(1, 25).Draw(t, "steps") {
		switch rapid.IntRange(0, 6).Draw(t, "step") {
		case 0, 1, 2:
			o.commit()
		case 3:
			o.read()
		default:
			o.deliver()
		}
	}
	for len(o.pending) > 0 {
		o.deliver()
	}
	for range 3 {
		if o.refetch {
			o.read()
		}
	}
	return o
}

// at is what Salesforce held at a moment.
func (o *org) at(ms int64) truth {
	n, _ := slices.BinarySearchFunc(o.truths, ms+1, func(s truth, ms int64) int { return int(s.at - ms) })
	return o.truths[max(n-1, 0)]
}

// TestEveryMomentIsAsSalesforceHadIt: whatever the order of arrival, what is
// told of a moment is what Salesforce held then; what is not known is said to
// be so.
func TestEveryMomentIsAsSalesforceHadIt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := play(t)
		if o.mirror == nil {
			return
		}
		in := Input{Now: *o.mirror, Entries: o.history, Silent: silent}
		for _, s := range o.truths {
			// The end of a second, because what is read by query has whole ones.
			for _, ms := range []int64{s.at/1000*1000 - 1, s.at/1000*1000 + 999} {
				was := o.at(ms)
				got := At(in, time.UnixMilli(ms))
				switch {
				case got.State == Unborn:
					if was.born && ms >= epoch+1000 {
						t.Fatalf("at +%d said to be unborn, but it is there: %+v", ms-epoch, was)
					}
					continue
				case got.State == Before:
					continue
				case !was.born:
					t.Fatalf("at +%d told though unborn: %+v", ms-epoch, got)
				}
				if got.Record.Deleted != was.deleted {
					t.Fatalf("at +%d deleted %v, was %v\n%s", ms-epoch, got.Record.Deleted, was.deleted, o.tell())
				}
				for _, name := range []string{"Title", "Phone", "City"} {
					v, ok := got.Record.Fields[name]
					if w := was.fields[name]; ok && !same(v, w) {
						t.Fatalf("at +%d %s is %s, was %s\n%s", ms-epoch, name, v, w, o.tell())
					}
				}
			}
		}
	})
}

func (o *org) tell() string {
	text := fmt.Sprintf("mirror %+v\n", o.mirror)
	for _, h := range o.history {
		text += fmt.Sprintf("%d +%d %s %s %v before %v\n", h.ID, h.Version.CommitAt-epoch, h.Type, h.Outcome, h.Fields, h.Before)
	}
	return text
}

// TestNowIsTheMirror: as of now nothing is taken back.
func TestNowIsTheMirror(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := play(t)
		if o.mirror == nil {
			return
		}
		got := At(Input{Now: *o.mirror, Entries: o.history, Silent: silent}, time.UnixMilli(o.now().at+10_000))
		if got.State != Known || !maps.Equal(got.Record.Fields, o.mirror.Fields) || got.Record.Deleted != o.mirror.Deleted || got.Next != nil {
			t.Fatalf("%+v, the mirror is %+v\n%s", got, o.mirror, o.tell())
		}
	})
}

// TestForwardIsBackward: replaying changes from the first known moment on gives
// at every moment what taking them back from now gives.
func TestForwardIsBackward(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := play(t)
		if o.mirror == nil {
			return
		}
		in := Input{Now: *o.mirror, Entries: o.history, Silent: silent}
		steps := order(o.history)
		state := At(in, At(in, time.UnixMilli(0)).Since).Record.Fields
		for i, s := range steps {
			at := s.place.Time()
			if i+1 < len(steps) && steps[i+1].place.CommitAt/1000 == s.place.CommitAt/1000 {
				at = time.Time{} // looked at with the next
			}
			for _, name := range []string{"Title", "Phone", "City"} {
				if v, ok := in.says(s.entry, name); ok {
					state[name] = v
				}
			}
			got := At(in, at)
			if got.State != Known {
				continue
			}
			for _, name := range []string{"Title", "Phone", "City"} {
				if a, b := got.Record.Fields[name], state[name]; a.Known() && b.Known() && !same(a, b) {
					t.Fatalf("at +%d %s: backward %s, forward %s\n%s", s.place.CommitAt-epoch, name, a, b, o.tell())
				}
			}
		}
	})
}

// TestOurOwnWriteIsTakenBack: the mirror shows what we write at once, so that
// the echo finds it there; what it replaced is known from the write.
func TestOurOwnWriteIsTakenBack(t *testing.T) {
	at := func(second int64) gateway.Version {
		return gateway.Version{CommitAt: epoch + 1000*second, CommitNumber: 1<<60 + second, Sequence: 1}
	}
	seen := gateway.Fields{"LastModifiedDate": stamp(epoch)}
	echo := gateway.HistoryEntry{
		ID: 1, Type: gateway.Update, Outcome: gateway.OutcomeConfirmed, Version: at(5),
		Fields: gateway.Fields{"Title": `"Ours"`, "LastModifiedDate": stamp(epoch + 5000)},
		Before: gateway.Fields{"Title": `"Ours"`, "LastModifiedDate": seen["LastModifiedDate"]},
	}
	sideEffect := echo
	sideEffect.Outcome = gateway.OutcomeApplied // a trigger changed more than we wrote
	early := echo
	early.Before = gateway.Fields{"Title": `"First"`, "LastModifiedDate": seen["LastModifiedDate"]} // it came before the answer of the call
	early.Outcome = gateway.OutcomeApplied
	now := gateway.Record{Fields: gateway.Fields{"Title": `"Ours"`, "LastModifiedDate": stamp(epoch + 5000)}, Version: at(5)}
	for name, e := range map[string]gateway.HistoryEntry{"echo": echo, "with a side effect": sideEffect, "before the answer": early} {
		in := Input{Now: now, Entries: []gateway.HistoryEntry{e}, Replaced: gateway.Fields{"Title": `"First"`}}
		if got := At(in, time.UnixMilli(epoch+2000)); got.State != Known || got.Record.Fields["Title"] != `"First"` {
			t.Errorf("%s: before our write: %+v", name, got.Record.Fields)
		}
		if got := At(in, time.UnixMilli(epoch+5000)); got.Record.Fields["Title"] != `"Ours"` {
			t.Errorf("%s: after our write: %+v", name, got.Record.Fields)
		}
		if Echoes(in.Entries) != (name != "before the answer") {
			t.Errorf("%s: is it asked for", name)
		}
	}
	theirs := early
	theirs.Fields = gateway.Fields{"Title": `"Theirs"`, "LastModifiedDate": stamp(epoch + 5000)}
	in := Input{Now: now, Entries: []gateway.HistoryEntry{theirs, {ID: 2, Type: gateway.Update, Outcome: gateway.OutcomeConfirmed, Version: at(9), Fields: gateway.Fields{"Title": `"Ours"`}, Before: gateway.Fields{"Title": `"Ours"`}}}, Replaced: gateway.Fields{"Title": `"Theirs"`}}
	if got := At(in, time.UnixMilli(epoch+2000)).Record.Fields["Title"]; got != `"First"` {
		t.Errorf("before somebody else's change: %s", got)
	}
	if got := At(in, time.UnixMilli(epoch+6000)).Record.Fields["Title"]; got != `"Theirs"` {
		t.Errorf("between theirs and ours: %s", got)
	}
}
