// Package team is the simulated org's working sales team: people who, through
// the org's own pages, keep changing records.
package team

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"tidegate/simulator/org"
	"tidegate/simulator/seed"
)

// Team makes one plausible change after another.
type Team struct {
	Org  *org.Org
	Seed uint64
	Pace time.Duration // mean time between two changes; 0 = 3 s
}

// Run works until ctx ends and returns nil then.
func (t *Team) Run(ctx context.Context) error {
	pace := t.Pace
	if pace <= 0 {
		pace = 3 * time.Second
	}
	rng := rand.New(rand.NewPCG(t.Seed, 0x7465616d))
	for {
		// Between half and one and a half times the pace: people are uneven.
		timer := time.NewTimer(pace/2 + time.Duration(rng.Int64N(int64(pace))))
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-timer.C:
		}
		if err := t.Step(rng); err != nil {
			return err
		}
	}
}

// Step makes one change. A change that the org's rules refuse is no error:
// people run into those too.
func (t *Team) Step(rng *rand.Rand) error {
	moves := []func(*org.Tx, *rand.Rand) *org.Error{
		moveStage, moveStage, newPhone, newPhone, newTitle, nextStep, finishTask, newTask, newContact,
	}
	by := org.Caller{UserID: t.someone(rng), Origin: org.UIOrigin, Immune: true}
	_, err := t.Org.Transact(by, func(tx *org.Tx) error {
		if refused := moves[rng.IntN(len(moves))](tx, rng); refused != nil {
			return refused
		}
		return nil
	})
	var refused *org.Error
	if errors.As(err, &refused) {
		return nil
	}
	return err
}

// someone of the team, not the integration user.
func (t *Team) someone(rng *rand.Rand) string {
	who := t.Org.AdminID()
	t.Org.Read(func(v org.View) {
		if n := v.Len("User"); n > 1 {
			who = v.Nth("User", 1+rng.IntN(n-1)).ID()
		}
	})
	return who
}

func change(tx *org.Tx, rng *rand.Rand, object string, values map[string]any) *org.Error {
	id := seed.Pick(tx.View, rng, object)
	if id == "" {
		return nil
	}
	return tx.Update(object, id, values)
}

func newPhone(tx *org.Tx, rng *rand.Rand) *org.Error {
	object := []string{"Contact", "Contact", "Lead", "Account"}[rng.IntN(4)]
	return change(tx, rng, object, map[string]any{"Phone": seed.Phone(rng)})
}

func newTitle(tx *org.Tx, rng *rand.Rand) *org.Error {
	return change(tx, rng, "Contact", map[string]any{"Title": seed.Title(rng)})
}

func nextStep(tx *org.Tx, rng *rand.Rand) *org.Error {
	return change(tx, rng, "Opportunity", map[string]any{"NextStep": seed.NextStep(rng)})
}

func finishTask(tx *org.Tx, rng *rand.Rand) *org.Error {
	return change(tx, rng, "Task", map[string]any{"Status": "Completed"})
}

// moveStage takes an open deal one stage on.
func moveStage(tx *org.Tx, rng *rand.Rand) *org.Error {
	id := seed.Pick(tx.View, rng, "Opportunity")
	deal, ok := tx.Get("Opportunity", id)
	if !ok || deal.Value("IsClosed") == true {
		return nil
	}
	for i, s := range org.Stages[:len(org.Stages)-1] {
		if s.Name == deal.Value("StageName") {
			return tx.Update("Opportunity", id, map[string]any{"StageName": org.Stages[i+1].Name})
		}
	}
	return nil
}

func newContact(tx *org.Tx, rng *rand.Rand) *org.Error {
	_, refused := tx.Create("Contact", seed.Values(tx.View, rng, "Contact"))
	return refused
}

func newTask(tx *org.Tx, rng *rand.Rand) *org.Error {
	values := seed.Values(tx.View, rng, "Task")
	if who := seed.Pick(tx.View, rng, "Contact"); who != "" {
		values["WhoId"] = who
	}
	_, refused := tx.Create("Task", values)
	return refused
}
