package handlers

import (
	"context"
	"sync"
	"time"

	"tidegate/gateway"
	"tidegate/rules/mapping"
	"tidegate/rules/outbound"
)

// mostRights bounds how many answers about rights are remembered; then it begins
// anew.
const mostRights = 1_000

// rightsKey is what was asked about; field is "" for the object.
type rightsKey struct {
	ws            gateway.WorkspaceID
	object, field string
}

// rights are what Salesforce said lately of what gives a right. Several processes
// each keep their own.
type rights struct {
	mu sync.Mutex
	of map[rightsKey]said[[]gateway.RightSource]
}

// sources tells what gives a right on a field or object, asking Salesforce unless
// it said so lately, or unless the org's API calls are scarce: then its last word
// holds longer, and without one there is none.
func (v *visit) sources(object, field string) ([]gateway.RightSource, error) {
	conn, err := v.ws.Connection(v.UserContext())
	if err != nil {
		return nil, err
	}
	key, now, life := rightsKey{v.member.Workspace, object, field}, v.s.Now(), sightLife
	_, scarce := outbound.Held(outbound.UseOf(conn), outbound.ReadPoll, now)
	if scarce {
		life = sightKept
	}
	v.s.rights.mu.Lock()
	known, ok := v.s.rights.of[key]
	v.s.rights.mu.Unlock()
	switch {
	case ok && now.Sub(known.at) <= life:
		return known.word, nil
	case scarce:
		return nil, gateway.Errorf(gateway.CodeSFLimit, "The org's API calls of today are scarce.")
	}
	ctx, cancel := context.WithTimeout(v.UserContext(), askFor)
	defer cancel()
	word, err := v.s.Org.Rights(ctx, key.ws, object, field)
	if err != nil {
		return nil, err
	}
	v.s.rights.keep(key, word, now)
	return word, nil
}

func (r *rights) keep(key rightsKey, word []gateway.RightSource, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.of == nil || len(r.of) >= mostRights {
		r.of = map[rightsKey]said[[]gateway.RightSource]{}
	}
	r.of[key] = said[[]gateway.RightSource]{word, now}
}

// forget lets the next question about an object be asked again.
func (r *rights) forget(ws gateway.WorkspaceID, object string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for key := range r.of {
		if key.ws == ws && key.object == object {
			delete(r.of, key)
		}
	}
}

// whatGives names the profile and permission sets that give, or do not give, the
// right to write a field (AVM-56). Where Salesforce does not tell, it says where
// Setup does. Only an admin's page asks.
func (v *visit) whatGives(s objectTab, name string, cause mapping.Cause) (text string, cells []mapping.Cell, elsewhere string) {
	field, any := mapping.RightField(s.schema, name)
	if !any {
		return "", nil, ""
	}
	elsewhere = mapping.GrantedBy(s.object, cause.Kind != "")
	if !v.admin() {
		return "", nil, elsewhere
	}
	sources, err := v.sources(s.object, field)
	if err != nil {
		v.s.Logger.Info("what gives a right is not known", "object", s.object, "code", string(gateway.CodeOf(err)))
		return "", nil, "Salesforce did not tell just now by which profile or permission set; the connected user needs “View Setup and Configuration” for that. " + elsewhere
	}
	text, cells = mapping.Rights(s.object, field, cause, sources)
	return text, cells, ""
}
