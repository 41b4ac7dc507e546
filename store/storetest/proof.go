package storetest

import (
	"fmt"
	"testing"

	"tidegate/gateway"
)

// inOrder proves the readings that a comparison with Salesforce makes.
func inOrder(t *testing.T, s *suite) {
	w := s.workspace(t)
	var all []gateway.Record
	for i := range 7 {
		all = append(all, gateway.Record{Key: contact(fmt.Sprintf("id%d", i)), Fields: gateway.Fields{"Title": gateway.Text(fmt.Sprint(i))}, Deleted: i == 3})
	}
	// Upper case sorts before lower case, byte by byte, whatever the locale.
	all = append(all, gateway.Record{Key: contact("ID9")}, gateway.Record{Key: gateway.RecordKey{Object: "Lead", ID: "id1"}})
	save(t, w, all...)
	save(t, s.db.In("another"), gateway.Record{Key: contact("id8")})
	t.Run("pages follow the ids, tombstones included", func(t *testing.T) {
		var ids []string
		for after := ""; ; {
			page, err := w.RecordsAfter(t.Context(), "Contact", after, 3)
			ok(t, err)
			for _, r := range page {
				ids = append(ids, r.Key.ID)
			}
			if len(page) < 3 {
				break
			}
			after = page[2].Key.ID
		}
		if got := fmt.Sprint(ids); got != "[ID9 id0 id1 id2 id3 id4 id5 id6]" {
			t.Errorf("read %s", got)
		}
	})
	t.Run("by id only what is here", func(t *testing.T) {
		got, err := w.RecordsByID(t.Context(), "Contact", []string{"id3", "id5", "id8", "nobody"})
		ok(t, err)
		if len(got) != 2 || !got["id3"].Deleted || got["id5"].Fields["Title"] != `"5"` {
			t.Errorf("read %+v", got)
		}
		none, err := w.RecordsByID(t.Context(), "Contact", nil)
		ok(t, err)
		if len(none) != 0 {
			t.Errorf("of no ids: %+v", none)
		}
	})
}
