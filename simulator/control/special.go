package control

import (
	"fmt"

	"tidegate/simulator/org"
)

// special are the operations that concern more than one record.
var special = []string{"convert", "merge", "purge"}

// eligible says whether an operation may pick the record by itself.
func eligible(op string, r org.Record) bool {
	gone := r.Value("IsDeleted") == true
	switch op {
	case "undelete":
		return gone
	case "purge":
		return true
	case "convert", "merge":
		return !gone && r.Value("IsConverted") != true
	}
	return !gone
}

// pick takes a record out of those that are still to pick from.
func (m *maker) pick() (string, error) {
	if len(m.ids) == 0 {
		return "", fmt.Errorf("there are no more records to %s", m.order.Op)
	}
	at := m.rng.IntN(len(m.ids))
	id := m.ids[at]
	m.ids[at] = m.ids[len(m.ids)-1]
	m.ids = m.ids[:len(m.ids)-1]
	return id, nil
}

// special makes one conversion, merge or purge.
func (m *maker) special() (string, error) {
	id, err := m.pick()
	if err != nil {
		return "", err
	}
	if m.order.Op == "purge" {
		return id, m.org.Purge(m.by, m.object.Name, []string{id})
	}
	master := m.order.Into
	if master == "" && m.order.Op == "merge" {
		if master, err = m.pick(); err != nil {
			return "", err
		}
		m.ids = append(m.ids, master) // it is still there to be merged
	}
	_, err = m.org.Transact(m.by, func(tx *org.Tx) error {
		var refused *org.Error
		if m.order.Op == "merge" {
			refused = tx.Merge(m.object.Name, master, []string{id}, m.order.Values)
		} else {
			var made org.Converted
			made, refused = tx.Convert(id, org.Conversion{Account: m.order.Into, NoOpportunity: m.order.NoOpportunity})
			m.converted = append(m.converted, made)
		}
		if refused != nil {
			return refused
		}
		return nil
	})
	return id, err
}

// fits checks that the operation goes with the object.
func fits(op string, o *org.Object) error {
	switch {
	case op == "convert" && o.Name != "Lead":
		return fmt.Errorf("only leads are converted, not %s", o.LabelPlural)
	case op == "merge" && o.Field("MasterRecordId") == nil:
		return fmt.Errorf("only accounts, contacts and leads are merged, not %s", o.LabelPlural)
	}
	return nil
}
