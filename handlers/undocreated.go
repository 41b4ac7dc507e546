package handlers

import (
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"tidegate/gateway"
	"tidegate/rules/undo"
	"tidegate/views"
)

// undoCreatedBase is where records go that the chosen writes created: taking a
// creation back is deleting.
const undoCreatedBase = undoBase + "/created"

// namedAtOnce bounds the records that are named before they are deleted.
const namedAtOnce = 20

// createdLink leads from the dry run of an undo to deleting what was created.
func (v *visit) createdLink(made []gateway.RecordKey) views.Link {
	if len(made) == 0 || !v.admin() {
		return views.Link{}
	}
	return views.Link{
		Text: "Delete " + count(len(made), "record that was created", "records that were created"),
		URL:  undoCreatedBase + "?" + string(v.Request().URI().QueryString()),
	}
}

func askUndoCreated(v *visit) error { return v.showUndoCreated(v.Query, "") }

func (v *visit) showUndoCreated(get func(string, ...string) string, problem string) error {
	scope, err := v.undoScope(get)
	if err != nil {
		return err
	}
	plan, _, err := v.s.Outbox.PlanUndo(v.UserContext(), v.member.Workspace, scope)
	if err != nil {
		return err
	}
	if len(plan.Made) == 0 {
		return askUndo(v) // it says of each value why it stays
	}
	title := "Delete " + count(len(plan.Made), "record", "records")
	p := views.ConfirmPage{
		Shell: v.s.shell(v, title, views.NavSyncLog),
		Head: views.Head{
			Title: title + " in Salesforce",
			Lead:  "These writes created them. Nobody has changed what we wrote since.",
		},
		Kept:   []string{"What somebody changed in Salesforce since stays, with its record.", "Meetings, calls and chats stay here. What was deleted is not made again."},
		Form:   views.Form{URL: undoCreatedBase},
		Action: views.Action{Text: title, Style: views.Destructive},
		Cancel: views.Link{Text: "Leave everything as it is", URL: "/sync/log"},
		Password: &views.Field{
			Name: "password", Label: "Your password", Type: "password", Required: true, Autocomplete: "current-password",
			Hint: "Asked again, because records leave Salesforce.",
		},
	}
	for _, name := range append([]string{"line", "day"}, filterNames()...) {
		if value := get(name); value != "" {
			p.Hidden = append(p.Hidden, views.Hidden{Name: name, Value: value})
		}
	}
	p.Effects = v.createdEffects(plan)
	if problem != "" {
		p.Password.Error = problem
		p.Form.Errors = []views.FieldError{{FieldID: "password", Text: problem}}
		v.Status(fiber.StatusUnprocessableEntity)
	}
	return answer(v.Ctx, views.Confirm(p))
}

func (v *visit) createdEffects(plan undo.Plan) []string {
	out := make([]string, 0, len(plan.Made)+3)
	for _, key := range plan.Made[:min(len(plan.Made), namedAtOnce)] {
		out = append(out, key.Object+" “"+v.labelOfRecord(key)+"” goes to Salesforce's recycle bin.")
	}
	if more := len(plan.Made) - namedAtOnce; more > 0 {
		out = append(out, "And "+count(more, "further record", "further records")+".")
	}
	if slices.ContainsFunc(plan.Made, func(key gateway.RecordKey) bool { return key.Object == "ContentNote" }) {
		out = append(out, "A note goes from every record that it is attached to. Right before, Salesforce is asked once more whether it is as we wrote it.")
	}
	if n := len(plan.Edits(true)); n > 0 {
		out = append(out, "Values of "+count(n, "other record", "other records")+" go back to what they were before.")
	}
	return out
}

// undoCreated takes the writes back with the records that they created.
func undoCreated(v *visit) error {
	get := func(name string, _ ...string) string { return v.posted(name) }
	scope, err := v.undoScope(get)
	if err != nil {
		return err
	}
	if problem := v.confirmPassword(v.posted("password")); problem != "" {
		return v.showUndoCreated(get, problem)
	}
	scope.Created = true
	done, err := v.s.Outbox.Undo(v.UserContext(), v.member.Workspace, scope, gateway.Cause{
		Rule: "Undo", Ref: undoRef(scope), By: v.member.ID, Name: v.member.Name,
	})
	if err != nil {
		return err
	}
	what := []string{"deleted " + count(done.Deleted, "record", "records") + " that these writes created", "took " + count(done.Values, "value", "values") + " back"}
	v.s.audit(v, strings.Join(what, "; "), undoBase+"?"+v.undoWords())
	v.s.Outbox.Wake()
	return v.Redirect("/sync/log?rule=Undo&saved=undone", fiber.StatusSeeOther)
}

// filterNames are the names of the log's filters.
func filterNames() []string {
	out := make([]string, len(logFilters))
	for i, f := range logFilters {
		out[i] = f.name
	}
	return out
}
