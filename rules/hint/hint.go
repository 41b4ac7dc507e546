// Package hint reads what Salesforce says at a webhook: who proves what, and
// which records changed. Nothing else of a message is looked at: it is a hint,
// and the record is read from Salesforce itself.
package hint

import (
	"fmt"
	"slices"
	"strings"

	"tidegate/gateway"
)

// Told is what one request says.
type Told struct {
	Org      string // 18-character id of the sending org, "" when it does not say
	Messages []Message
}

// Message is one thing told. Its id is empty where the request has one for all
// of it.
type Message struct {
	ID      string
	Records []Named
}

// Named is one record as the sender names it.
type Named struct {
	Object string // "" when only the id is given
	ID     string // 18 characters
}

// Known is what is known here of an object.
type Known struct {
	Object    string
	KeyPrefix string // first three characters of its ids, "" when not known
}

// Resolved is what a request says, in the terms of this house.
type Resolved struct {
	Messages []gateway.HookMessage
	// Foreign are the objects, or first characters of ids, that are not
	// mirrored here, each once.
	Foreign []string
}

// Resolve finds the mirrored records among those told of. An id tells its
// object; where the sender names another one, the id counts, because it is
// what can be read.
func Resolve(t Told, known []Known) Resolved {
	var out Resolved
	for _, m := range t.Messages {
		message := gateway.HookMessage{ID: m.ID}
		for _, r := range m.Records {
			object := objectOf(r, known)
			if object == "" {
				out.foreign(r)
				continue
			}
			key := gateway.RecordKey{Object: object, ID: r.ID}
			if !slices.Contains(message.Keys, key) {
				message.Keys = append(message.Keys, key)
			}
		}
		out.Messages = append(out.Messages, message)
	}
	return out
}

func objectOf(r Named, known []Known) string {
	for _, k := range known {
		if k.KeyPrefix != "" && strings.HasPrefix(r.ID, k.KeyPrefix) {
			return k.Object
		}
	}
	for _, k := range known {
		// Nobody described it yet, so that its ids are not known.
		if k.KeyPrefix == "" && strings.EqualFold(k.Object, r.Object) {
			return k.Object
		}
	}
	return ""
}

func (out *Resolved) foreign(r Named) {
	name := r.Object
	if name == "" {
		name = "a record " + r.ID[:3] + "…"
	}
	if !slices.Contains(out.Foreign, name) && len(out.Foreign) < 5 {
		out.Foreign = append(out.Foreign, name)
	}
}

// Judge says what becomes of a request whose sender is proven. fresh are the
// ids of messages that came for the first time.
func Judge(r Resolved, fresh map[string]bool) gateway.HookDelivery {
	d := gateway.HookDelivery{Messages: len(r.Messages), Times: 1}
	repeated, named := 0, 0
	seen := map[gateway.RecordKey]bool{}
	for _, m := range r.Messages {
		named += len(m.Keys)
		if !fresh[m.ID] {
			repeated++
			continue
		}
		for _, key := range m.Keys {
			if !seen[key] {
				seen[key] = true
				d.Records = append(d.Records, key)
			}
		}
	}
	switch {
	case repeated == len(r.Messages):
		d.Outcome, d.Reason = gateway.HookRepeated, "It came before; it has no second effect."
	case named == 0:
		d.Outcome, d.Reason = gateway.HookIgnored, "Not mirrored here: "+strings.Join(r.Foreign, ", ")+"."
	default:
		d.Outcome = gateway.HookTaken
		d.Reason = notes(repeated, r.Foreign)
	}
	return d
}

func notes(repeated int, foreign []string) string {
	var out []string
	if repeated > 0 {
		out = append(out, fmt.Sprintf("%d of its messages came before.", repeated))
	}
	if len(foreign) > 0 {
		out = append(out, "Not mirrored here: "+strings.Join(foreign, ", ")+".")
	}
	return strings.Join(out, " ")
}

// refuse makes the error of a request that cannot be understood. Nothing of
// the request is repeated in it.
func refuse(format string, args ...any) error {
	return gateway.Errorf(gateway.CodeInvalid, format, args...)
}
