package handlers

import (
	"context"
	"net/url"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"tidegate/gateway"
	"tidegate/outbox"
	"tidegate/rules/mapping"
	"tidegate/views"
)

// deliverFor bounds the attempt to write inside the request.
const deliverFor = 3 * time.Second

// saveField takes an edit of one field: parse, submit (durable), then try to
// deliver while the person waits.
func saveField(k recordKind) func(*visit) error {
	return func(v *visit) error {
		key, err := recordKey(v, k)
		if err != nil {
			return err
		}
		r, owed, waits, err := v.ws.RecordOwed(v.UserContext(), key)
		if err != nil {
			return err
		}
		if waits {
			r.Fields = r.Fields.Overlay(owed.Fields)
		}
		name, typed := v.posted("field"), v.posted("value")
		again := func(err error) error {
			if e, ok := gatewayError(err); ok && (e.Code == gateway.CodeInvalid || e.Code == gateway.CodeConflict) {
				return v.showRecord(k, key, edit{field: name, typed: &typed, err: e})
			}
			return err
		}
		value, err := v.parseEdit(r, name, typed)
		if err != nil {
			return again(err)
		}
		receipt, err := v.s.Outbox.Submit(v.UserContext(), v.member.Workspace, outbox.Edit{
			Key: key, Fields: gateway.Fields{name: value}, Cause: gateway.Cause{Kind: "edit", Rule: "Edit on the " + strings.ToLower(k.one) + " page", By: v.member.ID, Name: v.member.Name},
		})
		if err != nil {
			return again(err)
		}
		v.deliver(receipt)
		if v.Get("HX-Request") != "" {
			return v.showRecord(k, key, edit{})
		}
		return v.Redirect(recordURL(key), fiber.StatusSeeOther)
	}
}

// parseEdit reads what was typed as a value of the field and refuses what
// changed under the form. The record is as the form showed it, with what
// Salesforce is still owed.
func (v *visit) parseEdit(r gateway.Record, name, typed string) (gateway.Value, error) {
	schema, err := v.schema(r.Key.Object)
	if err != nil {
		return "", err
	}
	f, ok := schema.Field(name)
	if !ok {
		return "", gateway.Errorf(gateway.CodeForbidden, "Salesforce does not show this field, so it cannot be edited here.")
	}
	value, err := mapping.ParseInput(f, typed)
	if err != nil {
		return "", err
	}
	now := r.Fields[name]
	if rev := v.posted("revision"); rev != "" && rev != fingerprint(now) && now != value {
		is := "emptied"
		if text := v.clock().display(f, now, v.currency()); text != "" {
			is = "changed to “" + text + "”"
		}
		return "", gateway.Errorf(gateway.CodeConflict,
			"%s was %s while this form was open. Save again to replace that, or cancel to keep it.", labelOf(f), is)
	}
	return value, nil
}

// deliver tries to write inside the request. Whatever comes of it, the edit is
// already durable; the page shows how far it got.
func (v *visit) deliver(receipt outbox.Receipt) {
	ctx, cancel := context.WithTimeout(v.UserContext(), deliverFor)
	defer cancel()
	if _, err := v.s.Outbox.Deliver(ctx, v.member.Workspace, receipt); err != nil {
		v.s.Logger.Info("an edit waits for the dispatcher", "object", receipt.Key.Object, "code", string(gateway.CodeOf(err)))
	}
}

// whyReadOnly answers "why may this field not be edited here?" with the truth
// table, the failing condition first.
func whyReadOnly(k recordKind) func(*visit) error {
	return func(v *visit) error {
		key, err := recordKey(v, k)
		if err != nil {
			return err
		}
		r, err := v.ws.Record(v.UserContext(), key)
		if err != nil {
			return err // the same 404 for what is not here and what is not ours
		}
		name := v.Query("field")
		schema, err := v.schema(k.object)
		if err != nil {
			return err
		}
		f, _ := schema.Field(name)
		in, err := v.inForce()
		if err != nil {
			return err
		}
		mappings, err := v.mappingsOf(k.object)
		if err != nil {
			return err
		}
		m := mappings[name]
		m.Object, m.Field = k.object, name
		ok, cells, reason := mapping.Writable(in.Objects.Writeback[k.object], m, f)
		label := labelOf(fieldOf(schema, name))
		p := views.ListPage{
			Head:    views.Head{Title: label + " is read-only here", Lead: reason, Crumb: []views.Link{{Text: k.many, URL: k.path}, {Text: r.Label(), URL: recordURL(key)}}},
			Caption: "Conditions for " + label + " to be edited here",
			Columns: []views.Column{{Text: "Condition"}, {Text: "Holds"}, {Text: "Why"}},
		}
		if ok {
			p.Head.Title = label + " can be edited here"
		}
		p.Rows = cellRows(cells[:])
		p.Head.Actions = []views.Action{{Text: "Back to the record", URL: recordURL(key)}}
		if _, closed := mapping.ReadOnlyCause(schema, name); closed {
			p.Head.Actions = append(p.Head.Actions, views.Action{Text: "What makes it read-only in Salesforce", URL: objectURL(k.object) + "/why?" + url.Values{"field": {name}}.Encode()})
		}
		if v.admin() {
			p.Head.Actions = append(p.Head.Actions, views.Action{Text: "Open the field's settings", URL: settingsBase + "/objects/" + k.object + "?" + url.Values{"field": {name}}.Encode()})
		}
		p.Shell = v.s.shell(v, p.Head.Title, k.nav)
		return render(v.Ctx, views.List(p))
	}
}
