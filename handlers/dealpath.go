package handlers

import (
	"slices"
	"strings"

	"tidegate/gateway"
	"tidegate/rules/mapping"
	"tidegate/views"
)

// stageField is the picklist that the path of a deal walks through.
const stageField = "StageName"

// dealPath is the row of stages of a deal, in the order of its picklist, with
// the step to the next one where the reader may take it (UX 45). Nil for other
// objects and for a stage that is no longer in the picklist.
func (b *recordBuilder) dealPath() (*views.Path, error) {
	f, ok := b.schema.Field(stageField)
	if b.record.Key.Object != "Opportunity" || !ok {
		return nil, nil
	}
	current := b.shown().Fields[stageField].String()
	stages := openStages(f.Picklist, current)
	at := slices.Index(stages, current)
	if at < 0 {
		return nil, nil
	}
	p := &views.Path{Label: "Stages of the deal", Text: "A stage changed here is written to Salesforce, and one changed there appears here."}
	for i, s := range stages {
		state := ""
		switch {
		case i < at:
			state = "done"
		case i == at:
			state = "current"
		}
		p.Stages = append(p.Stages, views.Stage{Text: s, State: state})
	}
	in, err := b.inForce()
	if err != nil {
		return nil, err
	}
	writable, _, _ := mapping.Writable(in.Objects.Writeback[b.record.Key.Object], b.mapped(stageField), f)
	if !writable || b.record.Deleted {
		p.Text = "The stage is changed in Salesforce and appears here."
		return p, nil
	}
	if at+1 < len(stages) && !closedStage(stages[at+1]) { // how a deal ends is chosen, not stepped to
		p.Next = views.Action{
			Text: "Move to " + stages[at+1], URL: recordURL(b.record.Key), Post: true,
			Fields: []views.Hidden{{Name: "field", Value: stageField}, {Name: "value", Value: stages[at+1]}, {Name: "revision", Value: fingerprint(gateway.Text(current))}},
		}
	}
	return p, nil
}

// openStages leaves of the closed stages, which stand side by side in the
// picklist, only the one that the deal is in, else the first.
func openStages(all []string, current string) []string {
	var out []string
	end := ""
	for _, s := range all {
		switch {
		case !closedStage(s):
			out = append(out, s)
		case end == "" || s == current:
			end = s
		}
	}
	if end != "" {
		out = append(out, end)
	}
	return out
}

// closedStage knows Salesforce's own names: which stage closes a deal is not in
// the description of the field.
func closedStage(stage string) bool { return strings.HasPrefix(stage, "Closed") }

// dealPeople are the contacts of a deal with their roles, the primary one first.
func (b *recordBuilder) dealPeople(why map[gateway.RecordKey]string) ([]gateway.Record, error) {
	roles, err := b.related("OpportunityContactRole", "OpportunityId", b.record.Key.ID, 10)
	if err != nil {
		return nil, err
	}
	contacts, err := b.namesOf(roles, []string{"ContactId"})
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(roles, func(x, y gateway.Record) int {
		return strings.Compare(y.Fields["IsPrimary"].String(), x.Fields["IsPrimary"].String()) // "true" before "false"
	})
	var out []gateway.Record
	for _, role := range roles {
		contact, ok := contacts[role.Fields["ContactId"].String()]
		if !ok {
			continue
		}
		words := []string{role.Fields["Role"].String(), why[contact.Key]}
		if role.Fields["IsPrimary"].String() == "true" {
			words[0] = strings.TrimPrefix(words[0]+", primary", ", ")
		}
		why[contact.Key] = strings.Join(slices.DeleteFunc(words, func(w string) bool { return w == "" }), ". ")
		out = append(out, contact)
	}
	return out, nil
}
