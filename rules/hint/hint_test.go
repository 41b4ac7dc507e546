package hint

import (
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"tidegate/gateway"
)

const contactID = "003ZM000001n4n5YAA"

func TestTheUsualJSONBodiesNameTheirRecords(t *testing.T) { // C27
	contact, account := Named{"Contact", contactID}, Named{"Account", accountID}
	tests := []struct {
		name, body string
		org        string
		want       []Named
	}{
		{"ours", `{"object":"Contact","ids":["` + contactID + `"]}`, "", []Named{contact}},
		{"short id", `{"object":"Contact","ids":["003ZM000001n4n5"]}`, "", []Named{contact}},
		{"flat", `{"event":"Account.updated","organizationId":"00DZM0000004abc","recordId":"` + accountID + `"}`, orgID, []Named{{"", accountID}}},
		{"record", `{"event":{"odd":1},"recordId":"` + accountID + `","record":{"attributes":{"type":"Account","url":"/x"},"Id":"` + accountID + `","Name":"A"}}`, "", []Named{{"", accountID}, account}},
		{"serialized record", `{"attributes":{"type":"Contact"},"Id":"` + contactID + `","LastName":"X"}`, "", []Named{contact}},
		{"list", ` [{"attributes":{"type":"Contact"},"Id":"` + contactID + `"},{"attributes":{"type":"Account"},"Id":"` + accountID + `"}]`, "", []Named{contact, account}},
		{"records", `{"records":[{"attributes":{"type":"Contact"},"Id":"` + contactID + `"}],"ids":null}`, "", []Named{contact}},
		{"recordIds", `{"recordIds":["` + contactID + `","` + accountID + `"]}`, "", []Named{{"", contactID}, {"", accountID}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := JSON("m1", []byte(tt.body))
			want := Told{Org: tt.org, Messages: []Message{{ID: "m1", Records: tt.want}}}
			if err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("got %+v %v, want %+v", got, err, want)
			}
		})
	}
	for name, body := range map[string]string{
		"nothing": "", "no object": "1", "names nothing": `{"a":1}`, "no id": `{"ids":["Ann"]}`, "null": "null", "cut off": `{"ids":[`,
		"deep": `{"x":` + strings.Repeat("[", 100_000), "deep objects": strings.Repeat(`{"record":`, 100_000),
		"two orgs": `[{"organizationId":"00DZM0000004abc"},{"organizationId":"00DZM0000004abd"}]`,
		"too many": `{"ids":["` + strings.Repeat(contactID+`","`, MaxRecords) + contactID + `"]}`,
	} {
		if _, err := JSON("m1", []byte(body)); gateway.CodeOf(err) != gateway.CodeInvalid || err == nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzJSON(f *testing.F) {
	f.Add([]byte(`{"object":"Contact","ids":["003ZM000001n4n5YAA"],"attributes":{"type":"X"},"record":{"Id":"003ZM000001n4n5"}}`))
	f.Add([]byte(`[{"Id":"003ZM000001n4n5","organizationId":"00DZM0000004abc"}]`))
	f.Fuzz(func(t *testing.T, body []byte) {
		told, err := JSON("m", body)
		if err != nil {
			if gateway.CodeOf(err) != gateway.CodeInvalid {
				t.Fatalf("%T %v", err, err)
			}
			return
		}
		for _, r := range told.Messages[0].Records {
			if len(r.ID) != 18 || len(told.Messages[0].Records) > MaxRecords {
				t.Fatalf("%+v", told)
			}
		}
	})
}

func TestAnIDTellsItsObject(t *testing.T) {
	known := []Known{{"Account", "001"}, {"Contact", "003"}, {"Event", ""}}
	got := Resolve(Told{Messages: []Message{{ID: "a", Records: []Named{
		{"Account", accountID}, {"", contactID}, {"Account", contactID}, {"event", "00UZM000001n4n5YAA"}, {"Case", "500ZM000001n4n5YAA"}, {"", "500ZM000001n4n6YAA"},
	}}, {ID: "b"}}}, known)
	want := Resolved{
		Messages: []gateway.HookMessage{{ID: "a", Keys: []gateway.RecordKey{{Object: "Account", ID: accountID}, {Object: "Contact", ID: contactID}, {Object: "Event", ID: "00UZM000001n4n5YAA"}}}, {ID: "b"}},
		Foreign:  []string{"Case", "a record 500…"},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
}

func TestARequestIsTakenOnce(t *testing.T) { // S-24
	contact, account := gateway.RecordKey{Object: "Contact", ID: contactID}, gateway.RecordKey{Object: "Account", ID: accountID}
	two := []gateway.HookMessage{{ID: "a", Keys: []gateway.RecordKey{contact}}, {ID: "b", Keys: []gateway.RecordKey{contact, account}}}
	tests := []struct {
		name    string
		r       Resolved
		fresh   map[string]bool
		outcome gateway.HookOutcome
		reason  string
		records []gateway.RecordKey
	}{
		{"all new", Resolved{Messages: two}, map[string]bool{"a": true, "b": true}, gateway.HookTaken, "", []gateway.RecordKey{contact, account}},
		{"partly repeated", Resolved{Messages: two}, map[string]bool{"a": true}, gateway.HookTaken, "1 of its messages came before.", []gateway.RecordKey{contact}},
		{"repeated", Resolved{Messages: two}, nil, gateway.HookRepeated, "It came before; it has no second effect.", nil},
		{"foreign", Resolved{Messages: []gateway.HookMessage{{ID: "c"}}, Foreign: []string{"Case"}}, map[string]bool{"c": true}, gateway.HookIgnored, "Not mirrored here: Case.", nil},
		{"partly foreign", Resolved{Messages: two[:1], Foreign: []string{"Case"}}, map[string]bool{"a": true}, gateway.HookTaken, "Not mirrored here: Case.", []gateway.RecordKey{contact}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := Judge(tt.r, tt.fresh)
			if d.Outcome != tt.outcome || d.Reason != tt.reason || !reflect.DeepEqual(d.Records, tt.records) || d.Messages != len(tt.r.Messages) {
				t.Errorf("got %+v", d)
			}
		})
	}
}

// However a set of messages is cut into requests, repeated and shuffled, each
// message has its effect once.
func TestEveryMessageHasOneEffect(t *testing.T) { // S-24
	rapid.Check(t, func(t *rapid.T) {
		sent := rapid.SliceOfN(rapid.SliceOfN(rapid.IntRange(0, 9), 1, 6), 1, 12).Draw(t, "requests")
		known, effects, told := map[string]bool{}, map[string]int{}, map[string]bool{}
		for _, request := range sent {
			r, fresh := Resolved{}, map[string]bool{}
			for _, n := range request {
				id := string(rune('a' + n))
				r.Messages = append(r.Messages, gateway.HookMessage{ID: id, Keys: []gateway.RecordKey{{Object: "Contact", ID: id}}})
				fresh[id] = !known[id]
				told[id] = true
			}
			for id := range fresh {
				known[id] = true
			}
			for _, key := range Judge(r, fresh).Records {
				effects[key.ID]++
			}
		}
		for id := range told {
			if effects[id] != 1 {
				t.Fatalf("message %s had %d effects", id, effects[id])
			}
		}
	})
}
