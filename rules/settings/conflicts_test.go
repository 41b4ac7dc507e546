package settings_test

import (
	"testing"

	"tidegate/gateway"
	"tidegate/rules/settings"
)

// DEM-17: who wins is said in one sentence, what nobody has decided too.
func TestConflictRulesAreOneSentence_UX30(t *testing.T) {
	tests := []struct {
		name      string
		chosen    map[gateway.DataType]gateway.Winner
		words     string
		undecided string
	}{
		{
			"nobody has decided", nil,
			"Nobody has decided, so the most recent value wins, for ownership, amounts and close dates, deal stages, meeting outcomes and topics, names, addresses and numbers, everything else.",
			"ownership, amounts and close dates, deal stages, meeting outcomes and topics, names, addresses and numbers, everything else",
		},
		{
			"each rule once",
			map[gateway.DataType]gateway.Winner{
				gateway.DataOwnership: gateway.WinnerSalesforce, gateway.DataAmounts: gateway.WinnerSalesforce, gateway.DataStages: gateway.WinnerRecent,
				gateway.DataOutcomes: gateway.WinnerProduct, gateway.DataPeople: gateway.WinnerAsk,
			},
			"Salesforce wins for ownership, amounts and close dates; the product wins for meeting outcomes and topics; the most recent value wins for deal stages; " +
				"a person is asked about names, addresses and numbers; nobody has decided, so the most recent value wins, for everything else.",
			"everything else",
		},
	}
	for _, tt := range tests {
		if got := settings.ConflictWords(tt.chosen); got != tt.words {
			t.Errorf("%s: %q", tt.name, got)
		}
		if got := settings.UndecidedWords(tt.chosen); got != tt.undecided {
			t.Errorf("%s: undecided %q", tt.name, got)
		}
	}
	all := map[gateway.DataType]gateway.Winner{}
	for _, kind := range gateway.DataTypes {
		all[kind] = gateway.WinnerSalesforce
	}
	if got := settings.UndecidedWords(all); got != "" {
		t.Errorf("all are decided, but %q", got)
	}
}
