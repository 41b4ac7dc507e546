package settings

import (
	"strings"

	"tidegate/gateway"
)

// DataTypeWords are the kinds of data for which it is decided who wins (DEM-17).
var DataTypeWords = map[gateway.DataType]string{
	gateway.DataOwnership: "Ownership", gateway.DataAmounts: "Amounts and close dates", gateway.DataStages: "Deal stages",
	gateway.DataOutcomes: "Meeting outcomes and topics", gateway.DataPeople: "Names, addresses and numbers", gateway.DataOther: "Everything else",
}

// winnerSentences say of each rule what it does with some kinds of data, in the
// order in which they are told.
var winnerSentences = []struct {
	winner gateway.Winner
	words  string
}{
	{gateway.WinnerSalesforce, "Salesforce wins for "},
	{gateway.WinnerProduct, "the product wins for "},
	{gateway.WinnerRecent, "the most recent value wins for "},
	{gateway.WinnerAsk, "a person is asked about "},
	{gateway.WinnerNone, "nobody has decided, so the most recent value wins, for "},
}

// ConflictWords are the rules of conflicts in one sentence (UX 30).
func ConflictWords(chosen map[gateway.DataType]gateway.Winner) string {
	var parts []string
	for _, s := range winnerSentences {
		if of := typesOf(chosen, s.winner); of != "" {
			parts = append(parts, s.words+of)
		}
	}
	text := strings.Join(parts, "; ") + "."
	return strings.ToUpper(text[:1]) + text[1:]
}

// UndecidedWords are the kinds of data of which nobody has decided who wins,
// "" when all are decided.
func UndecidedWords(chosen map[gateway.DataType]gateway.Winner) string {
	return typesOf(chosen, gateway.WinnerNone)
}

// typesOf lists the kinds of data with a rule: "deal stages, everything else".
func typesOf(chosen map[gateway.DataType]gateway.Winner, w gateway.Winner) string {
	var of []string
	for _, t := range gateway.DataTypes {
		if chosen[t] == w {
			of = append(of, strings.ToLower(DataTypeWords[t][:1])+DataTypeWords[t][1:])
		}
	}
	return strings.Join(of, ", ")
}

// FirstConnect is who set the rules of conflicts of a workspace that begins: a
// person is asked, until somebody decides (DEM-17).
const FirstConnect = "The first connect"

// Preset reports whether all kinds of data still have the rules that the
// workspace began with, and nobody confirmed them. changes are those of the Advanced tab, see LastChanges.
func Preset(changes map[string]Change) bool {
	for _, t := range gateway.DataTypes {
		if changes["conflicts."+string(t)].By != FirstConnect {
			return false
		}
	}
	return true
}
