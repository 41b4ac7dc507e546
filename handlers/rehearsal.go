package handlers

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/gofiber/fiber/v2"

	"tidegate/gateway"
	"tidegate/rules/rehearsal"
	"tidegate/views"
)

// rehearsalURL is the page that begins a rehearsal and shows the last one (M6).
const rehearsalURL = settingsBase + "/rehearsal"

// RehearsalKey is announced when a rehearsal moved on. No record has it.
var RehearsalKey = gateway.RecordKey{Object: "rehearsal"}

var rehearsalPages = []route{{"GET", rehearsalURL, admins, rehearsalPage}, {"POST", rehearsalURL, admins, beginRehearsal}}

func beginRehearsal(v *visit) error {
	if v.s.Rehearse == nil {
		return gateway.Errorf(gateway.CodeConflict, "This installation begins no rehearsals from pages. Run: tidegate rehearse --workspace %s", v.member.Workspace)
	}
	began, err := v.s.Rehearse(v.UserContext(), v.member.Workspace, v.member.Name)
	if err != nil {
		return err
	}
	if began {
		v.s.audit(v, "began a rehearsal", "")
	}
	return v.Redirect(rehearsalURL, fiber.StatusSeeOther)
}

func rehearsalPage(v *visit) error {
	r, err := v.ws.Rehearsal(v.UserContext())
	if err != nil {
		return err
	}
	p := views.RehearsalPage{
		Shell: v.s.shell(v, "Rehearsal", views.NavSettings),
		Head: views.Head{
			Crumb: []views.Link{{Text: "Salesforce settings", URL: settingsBase + "/advanced"}}, Title: "Rehearsal",
			Lead: "Plays more than a hundred faults to these settings on a simulated org: lost answers, a lost place in the stream, locked rows, an owner who left. Nothing of it reaches your records or your Salesforce org, of which only the validation rules are read. It takes some minutes.",
		},
		Live:    views.Live{URL: withQuery(v.Ctx, map[string]string{"part": views.PartRehearsal})},
		Command: "tidegate rehearse --workspace " + string(v.member.Workspace),
	}
	p.Shell.StreamURL, p.Shell.ReloadURL = eventsURL(RehearsalKey), rehearsalURL
	running := r.Running(v.s.Now())
	if v.s.Rehearse != nil && !running {
		p.Begin = views.Action{Text: "Begin a rehearsal", URL: rehearsalURL, Style: views.Primary, Post: true}
	}
	p.Notice = v.rehearsalState(r, running)
	if r.Body == nil {
		return answer(v.Ctx, views.Rehearsal(p))
	}
	var told rehearsal.Told
	if err := json.Unmarshal(r.Body, &told); err != nil {
		return fmt.Errorf("reading the result of a rehearsal: %w", err)
	}
	v.rehearsed(&p, r, told)
	return answer(v.Ctx, views.Rehearsal(p))
}

// rehearsalState says how far one is, or why the last came to no result.
func (v *visit) rehearsalState(r gateway.Rehearsal, running bool) views.Notice {
	switch {
	case running && r.Playing == "":
		return views.Notice{Tone: views.UnderWay, Icon: views.IconAgain, Text: "The simulated org is being prepared. Begun " + v.clock().full(r.BegunAt).Text + " by " + orSomebody(r.By) + ".", Link: views.Link{Text: "Look again", URL: rehearsalURL}}
	case running:
		return views.Notice{
			Tone: views.UnderWay, Icon: views.IconAgain, Link: views.Link{Text: "Look again", URL: rehearsalURL},
			Text: fmt.Sprintf("%d of %d faults are played; now: %s. Begun %s by %s.", r.Done, r.Total, r.Playing, v.clock().full(r.BegunAt).Text, orSomebody(r.By)),
		}
	case r.Problem != "":
		return views.Notice{Tone: views.Attention, Icon: views.IconWarning, Text: "The last rehearsal came to no result: " + r.Problem}
	case !r.BegunAt.IsZero() && r.EndedAt.IsZero():
		return views.Notice{Tone: views.Attention, Icon: views.IconWarning, Text: "The last rehearsal came to no result: its process ended."}
	}
	return views.Notice{}
}

func (v *visit) rehearsed(p *views.RehearsalPage, r gateway.Rehearsal, told rehearsal.Told) {
	p.Score = fmt.Sprintf("%d of 100", told.Score)
	p.Summary = fmt.Sprintf("%s: %d recovered by themselves, %d were kept for a person, %d failed. Ended %s.",
		count(told.Played, "play", "plays"), told.Recovered, told.Waits, told.Failed, v.clock().full(r.BodyAt).Text)
	p.Reckoned = "What recovers by itself counts a point, what is kept for a person half a point, what is lost, doubled or differs nothing."
	p.Weak = views.ListPage{
		Caption: "Weak spots", Columns: []views.Column{{Text: "Fault"}, {Text: "What met it"}, {Text: "Outcome"}, {Text: "What was seen"}, {Text: "What to do"}},
		Empty: views.Empty{Icon: views.IconOK, Title: "No weak spot", Text: "Everything recovered by itself."},
	}
	for _, w := range told.Weak {
		outcome := views.Chip{Tone: views.Attention, Icon: views.IconWarning, Text: "Waits for a person"}
		if w.Outcome == rehearsal.Failed {
			outcome = views.Chip{Tone: views.Bad, Icon: views.IconWarning, Text: "Failed"}
		}
		p.Weak.Rows = append(p.Weak.Rows, views.Row{Cells: []views.Cell{
			{Text: capital(w.Fault)}, {Text: strings.Join(w.Targets, ", ")}, {Chip: outcome}, {Text: w.Why}, {Text: w.Do},
		}})
	}
	p.Notes = told.Notes
}
