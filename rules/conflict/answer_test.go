package conflict

import (
	"fmt"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"tidegate/gateway"
)

func asking(fields ...string) gateway.Change {
	c := gateway.Change{
		Key: gateway.RecordKey{Object: "Contact", ID: "003"}, Op: gateway.OpUpdate, State: gateway.StateParked, Attempt: 3, Edit: 4,
		Fields: gateway.Fields{"Phone": `"1"`}, Base: gateway.Fields{"Phone": `"0"`},
		Problem: gateway.Problem{Code: Code, Fields: fields, What: "asked"},
	}
	for _, f := range fields {
		c.Fields[f], c.Base[f] = `"ours"`, `"theirs"`
	}
	return c
}

func contact() gateway.Record {
	return gateway.Record{Fields: gateway.Fields{"Title": `"theirs"`, "Fax": `"theirs"`, "Phone": `"0"`}}
}

func TestAnswersSettleTheQuestion(t *testing.T) {
	saw := Answer{Field: "Title", SawTheirs: `"theirs"`, SawOurs: `"ours"`}
	tests := []struct {
		name   string
		asked  []string
		answer Answer
		value  gateway.Value // of Title in the entry, "" = no longer owed
		state  gateway.ChangeState
	}{
		{"theirs", []string{"Title"}, Answer{Choice: gateway.ChoiceTheirs}, "", gateway.StateWaiting},
		{"ours", []string{"Title"}, Answer{Choice: gateway.ChoiceOurs}, `"ours"`, gateway.StateWaiting},
		{"other", []string{"Title"}, Answer{Choice: gateway.ChoiceOther, Other: `"third"`}, `"third"`, gateway.StateWaiting},
		{"other, emptied", []string{"Title"}, Answer{Choice: gateway.ChoiceOther, Other: ""}, gateway.Null, gateway.StateWaiting},
		{"other is theirs", []string{"Title"}, Answer{Choice: gateway.ChoiceOther, Other: `"theirs"`}, "", gateway.StateWaiting},
		{"one of two questions", []string{"Fax", "Title"}, Answer{Choice: gateway.ChoiceOurs}, `"ours"`, gateway.StateParked},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := tt.answer
			a.Field, a.SawTheirs, a.SawOurs = saw.Field, saw.SawTheirs, saw.SawOurs
			entry := asking(tt.asked...)
			before := fmt.Sprintf("%+v", entry)
			got, err := Resolve(&entry, contact(), a)
			if err != nil {
				t.Fatal(err)
			}
			if got.Change.Fields["Title"] != tt.value || got.Change.State != tt.state || got.Change.Edit != 5 || !got.Owed {
				t.Errorf("settled %+v", got)
			}
			if tt.value != "" && got.Change.Base["Title"] != `"theirs"` {
				t.Errorf("the base is %q, want the value that was seen", got.Change.Base["Title"])
			}
			if fmt.Sprintf("%+v", entry) != before {
				t.Error("the entry that was given is changed")
			}
		})
	}
}

// Decided twice, changed again meanwhile, deleted: nothing is done, and the
// message says what to do.
func TestAnswersToAnotherQuestionChangeNothing(t *testing.T) {
	good := Answer{Field: "Title", Choice: gateway.ChoiceOurs, SawTheirs: `"theirs"`, SawOurs: `"ours"`}
	entry := asking("Title")
	decided, err := Resolve(&entry, contact(), good)
	if err != nil {
		t.Fatal(err)
	}
	gone, moved, parked := contact(), contact(), asking("Title")
	gone.Deleted, moved.Fields["Title"] = true, `"newer"`
	parked.Problem.Said = "400 no"
	edited := good
	edited.SawOurs = `"older"`
	none := good
	none.Choice = ""
	tests := []struct {
		name   string
		entry  *gateway.Change
		record gateway.Record
		answer Answer
	}{
		{"decided twice", &decided.Change, contact(), good},
		{"nothing waits", nil, contact(), good},
		{"another field", &entry, contact(), Answer{Field: "Fax", Choice: gateway.ChoiceOurs}},
		{"Salesforce changed again", &entry, moved, good},
		{"ours was edited", &entry, contact(), edited},
		{"deleted", &entry, gone, good},
		{"parked for something else", &parked, contact(), good},
		{"no choice", &entry, contact(), none},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Resolve(tt.entry, tt.record, tt.answer)
			if err == nil || !reflect.DeepEqual(got, Settled{}) {
				t.Errorf("got %+v, %v", got, err)
			}
		})
	}
}

// However many fields ask, in whatever order they are answered: the entry ends
// with the chosen values, waits once all are answered, and every other field of
// it stays.
func TestEveryOrderOfAnswersEndsTheSame(t *testing.T) {
	fields := []string{"Title", "Fax", "Mobile"}
	rapid.Check(t, func(t *rapid.T) {
		entry, record := asking(fields...), contact()
		record.Fields["Mobile"] = `"theirs"`
		choices := map[string]gateway.Choice{}
		for _, f := range fields {
			choices[f] = rapid.SampledFrom([]gateway.Choice{gateway.ChoiceTheirs, gateway.ChoiceOurs, gateway.ChoiceOther}).Draw(t, f)
		}
		for i, f := range rapid.Permutation(fields).Draw(t, "order") {
			got, err := Resolve(&entry, record, Answer{Field: f, Choice: choices[f], Other: `"third"`, SawTheirs: `"theirs"`, SawOurs: `"ours"`})
			if err != nil {
				t.Fatal(err)
			}
			entry = got.Change
			if (entry.State == gateway.StateWaiting) != (i == len(fields)-1) || slices.Contains(Asks(entry), f) {
				t.Fatalf("after %d answers: %+v", i+1, entry)
			}
		}
		for _, f := range fields {
			want := map[gateway.Choice]gateway.Value{gateway.ChoiceOurs: `"ours"`, gateway.ChoiceOther: `"third"`}[choices[f]]
			if entry.Fields[f] != want {
				t.Fatalf("%s is %q, want %q", f, entry.Fields[f], want)
			}
		}
		if entry.Fields["Phone"] != `"1"` || entry.Base["Phone"] != `"0"` {
			t.Fatalf("another field moved: %+v", entry)
		}
	})
}

// Both sides reach the same value under every rule, whichever saw the other
// first, and deciding again changes nothing.
func TestMergeConvergesAndIsIdempotent(t *testing.T) {
	values := rapid.SampledFrom([]gateway.Value{`"a"`, `"b"`, `"c"`, gateway.Null})
	rapid.Check(t, func(t *rapid.T) {
		in := Input{
			Base: values.Draw(t, "base"), Theirs: values.Draw(t, "theirs"), Ours: values.Draw(t, "ours"),
			TheirsAt: gateway.Version{CommitAt: rapid.Int64Range(0, 5000).Draw(t, "at")}, OursAt: noon,
			Winner: rapid.SampledFrom([]gateway.Winner{gateway.WinnerNone, gateway.WinnerRecent, gateway.WinnerSalesforce, gateway.WinnerProduct}).Draw(t, "winner"),
		}
		kept := func(d Decision, in Input) gateway.Value {
			if d.Side == Ours {
				return in.Ours
			}
			return in.Theirs
		}
		value := kept(Decide(in), in)
		again := in
		again.Base, again.Theirs, again.Ours = in.Theirs, in.Theirs, value
		if d := Decide(again); d.Conflict || kept(d, again) != value {
			t.Fatalf("%+v gave %q, then %+v", in, value, d)
		}
		written := in
		written.Base, written.Theirs, written.Ours = in.Theirs, value, value
		if d := Decide(written); d.Side != Agreed {
			t.Fatalf("after writing %q: %+v", value, d)
		}
	})
}
