package streaming

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"

	"tidegate/gateway"
	"tidegate/store"
	"tidegate/store/storetest"
)

// Whoever wins by a choice made now, in whatever place it is made, wins in the
// very next batch; and while nobody chooses, nothing is read again.
func TestChoiceReachesTheRunningConsumerAtOnce_M9(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, url string) {
		w := storetest.Open(t, url, store.Options{}).In("w")
		ctx := t.Context()
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		field := gateway.Field{Name: "Title", Type: "string", Length: 80, Createable: true, Updateable: true}
		must(w.SaveSchemas(ctx, []gateway.Schema{{Object: "Contact", Fields: []gateway.Field{field}}}))
		must(w.SaveMapping(ctx, gateway.Mapping{Object: "Contact", Field: "Title", Editable: true}))
		r := &rules{store: w}
		must(r.follow(ctx))
		random := rand.New(rand.NewPCG(1, 2))
		all := []gateway.Winner{gateway.WinnerSalesforce, gateway.WinnerProduct, gateway.WinnerRecent, gateway.WinnerAsk}
		byTab, revision := gateway.WinnerNone, int64(0)
		byField := gateway.WinnerNone
		for range 24 {
			choice := all[random.IntN(len(all))]
			if random.IntN(2) == 0 { // an answer in the inbox becomes the field's rule
				must(w.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
					_, err := tx.SaveWinner(ctx, gateway.Mapping{Object: "Contact", Field: "Title", Winner: choice, By: "Ada"})
					return err
				}))
				byField = choice
			} else {
				body := ""
				for _, kind := range gateway.DataTypes {
					body += fmt.Sprintf(`,%q:%q`, kind, choice)
				}
				row, err := w.SaveSetting(ctx, gateway.SettingRow{Scope: gateway.OrgScope, Tab: gateway.TabAdvanced, Body: []byte(`{"conflicts":{` + body[1:] + `}}`)}, revision)
				must(err)
				byTab, revision = choice, row.Revision
			}
			must(r.follow(ctx))
			want := byField
			if want == gateway.WinnerNone {
				want = byTab
			}
			if got := r.winner("Contact", "Title"); got != want {
				t.Fatalf("%q wins, %q was chosen", got, want)
			}
			was := r.decoder()
			if must(r.follow(ctx)); r.decoder() != was {
				t.Fatal("rules that nobody changed were read again")
			}
		}
	})
}
