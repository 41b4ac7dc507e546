package rest

import (
	"encoding/base64"
	"slices"

	"tidegate/simulator/org"
)

// entry is what describeGlobal says of an object.
func entry(o *org.Object, base string) map[string]any {
	path := base + "/sobjects/" + o.Name
	urls := map[string]string{
		"sobject": path, "describe": path + "/describe", "rowTemplate": path + "/{ID}",
		"layouts": path + "/describe/layouts", "compactLayouts": path + "/describe/compactLayouts",
		"approvalLayouts": path + "/describe/approvalLayouts", "defaultValues": path + "/defaultValues?recordTypeId&fields",
		"listviews": path + "/listviews", "quickActions": path + "/quickActions",
	}
	return map[string]any{
		"activateable": false, "associateEntityType": nil, "associateParentEntity": nil, "createable": o.Createable,
		"custom": o.Custom, "customSetting": false, "deepCloneable": false, "deletable": o.Deletable,
		"deprecatedAndHidden": false, "feedEnabled": o.FeedEnabled, "hasSubtypes": false, "isInterface": false,
		"isSubtype": false, "keyPrefix": shownPrefix(o), "label": o.Label, "labelPlural": o.LabelPlural,
		"layoutable": o.Searchable, "mergeable": mergeable(o), "mruEnabled": o.Searchable, "name": o.Name,
		"queryable": o.Queryable(), "replicateable": o.Queryable(), "retrieveable": o.Queryable(), "searchable": o.Searchable,
		"triggerable": o.Updateable || org.IsPlatformEvent(o.Name), "undeletable": o.Undeletable, "updateable": o.Updateable, "urls": urls,
	}
}

// shownPrefix is the key prefix as describes tell it: of the rows of these two there
// are ids, and the sheet's describe has none.
func shownPrefix(o *org.Object) any {
	if o.Name == "TaskStatus" || o.Name == "TaskPriority" {
		return nil
	}
	return textOrNil(o.KeyPrefix)
}

func mergeable(o *org.Object) bool {
	return slices.Contains([]string{"Account", "Contact", "Lead"}, o.Name)
}

// fullDescribe is the answer to …/describe.
func fullDescribe(all []*org.Object, o *org.Object, types []recordType, base, host string) map[string]any {
	d := entry(o, base)
	if urls, ok := d["urls"].(map[string]string); ok {
		urls["uiDetailTemplate"] = host + "/{ID}"
		urls["uiEditTemplate"] = host + "/{ID}/e"
		urls["uiNewRecord"] = host + "/" + o.KeyPrefix + "/e"
	}
	fields := make([]map[string]any, len(o.Fields))
	for i, f := range o.Fields {
		fields[i] = describeField(o, f)
	}
	for name, value := range map[string]any{
		"actionOverrides": []any{}, "childRelationships": childRelationships(all, o), "compactLayoutable": o.Searchable,
		"defaultImplementation": nil, "extendedBy": nil, "extendsInterfaces": nil, "fields": fields,
		"implementedBy": nil, "implementsInterfaces": nil, "listviewable": nil, "lookupLayoutable": nil,
		"namedLayoutInfos": []any{}, "networkScopeFieldName": nil, "recordTypeInfos": typeInfos(base, o, types),
		"searchLayoutable": o.Searchable, "sobjectDescribeOption": "FULL", "supportedScopes": scopes(o),
	} {
		d[name] = value
	}
	return d
}

func scopes(o *org.Object) []map[string]string {
	list := []map[string]string{{"label": "All " + o.LabelPlural, "name": "everything"}}
	if o.Field("OwnerId") != nil {
		list = append(list, map[string]string{"label": "My " + o.LabelPlural, "name": "mine"})
	}
	return list
}

func childRelationships(all []*org.Object, o *org.Object) []map[string]any {
	list := []map[string]any{}
	for _, child := range all {
		if child.Listed {
			continue // told below
		}
		for _, f := range child.Fields {
			if f.Type != org.TypeReference || !slices.Contains(f.ReferenceTo, o.Name) {
				continue
			}
			lists, to := junctionsOf(o, child.Name)
			list = append(list, map[string]any{
				"cascadeDelete": f.CascadeDelete, "childSObject": child.Name, "deprecatedAndHidden": false,
				"field": f.Name, "junctionIdListNames": lists, "junctionReferenceTo": to,
				"relationshipName": textOrNil(f.ChildName), "restrictedDelete": false,
			})
		}
	}
	if hasActivities(all, o) {
		// What "Allow Activities" looks like from outside.
		field := org.ActivityLookup(o.Name)
		if o.Name == "Account" {
			field = "AccountId"
		}
		for _, name := range org.ActivityLists() {
			child := map[string]string{"ActivityHistories": "ActivityHistory", "OpenActivities": "OpenActivity"}[name]
			list = append(list, map[string]any{
				"cascadeDelete": true, "childSObject": child, "deprecatedAndHidden": false, "field": field,
				"junctionIdListNames": []any{}, "junctionReferenceTo": []any{}, "relationshipName": name, "restrictedDelete": false,
			})
		}
	}
	return list
}

// junctionsOf names the lists of ids by which an object makes records of a child.
func junctionsOf(o *org.Object, child string) (lists, to []string) {
	lists, to = []string{}, []string{}
	for _, j := range o.Junctions() {
		if j.Child == child {
			lists, to = append(lists, j.Name), j.To
		}
	}
	return lists, to
}

func hasActivities(all []*org.Object, o *org.Object) bool {
	return slices.ContainsFunc(all, func(other *org.Object) bool {
		return other.Name == "Task" && slices.Contains(other.Field(org.ActivityLookup(o.Name)).ReferenceTo, o.Name)
	})
}

func textOrNil(s string) any {
	if s == "" {
		return nil
	}
	return s
}

var soapTypes = map[org.FieldType]string{
	org.TypeID: "tns:ID", org.TypeReference: "tns:ID", org.TypeBoolean: "xsd:boolean", org.TypeInt: "xsd:int",
	org.TypeDouble: "xsd:double", org.TypeCurrency: "xsd:double", org.TypePercent: "xsd:double", org.TypeDate: "xsd:date",
	org.TypeDateTime: "xsd:dateTime", org.TypeBase64: "xsd:base64Binary", org.TypeAddress: "urn:address", org.TypeLocation: "urn:location", org.TypeTime: "xsd:time",
}

// describeField has the 56 keys that a field of a recorded describe has.
func describeField(o *org.Object, f *org.Field) map[string]any {
	controlling := org.ControllingValues(o.Field(f.Controller))
	soap := soapTypes[f.Type]
	if soap == "" {
		soap = "xsd:string"
	}
	isText := soap == "xsd:string"
	longText := f.Type == org.TypeTextArea && f.Length > 255
	sortable := !longText && f.Type != org.TypeBase64 && !f.IsCompound()
	byteLength := 0
	switch {
	case f.Type == org.TypeID || f.Type == org.TypeReference:
		byteLength = 18
	case isText:
		byteLength = 3 * f.Length
	}
	many := len(f.ReferenceTo) > 1
	return map[string]any{
		"aggregatable": sortable && f.Type != org.TypeBoolean, "aiPredictionField": false, "autoNumber": false,
		"byteLength": byteLength, "calculated": f.Calculated, "calculatedFormula": textOrNil(f.Formula),
		"cascadeDelete": f.CascadeDelete, "caseSensitive": f.CaseSensitive, "compoundFieldName": textOrNil(f.Compound),
		"controllerName": textOrNil(f.Controller), "createable": o.MayCreate(f), "custom": f.Custom, "defaultValue": describedDefault(f),
		"defaultValueFormula": nil, "defaultedOnCreate": f.DefaultedOnWrite, "dependentPicklist": f.Controller != "",
		"deprecatedAndHidden": false, "digits": f.Digits, "displayLocationInDecimal": false, "encrypted": false,
		"externalId": f.ExternalID, "extraTypeInfo": extraType(f), "filterable": sortable, "filteredLookupInfo": nil,
		"formulaTreatNullNumberAsZero": false, "groupable": sortable && soap != "xsd:double" && f.Type != org.TypeDateTime,
		"highScaleNumber": false, "htmlFormatted": f.HTML, "idLookup": f.IDLookup, "inlineHelpText": textOrNil(f.Help),
		"label": f.Label, "length": f.Length, "mask": nil, "maskType": nil, "name": f.Name, "nameField": f.NameField,
		"namePointing": many, "nillable": f.Nillable, "permissionable": f.Permissionable(), "picklistValues": picklist(f.Values, controlling),
		"polymorphicForeignKey": many, "precision": f.Precision, "queryByDistance": false, "referenceTargetField": nil,
		"referenceTo": list(f.ReferenceTo), "relationshipName": textOrNil(f.RelationshipName), "relationshipOrder": nil,
		"restrictedDelete": false, "restrictedPicklist": f.Restricted, "scale": f.Scale, "searchPrefilterable": f.Type == org.TypeReference,
		"soapType": soap, "sortable": sortable, "type": f.Type, "unique": f.Unique, "updateable": o.MayUpdate(f),
		"writeRequiresMasterRead": false,
	}
}

// describedDefault: only checkboxes show theirs, picklists mark it in the list.
func describedDefault(f *org.Field) any {
	if f.Type == org.TypeBoolean {
		return f.Default
	}
	return nil
}

func extraType(f *org.Field) any {
	switch {
	case f.HTML:
		return "richtextarea"
	case f.Type == org.TypeTextArea:
		return "plaintextarea"
	case f.Switchable:
		return "switchablepersonname"
	case f.NameField && f.Label == "Full Name", f.Compound == "Name":
		return "personname"
	case f.Name == "PhotoUrl":
		return "imageurl"
	}
	return nil
}

func list(names []string) []string {
	if names == nil {
		return []string{}
	}
	return names
}

func picklist(list []org.PicklistValue, controlling []string) []map[string]any {
	values := make([]map[string]any, 0, len(list))
	for _, v := range list {
		values = append(values, map[string]any{
			"active": v.Active, "defaultValue": v.Default, "label": v.Label, "validFor": bitmap(&v, controlling), "value": v.Value,
		})
	}
	return values
}

// bitmap has a bit for each controlling value, the first one in the highest bit of
// the first byte; nil where the picklist depends on nothing. It comes in threes of
// bytes, which base64 writes without padding.
func bitmap(v *org.PicklistValue, controlling []string) any {
	if controlling == nil {
		return nil
	}
	bits := make([]byte, (len(controlling)+23)/24*3)
	for _, i := range v.Positions(controlling) {
		bits[i>>3] |= 0x80 >> (i % 8)
	}
	return base64.StdEncoding.EncodeToString(bits)
}
