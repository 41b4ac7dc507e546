package store_test

import (
	"testing"

	"tidegate/store"
	"tidegate/store/storetest"
)

func TestStoreConformsOnEveryEngine(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, url string) {
		storetest.Run(t, func(t *testing.T, clock *storetest.Clock) *store.DB {
			return storetest.Open(t, url, store.Options{Now: clock.Now, Holder: "test"})
		})
	})
}
