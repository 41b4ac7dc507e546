package storetest

import (
	"context"
	"testing"
	"time"

	"tidegate/gateway"
	"tidegate/store"
)

// links keeps the roles of a thing apart, finds links by every record that they
// lead or led to, and keeps what became of them.
func links(t *testing.T, s *suite) {
	w := s.workspace(t)
	lead, was := gateway.RecordKey{Object: "Lead", ID: "00Q000000000001AAA"}, gateway.RecordKey{Object: "Contact", ID: "003000000000001AAA"}
	now, account := gateway.RecordKey{Object: "Contact", ID: "003000000000002AAA"}, gateway.RecordKey{Object: "Account", ID: "001000000000001AAA"}
	link := gateway.Link{
		Kind: "person", ExternalID: "p/1", Key: now, Chosen: lead, Rule: "email", Reason: "matched by email a@x.example",
		Moved: "The lead was converted.", MovedAt: s.clock.Now(), At: s.clock.Now(),
	}
	belongs := gateway.Link{Kind: "person", ExternalID: "p/1", Role: gateway.RoleAccount, Key: account, Rule: gateway.LinkByConversion, At: s.clock.Now()}
	tx(t, w, func(ctx context.Context, tx *store.Tx) error {
		if err := tx.SaveLink(ctx, link); err != nil {
			return err
		}
		for _, first := range []bool{true, false} {
			if added, err := tx.AddLink(ctx, belongs); err != nil || added != first {
				t.Errorf("added %v, %v", added, err)
			}
		}
		return tx.AppendLinkMoves(ctx, []gateway.LinkMove{
			{Kind: "person", ExternalID: "p/1", Act: gateway.LinkConverted, From: lead, To: was, Reason: "converted"},
			{Kind: "person", ExternalID: "p/1", Act: gateway.LinkMerged, From: was, To: now, Reason: "merged", By: "Ann"},
		})
	})
	belongs.Chosen = account
	all, err := w.LinksOf(t.Context(), "person", "p/1")
	ok(t, err)
	if len(all) != 2 || all[0] != link || all[1] != belongs {
		t.Errorf("links %+v", all)
	}
	if got, err := w.LinkOf(t.Context(), "person", "p/1"); err != nil || got != link {
		t.Errorf("own link %+v, %v", got, err)
	}
	tx(t, w, func(ctx context.Context, tx *store.Tx) error {
		for _, key := range []gateway.RecordKey{lead, was, now} {
			found, err := tx.LinksThrough(ctx, []gateway.RecordKey{key, {Object: key.Object, ID: "nobody"}})
			if err != nil || len(found) != 1 || found[0] != link {
				t.Errorf("through %v: %+v, %v", key, found, err)
			}
		}
		both, err := tx.LinksThrough(ctx, []gateway.RecordKey{lead, now, account})
		if err != nil || len(both) != 2 {
			t.Errorf("through all: %+v, %v", both, err)
		}
		return err
	})
	// Of roles only its own counts, and only what was decided since then.
	for since, want := range map[time.Time]int{link.At: 1, link.At.Add(time.Microsecond): 0} {
		if by, err := w.LinksByRule(t.Context(), since); err != nil || len(by) != want || by["email"] != want {
			t.Errorf("since %v: %v, %v", since, by, err)
		}
	}
	moves, err := w.LinkHistory(t.Context(), "person", "p/1")
	ok(t, err)
	if len(moves) != 2 || moves[0].From != lead || moves[1].To != now || moves[1].By != "Ann" || moves[0].ID >= moves[1].ID || moves[0].At.IsZero() {
		t.Errorf("history %+v", moves)
	}
	page, err := w.AllLinks(t.Context(), store.LinkToken(link), 10)
	ok(t, err)
	if len(page) != 1 || page[0] != belongs {
		t.Errorf("next page %+v", page)
	}
}

// suspensions stand beside what people chose, and neither overwrites the other.
func suspensions(t *testing.T, s *suite) {
	w := s.workspace(t)
	m := gateway.Mapping{Object: "Contact", Field: "Hull__c", Editable: true, FieldType: "string"}
	ok(t, w.SaveMapping(t.Context(), m))
	m.Suspended = gateway.Suspension{Cause: "gone", Why: "It is gone.", At: s.clock.Now()}
	tx(t, w, func(ctx context.Context, tx *store.Tx) error { return tx.SuspendMappings(ctx, []gateway.Mapping{m}) })
	ok(t, w.SaveMapping(t.Context(), gateway.Mapping{Object: "Contact", Field: "Hull__c", Topic: "hull"}))
	still, err := w.SuspendedMappings(t.Context())
	ok(t, err)
	if len(still) != 1 || still[0].Suspended != m.Suspended || still[0].FieldType != "string" || still[0].Topic != "hull" {
		t.Errorf("suspended %+v", still)
	}
	m.Suspended = gateway.Suspension{}
	tx(t, w, func(ctx context.Context, tx *store.Tx) error {
		if err := tx.SaveSchema(ctx, gateway.Schema{Object: "Contact"}, s.clock.Now()); err != nil {
			return err
		}
		return tx.SuspendMappings(ctx, []gateway.Mapping{m})
	})
	if still, err = w.SuspendedMappings(t.Context()); err != nil || len(still) != 0 {
		t.Errorf("suspended %+v, %v", still, err)
	}
	described := s.clock.Now()
	s.clock.Advance(time.Hour)
	ok(t, w.TouchSchema(t.Context(), "Contact"))
	dates, err := w.SchemaDates(t.Context())
	if at := dates["Contact"]; err != nil || !at.Modified.Equal(described) || !at.Read.Equal(s.clock.Now()) {
		t.Errorf("dates %+v, %v", at, err)
	}
	if at, is := dates["Lead"]; is {
		t.Errorf("dates %+v of what was never described", at)
	}
}
