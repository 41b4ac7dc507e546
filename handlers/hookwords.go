package handlers

import (
	_ "embed"
	"strings"

	"tidegate/gateway"
	"tidegate/views"
)

var kindWords = map[gateway.HookKind]string{
	gateway.HookOutbound: "Outbound message of a Flow or workflow rule",
	gateway.HookEvents:   "Callout of Apex, signed",
}

func hookChip(h gateway.Hook) views.Chip {
	if h.Disabled {
		return views.Chip{Tone: views.Idle, Icon: views.IconPause, Text: "Disabled"}
	}
	return views.Chip{Tone: views.Good, Icon: views.IconOK, Text: "Enabled"}
}

func deliveryChip(d gateway.HookDelivery) views.Chip {
	switch {
	case d.Outcome == gateway.HookRefused:
		return views.Chip{Tone: views.Bad, Icon: views.IconCross, Text: "Refused"}
	case d.Outcome == gateway.HookRepeated:
		return views.Chip{Tone: views.Idle, Icon: views.IconAgain, Text: "Repeated"}
	case d.Outcome == gateway.HookIgnored:
		return views.Chip{Tone: views.Idle, Icon: views.IconInfo, Text: "Nothing to read"}
	case d.Waiting > 0:
		return views.Chip{Tone: views.UnderWay, Icon: views.IconClock, Text: "Reading"}
	}
	return views.Chip{Tone: views.Good, Icon: views.IconOK, Text: "Read"}
}

func (v *visit) deliveryRow(d gateway.HookDelivery) views.Row {
	when := views.Cell{Time: v.clock().full(d.At)}
	if d.Times > 1 {
		when.Second = number(d.Times) + " times within a minute"
	}
	records := views.Cell{Text: "—"}
	if n := len(d.Records); n > 0 {
		records.Text = count(n, "record", "records")
		records.Second = recordsOf(d.Records)
	}
	what := d.Reason
	switch {
	case d.Outcome == gateway.HookTaken && d.Waiting > 0:
		what = joinSentences(count(d.Waiting, "record is", "records are")+" still to be read.", what)
	case d.Outcome == gateway.HookTaken:
		what = joinSentences("All of it is read.", what)
	}
	if d.OldSecret {
		what = joinSentences(what, "Proven by the old secret.")
	}
	return views.Row{Cells: []views.Cell{when, {Chip: deliveryChip(d)}, records, {Text: what}}}
}

// recordsOf says how many of which object, in the order in which they came.
func recordsOf(keys []gateway.RecordKey) string {
	counts := map[string]int{}
	var order []string
	for _, k := range keys {
		if counts[k.Object] == 0 {
			order = append(order, k.Object)
		}
		counts[k.Object]++
	}
	for i, object := range order {
		order[i] = number(counts[object]) + " " + object
	}
	return strings.Join(order, ", ")
}

//go:embed apex/TidegateHook.cls
var apexClass string

//go:embed apex/TidegateContact.trigger
var apexTrigger string

// recipe says what to click in Salesforce, with what to enter.
func recipe(h gateway.Hook, address, secret string) views.Recipe {
	if h.Kind == gateway.HookOutbound {
		return outboundRecipe(address, secret == "")
	}
	if secret == "" {
		secret = "the secret, shown when it was made"
	}
	origin := address[:strings.Index(address, hooksPath)]
	return views.Recipe{Title: "What to do in Salesforce", Text: "Shown for Contact. Repeat the last two steps for each other object.", Steps: []views.RecipeStep{
		{Text: "Allow the callout: Setup, Quick Find “Remote Site Settings”, New Remote Site. Name it Tidegate, enter this Remote Site URL, Save.", Code: origin},
		{Text: "Make the place for the secret: Setup, Quick Find “Custom Settings”, New. Label and object name Tidegate, setting type Hierarchy, visibility Protected where it is offered, Save. Then under Custom Fields, New: two Text fields of length 255, named Address and Secret."},
		{Text: "Enter both: on the custom setting click Manage, then New above “Default Organization Level Value”. Address:", Code: address},
		{Text: "Secret:", Code: secret},
		{Text: "Make the class: Setup, Quick Find “Apex Classes”, New. Paste this, Save. A Flow can use it too, as the action “Tell Tidegate”.", Code: apexClass},
		{Text: "Make the trigger: Setup, Object Manager, Contact, Triggers, New. Paste this, Save. In Production, deploy both from a sandbox with a test, as Salesforce demands.", Code: apexTrigger},
		{Text: "Change a contact. The delivery appears below."},
	}}
}

func outboundRecipe(address string, hidden bool) views.Recipe {
	enter := "Name it “Tidegate Contact”. Enter this Endpoint URL:"
	if hidden {
		enter = "Name it “Tidegate Contact”. Enter this Endpoint URL, with the secret that was shown when it was made or rotated:"
	}
	return views.Recipe{Title: "What to do in Salesforce", Text: "Shown for Contact; an outbound message tells of created and edited records, not of deleted ones.", Steps: []views.RecipeStep{
		{Text: "Setup, Quick Find “Outbound Messages”, New Outbound Message. Object: Contact, Next."},
		{Text: enter, Code: address},
		{Text: "User to send as: the integration user. Leave “Send Session ID” off: Tidegate does not look at it. Contact fields to send: Id alone. Save."},
		{Text: "Setup, Quick Find “Flows”, New Flow, Record-Triggered Flow. Object: Contact. Trigger: A record is created or updated. Optimize for: Actions and Related Records. Leave the conditions empty."},
		{Text: "On the canvas click +, Action, category Outbound Message, “Tidegate Contact”. Label it “Tell Tidegate”, Save."},
		{Text: "Save the flow as “Tell Tidegate of contacts”, then Activate."},
		{Text: "Change a contact. The delivery appears below; in Salesforce, Setup, “Outbound Messages”, View Message Delivery Status shows what waits there."},
	}}
}
