package streaming

import (
	"context"
	"time"
)

// fileAgain is when staged keys are looked for although no reading ended here:
// none are there but behind a kill.
const fileAgain = time.Hour

// filing moves the keys that first readings left into their index, step by step,
// while nothing is read: both would fight for the disk. Whoever looks for a key
// meanwhile finds it in either place.
func (c *Consumer) filing(ctx context.Context) (time.Duration, error) {
	for len(c.loads.names()) == 0 {
		more, err := c.store.FileKeys(ctx)
		switch {
		case ctx.Err() != nil:
			return 0, ctx.Err()
		case err != nil:
			c.cfg.Logger.WarnContext(ctx, "keys of a first reading could not be filed, will try again", "error", err)
			return c.cfg.PollEvery, nil
		case !more:
			return fileAgain, nil
		}
	}
	return fileAgain, nil // the end of the reading wakes it
}
