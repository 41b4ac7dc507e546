package outbox

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tidegate/gateway"
	"tidegate/rules/effect"
	"tidegate/rules/settings"
	"tidegate/store"
	"tidegate/store/storetest"
)

// The preview says what then happens: for any people, records, waiting edits,
// settings and mappings, what Salesforce holds after saving a proposal and
// sending all that is owed is what the preview said (issue 4 point 9, UX 31).
func TestPreviewSaysWhatThenHappens(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		atMost(t, 25) // each is a workspace of its own; more find nothing that these do not
		n := 0
		rapid.Check(t, func(t *rapid.T) {
			n++
			r := &rehearsal{T: t, w: w, ws: gateway.WorkspaceID(fmt.Sprint("r", n))}
			r.begin()
			proposal := r.propose()
			before, waiting := r.orgNow(), r.entries()
			said, err := w.box.Preview(context.Background(), r.ws, proposal)
			r.must(err)
			r.save(proposal)
			want := r.expect(before, waiting, said.Lines)
			r.happen()
			r.same(want, r.orgNow())
			made := r.counts(before)
			for key, c := range waiting {
				if c.Op == gateway.OpCreate && c.State == gateway.StateWaiting && len(r.made(key)) > 0 {
					made[key.Object]-- // it was on its way before
				}
			}
			for _, object := range objects {
				if made[object] != said.Created[object] {
					t.Errorf("%d %s are created, the preview said %d", made[object], object, said.Created[object])
				}
			}
			parked, freed := r.moved(waiting)
			if parked != said.Parked || freed != said.Freed {
				t.Errorf("%d entries are parked and %d freed, the preview said %d and %d", parked, freed, said.Parked, said.Freed)
			}
			if !said.Whole() {
				t.Errorf("looked at %d of %d", said.Looked, said.Total)
			}
			again, err := w.box.Preview(context.Background(), r.ws, proposal)
			r.must(err)
			// A record that was created may be found by the next person's address,
			// two who are one record go on contradicting each other, and what an edit
			// that waited has emptied is filled again.
			if len(said.Created) == 0 && !r.shared() && !empties(waiting) && (again.Records() != 0 || again.Parked != 0 || again.Freed != 0) {
				t.Errorf("saving the same once more would write %v", again.Lines)
			}
		})
	})
}

// empties reports whether an entry empties a field.
func empties(waiting map[gateway.RecordKey]gateway.Change) bool {
	for _, c := range waiting {
		for _, v := range c.Fields {
			if v.Empty() {
				return true
			}
		}
	}
	return false
}

// atMost bounds how many examples a property is tried with, unless somebody
// asked for a number.
func atMost(t *testing.T, n int) {
	t.Helper()
	checks := flag.Lookup("rapid.checks")
	if was := checks.Value.String(); was == checks.DefValue {
		must(t, checks.Value.Set(strconv.Itoa(n)))
		t.Cleanup(func() { must(t, checks.Value.Set(was)) })
	}
}

// rehearsal is one workspace of the property.
type rehearsal struct {
	*rapid.T
	w  *world
	ws gateway.WorkspaceID
	// revision of the settings, and how many people and records there are.
	revision int64
}

func (r *rehearsal) must(err error) {
	r.Helper()
	if err != nil {
		r.Fatal(err)
	}
}

var (
	rehearsed = []string{"FirstName", "LastName", "Title", "Email", "Phone", "Department"}
	objects   = []string{"Contact", "Lead"}
)

// begin draws what there is: records, people, links, entries that wait and
// entries that are parked.
func (r *rehearsal) begin() {
	ctx, db := context.Background(), r.w.db
	r.w.org.script(func(o *org) {
		o.records, o.made, o.answer = map[string]gateway.Fields{}, map[string][]string{}, nil
	})
	r.must(db.CreateWorkspace(ctx, r.ws, string(r.ws)))
	in := db.In(r.ws)
	r.must(in.SaveConnection(ctx, gateway.Connection{ID: "c-" + string(r.ws), Workspace: r.ws, State: gateway.StateOK}))
	lead := contactSchema(false)
	lead.Object = "Lead"
	lead.Fields = append(lead.Fields, gateway.Field{Name: "Company", Type: "string", Length: 80, Createable: true, Updateable: true})
	r.must(in.SaveSchemas(ctx, []gateway.Schema{contactSchema(false), lead}))
	r.save(r.propose())
	for i := range rapid.IntRange(0, 4).Draw(r.T, "records") {
		k := key(i)
		k.Object = rapid.SampledFrom(objects).Draw(r.T, "object")
		r.w.org.put(k.ID, r.fields())
		r.mirror(k)
	}
	refused := rapid.SampledFrom([]gateway.Code{gateway.CodeSFBusy, gateway.CodeSFValidation, ""}).Draw(r.T, "refusal")
	r.w.org.script(func(o *org) {
		o.answer = func(c gateway.Change) gateway.Delivery {
			if refused == "" {
				return gateway.Delivery{}
			}
			return refuse(refused, c.Fields.Names()[0])
		}
	})
	for i := range rapid.IntRange(0, 6).Draw(r.T, "people") {
		r.person(i)
	}
	r.edits()
	r.w.round()
	r.w.org.script(func(o *org) { o.answer = nil })
	r.mirrorAll()
}

func (r *rehearsal) value() gateway.Value {
	return rapid.SampledFrom([]gateway.Value{gateway.Null, `"a"`, `"b"`}).Draw(r.T, "value")
}

func (r *rehearsal) email() string {
	return rapid.SampledFrom([]string{"", "ann@example.com", "bob@example.com"}).Draw(r.T, "email")
}

func (r *rehearsal) fields() gateway.Fields {
	f := gateway.Fields{"LastName": `"L"`, "Email": gateway.Text(r.email())}
	for _, name := range []string{"FirstName", "Title", "Phone", "Department"} {
		f[name] = r.value()
	}
	return f
}

func (r *rehearsal) person(i int) {
	text := func() string { return r.value().String() }
	p := gateway.Person{
		ExternalID: fmt.Sprint("p", i), Kind: rapid.SampledFrom([]string{"contact", "lead"}).Draw(r.T, "kind"), Email: r.email(),
		FirstName: text(), LastName: "P", Title: text(), Phone: text(), Company: "Example",
		Properties: gateway.Fields{"Department": r.value()},
	}
	if rapid.Bool().Draw(r.T, "told earlier") {
		_, err := r.w.box.SubmitPerson(context.Background(), r.ws, p)
		r.must(err)
		return
	}
	// Told of while nothing could be planned, as by an earlier version.
	r.must(r.w.db.In(r.ws).SavePerson(context.Background(), p))
	if rapid.IntRange(0, 4).Draw(r.T, "cut") == 0 {
		r.must(r.w.db.In(r.ws).SaveLink(context.Background(), gateway.Link{Kind: linkPerson, ExternalID: p.ExternalID, Pinned: true}))
	}
}

// edits makes a person's edits of some records.
func (r *rehearsal) edits() {
	for _, id := range slices.Sorted(maps.Keys(r.orgNow())) {
		for _, object := range objects {
			if !rapid.Bool().Draw(r.T, "edited") {
				continue
			}
			fields := gateway.Fields{rapid.SampledFrom([]string{"Title", "Phone"}).Draw(r.T, "field"): r.value()}
			_, err := r.w.box.Submit(context.Background(), r.ws, Edit{Key: gateway.RecordKey{Object: object, ID: id}, Fields: fields, Cause: gateway.Cause{Kind: "edit"}})
			if code := gateway.CodeOf(err); err != nil && code != gateway.CodeForbidden && code != gateway.CodeNotFound {
				r.Fatal(err)
			}
		}
	}
}

// mirror brings a record of the org into the mirror, as the stream does.
func (r *rehearsal) mirror(k gateway.RecordKey) {
	record := gateway.Record{Key: k, Fields: r.w.org.get(k.ID), Version: gateway.Version{CommitAt: r.w.clock.now().UnixMilli(), CommitNumber: 1}}
	r.must(r.w.db.In(r.ws).InTx(context.Background(), func(ctx context.Context, tx *store.Tx) error {
		return tx.SaveRecords(ctx, []gateway.Record{record})
	}))
}

func (r *rehearsal) mirrorAll() {
	for _, object := range objects {
		all, err := r.w.db.In(r.ws).RecordsAfter(context.Background(), object, "", 100)
		r.must(err)
		for _, record := range all {
			r.mirror(record.Key)
		}
	}
}

func (r *rehearsal) orgNow() map[string]gateway.Fields {
	r.w.org.mu.Lock()
	defer r.w.org.mu.Unlock()
	out := map[string]gateway.Fields{}
	for id, f := range r.w.org.records {
		out[id] = f.Clone()
	}
	return out
}

func (r *rehearsal) entries() map[gateway.RecordKey]gateway.Change {
	changes, err := r.w.db.In(r.ws).Changes(context.Background(), gateway.RecordKey{}, 100)
	r.must(err)
	out := map[gateway.RecordKey]gateway.Change{}
	for _, c := range changes {
		out[c.Key] = c
	}
	return out
}

// propose draws settings and mappings.
func (r *rehearsal) propose() Proposal {
	s := gateway.DefaultSettings()
	sw := func() map[string]bool {
		return map[string]bool{"Contact": rapid.Bool().Draw(r.T, "contact"), "Lead": rapid.Bool().Draw(r.T, "lead")}
	}
	s.Objects.Writeback, s.Objects.CreateMissing, s.Objects.UpdateFields = sw(), sw(), sw()
	p := Proposal{Settings: s, Mappings: map[string][]gateway.Mapping{}}
	for _, object := range objects {
		for _, name := range rehearsed {
			p.Mappings[object] = append(p.Mappings[object], gateway.Mapping{
				Object: object, Field: name, Editable: rapid.Bool().Draw(r.T, "editable"), Imported: true,
				WriteMode: rapid.SampledFrom([]string{"", "overwrite", "fill", "never"}).Draw(r.T, "mode"),
				Direction: rapid.SampledFrom([]string{"", "inbound", "outbound"}).Draw(r.T, "direction"),
			})
		}
	}
	return p
}

// save puts a proposal in force and begins what a save begins.
func (r *rehearsal) save(p Proposal) {
	ctx := context.Background()
	body, err := settings.Encode(p.Settings, gateway.TabObjects)
	r.must(err)
	r.must(r.w.db.In(r.ws).InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		row := gateway.SettingRow{Scope: gateway.OrgScope, Tab: gateway.TabObjects, Body: body}
		if _, err := tx.SaveSetting(ctx, row, r.revision); err != nil {
			return err
		}
		for _, mappings := range p.Mappings {
			for _, m := range mappings {
				if err := tx.SaveMapping(ctx, m); err != nil {
					return err
				}
			}
		}
		if r.revision == 0 {
			return nil
		}
		return BeginReplan(ctx, tx, 0, "settings changed", "Ada", "ada")
	}))
	r.revision++
}

// happen brings everything to Salesforce.
func (r *rehearsal) happen() {
	r.must(r.w.box.Replanner().look(context.Background()))
	r.w.clock.forward(time.Hour) // what waits for a later try is due
	r.w.round()
	done, err := r.w.db.In(r.ws).Replan(context.Background(), gateway.ReplanSettings)
	r.must(err)
	if done.State != gateway.ReplanDone || done.Problem != "" {
		r.Fatalf("replan = %+v", done)
	}
	r.mirrorAll()
}

// expect lays the lines of a preview over what waits anyway, over the org.
func (r *rehearsal) expect(before map[string]gateway.Fields, waiting map[gateway.RecordKey]gateway.Change, lines []effect.Line) map[string]gateway.Fields {
	want := map[string]gateway.Fields{}
	set := func(id, field string, v gateway.Value) {
		if want[id] == nil {
			want[id] = before[id].Clone()
			if want[id] == nil {
				want[id] = gateway.Fields{}
			}
		}
		want[id][field] = v
	}
	for id := range before {
		want[id] = before[id].Clone()
	}
	in, err := r.w.box.Terms(context.Background(), r.ws) // saved by now
	r.must(err)
	for key, c := range waiting {
		next, changed := reconsider(in.rights(key.Object), c, r.w.clock.now())
		if c.State == gateway.StateParked || changed && next.State == gateway.StateParked {
			continue // what goes out of them is in the lines
		}
		for field, v := range c.Fields {
			set(key.ID, field, v)
		}
	}
	for _, l := range lines {
		set(l.Key.ID, l.Field, l.New)
	}
	return want
}

// same compares the org, whose new records have ids of their own.
func (r *rehearsal) same(want, got map[string]gateway.Fields) {
	r.Helper()
	for id, fields := range want {
		real := id
		if local(gateway.RecordKey{ID: id}) {
			made := r.made(gateway.RecordKey{ID: id})
			if len(made) != 1 {
				r.Fatalf("%s was created %d times", id, len(made))
			}
			real = made[0]
		}
		for name, v := range fields {
			if got[real][name] != v {
				r.Errorf("%s.%s is %s, the preview said %s", id, name, got[real][name], v)
			}
		}
		if len(fields) != len(got[real]) {
			r.Errorf("%s has %v, the preview said %v", id, got[real], fields)
		}
	}
	if len(want) != len(got) {
		r.Errorf("the org has %d records, the preview said %d", len(got), len(want))
	}
}

// made are the records that the org made of one of ours.
func (r *rehearsal) made(key gateway.RecordKey) []string {
	r.w.org.mu.Lock()
	defer r.w.org.mu.Unlock()
	return slices.Clone(r.w.org.made[key.ID])
}

// shared reports whether two people are one record.
func (r *rehearsal) shared() bool {
	people, err := personSource{r.w.box, rivalry{}}.page(context.Background(), r.w.db.In(r.ws), "", 100)
	r.must(err)
	in, err := r.w.box.Terms(context.Background(), r.ws)
	r.must(err)
	seen := map[gateway.RecordKey]bool{}
	for _, p := range people {
		plans, err := p.plan(in, nothingOwed, r.w.clock.now())
		r.must(err)
		key := plans[0].Record.Key
		if seen[key] {
			return true
		}
		seen[key] = true
	}
	return false
}

// counts the records that were not there before, by object.
func (r *rehearsal) counts(before map[string]gateway.Fields) map[string]int {
	made := map[string]int{}
	for _, object := range objects {
		all, err := r.w.db.In(r.ws).RecordsAfter(context.Background(), object, "", 100)
		r.must(err)
		for _, record := range all {
			if _, old := before[record.Key.ID]; !old {
				made[object]++
			}
		}
	}
	return made
}

// moved counts the entries that were parked meanwhile, and those parked ones
// that went out.
func (r *rehearsal) moved(waiting map[gateway.RecordKey]gateway.Change) (parked, freed int) {
	left := r.entries()
	for key, c := range waiting {
		now, still := left[key]
		parkedNow := still && now.State == gateway.StateParked
		switch {
		case c.State == gateway.StateParked && !parkedNow:
			freed++
		case c.State != gateway.StateParked && parkedNow:
			parked++
		}
	}
	return parked, freed
}
