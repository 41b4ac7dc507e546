package org

import (
	"hash/fnv"
	"maps"
	"slices"
	"strings"
)

// The objects by which Salesforce tells what gives a user his rights. Their rows
// are computed: rights are held user by user here, and no set is stored.
const (
	permissionSets    = "PermissionSet"
	setAssignments    = "PermissionSetAssignment"
	fieldPermissions  = "FieldPermissions"
	objectPermissions = "ObjectPermissions"
)

// PermissionObject is the name of the object of PermissionRows that is meant,
// however its letters are written.
func PermissionObject(name string) (string, bool) {
	for _, known := range [...]string{permissionSets, setAssignments, fieldPermissions, objectPermissions} {
		if strings.EqualFold(name, known) {
			return known, true
		}
	}
	return "", false
}

// set is a permission set: that of a profile, or one which gives some of the
// profile's users more than it does.
type set struct {
	id, name, label, profile string // profile is an id; "" = assigned by itself
	users                    []string
	rights                   map[string]rights // by object
}

// PermissionRows are the permission sets that would give every user the rights
// he has. Rights only add up in Salesforce, so that a profile gives what all of its users
// may do, and who may do more with an object is assigned a set of that object.
// about names the objects of which rights are told; none for all.
func (v View) PermissionRows(about []string) []Shelved {
	users := Shelved{Name: "User", Fields: []string{"Id", "Name", "Username"}}
	owned := Shelved{Name: "Profile", Fields: []string{"Id", "Name"}}
	members := map[string][]string{} // by profile
	whole := View{org: v.org}
	whole.Scan("User", func(r Record) bool {
		users.Rows = append(users.Rows, map[string]any{"Id": r.ID(), "Name": r.Value("Name"), "Username": r.Value("Username")})
		profile, _ := r.Value("ProfileId").(string)
		members[profile] = append(members[profile], r.ID())
		return true
	})
	var sets []*set
	whole.Scan("Profile", func(r Record) bool {
		owned.Rows = append(owned.Rows, map[string]any{"Id": r.ID(), "Name": r.Value("Name")})
		own := &set{id: setID(r.ID()), name: "X" + r.ID()[:15], label: r.ID()[:15], profile: r.ID(), users: members[r.ID()], rights: map[string]rights{}}
		sets = append(sets, own)
		more := map[string]*set{}
		for _, o := range v.org.Objects() {
			switch {
			case !o.Queryable() || o.KeyPrefix == "":
			case len(own.users) == 0:
				own.rights[o.Name] = unused(r, o)
			default:
				own.rights[o.Name] = v.org.shared(o, own.users, more)
			}
		}
		for _, name := range slices.Sorted(maps.Keys(more)) {
			sets = append(sets, merged(&sets, more[name])...)
		}
		return true
	})
	return append(rowsOf(sets, v.org.Objects(), about), users, owned)
}

// merged adds the users of a set to the one of that name, else returns it.
func merged(sets *[]*set, one *set) []*set {
	for _, known := range *sets {
		if known.name == one.name {
			known.users = append(known.users, one.users...)
			return nil
		}
	}
	return []*set{one}
}

func setID(of string) string {
	h := fnv.New32a()
	h.Write([]byte(of)) // never fails
	return newID("0PS", uint64(h.Sum32()))
}

var everything = rights{read: true, create: true, edit: true, remove: true, viewAll: true, modifyAll: true}

// unused is what a profile that nobody has gives by its name.
func unused(profile Record, o *Object) rights {
	switch profile.Value("Name") {
	case "Minimum Access - Salesforce":
		return rights{}
	case "Read Only":
		seen := rights{read: true, fields: map[string]string{}}
		for _, f := range o.Fields {
			if f.Permissionable() {
				seen.fields[f.Name] = fieldRead
			}
		}
		return seen
	}
	return everything
}

// shared is what all the users may do with an object; who may do more joins a set
// of those in more, by name.
func (o *Org) shared(object *Object, users []string, more map[string]*set) rights {
	common, his := everything, map[string]rights{}
	for _, user := range users {
		his[user] = everything
		if a := o.accessOf(user); a != nil {
			if r, told := a.objects[object.Name]; told {
				his[user] = r
			}
		}
		common = common.and(his[user])
	}
	for _, user := range users {
		r := his[user]
		if common.covers(r) {
			continue
		}
		name, label := object.Name+"_Full_Access", object.Label+" Full Access"
		if !r.covers(everything) {
			name, label = object.Name+"_Access_"+user[:15], object.Label+" Access"
		}
		if more[name] == nil {
			more[name] = &set{id: setID(name), name: name, label: label, rights: map[string]rights{object.Name: r}}
		}
		more[name].users = append(more[name].users, user)
	}
	return common
}

var fieldRanks = []string{fieldHidden, fieldRead, fieldEdit}

// level is the access to a field; what nobody restricted may be edited.
func (r rights) level(field string) int {
	if level, told := r.fields[field]; told {
		return slices.Index(fieldRanks, level)
	}
	return len(fieldRanks) - 1
}

// and is what both rights allow.
func (r rights) and(other rights) rights {
	both := rights{
		read: r.read && other.read, create: r.create && other.create, edit: r.edit && other.edit, remove: r.remove && other.remove,
		viewAll: r.viewAll && other.viewAll, modifyAll: r.modifyAll && other.modifyAll, fields: map[string]string{},
	}
	for _, fields := range []map[string]string{r.fields, other.fields} {
		for name := range fields {
			both.fields[name] = fieldRanks[min(r.level(name), other.level(name))]
		}
	}
	return both
}

// covers reports whether the rights allow all that the others do.
func (r rights) covers(other rights) bool {
	both := r.and(other)
	for name := range both.fields {
		if both.level(name) < other.level(name) {
			return false
		}
	}
	return both.read == other.read && both.create == other.create && both.edit == other.edit && both.remove == other.remove &&
		both.viewAll == other.viewAll && both.modifyAll == other.modifyAll
}

// rowsOf are the sets as Salesforce tells them. A right that a set does not give
// has no row, and a field whose security nobody can set has none either.
func rowsOf(sets []*set, objects []*Object, about []string) []Shelved {
	named := Shelved{Name: permissionSets, Parents: map[string]string{"ProfileId": "Profile"}, Fields: []string{"Id", "Name", "Label", "IsCustom", "IsOwnedByProfile", "ProfileId"}}
	assigned := Shelved{Name: setAssignments, Parents: map[string]string{"AssigneeId": "User", "PermissionSetId": permissionSets}, Fields: []string{"Id", "AssigneeId", "PermissionSetId"}}
	fields := Shelved{Name: fieldPermissions, Parents: map[string]string{"ParentId": permissionSets}, Fields: []string{"Id", "ParentId", "SobjectType", "Field", "PermissionsRead", "PermissionsEdit"}}
	whole := Shelved{Name: objectPermissions, Parents: map[string]string{"ParentId": permissionSets}, Fields: []string{
		"Id", "ParentId", "SobjectType", "PermissionsRead", "PermissionsCreate", "PermissionsEdit", "PermissionsDelete", "PermissionsViewAllRecords", "PermissionsModifyAllRecords",
	}}
	for _, s := range sets {
		var profile any
		if s.profile != "" {
			profile = s.profile
		}
		named.Rows = append(named.Rows, map[string]any{"Id": s.id, "Name": s.name, "Label": s.label, "IsCustom": s.profile == "", "IsOwnedByProfile": s.profile != "", "ProfileId": profile})
		for _, user := range s.users {
			assigned.Rows = append(assigned.Rows, map[string]any{"Id": newID("0Pa", uint64(len(assigned.Rows)+1)), "AssigneeId": user, "PermissionSetId": s.id})
		}
		for _, o := range objects {
			r, told := s.rights[o.Name]
			if !told || !r.read || len(about) > 0 && !slices.Contains(about, o.Name) {
				continue
			}
			whole.Rows = append(whole.Rows, map[string]any{
				"Id": newID("110", uint64(len(whole.Rows)+1)), "ParentId": s.id, "SobjectType": o.Name, "PermissionsRead": true, "PermissionsCreate": r.create && o.Createable,
				"PermissionsEdit": r.edit && o.Updateable, "PermissionsDelete": r.remove && o.Deletable, "PermissionsViewAllRecords": r.viewAll, "PermissionsModifyAllRecords": r.modifyAll,
			})
			for _, f := range o.Fields {
				if level := r.level(f.Name); f.Permissionable() && level > 0 {
					fields.Rows = append(fields.Rows, map[string]any{
						"Id": newID("01k", uint64(len(fields.Rows)+1)), "ParentId": s.id, "SobjectType": o.Name, "Field": o.Name + "." + f.Name,
						"PermissionsRead": true, "PermissionsEdit": level > 1 && (f.Updateable || f.Createable),
					})
				}
			}
		}
	}
	return []Shelved{named, assigned, fields, whole}
}
