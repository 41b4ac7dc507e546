package filed_test

import (
	"slices"
	"testing"

	"tidegate/gateway"
	"tidegate/rules/filed"
)

func record(object, id string, fields gateway.Fields) gateway.Record {
	return gateway.Record{Key: gateway.RecordKey{Object: object, ID: id}, Fields: fields}
}

// AVM-48, AVM-49, T10: each e-mail stands once, and only what is read.
func TestAVM48AVM49TimelineShowsEachEmailOnce(t *testing.T) {
	call := record("Task", "call", gateway.Fields{"TaskSubtype": gateway.Text("Call")})
	mail := record("Task", "mail", gateway.Fields{"TaskSubtype": gateway.Text("Email")})
	typed := record("Task", "typed", gateway.Fields{"Type": gateway.Text("Email")})
	log := record("Task", "log", gateway.Fields{"TaskSubtype": gateway.Text("Email")})
	message := record("EmailMessage", "message", gateway.Fields{
		"Status": gateway.Text("3"), "ActivityId": gateway.Text("log"), "MessageIdentifier": gateway.Text("<A@x.example>"),
	})
	copied := record("EmailMessage", "copy", gateway.Fields{"Status": gateway.Text("3"), "MessageIdentifier": gateway.Text("a@X.example")})
	draft := record("EmailMessage", "draft", gateway.Fields{"Status": gateway.Text("5")})
	all := []gateway.Record{call, mail, typed, log, message, copied, draft}
	for name, row := range map[string]struct {
		read gateway.EmailsRead
		ours string
		want []string
	}{
		"neither":          {want: []string{"call"}},
		"Tasks":            {read: gateway.EmailsRead{Tasks: true}, want: []string{"call", "mail", "typed", "log"}},
		"EmailMessages":    {read: gateway.EmailsRead{Messages: true}, want: []string{"call", "message"}},
		"both":             {read: gateway.EmailsRead{Tasks: true, Messages: true}, want: []string{"call", "mail", "typed", "message"}},
		"ours stay":        {ours: "mail", want: []string{"call", "mail"}},
		"our message too":  {ours: "message", want: []string{"call", "message"}},
		"our log of a log": {read: gateway.EmailsRead{Tasks: true, Messages: true}, ours: "log", want: []string{"call", "mail", "typed", "message"}},
	} {
		t.Run(name, func(t *testing.T) {
			ours := map[gateway.RecordKey]bool{}
			for _, r := range all {
				ours[r.Key] = r.Key.ID == row.ours
			}
			var got []string
			for _, r := range filed.Once(all, row.read, ours) {
				got = append(got, r.Key.ID)
			}
			if !slices.Equal(got, row.want) {
				t.Errorf("shown %v, want %v", got, row.want)
			}
		})
	}
}
