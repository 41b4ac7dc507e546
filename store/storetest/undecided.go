package storetest

import (
	"context"
	"strings"
	"testing"

	"tidegate/gateway"
	"tidegate/store"
)

// undecidedPeople proves that whoever is undecided is asked for again as soon as
// a record has what he is known by, whichever of the two came first (UX 42).
func undecidedPeople(t *testing.T, s *suite) {
	w := s.workspace(t)
	contact := func(id, email, phone string) gateway.Record {
		return gateway.Record{Key: gateway.RecordKey{Object: "Contact", ID: id}, Fields: gateway.Fields{"Email": gateway.Text(email), "Phone": gateway.Text(phone)}}
	}
	met := func(reason string, ids ...string) {
		t.Helper()
		var list []gateway.Met
		for _, id := range ids {
			list = append(list, gateway.Met{Who: gateway.Who{Kind: gateway.KindParticipant, ID: id}, Name: id, State: gateway.UndecidedNobody, Reason: reason})
		}
		tx(t, w, func(ctx context.Context, tx *store.Tx) error {
			return tx.SaveMet(ctx, gateway.KindMeeting, "m-1", list)
		})
	}
	asked := func(want string) {
		t.Helper()
		all, err := w.Revisits(t.Context(), 10)
		ok(t, err)
		var ids []string
		for _, r := range all {
			ids = append(ids, r.ID)
			ok(t, w.EndRevisit(t.Context(), r))
		}
		if got := strings.Join(ids, " "); got != want {
			t.Errorf("asked for again %q, want %q", got, want)
		}
	}
	save(t, w, contact("c1", "before@x.example", ""), contact("c2", "", "+49 30 1234567"))
	met("Nobody fits.", "before@x.example", "+49301234567", "later@x.example")
	asked("+49301234567 before@x.example") // their records came while it was asked for them
	met("Nobody fits.", "before@x.example", "+49301234567", "later@x.example")
	asked("") // nothing is new
	save(t, w, contact("c3", "Later@X.example", ""))
	asked("later@x.example")
	save(t, w, contact("c4", "other@x.example", ""))
	asked("")
}
