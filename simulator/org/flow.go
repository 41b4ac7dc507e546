package org

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Flow is a record-triggered flow, or an Apex trigger, of the one kind that this
// org runs: when records of an object are written, it publishes a platform event.
type Flow struct {
	Name   string `json:"name"`
	Object string `json:"object"` // whose records trigger it
	// On is create, update, save (either) or delete.
	On    string `json:"on"`
	Event string `json:"event"` // the platform event, such as Order__e
	// Values are those of the event's fields. In a text {!$Record.Name} is a field
	// of the record; a text that is nothing else has that field's value and type.
	Values map[string]any `json:"values"`
}

var (
	flowOps = map[string][]ChangeType{
		"create": {Create}, "update": {Update}, "save": {Create, Update}, "delete": {Delete},
	}
	merge = regexp.MustCompile(`\{!\$Record\.(\w+)\}`)
)

// SetFlow adds a flow, or replaces the one of its name.
func (o *Org) SetFlow(f Flow) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	object, event := o.Object(f.Object), o.Object(f.Event)
	switch {
	case f.Name == "":
		return fmt.Errorf("a flow needs a name")
	case object == nil || IsPlatformEvent(object.Name):
		return fmt.Errorf("no records trigger flows of an object: %q", f.Object)
	case flowOps[f.On] == nil:
		return fmt.Errorf("a flow runs on create, update, save or delete, not on %q", f.On)
	case event == nil || !IsPlatformEvent(event.Name):
		return fmt.Errorf("no such platform event: %q", f.Event)
	}
	for field, value := range f.Values {
		if to := event.fieldFold(field); to == nil || !to.Createable {
			return fmt.Errorf("%s has no field to fill: %q", event.Name, field)
		}
		text, _ := value.(string)
		for _, m := range merge.FindAllStringSubmatch(text, -1) {
			if object.fieldFold(m[1]) == nil {
				return fmt.Errorf("%s has no field %q", object.Name, m[1])
			}
		}
	}
	f.Object, f.Event = object.Name, event.Name
	o.flows = append(slices.DeleteFunc(slices.Clone(o.flows), func(other Flow) bool { return other.Name == f.Name }), f)
	return nil
}

// Flows lists the flows in the order in which they run.
func (o *Org) Flows() []Flow {
	o.mu.RLock()
	defer o.mu.RUnlock()
	return slices.Clone(o.flows)
}

// ClearFlows removes every flow.
func (o *Org) ClearFlows() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.flows = nil
}

// runFlows runs what the transaction's changes trigger. One that fails fails the
// transaction, as on the platform.
func (tx *Tx) runFlows() error {
	if len(tx.org.flows) == 0 || tx.caller.Quiet {
		return nil
	}
	for _, c := range tx.changes() {
		for _, f := range tx.org.flows {
			if f.Object != c.Object || !slices.Contains(flowOps[f.On], c.Type) {
				continue
			}
			err := tx.asPlatform(func() *Error {
				_, err := tx.PublishEvent(f.Event, Given{}, f.filled(c.After))
				return err
			})
			if err != nil {
				return refuse("CANNOT_EXECUTE_FLOW_TRIGGER", fmt.Sprintf(
					"We can't save this record because the “%s” process failed. Give your Salesforce admin these details. This error occurred: %s: %s.", f.Name, err.Code, err.Message))
			}
		}
	}
	return nil
}

// filled are the values of the event for a record.
func (f *Flow) filled(r Record) map[string]any {
	values := make(map[string]any, len(f.Values))
	for field, value := range f.Values {
		text, ok := value.(string)
		if m := merge.FindStringSubmatch(text); m != nil && m[0] == text {
			values[field] = plain(r, m[1])
			continue
		}
		if ok {
			value = merge.ReplaceAllStringFunc(text, func(part string) string {
				of := plain(r, merge.FindStringSubmatch(part)[1])
				if of == nil {
					return ""
				}
				return fmt.Sprint(of)
			})
		}
		values[field] = value
	}
	return values
}

// plain is a record's value as a caller would write it.
func plain(r Record, name string) any {
	f := r.object.fieldFold(name)
	if f == nil {
		return nil // removed since
	}
	if at, ok := r.Value(f.Name).(DateTime); ok {
		return strings.TrimSpace(at.String())
	}
	return r.Value(f.Name)
}
