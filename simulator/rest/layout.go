package rest

import (
	"net/http"
	"slices"

	"tidegate/simulator/org"
)

// Key prefixes of layouts.
const (
	layoutKey  = "00h"
	compactKey = "0AH"
)

func addLayouts(add func(string, func(*call) error)) {
	add("GET /sobjects/{object}/describe/layouts", (*call).layouts)
	add("GET /sobjects/{object}/describe/layouts/{$}", (*call).layouts)
	add("GET /sobjects/{object}/describe/layouts/{type}", (*call).layoutOfType)
	add("GET /sobjects/{object}/describe/compactLayouts", (*call).compactLayouts)
	add("GET /sobjects/{object}/describe/compactLayouts/primary", (*call).primaryCompactLayout)
}

// recordType is one of an object, as describe tells of it.
type recordType struct {
	id, name, developerName     string
	active, isDefault, isMaster bool
}

// recordTypes lists the types of an object, the master one last.
func recordTypes(v org.View, object string) []recordType {
	var list []recordType
	standard := v.DefaultRecordType(object)
	v.Scan("RecordType", func(r org.Record) bool {
		if r.Value("SobjectType") == object && r.Value("IsDeleted") != true {
			name, _ := r.Value("Name").(string)
			developer, _ := r.Value("DeveloperName").(string)
			list = append(list, recordType{r.ID(), name, developer, r.Value("IsActive") == true, r.ID() == standard, false})
		}
		return true
	})
	return append(list, recordType{org.MasterRecordType, "Master", "Master", true, standard == "", true})
}

func (t *recordType) info(base string, o *org.Object) map[string]any {
	return map[string]any{
		"active": t.active, "available": t.active, "defaultRecordTypeMapping": t.isDefault, "developerName": t.developerName,
		"master": t.isMaster, "name": t.name, "recordTypeId": t.id,
		"urls": map[string]string{"layout": base + "/sobjects/" + o.Name + "/describe/layouts/" + t.id},
	}
}

func typeInfos(base string, o *org.Object, types []recordType) []any {
	list := []any{}
	for _, t := range types {
		list = append(list, t.info(base, o))
	}
	return list
}

// laidOut finds the object of the path and its record types; one without pages
// has no layouts.
func (c *call) laidOut() (*org.Object, []recordType, error) {
	o, err := c.object()
	if err != nil {
		return nil, nil, err
	}
	if !o.Searchable {
		return nil, nil, org.NotFound("The requested resource does not exist")
	}
	var types []recordType
	c.read(func(v org.View) { types = recordTypes(v, o.Name) })
	return o, types, nil
}

// layouts answers …/describe/layouts. Every record type has the object's one layout.
func (c *call) layouts() error {
	o, types, err := c.laidOut()
	if err != nil {
		return err
	}
	layout := c.layout(o)
	mappings := []any{}
	c.read(func(v org.View) {
		for _, t := range types {
			m := t.info(c.base(), o)
			m["layoutId"], m["picklistsForRecordType"] = layout["id"], picklistsOf(v, o, t.id)
			mappings = append(mappings, m)
		}
	})
	c.json(http.StatusOK, map[string]any{
		"layouts": []any{layout}, "recordTypeMappings": mappings, "recordTypeSelectorRequired": []bool{len(types) > 1},
	})
	return nil
}

// layoutOfType answers …/describe/layouts/{record type}.
func (c *call) layoutOfType() error {
	o, types, err := c.laidOut()
	if err != nil {
		return err
	}
	id, _ := org.NormalizeID(c.r.PathValue("type"))
	for _, t := range types {
		if t.id == id {
			c.json(http.StatusOK, c.layout(o))
			return nil
		}
	}
	return org.NotFound("The requested resource does not exist")
}

// layout is the page of an object: all fields in one section of two columns.
func (c *call) layout(o *org.Object) map[string]any {
	var fields []*org.Field
	for _, f := range o.Fields {
		if f.Name != "Id" && f.Name != "IsDeleted" && f.Name != "SystemModstamp" && f.Compound == "" {
			fields = append(fields, f)
		}
	}
	rows := []any{}
	for i := 0; i < len(fields); i += 2 {
		items := []any{}
		for k, f := range fields[i:min(i+2, len(fields))] {
			items = append(items, layoutItem(o, f, i+k+1))
		}
		rows = append(rows, map[string]any{"layoutItems": items, "numItems": len(items)})
	}
	section := map[string]any{
		"collapsed": false, "columns": 2, "heading": o.Label + " Information", "layoutRows": rows, "layoutSectionId": nil,
		"parentLayoutId": nil, "rows": len(rows), "tabOrder": "topToBottom", "useCollapsibleSection": false, "useHeading": true,
	}
	return map[string]any{
		"buttonLayoutSection": nil, "detailLayoutSections": []any{section}, "editLayoutSections": []any{section},
		"feedView": nil, "highlightsPanelLayoutSection": nil, "id": org.MakeID(layoutKey, c.ordinal(o)),
		"multirowEditLayoutSections": []any{}, "offlineLinks": []any{}, "quickActionList": nil, "relatedContent": nil,
		"relatedLists": []any{}, "saveOptions": []any{},
	}
}

// ordinal tells objects apart in ids of what is no record.
func (c *call) ordinal(o *org.Object) uint64 {
	for i, other := range c.org.Objects() {
		if other.Name == o.Name {
			return uint64(i + 1)
		}
	}
	return 0
}

// required tells a field that a new record must have, or a name with such a part.
func required(o *org.Object, f *org.Field) bool {
	return slices.ContainsFunc(o.Fields, func(part *org.Field) bool {
		return (part == f || part.Compound == f.Name) && !part.Nillable && part.Createable && !part.DefaultedOnWrite && part.Type != org.TypeBoolean
	})
}

func layoutItem(o *org.Object, f *org.Field, order int) map[string]any {
	return map[string]any{
		"editableForNew": f.Createable, "editableForUpdate": f.Updateable, "label": f.Label, "placeholder": false,
		"required": required(o, f),
		"layoutComponents": []any{map[string]any{
			"details": describeField(o, f), "displayLines": 1, "tabOrder": order, "type": "Field", "value": f.Name,
		}},
	}
}

func picklistsOf(v org.View, o *org.Object, recordType string) []any {
	list := []any{}
	for _, f := range o.Fields {
		if len(f.Values) > 0 {
			list = append(list, map[string]any{"picklistName": f.Name, "picklistValues": picklist(v.Picklist(f, recordType), org.ControllingValues(o.Field(f.Controller)))})
		}
	}
	return list
}

// compactLayouts answers …/describe/compactLayouts: the name field, which is the
// system default.
func (c *call) compactLayouts() error {
	o, types, err := c.laidOut()
	if err != nil {
		return err
	}
	compact := c.compactLayout(o)
	path := c.base() + "/sobjects/" + o.Name + "/describe/compactLayouts/"
	mappings := []any{}
	for _, t := range types {
		mappings = append(mappings, map[string]any{
			"available": t.active, "compactLayoutId": compact["id"], "compactLayoutName": compact["name"],
			"recordTypeId": t.id, "recordTypeName": t.name, "urls": map[string]string{"compactLayout": path + t.id},
		})
	}
	c.json(http.StatusOK, map[string]any{
		"compactLayouts": []any{compact}, "defaultCompactLayoutId": compact["id"], "recordTypeCompactLayoutMappings": mappings,
		"urls": map[string]string{"primary": path + "primary"},
	})
	return nil
}

// primaryCompactLayout answers …/describe/compactLayouts/primary.
func (c *call) primaryCompactLayout() error {
	o, _, err := c.laidOut()
	if err != nil {
		return err
	}
	c.json(http.StatusOK, c.compactLayout(o))
	return nil
}

func (c *call) compactLayout(o *org.Object) map[string]any {
	items := []any{}
	for _, f := range o.Fields {
		if f.NameField {
			items = append(items, layoutItem(o, f, 1))
		}
	}
	return map[string]any{
		"actions": []any{}, "fieldItems": items, "id": org.MakeID(compactKey, c.ordinal(o)), "imageItems": []any{},
		"label": "System Default", "name": "SYSTEM", "objectType": o.Name,
	}
}
