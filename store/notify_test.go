package store_test

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"

	"tidegate/gateway"
	"tidegate/store"
	"tidegate/store/storetest"
	"tidegate/testpg"
)

// told is one call of a notification function.
type told struct {
	ws   gateway.WorkspaceID
	keys []gateway.RecordKey
}

// listen starts Notifications and returns what it says; it ends with the test.
func listen(t *testing.T, db *store.DB) <-chan told {
	ctx, cancel := context.WithCancel(t.Context())
	out, done := make(chan told, 1000), make(chan error)
	go func() {
		done <- db.Notifications(ctx, func(ws gateway.WorkspaceID, keys []gateway.RecordKey) { out <- told{ws, keys} })
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return out
}

// await notifies until the listener has heard want keys of one notification
// round: it does not say when it listens.
func await(t *testing.T, db *store.DB, heard <-chan told, keys []gateway.RecordKey) {
	t.Helper()
	deadline := time.After(time.Minute)
	for n := 0; ; n++ {
		ws := gateway.WorkspaceID(fmt.Sprint("round ", n))
		if err := db.Notify(t.Context(), ws, keys); err != nil {
			t.Fatal(err)
		}
		got := 0
		for wait := true; wait; {
			select {
			case h := <-heard:
				if h.ws == ws {
					got += len(h.keys)
				}
				if got == len(keys) {
					return
				}
			case <-time.After(200 * time.Millisecond):
				wait = false
			case <-deadline:
				t.Fatal("nothing was heard")
			}
		}
	}
}

func TestOtherProcessesAreNotified(t *testing.T) {
	address := testpg.URL(t)
	one := storetest.Open(t, address, store.Options{Holder: "one"})
	two := storetest.Open(t, address, store.Options{Holder: "two"})
	heardByOne, heardByTwo := listen(t, one), listen(t, two)
	var keys []gateway.RecordKey
	for i := range 1000 { // more than one payload
		keys = append(keys, gateway.RecordKey{Object: "Contact", ID: fmt.Sprintf("003%015d", i)})
	}
	await(t, one, heardByTwo, keys)
	select {
	case h := <-heardByOne:
		t.Errorf("the process heard itself: %v", h)
	default:
	}

	t.Run("and look again after the connection was lost", func(t *testing.T) {
		store.EndConnections(t, storetest.Open(t, testpg.URL(t), store.Options{}), two)
		deadline := time.After(time.Minute)
		for {
			select {
			case h := <-heardByTwo:
				if h.ws == "" && len(h.keys) == 0 {
					await(t, one, heardByTwo, keys[:1])
					return
				}
			case <-deadline:
				t.Fatal("no sign of the reconnect")
			}
		}
	})
}

func TestNotificationsEndWithTheirContext(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	db, err := store.Open(t.Context(), "sqlite://"+filepath.Join(t.TempDir(), "store.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	away, err := store.Open(t.Context(), "postgres://nobody@127.0.0.1:1/none?sslmode=disable", store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range []*store.DB{db, away} {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		if err := d.Notifications(ctx, func(gateway.WorkspaceID, []gateway.RecordKey) {}); err != nil {
			t.Error(err)
		}
		cancel()
		if err := d.Notify(t.Context(), "w", nil); err != nil {
			t.Error(err)
		}
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	}
}
