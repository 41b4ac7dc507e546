package simulator

import (
	"tidegate/simulator/org"
	"tidegate/simulator/soql"
)

// Who may see which object and field is told for one user at a time: the condition
// names him, and for fields the objects. Anything else has no rows.

const (
	entityAccessObject = "UserEntityAccess"
	fieldAccessObject  = "UserFieldAccess"
)

// sought are the user and the objects that a condition on the access of users
// names; no objects where it names none.
func sought(q *soql.Query, from string) (user string, objects map[string]bool) {
	if q == nil || q.From != from {
		return "", nil
	}
	for _, id := range q.Demands("UserId") {
		user, _ = org.NormalizeID(id)
	}
	objects = map[string]bool{}
	for _, field := range []string{"EntityDefinitionId", "EntityDefinition.QualifiedApiName", "FieldDefinition.EntityDefinitionId", "FieldDefinition.EntityDefinition.QualifiedApiName"} {
		for _, name := range q.Demands(field) {
			objects[name] = true
		}
	}
	return user, objects
}

func (o *Org) entityAccess(q *soql.Query) org.Shelved {
	s := org.Shelved{
		Name: entityAccessObject, Parents: map[string]string{"EntityDefinitionId": "EntityDefinition"},
		Fields: []string{"Id", "DurableId", "EntityDefinitionId", "UserId", "IsReadable", "IsCreatable", "IsEditable", "IsDeletable"},
	}
	user, objects := sought(q, entityAccessObject)
	for _, object := range o.Engine.Objects() {
		if user == "" || len(objects) > 0 && !objects[object.Name] {
			continue
		}
		his := o.Engine.ObjectFor(user, object.Name)
		s.Rows = append(s.Rows, map[string]any{
			"Id": "000000000000000AAA", "DurableId": object.Name + "." + user, "EntityDefinitionId": object.Name, "UserId": user,
			"IsReadable": his != nil, "IsCreatable": his != nil && his.Createable,
			"IsEditable": his != nil && his.Updateable, "IsDeletable": his != nil && his.Deletable,
		})
	}
	return s
}

func (o *Org) fieldAccess(q *soql.Query) org.Shelved {
	s := org.Shelved{
		Name: fieldAccessObject, Parents: map[string]string{"EntityDefinitionId": "EntityDefinition", "FieldDefinitionId": "FieldDefinition"},
		Fields: []string{"Id", "DurableId", "EntityDefinitionId", "FieldDefinitionId", "UserId", "IsAccessible", "IsCreatable", "IsUpdatable"},
	}
	user, objects := sought(q, fieldAccessObject)
	for _, object := range o.Engine.Objects() {
		if user == "" || !objects[object.Name] {
			continue
		}
		his := o.Engine.ObjectFor(user, object.Name)
		for _, f := range object.Fields {
			var seen *org.Field
			if his != nil {
				seen = his.Field(f.Name)
			}
			s.Rows = append(s.Rows, map[string]any{
				"Id": "000000000000000AAA", "DurableId": object.Name + "." + f.Name + "." + user, "EntityDefinitionId": object.Name,
				"FieldDefinitionId": object.Name + "." + f.Name, "UserId": user, "IsAccessible": seen != nil,
				"IsCreatable": seen != nil && seen.Createable, "IsUpdatable": seen != nil && seen.Updateable,
			})
		}
	}
	return s
}
