package hint

import (
	"bytes"
	"encoding/json"

	"tidegate/gateway"
)

// MaxRecords is how many records one JSON request may name. An Apex trigger
// gets 200 at a time.
const MaxRecords = 2000

// said is one object of a JSON body. Salesforce has no format of its own, so
// the usual ones are read: ours (object, ids), flat maps (recordId), and
// records as JSON.serialize writes them, alone or in a list. Names match in
// any case.
type said struct {
	OrganizationID word   `json:"organizationId"`
	Object         word   `json:"object"`
	ID             word   `json:"id"`
	RecordID       word   `json:"recordId"`
	IDs            []word `json:"ids"`
	RecordIDs      []word `json:"recordIds"`
	Attributes     struct {
		Type word `json:"type"`
	} `json:"attributes"`
	Record  *record  `json:"record"`
	Records []record `json:"records"`
}

type record struct {
	ID         word `json:"id"`
	Attributes struct {
		Type word `json:"type"`
	} `json:"attributes"`
}

// word is a text; anything else under the same name is somebody's own field.
type word string

// UnmarshalJSON never fails.
func (w *word) UnmarshalJSON(b []byte) error {
	var text string
	if json.Unmarshal(b, &text) == nil {
		*w = word(text)
	}
	return nil
}

// JSON reads the body of a callout of Apex or Flow. id is that of the request,
// which is one message.
func JSON(id string, body []byte) (Told, error) {
	var list []said
	var err error
	if body = bytes.TrimSpace(body); len(body) > 0 && body[0] == '[' {
		err = json.Unmarshal(body, &list)
	} else {
		list = make([]said, 1)
		err = json.Unmarshal(body, &list[0])
	}
	if err != nil {
		return Told{}, refuse(`The body is no JSON that names records, such as {"object":"Contact","ids":["003…"]}.`)
	}
	t := Told{Messages: []Message{{ID: id}}}
	for i := range list {
		if err := list[i].add(&t); err != nil {
			return Told{}, err
		}
	}
	if len(t.Messages[0].Records) == 0 {
		return Told{}, refuse(`The body names no record. Send {"object":"Contact","ids":["003…"]}.`)
	}
	return t, nil
}

func (s *said) add(t *Told) error {
	if s.OrganizationID != "" {
		org, ok := gateway.NormalizeID(string(s.OrganizationID))
		if !ok || t.Org != "" && t.Org != org {
			return refuse("organizationId is no id of one org.")
		}
		t.Org = org
	}
	object := s.Object
	if object == "" {
		object = s.Attributes.Type
	}
	named := []record{}
	for _, id := range append(append([]word{s.ID, s.RecordID}, s.IDs...), s.RecordIDs...) {
		named = append(named, record{ID: id})
	}
	if s.Record != nil {
		named = append(named, *s.Record)
	}
	for _, r := range append(named, s.Records...) {
		if r.ID == "" {
			continue
		}
		id, ok := gateway.NormalizeID(string(r.ID))
		if !ok {
			return refuse("The body names a record by what is no id of Salesforce.")
		}
		n := Named{Object: string(object), ID: id}
		if r.Attributes.Type != "" {
			n.Object = string(r.Attributes.Type)
		}
		if len(t.Messages[0].Records) == MaxRecords {
			return refuse("The body names more than %d records; send several.", MaxRecords)
		}
		t.Messages[0].Records = append(t.Messages[0].Records, n)
	}
	return nil
}
