package org

import (
	"fmt"
	"maps"
	"slices"
	"sync"
)

// Permission is what one user may do with one object. Members left out keep
// what they were; a user of whom nothing was said may do everything.
type Permission struct {
	User   string `json:"user"`   // id
	Object string `json:"object"` // API name
	Read   *bool  `json:"read,omitempty"`
	Create *bool  `json:"create,omitempty"`
	Edit   *bool  `json:"edit,omitempty"`
	Delete *bool  `json:"delete,omitempty"`
	// ViewAll and ModifyAll, when false, leave the user the records that he owns.
	ViewAll   *bool `json:"view_all,omitempty"`
	ModifyAll *bool `json:"modify_all,omitempty"`
	// Fields says hidden, read or edit for fields by API name.
	Fields map[string]string `json:"fields,omitempty"`
}

// Levels of access to a field.
const (
	fieldHidden = "hidden"
	fieldRead   = "read"
	fieldEdit   = "edit"
)

// rights is what a user may do with an object.
type rights struct {
	read, create, edit, remove, viewAll, modifyAll bool
	fields                                         map[string]string // restricted ones
}

// access is everything that is special about one user. It is replaced as a
// whole; nil is a user who may do everything.
type access struct {
	user    string
	number  int64 // grows with every change
	objects map[string]rights

	mu    sync.Mutex
	views map[*Object]*Object
}

// Permit changes what a user may do; it holds from the next call on, and from
// the next event on.
func (o *Org) Permit(p Permission) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	user, _ := NormalizeID(p.User)
	if _, ok := o.tables["User"].byID[user]; !ok {
		return fmt.Errorf("no such user: %q", p.User)
	}
	object := o.Object(p.Object)
	if object == nil {
		return fmt.Errorf("no such object: %q", p.Object)
	}
	fresh := &access{user: user, number: 1, objects: map[string]rights{}, views: map[*Object]*Object{}}
	if old := o.accessOf(user); old != nil {
		fresh.objects, fresh.number = maps.Clone(old.objects), old.number+1
	}
	r, ok := fresh.objects[object.Name]
	if !ok {
		r = rights{read: true, create: true, edit: true, remove: true, viewAll: true, modifyAll: true}
	}
	if err := r.change(object, &p); err != nil {
		return err
	}
	fresh.objects[object.Name] = r
	o.accesses.Store(user, fresh)
	p.User, p.Object = user, object.Name
	o.permissions = append(o.permissions, p)
	o.schema.Store(o.schema.Load().touched(o.now()))
	return nil
}

func (r *rights) change(o *Object, p *Permission) error {
	for _, part := range []struct {
		to   *bool
		from *bool
	}{{&r.read, p.Read}, {&r.create, p.Create}, {&r.edit, p.Edit}, {&r.remove, p.Delete}, {&r.viewAll, p.ViewAll}, {&r.modifyAll, p.ModifyAll}} {
		if part.from != nil {
			*part.to = *part.from
		}
	}
	r.fields = maps.Clone(r.fields)
	if r.fields == nil {
		r.fields = map[string]string{}
	}
	for name, level := range p.Fields {
		f := o.fieldFold(name)
		switch {
		case f == nil:
			return fmt.Errorf("%s has no field %q", o.Name, name)
		case !slices.Contains([]string{fieldHidden, fieldRead, fieldEdit}, level):
			return fmt.Errorf("%s.%s cannot be %q: hidden, read or edit", o.Name, f.Name, level)
		case level == fieldHidden && !f.Permissionable():
			return fmt.Errorf("%s.%s cannot be hidden", o.Name, f.Name)
		}
		r.fields[f.Name] = level
	}
	return nil
}

// Permissionable reports whether the field can be hidden: system and required
// fields cannot.
func (f *Field) Permissionable() bool {
	return f.Nillable && f.Name != "MasterRecordId" && f.Compound != "Name" || f.Custom
}

// Permissions lists every permission that was given, oldest first.
func (o *Org) Permissions() []Permission {
	o.mu.RLock()
	defer o.mu.RUnlock()
	return slices.Clone(o.permissions)
}

// ClearPermissions lets every user do everything again.
func (o *Org) ClearPermissions() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.accesses.Clear()
	o.permissions = nil
	o.schema.Store(o.schema.Load().touched(o.now()))
}

func (o *Org) accessOf(user string) *access {
	if a, ok := o.accesses.Load(user); ok {
		known, _ := a.(*access)
		return known
	}
	return nil
}

// SchemaKey tells apart what different users are shown of the schema, at
// different times.
func (o *Org) SchemaKey(user string) string {
	changes, _ := o.Schema()
	if a := o.accessOf(user); a != nil {
		return fmt.Sprintf("%d %s %d", changes, user, a.number)
	}
	return fmt.Sprint(changes)
}

// object is the object as the user sees it: without fields that are hidden from
// him, and writable as far as he may; nil when he may not read it.
func (a *access) object(o *Object) *Object {
	if a == nil || o == nil {
		return o
	}
	r, ok := a.objects[o.Name]
	switch {
	case !ok:
		return o
	case !r.read:
		return nil
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	seen := a.views[o]
	if seen == nil {
		seen = r.view(o)
		a.views[o] = seen
	}
	return seen
}

func (r *rights) view(o *Object) *Object {
	seen := *o
	seen.Createable = o.Createable && r.create
	seen.Updateable = o.Updateable && r.edit
	seen.Deletable = o.Deletable && r.remove
	seen.whole = o
	var fields []*Field
	for _, f := range o.Fields {
		level := r.fields[f.Name]
		if level == fieldHidden {
			continue
		}
		if level == fieldRead {
			copied := *f
			copied.Createable, copied.Updateable = false, false
			f = &copied
		}
		fields = append(fields, f)
	}
	seen.reshape(fields)
	return &seen
}

// MayUpdate reports whether the field is described as updateable: its security
// allows it, and so does the object's, where that was taken from a user.
func (o *Object) MayUpdate(f *Field) bool { return f.Updateable && (o.whole == nil || o.Updateable) }

// MayCreate is MayUpdate for records that are created.
func (o *Object) MayCreate(f *Field) bool { return f.Createable && (o.whole == nil || o.Createable) }

// record is the record as the user sees it; false when he does not.
func (a *access) record(r Record) (Record, bool) {
	if a == nil {
		return r, true
	}
	right, ok := a.objects[r.object.Name]
	if !ok {
		return r, true
	}
	seen := a.object(r.object)
	if seen == nil || !right.viewAll && !a.owns(r) {
		return Record{}, false
	}
	values := make([]any, len(seen.Fields))
	for i, f := range seen.Fields {
		values[i] = r.At(r.object.index[f.Name])
	}
	return Record{seen, row{values: values}}, true
}

// owns reports whether the record is the user's; one without an owner is
// everybody's.
func (a *access) owns(r Record) bool {
	i, ok := r.object.index["OwnerId"]
	return !ok || r.At(i) == a.user
}

// mayChange reports whether the user may change the record that he sees.
func (a *access) mayChange(r Record) bool {
	if a == nil {
		return true
	}
	right, ok := a.objects[r.object.Name]
	return !ok || right.modifyAll || a.owns(r)
}

// ObjectFor is Object as the user sees it, nil when he does not.
func (o *Org) ObjectFor(user, name string) *Object {
	return o.accessOf(user).object(o.Object(name))
}

// ObjectsFor lists the objects that the user sees.
func (o *Org) ObjectsFor(user string) []*Object {
	a := o.accessOf(user)
	if a == nil {
		return o.Objects()
	}
	var seen []*Object
	for _, object := range o.Objects() {
		if mine := a.object(object); mine != nil {
			seen = append(seen, mine)
		}
	}
	return seen
}

// ReadAs is Read with the eyes of a user.
func (o *Org) ReadAs(user string, fn func(View)) {
	o.Read(func(v View) { fn(v.For(user)) })
}

// For is the view with the eyes of a user.
func (v View) For(user string) View { return View{v.org, v.org.accessOf(user), user} }

// Object finds an object as the view's user sees it; nil when he does not.
func (v View) Object(name string) *Object { return v.access.object(v.org.Object(name)) }

// Objects lists the objects that the view's user sees.
func (v View) Objects() []*Object {
	if v.access == nil {
		return v.org.Objects()
	}
	return v.org.ObjectsFor(v.access.user)
}

// Sight is what a subscriber may get of an object's events.
type Sight struct {
	Object  bool // may read the object
	All     bool // may view all records
	Hidden  map[string]bool
	Limited bool // anything of the above is restricted
}

// Eyes are a user's rights as they were at one moment.
type Eyes struct {
	org    *Org
	access *access
}

// EyesOf returns the rights that a user has now.
func (o *Org) EyesOf(user string) Eyes { return Eyes{o, o.accessOf(user)} }

// SightOf tells what a user may see now in the events of an object.
func (o *Org) SightOf(user, object string) Sight { return o.EyesOf(user).Sight(object) }

// Sight tells what may be seen in the events of an object. Hidden are fields as
// changedFields names them: Phone, MailingAddress.City.
func (e Eyes) Sight(object string) Sight {
	a, whole := e.access, e.org.Object(object)
	if a == nil || whole == nil {
		return Sight{Object: whole != nil, All: true}
	}
	right, ok := a.objects[whole.Name]
	if !ok {
		return Sight{Object: true, All: true}
	}
	s := Sight{Object: right.read, All: right.viewAll, Hidden: map[string]bool{}, Limited: true}
	for name, level := range right.fields {
		if f := whole.Field(name); f != nil && level == fieldHidden {
			if f.Compound != "" {
				name = f.Compound + "." + f.Part
			}
			s.Hidden[name] = true
		}
	}
	return s
}

// SeesAll reports whether the view's user may view all records, whosever they are.
func (v View) SeesAll() bool {
	if v.access == nil {
		return true
	}
	for _, r := range v.access.objects {
		if !r.viewAll {
			return false
		}
	}
	return true
}
