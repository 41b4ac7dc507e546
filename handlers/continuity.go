package handlers

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"

	"tidegate/gateway"
	"tidegate/rules/continuity"
	"tidegate/store"
	"tidegate/views"
)

const holesBase = "/sync/holes"

func holeURL(h gateway.Hole) string { return holesBase + "/" + strconv.FormatInt(h.ID, 10) }

// newestHoles are the continuity records that the health page shows: what is
// not closed, and the newest of the rest.
func (v *visit) newestHoles(p *views.HealthPage) error {
	const shown = 5
	holes, more, err := v.ws.Holes(v.UserContext(), store.HoleQuery{Limit: shown})
	if err != nil {
		return err
	}
	k := v.clock()
	for _, h := range holes {
		p.Holes = append(p.Holes, views.Hole{
			When: k.at(h.StartedAt).Text, Span: holeSpan(k, h), Cause: holeCause(h), Checked: number(h.Total().Read),
			Repaired: holeFound(h), Outcome: holeChip(h.State), Link: views.Link{Text: holeLink(h), URL: holeURL(h)},
		})
	}
	if more {
		p.HolesLink = views.Link{Text: "All records", URL: holesBase}
	}
	p.HolesEmpty = views.Empty{
		Icon: views.IconOK, Title: "No gap so far",
		Text: "Whenever Tidegate could not listen, it finds out exactly what it missed, reads that, and writes it down here.",
	}
	return nil
}

func holeLink(h gateway.Hole) string {
	if h.State == gateway.HoleClosed {
		return "Certificate"
	}
	return "Follow"
}

// holeSpan is the time that was missed.
func holeSpan(k clock, h gateway.Hole) string {
	switch {
	case h.To.IsZero():
		return "since " + k.full(h.From).Text
	case h.From.IsZero():
		return "until " + k.full(h.To).Text
	case h.To.Sub(h.From) < time.Second:
		return k.full(h.From).Text
	}
	return continuity.Span(h.To.Sub(h.From)) + ", until " + k.full(h.To).Text
}

func holeCause(h gateway.Hole) string {
	return continuity.Words(h.Cause) + ": " + list(holeObjects(h)) + "."
}

func holeObjects(h gateway.Hole) []string {
	names := make([]string, 0, len(h.Objects))
	for _, p := range h.Objects {
		names = append(names, p.Object)
	}
	return names
}

// holeFound is what a repair found so far.
func holeFound(h gateway.Hole) string {
	text := foundWords(h.Total())
	if h.State != gateway.HoleClosed {
		text += " so far"
	}
	return text
}

func foundWords(n gateway.HoleCount) string {
	if n.Changed+n.Deleted+n.Restored == 0 {
		return "nothing had changed"
	}
	return continuity.Found(n)
}

var holeChips = map[gateway.HoleState]views.Chip{
	gateway.HoleOpen:      {Tone: views.Attention, Icon: views.IconAgain, Text: "Asked for instead"},
	gateway.HoleRepairing: {Tone: views.UnderWay, Icon: views.IconWrench, Text: "Repairing"},
	gateway.HoleClosed:    {Tone: views.Good, Icon: views.IconOK, Text: "Closed"},
	gateway.HoleFailed:    {Tone: views.Bad, Icon: views.IconWarning, Text: "Stands still"},
}

func holeChip(s gateway.HoleState) views.Chip { return holeChips[s] }

// holeList is every continuity record, newest first.
func holeList(v *visit) error {
	q := store.HoleQuery{
		State: gateway.HoleState(v.Query("state")), Cause: gateway.HoleCause(v.Query("cause")), Object: v.Query("object"), Limit: pageSize,
	}
	for _, t := range times {
		if t.key == v.Query("time") && t.span > 0 {
			q.Since = v.s.Now().Add(-t.span)
		}
	}
	q.Before, _ = strconv.ParseInt(v.Query("after"), 10, 64) // no number, no token: the first page
	page, more, err := v.ws.Holes(v.UserContext(), q)
	if err != nil {
		return err
	}
	total, err := v.ws.CountHoles(v.UserContext(), q)
	if err != nil {
		return err
	}
	p := views.ListPage{
		Shell: v.s.shell(v, "Continuity", views.NavHealth),
		Head: views.Head{
			Title: "Continuity", Crumb: []views.Link{{Text: "Health", URL: "/"}},
			Lead: "Every time Tidegate could not listen, what it missed and how that was repaired.",
		},
		Live:    views.Live{URL: withQuery(v.Ctx, map[string]string{"part": views.PartList})},
		Caption: "Continuity records", Filter: holeFilter(v, q),
		Columns: []views.Column{{Text: "Gap"}, {Text: "Cause"}, {Text: "Rows read", Number: true}, {Text: "Found"}, {Text: "Outcome"}},
		Pager:   views.Pager{Text: number(len(page)) + " of " + number(total)},
		Empty:   holesEmpty(v),
	}
	k := v.clock()
	for _, h := range page {
		p.Rows = append(p.Rows, views.Row{ID: strconv.FormatInt(h.ID, 10), Cells: []views.Cell{
			{Text: k.full(h.StartedAt).Text, Second: holeSpan(k, h), URL: holeURL(h)},
			{Text: continuity.Words(h.Cause), Second: list(holeObjects(h))},
			{Text: number(h.Total().Read)},
			{Text: holeFound(h)},
			{Chip: holeChip(h.State)},
		}})
	}
	if more {
		p.Pager.OlderURL = withQuery(v.Ctx, map[string]string{"after": strconv.FormatInt(page[len(page)-1].ID, 10)})
	}
	if q.Before > 0 {
		p.Pager.NewerURL, p.Pager.NewerText = withQuery(v.Ctx, map[string]string{"after": ""}), "Newest"
	} else {
		p.Shell.StreamURL = "/events"
	}
	return answer(v.Ctx, views.List(p))
}

func holeFilter(v *visit, q store.HoleQuery) views.Filter {
	causes := []string{"", "Any cause"}
	for _, c := range continuity.Causes {
		causes = append(causes, string(c.Cause), c.Words)
	}
	f := views.Filter{URL: holesBase, Selects: []views.Select{
		{Name: "object", Label: "Object", Options: objectOptions(v, q.Object)},
		{Name: "cause", Label: "Cause", Options: choose(string(q.Cause), causes...)},
		{Name: "state", Label: "Outcome", Options: choose(string(q.State), "", "Any outcome", "open", "Asked for instead", "repairing", "Repairing", "failed", "Stands still", "closed", "Closed")},
		{Name: "time", Label: "Time", Options: timeOptions(v.Query("time"))},
	}}
	for _, key := range [...]string{"object", "cause", "state", "time"} {
		if value := v.Query(key); value != "" {
			f.Active = append(f.Active, views.Link{Text: value, URL: withQuery(v.Ctx, map[string]string{key: "", "after": ""})})
		}
	}
	if len(f.Active) > 0 {
		f.Clear = views.Link{Text: "Clear all", URL: holesBase}
	}
	return f
}

func holesEmpty(v *visit) views.Empty {
	if filtered(v, "object", "cause", "state", "time", "after") {
		return views.Empty{
			Icon: views.IconSearch, Title: "Nothing found", Text: "No gap is like that. Drop a filter to see the others.",
			Actions: []views.Action{{Text: "Show all", URL: holesBase}},
		}
	}
	return views.Empty{
		Icon: views.IconOK, Title: "No gap so far", Text: "Tidegate heard everything that Salesforce told since it was connected.",
		Actions: []views.Action{{Text: "Open Health", URL: "/"}},
	}
}

// hole returns the record that the address names.
func (v *visit) hole() (gateway.Hole, error) {
	id, err := strconv.ParseInt(v.Params("id"), 10, 64)
	if err != nil {
		return gateway.Hole{}, gateway.Errorf(gateway.CodeNotFound, "There is no continuity record with this number.")
	}
	return v.ws.Hole(v.UserContext(), id)
}

// holePage is one continuity record.
func holePage(v *visit) error {
	h, err := v.hole()
	if err != nil {
		return err
	}
	k := v.clock()
	p := views.HolePage{
		Shell: v.s.shell(v, "Continuity record", views.NavHealth),
		Head: views.Head{
			Title: continuity.Words(h.Cause), Crumb: []views.Link{{Text: "Health", URL: "/"}, {Text: "Continuity", URL: holesBase}},
			Lead: holeSpan(k, h) + ", in " + list(holeObjects(h)) + ".", Chip: holeChip(h.State),
		},
		Live:    views.Live{URL: withQuery(v.Ctx, map[string]string{"part": views.PartHole})},
		Facts:   holeFacts(k, h),
		Columns: []views.Column{{Text: "Object"}, {Text: "State"}, {Text: "Rows read", Number: true}, {Text: "Found"}, {Text: "API calls", Number: true}},
	}
	for _, part := range h.Objects {
		p.Rows = append(p.Rows, holeRow(part))
		if part.Problem != "" {
			p.Notice = views.Notice{Tone: views.Bad, Strong: part.Object + " stands still.", Text: part.Problem}
		}
	}
	if h.State != gateway.HoleClosed {
		p.Shell.StreamURL = "/events"
	}
	return v.holeCertificate(p, h)
}

func (v *visit) holeCertificate(p views.HolePage, h gateway.Hole) error {
	if len(h.Certificate.Signature) > 0 {
		agrees, err := continuity.Agrees(v.ws.ID(), h)
		if err != nil {
			return err
		}
		p.CertificateText = "This record is signed. Keep the file; “tidegate continuity check” tells anybody who has it whether it is as it was signed."
		if !agrees {
			p.Notice = views.Notice{
				Tone: views.Bad, Strong: "This record was changed after it was signed.",
				Text: "Somebody with access to the database did it; the certificate below says what it stated.",
			}
		}
		p.Certificate = []views.Fact{
			{Label: "Signature", Value: base64.StdEncoding.EncodeToString(h.Certificate.Signature), Mono: true},
			{Label: "Public key", Value: base64.StdEncoding.EncodeToString(h.Certificate.Key), Mono: true},
		}
		p.Download = views.Action{Text: "Download certificate", URL: holeURL(h) + "/certificate", Small: true}
	}
	return answer(v.Ctx, views.HoleRecord(p))
}

func holeFacts(k clock, h gateway.Hole) []views.Fact {
	facts := []views.Fact{
		{Label: "From", Value: k.full(h.From).Text, Second: h.Bound},
		{Label: "Until", Value: k.full(h.To).Text},
		{Label: "Observed", Value: h.Said},
		{Label: "Found", Value: k.full(h.StartedAt).Text},
		{Label: "Repaired", Value: k.full(h.EndedAt).Text},
	}
	if h.To.IsZero() {
		facts[1].Value = "still going on"
	}
	if !h.EndedAt.IsZero() {
		facts[4].Second = "after " + continuity.Span(h.EndedAt.Sub(h.StartedAt))
	}
	return facts
}

func holeRow(p gateway.HolePart) views.Row {
	read := views.Cell{Text: number(p.Read)}
	if p.State != gateway.HoleClosed && p.Expected > p.Read {
		read.Second = "of about " + number(p.Expected)
	}
	return views.Row{Cells: []views.Cell{
		{Text: p.Object, Kind: squareOf(p.Object), Second: continuity.Means(p.Means)},
		{Chip: holeChip(p.State)},
		read,
		{Text: foundWords(p.HoleCount)},
		{Text: number(p.Calls)},
	}}
}

// holeFile is the record with its certificate, to keep.
func holeFile(v *visit) error {
	h, err := v.hole()
	if err != nil {
		return err
	}
	text, err := json.MarshalIndent(continuity.Export(h), "", "  ")
	if err != nil {
		return fmt.Errorf("writing a continuity record: %w", err)
	}
	v.Set(fiber.HeaderContentDisposition, fmt.Sprintf(`attachment; filename="continuity-%d.json"`, h.ID))
	v.Set(fiber.HeaderContentType, fiber.MIMEApplicationJSON)
	return v.Send(text)
}

// continuityStatus is what the API says of continuity.
func (c *call) continuityStatus() (fiber.Map, error) {
	unclosed, err := c.ws.UnclosedHoles(c.UserContext())
	if err != nil {
		return nil, err
	}
	newest, _, err := c.ws.Holes(c.UserContext(), store.HoleQuery{State: gateway.HoleClosed, Limit: 1})
	if err != nil {
		return nil, err
	}
	out := fiber.Map{"unclosed": exported(unclosed), "last_closed": nil}
	if len(newest) > 0 {
		out["last_closed"] = continuity.Export(newest[0])
	}
	return out, nil
}

func exported(holes []gateway.Hole) []continuity.Exported {
	out := make([]continuity.Exported, 0, len(holes))
	for _, h := range holes {
		out = append(out, continuity.Export(h))
	}
	return out
}
