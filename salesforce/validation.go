package salesforce

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"tidegate/gateway"
)

// maxRules bounds how many formulas are read: each is a call of its own.
const maxRules = 200

// ValidationRules reads the active validation rules of objects by the Tooling
// API, one call for their names and one for each formula: Salesforce tells the
// Metadata of one row a query only. It needs View Setup and Configuration. more is
// how many rules were not read, being beyond what is read at once.
func (c *Client) ValidationRules(ctx context.Context, objects []string) (rules []gateway.ValidationRule, more int, err error) {
	quoted := make([]string, 0, len(objects))
	for _, object := range objects {
		if !validName(object) {
			return nil, 0, badName("object", object)
		}
		quoted = append(quoted, Quote(object))
	}
	if len(quoted) == 0 {
		return nil, 0, nil
	}
	type named struct {
		ID               string `json:"Id"`
		ValidationName   string
		EntityDefinition struct {
			Name string `json:"QualifiedApiName"`
		}
	}
	var list []named
	err = c.query(ctx, "tooling/query", "SELECT Id, ValidationName, EntityDefinition.QualifiedApiName FROM ValidationRule WHERE Active = true AND EntityDefinition.QualifiedApiName IN ("+
		strings.Join(quoted, ", ")+") ORDER BY ValidationName", func(rows []json.RawMessage) error {
		for _, row := range rows {
			var one named
			if err := json.Unmarshal(row, &one); err != nil {
				return fmt.Errorf("reading a validation rule: %w", err)
			}
			list = append(list, one)
		}
		return nil
	})
	if err != nil {
		return nil, 0, fmt.Errorf("listing validation rules: %w", err)
	}
	if more = len(list) - maxRules; more > 0 {
		list = list[:maxRules]
	}
	for _, one := range list {
		rule := gateway.ValidationRule{Object: one.EntityDefinition.Name, Name: one.ValidationName}
		err := c.query(ctx, "tooling/query", "SELECT Metadata FROM ValidationRule WHERE Id = "+Quote(one.ID), func(rows []json.RawMessage) error {
			var row struct {
				Metadata struct {
					Formula string `json:"errorConditionFormula"`
					Message string `json:"errorMessage"`
					Field   string `json:"errorDisplayField"`
				}
			}
			if err := json.Unmarshal(rows[0], &row); err != nil {
				return fmt.Errorf("reading a validation rule: %w", err)
			}
			rule.Formula, rule.Message = row.Metadata.Formula, row.Metadata.Message
			rule.Field = strings.TrimPrefix(row.Metadata.Field, rule.Object+".")
			return nil
		})
		if err != nil {
			return nil, 0, fmt.Errorf("reading the validation rule %s: %w", rule.Name, err)
		}
		if rule.Formula != "" { // it was removed in between, or belongs to a package that hides it
			rules = append(rules, rule)
		}
	}
	return rules, max(more, 0), nil
}
