package control

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"time"

	"tidegate/simulator/org"
	"tidegate/simulator/seed"
)

// order is the body of POST /_sim/changes.
type order struct {
	Object string   `json:"object"`
	Op     string   `json:"op"`    // update, create, delete, undelete, convert, merge, purge
	Count  int      `json:"count"` // default 1
	Rate   float64  `json:"rate"`  // changes per second; 0 = as fast as possible
	Fields []string `json:"fields"`
	Seed   uint64   `json:"seed"`
	// ID and Values make one exact change instead.
	ID     string         `json:"id"`
	Values map[string]any `json:"values"`
	// Into is the account that a lead is converted into, or the record that
	// another is merged into; "" makes an account, or picks a record.
	Into          string `json:"into"`
	NoOpportunity bool   `json:"no_opportunity"` // of a conversion
	// User is who does it; the default is the first of the sales team.
	User string `json:"user"`
}

// done is the answer. IDs lists the records changed, the first thousand.
type done struct {
	Made         int      `json:"made"`
	LastReplayID int64    `json:"last_replay_id"`
	IDs          []string `json:"ids"`
	// Converted tells what leads became.
	Converted []org.Converted `json:"converted,omitempty"`
}

const listedIDs = 1000

func (s *Server) changes(w http.ResponseWriter, r *http.Request) {
	var in order
	if err := read(r, &in); err != nil {
		fail(w, fmt.Errorf("reading the order: %w", err))
		return
	}
	m, err := s.maker(&in)
	if err != nil {
		fail(w, err)
		return
	}
	out := done{IDs: []string{}}
	err = paced(r.Context(), in.Count, in.Rate, func(i int) error {
		id, err := m.one(i)
		if err != nil {
			return err
		}
		out.Made++
		if len(out.IDs) < listedIDs {
			out.IDs = append(out.IDs, id)
		}
		return nil
	})
	if err != nil {
		fail(w, fmt.Errorf("after %d changes: %w", out.Made, err))
		return
	}
	out.LastReplayID, out.Converted = s.LastReplayID(), m.converted
	answer(w, http.StatusOK, out)
}

// paced calls fn count times, the i-th not before i/rate seconds have passed:
// by schedule, so that a late change does not delay the others.
func paced(ctx context.Context, count int, rate float64, fn func(int) error) error {
	start := time.Now()
	for i := range count {
		if err := ctx.Err(); err != nil {
			return err
		}
		if rate > 0 {
			if early := time.Until(start.Add(time.Duration(float64(i) / rate * float64(time.Second)))); early > 0 {
				timer := time.NewTimer(early)
				select {
				case <-timer.C:
				case <-ctx.Done():
					timer.Stop()
					return ctx.Err()
				}
			}
		}
		if err := fn(i); err != nil {
			return err
		}
	}
	return nil
}

// maker makes the changes of one order.
type maker struct {
	org    *org.Org
	object *org.Object
	order  *order
	rng    *rand.Rand
	fields []*org.Field
	ids    []string // to pick from
	by     org.Caller

	converted []org.Converted
}

var defaultFields = map[string][]string{
	"Account": {"Phone", "NumberOfEmployees"}, "Contact": {"Phone", "Title"}, "Lead": {"Phone", "Title"},
	"Opportunity": {"Amount", "NextStep"}, "Task": {"Subject"}, "Event": {"Location"}, "User": {"Phone"},
	"ContentNote": {"Title"}, "OpportunityContactRole": {"Role"},
}

func (s *Server) maker(in *order) (*maker, error) {
	object := s.Org.Object(in.Object)
	if object == nil {
		return nil, fmt.Errorf("no such object: %q", in.Object)
	}
	if in.Count == 0 {
		in.Count = 1
	}
	if in.Count < 0 || in.Rate < 0 || in.ID != "" && in.Count != 1 {
		return nil, errors.New("count and rate must not be negative, and count must be 1 with an id")
	}
	m := &maker{
		org: s.Org, object: object, order: in, rng: rand.New(rand.NewPCG(in.Seed, 0x73696d)),
		by: org.Caller{UserID: in.User, Origin: org.UIOrigin, Immune: true},
	}
	if m.by.UserID == "" {
		m.by.UserID = s.salesUser()
	}
	names := in.Fields
	if len(names) == 0 {
		names = defaultFields[object.Name]
	}
	if len(names) == 0 && object.Custom {
		names = []string{"Name"}
	}
	for _, name := range names {
		f := object.FieldFold(name)
		if f == nil || !f.Updateable {
			return nil, fmt.Errorf("%s has no updateable field %q", object.Name, name)
		}
		m.fields = append(m.fields, f)
	}
	return m, m.prepare()
}

// prepare checks the operation and lists the records it may pick.
func (m *maker) prepare() error {
	switch m.order.Op {
	case "create":
		return nil
	case "update", "delete", "undelete":
	case "convert", "merge", "purge":
		if err := fits(m.order.Op, m.object); err != nil {
			return err
		}
	default:
		return fmt.Errorf("unknown op %q: update, create, delete, undelete, convert, merge or purge", m.order.Op)
	}
	if m.order.ID != "" {
		full, ok := org.NormalizeID(m.order.ID)
		if !ok {
			return fmt.Errorf("malformed id %q", m.order.ID)
		}
		m.ids = []string{full}
		return nil
	}
	m.org.Read(func(v org.View) {
		v.Scan(m.object.Name, func(r org.Record) bool {
			if eligible(m.order.Op, r) {
				m.ids = append(m.ids, r.ID())
			}
			return true
		})
	})
	if len(m.ids) == 0 {
		return fmt.Errorf("there is no %s to %s", m.object.Name, m.order.Op)
	}
	return nil
}

// one makes one change in a transaction of its own.
func (m *maker) one(i int) (string, error) {
	if slices.Contains(special, m.order.Op) {
		return m.special()
	}
	var id string
	_, err := m.org.Transact(m.by, func(tx *org.Tx) error {
		var refused *org.Error
		switch m.order.Op {
		case "create":
			values := m.order.Values
			if values == nil {
				values = m.values(tx.View, i)
			}
			id, refused = tx.Create(m.object.Name, values)
		case "update":
			id, refused = m.update(tx, i)
		default:
			id, refused = m.bin(tx)
		}
		if refused != nil {
			return refused
		}
		return nil
	})
	return id, err
}

func (m *maker) update(tx *org.Tx, i int) (string, *org.Error) {
	id := m.ids[m.rng.IntN(len(m.ids))]
	values := m.order.Values
	if values == nil {
		old, _ := tx.Get(m.object.Name, id)
		values = make(map[string]any, len(m.fields))
		for _, f := range m.fields {
			values[f.Name] = m.fresh(f, old, i)
		}
	}
	return id, tx.Update(m.object.Name, id, values)
}

// values makes up a new record.
func (m *maker) values(v org.View, i int) map[string]any {
	if !m.object.Custom {
		return seed.Values(v, m.rng, m.object.Name)
	}
	values := map[string]any{}
	for _, f := range m.object.Fields {
		if f.Createable && f.Type != org.TypeReference && (f.Type != org.TypePicklist || len(f.Values) > 0) {
			values[f.Name] = m.fresh(f, org.Record{}, i)
		}
	}
	return values
}

// bin deletes or undeletes a record that has not been used up.
func (m *maker) bin(tx *org.Tx) (string, *org.Error) {
	id, err := m.pick()
	if err != nil {
		return "", org.Refuse("NOT_FOUND", err.Error())
	}
	if m.order.Op == "undelete" {
		return id, tx.Undelete(m.object.Name, id)
	}
	// A cascade of this order may have taken it already.
	if r, ok := tx.Get(m.object.Name, id); ok && r.Value("IsDeleted") == true && len(m.ids) > 0 {
		return m.bin(tx)
	}
	return id, tx.Delete(m.object.Name, id)
}

// fresh makes a value that the field does not have yet.
func (m *maker) fresh(f *org.Field, old org.Record, i int) any {
	n := m.rng.IntN(1_000_000)
	switch f.Type {
	case org.TypePhone:
		return fmt.Sprintf("+1 %d 555 %04d", 201+m.rng.IntN(700), n%10_000)
	case org.TypeEmail:
		return fmt.Sprintf("changed.%d.%d@people.example", i, n)
	case org.TypeURL:
		return fmt.Sprintf("https://changed-%d-%d.example", i, n)
	case org.TypePicklist:
		v := f.Values[m.rng.IntN(len(f.Values))].Value
		if v == old.Value(f.Name) {
			v = f.Values[(m.rng.IntN(len(f.Values))+1)%len(f.Values)].Value
		}
		return v
	case org.TypeBoolean:
		return old.Value(f.Name) != true
	case org.TypeInt, org.TypeDouble, org.TypeCurrency:
		return json.Number(strconv.Itoa(1 + n%100_000))
	case org.TypePercent:
		return json.Number(strconv.Itoa(n % 100))
	case org.TypeDate:
		return m.org.Now().AddDate(0, 0, n%365).Format(time.DateOnly)
	case org.TypeDateTime:
		return m.org.Now().Add(time.Duration(n) * time.Minute)
	case org.TypeReference:
		return old.Value(f.Name)
	}
	text := fmt.Sprintf("%s %d-%d", f.Label, i, n)
	if r := []rune(text); f.Length > 0 && len(r) > f.Length {
		text = string(r[len(r)-f.Length:])
	}
	return text
}

// salesUser is the first of the team, else the administrator.
func (s *Server) salesUser() string {
	who := s.Org.AdminID()
	s.Org.Read(func(v org.View) {
		if v.Len("User") > 1 {
			who = v.Nth("User", 1).ID()
		}
	})
	return who
}
