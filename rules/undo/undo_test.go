package undo

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"tidegate/gateway"
)

var ann = gateway.RecordKey{Object: "Contact", ID: "003"}

func write(id int64, before, value gateway.Value) Write {
	return Write{ID: id, Key: ann, Fields: gateway.Fields{"Title": value}, Before: gateway.Fields{"Title": before}}
}

func TestWhatIsTakenBack(t *testing.T) {
	created := write(1, "", `"a"`)
	created.Created = true
	undone := write(3, `"b"`, `"a"`)
	undone.Cause.Kind = gateway.KindUndo
	tests := []struct {
		name   string
		writes []Write
		chosen []int64
		now    gateway.Value
		to     gateway.Value // "" = left
		why    string
	}{
		{"one write", []Write{write(1, `"a"`, `"b"`)}, []int64{1}, `"b"`, `"a"`, ""},
		{"to empty", []Write{write(1, "", `"b"`)}, []int64{1}, `"b"`, gateway.Null, ""},
		{"the last of two", []Write{write(1, `"a"`, `"b"`), write(2, `"b"`, `"c"`)}, []int64{2}, `"c"`, `"b"`, ""},
		{"both of two", []Write{write(2, `"b"`, `"c"`), write(1, `"a"`, `"b"`)}, []int64{1, 2}, `"c"`, `"a"`, ""},
		{"the first of two", []Write{write(1, `"a"`, `"b"`), write(2, `"b"`, `"c"`)}, []int64{1}, `"c"`, "", laterWrite},
		{"Salesforce wrote in between", []Write{write(1, `"a"`, `"b"`), write(2, `"x"`, `"c"`)}, []int64{1, 2}, `"c"`, `"x"`, ""},
		{"Salesforce wrote since", []Write{write(1, `"a"`, `"b"`)}, []int64{1}, `"x"`, "", changedSince},
		{"emptied since", []Write{write(1, `"a"`, `"b"`)}, []int64{1}, gateway.Null, "", changedSince},
		{"a create", []Write{created}, []int64{1}, `"a"`, "", madeIt},
		{"back to a create", []Write{created, write(2, `"a"`, `"b"`)}, []int64{2}, `"b"`, `"a"`, ""},
		{"undone already", []Write{write(2, `"a"`, `"b"`), undone}, []int64{2}, `"a"`, "", alreadyBack},
		{"what was written before one that is undone", []Write{write(1, `"z"`, `"a"`), write(2, `"a"`, `"b"`), undone}, []int64{1}, `"a"`, `"z"`, ""},
		{"undone, and changed since", []Write{write(2, `"a"`, `"b"`), undone}, []int64{2}, `"x"`, "", changedSince},
		{"the undo itself", []Write{write(2, `"a"`, `"b"`), undone}, []int64{3}, `"a"`, `"b"`, ""},
		{"not chosen", []Write{write(1, `"a"`, `"b"`)}, nil, `"b"`, "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			in := Input{Writes: tt.writes, Chosen: map[int64]bool{}, Records: map[gateway.RecordKey]gateway.Record{ann: {Key: ann, Fields: gateway.Fields{"Title": tt.now}}}}
			for _, id := range tt.chosen {
				in.Chosen[id] = true
			}
			got := Make(in)
			switch {
			case tt.to != "" && (len(got.Restores) != 1 || len(got.Left) != 0 || got.Restores[0].To != tt.to || got.Restores[0].From != tt.now):
				t.Errorf("plan %+v", got)
			case tt.to == "" && tt.why != "" && (len(got.Restores) != 0 || len(got.Left) != 1 || got.Left[0].Reason != tt.why):
				t.Errorf("plan %+v", got)
			case tt.to == "" && tt.why == "" && len(got.Restores)+len(got.Left) != 0:
				t.Errorf("plan %+v", got)
			}
		})
	}
}

func TestWhatCannotBeWrittenStays(t *testing.T) {
	base := Input{Writes: []Write{write(1, `"a"`, `"b"`)}, Chosen: map[int64]bool{1: true}}
	record := gateway.Record{Key: ann, Fields: gateway.Fields{"Title": `"b"`}}
	with := func(change func(*Input)) Input {
		in := base
		in.Records = map[gateway.RecordKey]gateway.Record{ann: record}
		change(&in)
		return in
	}
	deleted := record
	deleted.Deleted = true
	tests := map[string]Input{
		"not here": base,
		"deleted":  with(func(in *Input) { in.Records[ann] = deleted }),
		"waiting": with(func(in *Input) {
			in.Pending = map[gateway.RecordKey]gateway.Change{ann: {Fields: gateway.Fields{"Title": `"z"`}}}
		}),
		"not writable": with(func(in *Input) { in.Writable = func(gateway.RecordKey, string) (bool, string) { return false, "Off." } }),
	}
	for name, in := range tests {
		if got := Make(in); len(got.Restores) != 0 || len(got.Left) != 1 || got.Left[0].Reason == "" {
			t.Errorf("%s: %+v", name, got)
		}
	}
	other := with(func(in *Input) { in.Field = "Phone" })
	if got := Make(other); len(got.Restores)+len(got.Left) != 0 {
		t.Errorf("another field: %+v", got)
	}
}

// M4: a rule of single fields takes back those, of lines that wrote others too; what
// another cause put into the same write stays, and a record is not deleted for it.
func TestRuleOfOneFieldIsTakenBackAlone_M4(t *testing.T) {
	roles, other := "Topic “Roles” goes to Title", "“Number” goes to Phone"
	line := gateway.LogEntry{ID: 1, Rule: "Meeting “Weekly”: Topics are mapped.", Fields: gateway.Fields{"Title": `"b"`, "Phone": `"1"`, "Fax": `"2"`, "City": `"3"`}}
	line.Cause.Of = map[string]gateway.Origin{"Title": {Rule: roles}, "Phone": {Rule: other}, "City": {Kind: "edit", Rule: "Call “B”: Edit"}}
	tests := map[string]struct {
		all    bool
		fields []string
	}{
		roles:                {false, []string{"Title"}},
		other:                {false, []string{"Phone"}},
		"Edit":               {false, []string{"City"}},
		"Topics are mapped.": {false, []string{"Fax", "Phone", "Title"}},
		"Topic “Roles” goes": {false, nil},
	}
	for rule, want := range tests {
		all, fields := OfRule(line, rule)
		if got := slices.Sorted(maps.Keys(fields)); all != want.all || !slices.Equal(got, want.fields) {
			t.Errorf("%s: %t, %v", rule, all, got)
		}
	}
	if got := Rules(line); !slices.Equal(got, []string{"Call “B”: Edit", other, roles}) {
		t.Errorf("the rules of the fields are %q", got)
	}
	delete(line.Fields, "City")
	if all, _ := OfRule(line, "Topics are mapped."); !all {
		t.Error("a rule of the whole line takes it back whole")
	}

	w := Write{ID: 1, Key: ann, Fields: gateway.Fields{"Title": `"b"`, "Phone": `"1"`}, Before: gateway.Fields{"Title": `"a"`}}
	in := Input{
		Writes: []Write{w}, Chosen: map[int64]bool{1: true}, Only: map[int64]map[string]bool{1: {"Title": true}},
		Records: map[gateway.RecordKey]gateway.Record{ann: {Key: ann, Fields: w.Fields}},
	}
	if got := Make(in); len(got.Restores) != 1 || got.Restores[0].Field != "Title" || got.Restores[0].To != `"a"` || len(got.Left)+len(got.Made) != 0 {
		t.Errorf("plan %+v", got)
	}
	in.Writes[0].Created = true
	if got := Make(in); len(got.Restores)+len(got.Made) != 0 || len(got.Left) != 1 || got.Left[0].Reason != partOfIt {
		t.Errorf("plan of a creation %+v", got)
	}
}

// M4: of a thousand random writes with others' changes between them any subset
// taken back gives the run without it, where nothing later stands; taking it
// back again does nothing. Some of them are later texts of notes, of which no copy
// is kept: what they replaced is known from the writes before.
func TestAnySubsetUndoneEqualsTheRunWithoutIt_M4(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		type op struct {
			at    place
			value gateway.Value
			id    int64 // 0 = somebody else in Salesforce
		}
		n := rapid.SampledFrom([]int{10, 200, 1000}).Draw(t, "writes")
		seed := rapid.Uint64().Draw(t, "seed")
		next := func(below int) int { // rapid draws of each step would be too many
			seed = seed*6364136223846793005 + 1442695040888963407
			return int(seed >> 33 % uint64(below))
		}
		now, chosen := map[place]gateway.Value{}, map[int64]bool{}
		var ops []op
		var writes []Write
		for i := range 5 {
			w := Write{ID: int64(i - 5), Key: gateway.RecordKey{Object: "ContentNote", ID: fmt.Sprint("n", i)}, Fields: gateway.Fields{"Title": `"made"`, "Content": `"made"`}, Created: true}
			for name, v := range w.Fields {
				now[place{w.Key, name}] = v
				ops = append(ops, op{place{w.Key, name}, v, w.ID})
			}
			writes = append(writes, w)
		}
		for i := range n {
			at := place{gateway.RecordKey{Object: "Contact", ID: fmt.Sprint("c", next(20))}, fmt.Sprint("F", next(5))}
			note := next(4) == 0
			if note {
				at = place{gateway.RecordKey{Object: "ContentNote", ID: fmt.Sprint("n", next(5))}, []string{"Title", "Content"}[next(2)]}
			}
			if !note && next(5) == 0 { // whose values nobody else writes: the check is by value
				v := gateway.Text(fmt.Sprint("theirs ", i))
				now[at] = v
				ops = append(ops, op{at: at, value: v})
				continue
			}
			v := gateway.Text(fmt.Sprint("ours ", next(6)))
			if now[at] == v {
				continue // nothing is written then
			}
			id := int64(i + 1)
			w := Write{ID: id, Key: at.key, Fields: gateway.Fields{at.field: v}, Before: gateway.Fields{at.field: now[at]}}
			if note {
				w.Before = gateway.Fields{at.field: gateway.Null}
			}
			writes = append(writes, w)
			now[at] = v
			ops = append(ops, op{at, v, id})
			chosen[id] = next(3) > 0
		}
		want := map[place]gateway.Value{}
		for _, o := range ops {
			if o.id == 0 || !chosen[o.id] {
				want[o.at] = o.value
			}
		}
		in := Input{Writes: known(writes), Chosen: chosen, Records: map[gateway.RecordKey]gateway.Record{}, Unread: notes}
		apply := func(at place, v gateway.Value) {
			r := in.Records[at.key]
			r.Key, r.Fields = at.key, r.Fields.Overlay(gateway.Fields{at.field: v})
			in.Records[at.key] = r
		}
		for at, v := range now {
			apply(at, v)
		}
		plan := Make(in)
		for _, r := range plan.Restores {
			if now[place{r.Key, r.Field}] != r.From {
				t.Fatalf("restored from %q, but it is %q", r.From, now[place{r.Key, r.Field}])
			}
			apply(place{r.Key, r.Field}, r.To)
			in.Writes = append(in.Writes, Write{ID: int64(n + 1), Key: r.Key, Fields: gateway.Fields{r.Field: r.To}, Before: gateway.Fields{r.Field: r.From}, Cause: gateway.Cause{Kind: gateway.KindUndo}})
		}
		for at := range now {
			if got := in.Records[at.key].Fields[at.field]; empty(got) != empty(want[at]) {
				t.Fatalf("%v is %q, without the writes it were %q", at, got, want[at])
			}
		}
		if again := Make(in); len(again.Restores) != 0 {
			t.Fatalf("a second undo would write %+v", again.Restores)
		}
	})
}

func notes(key gateway.RecordKey) bool { return key.Object == "ContentNote" }

// known are writes with what those to notes replaced.
func known(writes []Write) (out []Write) {
	of := map[gateway.RecordKey][]Write{}
	for _, w := range slices.Backward(writes) {
		if notes(w.Key) {
			of[w.Key] = append(of[w.Key], w)
		} else {
			out = append(out, w)
		}
	}
	for _, all := range of {
		out = append(out, Replaced(all)...)
	}
	return out
}

// What a note said before the oldest write that is known is not made up.
func TestTextBeforeTheOldestKnownWriteIsNotKnown_M4(t *testing.T) {
	note := gateway.RecordKey{Object: "ContentNote", ID: "069"}
	of := func(id int64, text gateway.Value) Write {
		return Write{ID: id, Key: note, Fields: gateway.Fields{"Content": text}, Before: gateway.Fields{"Content": gateway.Null}}
	}
	in := Input{
		Writes: Replaced([]Write{of(3, `"c"`), of(2, `"b"`)}), Unread: notes,
		Records: map[gateway.RecordKey]gateway.Record{note: {Key: note, Fields: gateway.Fields{"Content": `"c"`}}},
	}
	in.Chosen = map[int64]bool{3: true}
	if got := Make(in); len(got.Restores) != 1 || got.Restores[0].To != `"b"` {
		t.Errorf("the later one: %+v", got)
	}
	in.Chosen = map[int64]bool{2: true, 3: true}
	if got := Make(in); len(got.Restores) != 0 || len(got.Left) != 1 || got.Left[0].Reason != notKept {
		t.Errorf("both: %+v", got)
	}
}

func TestOriginIsTheWriteWhoseValueStands(t *testing.T) {
	a, b := write(1, "", `"a"`), write(2, `"a"`, `"b"`)
	b.Fields["Phone"] = `"1"`
	got := Origins(gateway.Record{Key: ann, Fields: gateway.Fields{"Title": `"b"`, "Phone": `"2"`}}, []Write{a, b})
	if len(got) != 1 || got["Title"].ID != 2 {
		t.Errorf("origins %+v", got)
	}
}

// A record that chosen writes made is taken back whole, unless somebody changed
// it since or another write of ours stands on it.
func TestRecordsThatWereMade(t *testing.T) {
	made := write(1, "", `"a"`)
	made.Created = true
	for name, c := range map[string]struct {
		writes []Write
		chosen []int64
		record gateway.Record
		field  string
		want   int
	}{
		"as it was made":        {[]Write{made}, []int64{1}, gateway.Record{Fields: gateway.Fields{"Title": `"a"`}}, "", 1},
		"with its later writes": {[]Write{made, write(2, `"a"`, `"b"`)}, []int64{1, 2}, gateway.Record{Fields: gateway.Fields{"Title": `"b"`}}, "", 1},
		"a later write stands":  {[]Write{made, write(2, `"a"`, `"b"`)}, []int64{1}, gateway.Record{Fields: gateway.Fields{"Title": `"b"`}}, "", 0},
		"changed since":         {[]Write{made}, []int64{1}, gateway.Record{Fields: gateway.Fields{"Title": `"x"`}}, "", 0},
		"deleted already":       {[]Write{made}, []int64{1}, gateway.Record{Deleted: true}, "", 0},
		"one field only":        {[]Write{made}, []int64{1}, gateway.Record{Fields: gateway.Fields{"Title": `"a"`}}, "Title", 0},
		"only the later write":  {[]Write{made, write(2, `"a"`, `"b"`)}, []int64{2}, gateway.Record{Fields: gateway.Fields{"Title": `"b"`}}, "", 0},
	} {
		in := Input{Writes: c.writes, Chosen: map[int64]bool{}, Field: c.field, Records: map[gateway.RecordKey]gateway.Record{ann: c.record}}
		for _, id := range c.chosen {
			in.Chosen[id] = true
		}
		plan := Make(in)
		if len(plan.Made) != c.want {
			t.Errorf("%s: %+v", name, plan)
		}
		if c.want > 0 && len(plan.Edits(true)) != 0 {
			t.Errorf("%s: deleted and edited: %+v", name, plan.Edits(true))
		}
	}
}

// What hung on a record that is taken back whole is not made again: it would
// have nothing to hang on.
func TestWhatHangsOnADeletedRecordIsNotMadeAgain_M4(t *testing.T) {
	event := gateway.RecordKey{Object: "Event", ID: "00UdG0000000001QAA"}
	p := Plan{Made: []gateway.RecordKey{event}, Remakes: []Write{
		{ID: 1, Before: gateway.Fields{"EventId": gateway.Text(event.ID), "RelationId": gateway.Text("003dG0000000001QAA")}},
		{ID: 2, Before: gateway.Fields{"EventId": gateway.Text("00UdG0000000002QAA"), "RelationId": gateway.Text("003dG0000000001QAA")}},
	}}
	if got := p.Remade(true); len(got) != 1 || got[0].ID != 2 {
		t.Errorf("made again with the record: %+v", got)
	}
	if got := p.Remade(false); len(got) != 2 {
		t.Errorf("the record stays: %+v", got)
	}
}
