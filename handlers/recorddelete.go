package handlers

import (
	"strings"

	"github.com/gofiber/fiber/v2"

	"tidegate/gateway"
	"tidegate/views"
)

func deleteURL(key gateway.RecordKey) string { return recordURL(key) + "/delete" }

// askDelete says what goes with a record before it is deleted in Salesforce, or
// why it is not deleted from here (F-47).
func askDelete(k recordKind) func(*visit) error {
	return func(v *visit) error {
		key, err := recordKey(v, k)
		if err != nil {
			return err
		}
		return v.showDelete(k, key, "")
	}
}

func (v *visit) showDelete(k recordKind, key gateway.RecordKey, problem string) error {
	b := &recordBuilder{visit: v, kind: v.chosenFields(k), record: gateway.Record{Key: key}, clk: v.clock()}
	if err := b.load(); err != nil {
		return err
	}
	title := "Delete " + strings.ToLower(k.one)
	shell := v.s.shell(v, title, k.nav)
	if err := b.mayDelete(); err != nil {
		e, ok := gatewayError(err)
		if !ok {
			return err
		}
		return render(v.Ctx, views.Error(views.ErrorPage{Shell: shell, Empty: views.Empty{
			Icon: views.IconLock, Title: "It is not deleted from here", Text: e.Message,
			Actions: []views.Action{{Text: "Back to " + b.record.Label(), URL: recordURL(key)}},
		}}))
	}
	p := views.ConfirmPage{
		Shell: shell,
		Head:  views.Head{Crumb: []views.Link{{Text: k.many, URL: k.path}, {Text: b.record.Label(), URL: recordURL(key)}}, Title: "Delete “" + b.record.Label() + "” in Salesforce"},
		Kept: []string{
			"What was said in meetings, calls and chats stays here, and so does the log.",
			"A change that somebody makes in Salesforce meanwhile is kept as a conflict; the deletion stands.",
			"Until Salesforce has carried it out, ignoring its line in the sync log takes it back; afterwards Salesforce's recycle bin does, and the links come back with the record.",
		},
		Form:   views.Form{URL: deleteURL(key)},
		Action: views.Action{Text: title, Style: views.Destructive},
		Cancel: views.Link{Text: "Keep it", URL: recordURL(key)},
		Password: &views.Field{
			Name: "password", Label: "Your password", Type: "password", Required: true, Autocomplete: "current-password",
			Hint: "Asked again, because a record leaves Salesforce.",
		},
	}
	var err error
	if p.Effects, err = b.deleteEffects(); err != nil {
		return err
	}
	if problem != "" {
		p.Password.Error = problem
		p.Form.Errors = []views.FieldError{{FieldID: "password", Text: problem}}
		v.Status(fiber.StatusUnprocessableEntity)
	}
	return render(v.Ctx, views.Confirm(p))
}

// mayDelete is nil where the visitor may delete the record, else CodeForbidden
// with the reason, or CodeNotFound where it is deleted already.
func (v *visit) mayDelete(key gateway.RecordKey) error {
	if !v.admin() {
		return gateway.Errorf(gateway.CodeForbidden, "Only an admin deletes records. Ask an admin, or delete it in Salesforce.")
	}
	return v.s.Outbox.CanRemove(v.UserContext(), v.member.Workspace, key)
}

// mayDelete also tells of a deletion that is owed already: it would be the same
// once more.
func (b *recordBuilder) mayDelete() error {
	if b.leaving {
		return gateway.Errorf(gateway.CodeNotFound, "It was deleted here already, and Salesforce is told next; the sync log says how far that is.")
	}
	return b.visit.mayDelete(b.record.Key)
}

// deleteEffects say what goes, and what is linked to it or stands on it.
func (b *recordBuilder) deleteEffects() ([]string, error) {
	ctx, key := b.UserContext(), b.record.Key
	out := []string{b.kind.one + " “" + b.record.Label() + "” goes to Salesforce's recycle bin, and reads as deleted here from now on."}
	if b.waiting {
		out = append(out, "The edit that still waits for it is not written.")
	}
	links, err := b.ws.Links(ctx, key)
	if err != nil {
		return nil, err
	}
	for _, l := range links[:min(len(links), namedAtOnce)] {
		out = append(out, "It is linked "+b.linkText(l)+" That link breaks: nothing more that the product says of it is written to this record.")
	}
	if more := len(links) - namedAtOnce; more > 0 {
		out = append(out, "And "+count(more, "further link breaks", "further links break")+".")
	}
	writings, err := b.ws.WritingsOf(ctx, key)
	if err != nil {
		return nil, err
	}
	if n := len(writings); n > 0 {
		out = append(out, count(n, "part", "parts")+" of what was said here was written as this record, or into it.")
	}
	related, err := b.relatedRecords(map[gateway.RecordKey]string{})
	if err != nil || len(related) == 0 {
		return out, err
	}
	names := make([]string, 0, len(related))
	for _, r := range related {
		names = append(names, r.Label())
	}
	return append(out, "These name it, and Salesforce decides what becomes of them: "+list(names)+"."), nil
}

// deleteRecord deletes a record in Salesforce, the way every write goes out.
func deleteRecord(k recordKind) func(*visit) error {
	return func(v *visit) error {
		key, err := recordKey(v, k)
		if err != nil {
			return err
		}
		if err := v.mayDelete(key); err != nil {
			return err
		}
		if problem := v.confirmPassword(v.posted("password")); problem != "" {
			return v.showDelete(k, key, problem)
		}
		receipt, err := v.s.Outbox.Remove(v.UserContext(), v.member.Workspace, key,
			gateway.Cause{Kind: "edit", Rule: "Delete on the " + strings.ToLower(k.one) + " page", By: v.member.ID, Name: v.member.Name})
		if err != nil {
			return err
		}
		v.s.audit(v, "deleted a record in Salesforce", key.Object+" "+key.ID)
		v.deliver(receipt)
		return v.Redirect(recordURL(key)+"?saved=deleted", fiber.StatusSeeOther)
	}
}
