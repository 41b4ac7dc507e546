package main

import "testing"

func TestGarbageGetsNoMoreRoomThanItIsGiven(t *testing.T) {
	for _, c := range []struct {
		live uint64
		want int
	}{{0, 150}, {15 << 20, 150}, {42 << 20, 150}, {64 << 20, 100}, {100 << 20, 60}, {1 << 30, 50}} {
		if got := collectAt(c.live); got != c.want {
			t.Errorf("%d MiB in use: %d %%, wanted %d", c.live>>20, got, c.want)
		}
	}
}
