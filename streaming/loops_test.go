package streaming

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func TestLoopRestsAndIsWoken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLoops(t.Context())
		rounds := 0
		one := &loop{do: func(context.Context) (time.Duration, error) {
			rounds++
			return time.Hour, nil
		}}
		one.wake() // before it begins it does nothing
		l.begin(one, time.Minute)
		expect := func(after time.Duration, want int) {
			t.Helper()
			time.Sleep(after)
			if synctest.Wait(); rounds != want {
				t.Fatalf("%d rounds, want %d", rounds, want)
			}
		}
		expect(59*time.Second, 0)
		expect(2*time.Second, 1)
		expect(time.Hour, 2)
		one.wake()
		expect(0, 3)
		one.deaf.Store(true)
		one.wake()
		expect(time.Minute, 3)
		one.deaf.Store(false)
		if err := l.end(nil); err != nil {
			t.Error(err)
		}
		one.wake()
		expect(2*time.Hour, 3)
	})
}

func TestWakingDuringARoundMeansAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLoops(t.Context())
		rounds := 0
		one := &loop{}
		one.do = func(context.Context) (time.Duration, error) {
			if rounds++; rounds == 1 {
				one.wake()
			}
			one.deaf.Store(rounds == 3)
			if rounds == 3 {
				one.wake() // its pause is not cut short
			}
			return time.Hour, nil
		}
		l.begin(one, 0)
		for _, want := range []int{2, 3, 4} {
			if synctest.Wait(); rounds != want {
				t.Fatalf("%d rounds, want %d", rounds, want)
			}
			time.Sleep(time.Hour)
		}
		_ = l.end(nil)
	})
}

func TestFirstErrorOfALoopEndsAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bad := errors.New("bad")
		l := newLoops(t.Context())
		ended := false
		l.begin(&loop{do: func(ctx context.Context) (time.Duration, error) {
			<-ctx.Done()
			time.Sleep(time.Second) // a round under way is waited for
			ended = true
			return 0, ctx.Err()
		}}, 0)
		l.begin(&loop{do: func(context.Context) (time.Duration, error) { return 0, bad }}, time.Second)
		<-l.ctx.Done()
		if err := l.end(errors.New("later")); !errors.Is(err, bad) || !ended {
			t.Errorf("%v, ended %v", err, ended)
		}
	})
}

func TestLoopsEndWithTheirContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		l := newLoops(ctx)
		for _, first := range []time.Duration{0, time.Hour} {
			l.begin(&loop{do: func(context.Context) (time.Duration, error) { return time.Millisecond, nil }}, first)
		}
		time.Sleep(time.Minute)
		cancel()
		l.open.Wait()
	})
}
