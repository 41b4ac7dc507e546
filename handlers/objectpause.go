package handlers

import (
	"context"

	"github.com/gofiber/fiber/v2"

	"tidegate/gateway"
	"tidegate/store"
	"tidegate/views"
)

func pauseURL(object string) string { return "/pause/" + object }

// pauseAction leads an admin to pausing or resuming one object (UX 12).
func (v *visit) pauseAction(f healthFacts, object string) views.Action {
	if !v.admin() || f.conn.ID == "" {
		return views.Action{}
	}
	a := views.Action{Text: "Pause", About: ": " + object, URL: pauseURL(object), Small: true}
	if _, paused := f.paused[object]; paused {
		a.Text = "Resume"
	}
	return a
}

// pausedWords say since when an object stands still, and by whom.
func (v *visit) pausedWords(p gateway.ObjectPause) string {
	return "Paused " + v.clock().at(p.At).Text + " by " + orSomebody(p.By) + "."
}

// askPause says what it means that one object stands still, with what will
// queue, or what its resuming sets going.
func askPause(v *visit) error {
	object := v.Params("object")
	if err := mustMirror(v.UserContext(), v.ws, object); err != nil {
		return err
	}
	all, err := v.ws.PausedObjects(v.UserContext())
	if err != nil {
		return err
	}
	pending, err := v.ws.PendingByObject(v.UserContext())
	if err != nil {
		return err
	}
	waiting := pending[object].Waiting
	p := views.ConfirmPage{
		Shell: v.s.shell(v, "Pause "+object, views.NavHealth),
		Head:  views.Head{Crumb: []views.Link{{Text: "Health", URL: "/"}}, Title: "Pause " + object},
		Effects: []string{
			"Writes of " + object + " wait, and go out in order when it is resumed: " + count(waiting, "waits", "wait") + " now, and new ones join.",
			"What changes of it in Salesforce does not come in meanwhile. Resuming reads everything that changed since, and records the gap.",
		},
		Kept:   []string{"All other objects go on.", "What was read stays here, and edits are saved."},
		Form:   views.Form{URL: pauseURL(object)},
		Action: views.Action{Text: "Pause " + object, Style: views.Primary},
		Cancel: views.Link{Text: "Leave it running", URL: "/"},
	}
	if standing, paused := all[object]; paused {
		p.Shell.Title, p.Head.Title, p.Head.Lead = "Resume "+object, "Resume "+object, v.pausedWords(standing)
		p.Effects = []string{count(waiting, "write goes", "writes go") + " out now, in order.", "Everything that changed in Salesforce since is read, and the gap is recorded with its repair."}
		p.Kept, p.Action.Text, p.Cancel.Text = nil, "Resume "+object, "Leave it paused"
	}
	p.Hidden = []views.Hidden{{Name: "wish", Value: p.Action.Text}}
	return render(v.Ctx, views.Confirm(p))
}

// askPauseAll says what waits, and where, while the connection stands still.
func askPauseAll(v *visit) error {
	waiting, err := v.waiting()
	if err != nil {
		return err
	}
	return render(v.Ctx, views.Confirm(views.ConfirmPage{
		Shell: v.s.shell(v, "Pause the connection", views.NavHealth),
		Head:  views.Head{Crumb: []views.Link{{Text: "Health", URL: "/"}}, Title: "Pause the connection", Lead: "Reading and writing of every object stand still until somebody resumes them."},
		Effects: []string{
			"Writes wait here, and go out in order when it is resumed: " + count(waiting, "waits", "wait") + " now, and new ones join.",
			"What changes in Salesforce does not come in. Resuming goes on where the stream stopped; Salesforce keeps changes for three days, and what is older then is found and read anew, with a record of the gap.",
		},
		Kept:   []string{"Pages show what was read until now, and say how old it is.", "Edits are saved here, and settings can be changed.", "To let reading go on, stop all writing on Connection and readiness instead."},
		Form:   views.Form{URL: settingsBase + "/pause"},
		Action: views.Action{Text: "Pause everything", Style: views.Primary},
		Cancel: views.Link{Text: "Leave it running", URL: "/"},
	}))
}

// pauseObject pauses an object, or resumes it: what the form says, so that
// pressing twice is once.
func pauseObject(v *visit) error {
	object := v.Params("object")
	if err := mustMirror(v.UserContext(), v.ws, object); err != nil {
		return err
	}
	pause := v.posted("wish") == "Pause "+object
	if !pause && v.posted("wish") != "Resume "+object {
		return gateway.InvalidField("wish", "Say whether %s is to be paused or resumed. Go back to Health and choose again.", object)
	}
	word := map[bool]string{true: "paused", false: "resumed"}[pause]
	err := v.ws.InTx(v.UserContext(), func(ctx context.Context, tx *store.Tx) error {
		changed, err := tx.PauseObject(ctx, object, v.member.Name, pause)
		if err != nil || !changed {
			return err
		}
		return tx.Audit(ctx, gateway.AuditEntry{At: v.s.Now(), By: v.member.Name, What: word + " one object", Target: object, IP: v.IP()})
	})
	if err != nil {
		return err
	}
	v.s.Outbox.Wake()
	return v.Redirect("/?saved=object-"+word, fiber.StatusSeeOther)
}
