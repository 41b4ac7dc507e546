package handlers

import (
	"strings"

	"github.com/gofiber/fiber/v2"

	"tidegate/gateway"
	"tidegate/outbox"
	"tidegate/rules/mapping"
)

// decideConflict takes the choice.
func decideConflict(v *visit) error {
	key := gateway.RecordKey{Object: v.posted("object"), ID: v.posted("record")}
	a := outbox.Answer{Key: key, Why: strings.TrimSpace(v.posted("why")), IP: v.IP(), Rule: v.posted("rule") == "field" && v.admin()}
	a.Field, a.Choice = v.posted("field"), gateway.Choice(v.posted("choice"))
	a.By = gateway.Cause{Kind: "conflict", Rule: "Conflict decided", By: v.member.ID, Name: v.member.Name}
	back := tried{typed: v.posted("value"), why: a.Why}
	refuse := func(err error) error {
		e, ok := gatewayError(err)
		if !ok || e.Code != gateway.CodeConflict && e.Code != gateway.CodeInvalid && e.Code != gateway.CodeForbidden {
			return err
		}
		back.err = e
		return v.showConflicts(key.Object, key.ID, a.Field, back)
	}
	record, err := v.ws.Record(v.UserContext(), key)
	if err != nil {
		return err
	}
	if err := v.readAnswer(&a, record, back.typed); err != nil {
		return refuse(err)
	}
	receipt, err := v.s.Outbox.Answer(v.UserContext(), v.member.Workspace, a)
	if err != nil {
		return refuse(err)
	}
	v.deliver(receipt)
	return v.Redirect(conflictsBase+"?saved=decided", fiber.StatusSeeOther)
}

// readAnswer fills in what the person saw and typed.
func (v *visit) readAnswer(a *outbox.Answer, record gateway.Record, typed string) error {
	pending, _, err := v.ws.Pending(v.UserContext(), a.Key)
	if err != nil {
		return err
	}
	a.SawTheirs, a.SawOurs = record.Fields[a.Field], pending.Fields[a.Field]
	// A value that is not the one on the page cannot be equal to any.
	if v.posted("theirs") != fingerprint(a.SawTheirs) {
		a.SawTheirs = "changed"
	}
	if v.posted("ours") != fingerprint(a.SawOurs) {
		a.SawOurs = "changed"
	}
	if len([]rune(a.Why)) > 200 {
		return gateway.InvalidField("why", "Say it in up to 200 characters.")
	}
	if a.Choice != gateway.ChoiceOther {
		return nil
	}
	schema, err := v.schema(a.Key.Object)
	if err != nil {
		return err
	}
	f, ok := schema.Field(a.Field)
	if !ok {
		return gateway.Errorf(gateway.CodeForbidden, "Salesforce does not show this field, so no other value can be written.")
	}
	a.Other, err = mapping.ParseInput(f, typed)
	return err
}
