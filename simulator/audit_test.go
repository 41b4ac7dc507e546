package simulator_test

import (
	"testing"

	"tidegate/simulator"
)

func TestR17UpdatesWantTheirIDInLowerCase(t *testing.T) {
	_, c := start(t, simulator.Config{})
	id := c.made("Account", `{"Name":"A"}`)
	record := func(key string) string {
		return `{"records":[{"attributes":{"type":"Account"},"` + key + `":"` + id + `","Phone":"1"}]}`
	}
	c.steps(
		step{"PATCH", "/composite/sobjects", record("Id"), 200, []string{`"success":false`, "MISSING_ARGUMENT"}},
		step{"PATCH", "/composite/sobjects", record("id"), 200, []string{`"success":true`}},
		// A body that was cut off is not the same as none.
		step{"POST", "/sobjects/Account", `{"Name":`, 400, []string{"JSON_PARSER_ERROR", "Unexpected end-of-input"}},
		step{"POST", "/sobjects/Account", ``, 400, []string{"JSON_PARSER_ERROR", "no entity body"}},
	)
}
