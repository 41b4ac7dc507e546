package handlers

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"tidegate/gateway"
	"tidegate/store"
	"tidegate/views"
)

// haltPath is the kill switch: it stops every write of the workspace at once,
// and lets them go on. Reading goes on meanwhile, which pausing would stop too.
const haltPath = settingsBase + "/writes"

// askHalt asks with numbers before all writing stops, or goes on.
func askHalt(v *visit) error { return v.showHalt("", "") }

func (v *visit) showHalt(field, problem string) error {
	c, err := v.connection()
	if err != nil {
		return err
	}
	waiting, err := v.waiting()
	if err != nil {
		return err
	}
	p := views.ConfirmPage{
		Shell: v.s.shell(v, "Stop all writing", views.NavSettings),
		Head:  views.Head{Crumb: []views.Link{{Text: "Connection", URL: settingsBase}}, Title: "Stop all writing to Salesforce"},
		Effects: []string{
			"From this moment nothing of this workspace is written to Salesforce, by no process; a call that is under way comes to its end.",
			count(waiting, "write waits", "writes wait") + " now; new ones wait with them.",
		},
		Kept:   []string{"Reading goes on: records here stay as they are in Salesforce.", "Nothing is lost: what waits goes out, in order, when writing goes on."},
		Form:   views.Form{URL: haltPath},
		Action: views.Action{Text: "Stop all writing", Style: views.Destructive},
		Cancel: views.Link{Text: "Leave it as it is", URL: settingsBase},
		Reason: &views.Field{Name: "why", Label: "Reason", Value: v.posted("why"), Hint: "Shown on every page, to everybody of the workspace.", MaxLength: "200"},
		Password: &views.Field{
			Name: "password", Label: "Your password", Type: "password", Required: true, Autocomplete: "current-password",
			Hint: "Asked again, because everybody's writes stop.",
		},
	}
	if c.Halted() {
		p.Shell.Title, p.Head.Title = "Let writing go on", "Let writing to Salesforce go on"
		p.Head.Lead = "Stopped " + v.clock().full(c.HaltedAt).Text + " by " + orSomebody(c.HaltedBy) + "."
		p.Effects = []string{count(waiting, "write goes", "writes go") + " out now, in order."}
		p.Kept, p.Reason = nil, nil
		p.Action = views.Action{Text: "Let writing go on", Style: views.Primary}
		p.Password.Hint = "Asked again, because what is written in Salesforce is not taken back."
	}
	if problem != "" {
		p.Password.Error = problem
		p.Form.Errors = []views.FieldError{{FieldID: field, Text: problem}}
		v.Status(fiber.StatusUnprocessableEntity)
	}
	return render(v.Ctx, views.Confirm(p))
}

// waiting counts the writes that Salesforce is owed.
func (v *visit) waiting() (int, error) {
	pending, err := v.ws.PendingByObject(v.UserContext())
	n := 0
	for _, p := range pending {
		n += p.Waiting + p.Parked
	}
	return n, err
}

func halt(v *visit) error {
	c, err := v.ws.Connection(v.UserContext())
	if err != nil {
		return err
	}
	why := strings.TrimSpace(v.posted("why"))
	if problem := v.confirmPassword(v.posted("password")); problem != "" {
		return v.showHalt("password", problem)
	}
	at, word := v.s.Now(), "halted"
	if c.Halted() {
		at, why, word = time.Time{}, "", "unhalted"
	}
	err = v.ws.InTx(v.UserContext(), func(ctx context.Context, tx *store.Tx) error {
		if err := tx.Halt(ctx, at, v.member.Name, why); err != nil {
			return err
		}
		what := "stopped all writing to Salesforce"
		if at.IsZero() {
			what = "let writing to Salesforce go on"
		}
		return tx.Audit(ctx, gateway.AuditEntry{At: v.s.Now(), By: v.member.Name, What: what, Target: c.OrgName, After: why, IP: v.IP()})
	})
	if err != nil {
		return err
	}
	v.s.Outbox.Wake()
	return v.Redirect(settingsBase+"?saved="+word, fiber.StatusSeeOther)
}

// haltNotice stands on every page while nothing is written.
func (v *visit) haltNotice(c gateway.Connection) views.Notice {
	n := views.Notice{
		Tone: views.Bad, Icon: views.IconPause, Strong: "All writing to Salesforce is stopped since " + v.clock().at(c.HaltedAt).Text + ".",
		Text: joinSentences("By "+orSomebody(c.HaltedBy)+".", sentence(c.HaltedWhy), "What is saved here waits, and nothing is lost."),
	}
	if v.admin() {
		n.Link = views.Link{Text: "Let it go on", URL: haltPath}
	}
	return n
}

// The bounds of the reserve, in percent: something must be left for reading,
// and something for other integrations.
const minReserve, maxReserve = 5, 95

// saveReserve sets which share of the org's API calls readings may use (UX 10).
func saveReserve(v *visit) error {
	share, err := strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(v.posted("share")), "%")))
	if reserve := 100 - share; err != nil || reserve < minReserve || reserve > maxReserve {
		return gateway.InvalidField("share", "Our share is a whole number from %d to %d percent. Go back and give another one.", 100-maxReserve, 100-minReserve)
	}
	c, err := v.ws.Connection(v.UserContext())
	if err != nil {
		return err
	}
	err = v.ws.InTx(v.UserContext(), func(ctx context.Context, tx *store.Tx) error {
		if err := tx.SetReserve(ctx, 100-share); err != nil {
			return err
		}
		return tx.Audit(ctx, gateway.AuditEntry{
			At: v.s.Now(), By: v.member.Name, What: "set our share of the API budget", Target: c.OrgName,
			Before: strconv.Itoa(100-c.APIReserve) + " %", After: strconv.Itoa(share) + " %", IP: v.IP(),
		})
	})
	if err != nil {
		return err
	}
	return v.Redirect("/?saved=share", fiber.StatusSeeOther)
}
