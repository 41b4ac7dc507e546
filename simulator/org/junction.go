package org

import (
	"maps"
	"slices"
	"strings"
)

// Junction is a list of record ids that a record may be given, a JunctionIdList:
// no field, but records of a child object.
type Junction struct {
	Name  string   // TaskWhoIds
	Child string   // object of the records that the list makes
	To    []string // objects of which it takes ids
}

// junction is a Junction with the kind of child records that it stands for.
type junction struct {
	name, child, kind string
	to                []string
}

var (
	people    = []string{"Contact", "Lead"}
	everybody = []string{"Contact", "Lead", "User"}
	// junctions are the lists of each object.
	junctions = map[string][]junction{
		"EmailMessage": {
			{"ToIds", "EmailMessageRelation", "ToAddress", everybody},
			{"CcIds", "EmailMessageRelation", "CcAddress", everybody},
			{"BccIds", "EmailMessageRelation", "BccAddress", everybody},
		},
		"Task":  {{"TaskWhoIds", "TaskWhoRelation", "", people}},
		"Event": {{"EventWhoIds", "EventWhoRelation", "", people}},
	}
)

// Junctions lists what records of the object may be given beside its fields.
func (o *Object) Junctions() []Junction {
	var list []Junction
	for _, j := range o.junctions() {
		list = append(list, Junction{j.name, j.child, j.to})
	}
	return list
}

// junctions are those that the org's features let the object have.
func (o *Object) junctions() []junction {
	if list := junctions[o.Name]; o.Name == "EmailMessage" || o.isShared() {
		return list
	}
	return nil
}

// takeLists cuts the lists off the values of a record; they are no fields. What
// was given is in named, also an empty list.
func takeLists(o *Object, values map[string]any) (rest map[string]any, named map[string][]string, err *Error) {
	lists := o.junctions()
	if lists == nil {
		return values, nil, nil
	}
	rest, named = maps.Clone(values), map[string][]string{}
	for name, value := range values {
		at := slices.IndexFunc(lists, func(j junction) bool { return strings.EqualFold(name, j.name) })
		if at < 0 {
			continue
		}
		delete(rest, name)
		if named[lists[at].name], err = idList(lists[at], value); err != nil {
			return nil, nil, err
		}
	}
	return rest, named, nil
}

func idList(j junction, value any) ([]string, *Error) {
	list, ok := value.([]any)
	if !ok && value != nil {
		return nil, refuse("JSON_PARSER_ERROR", j.name+" must be a list of ids", j.name)
	}
	ids := []string{}
	for _, one := range list {
		text, _ := one.(string)
		id, ok := NormalizeID(text)
		if !ok {
			return nil, errMalformedID(j.name, text, j.name)
		}
		if !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids, nil
}

// Listed are the ids in one of a record's lists, whom WhoId names first.
func (v View) Listed(r Record, j Junction) []any {
	lookup := r.object.Name + "Id"
	kind := kindOf(r.object, j.Name)
	var list []any
	for _, child := range v.Referring(j.Child, lookup, r.ID()) {
		id := child.Value("RelationId")
		if id == nil || child.Value("IsDeleted") == true || kind != "" && child.Value("RelationType") != kind {
			continue
		}
		if id == r.Value("WhoId") {
			list = slices.Insert(list, 0, id)
			continue
		}
		list = append(list, id)
	}
	return list
}

func kindOf(o *Object, list string) string {
	for _, j := range o.junctions() {
		if j.name == list {
			return j.kind
		}
	}
	return ""
}
