package main

import (
	"bytes"
	"testing"

	"tidegate/gateway"
	"tidegate/store"
	"tidegate/store/storetest"
	"tidegate/vault"
)

// S-40: after an exchange of keys the older one can be taken away, also for the
// secrets by which the host product knows us.
func TestSecretsOfSubscribersAreSealedAnew(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, address string) {
		older, newer := bytes.Repeat([]byte("o"), 32), bytes.Repeat([]byte("n"), 32)
		open := func(key []byte, also ...[]byte) *vault.Vault {
			v, err := vault.Open(key, also...)
			if err != nil {
				t.Fatal(err)
			}
			return v
		}
		db, err := store.Open(t.Context(), address, store.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		if err := db.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		ws := db.In("demo")
		s := gateway.Subscriber{ID: "s1", URL: "https://product.example/hook"}
		s.Sealed = open(older).Seal([]byte("secret"), "demo", s.SealedAs())
		if err := ws.CreateSubscriber(t.Context(), s); err != nil {
			t.Fatal(err)
		}
		o := &orgs{db: db, vault: open(newer, older)}
		for _, want := range []int{1, 0} { // a second look finds nothing to do
			if n, err := o.resealSubscribers(t.Context(), ws); err != nil || n != want {
				t.Fatalf("%d sealed anew, %v; want %d", n, err, want)
			}
		}
		got, err := ws.Subscriber(t.Context(), "s1")
		if err != nil {
			t.Fatal(err)
		}
		if plain, err := open(newer).Unseal(got.Sealed, "demo", s.SealedAs()); err != nil || string(plain) != "secret" {
			t.Errorf("the newer key alone gives %q, %v", plain, err)
		}
		if done, err := ws.SwapSubscriberSecret(t.Context(), "s1", s.Sealed, []byte("x")); err != nil || done {
			t.Errorf("a secret that changed meanwhile was replaced: %v, %v", done, err)
		}
	})
}
