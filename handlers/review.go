package handlers

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"tidegate/gateway"
	"tidegate/outbox"
	"tidegate/rules/effect"
	"tidegate/rules/settings"
	"tidegate/views"
)

// stepExport asks for the whole list of a review as a file.
const stepExport = "export"

// review is a change on its way: what the settings are now, what somebody
// wants, and the page on which he decides.
type review struct {
	from     gateway.Settings
	before   []gateway.Mapping // of the objects whose mappings change
	proposal outbox.Proposal
	page     views.ReviewPage
	// open is for what it must be decided who wins, decided what was chosen on
	// the page.
	open    []settings.ToDecide
	decided map[gateway.DataType]gateway.Winner
}

// dangers lists what of the change can do harm.
func (r review) dangers() []settings.Danger {
	var after []gateway.Mapping
	for _, rows := range r.proposal.Mappings {
		after = append(after, rows...)
	}
	return settings.Dangers(r.from, r.proposal.Settings, r.before, after)
}

// reviewTitle heads the review of n changes.
func reviewTitle(n int) string {
	if n == 1 {
		return "Review 1 change before it takes effect"
	}
	return "Review " + number(n) + " changes before they take effect"
}

// maySaveReview reports whether a review may be saved as it was posted: it is decided
// who wins, and a dangerous change is confirmed. problem is what the password
// field is marked with.
func (v *visit) maySaveReview(r *review) (ok bool, problem string, err error) {
	if err := v.askWinners(r); err != nil {
		return false, "", err
	}
	problem = v.confirmed(*r)
	return problem == "" && len(r.undecided()) == 0, problem, nil
}

// confirmed says what is missing before a change may be saved, "" when
// nothing is: a dangerous one asks for the password once more (UX 20), whoever
// posts it and however.
func (v *visit) confirmed(r review) string {
	password := v.posted("password")
	if len(r.dangers()) == 0 {
		return ""
	}
	if problem := v.confirmPassword(password); problem != "" {
		return problem
	}
	if v.posted("confirm") != "on" {
		return "Say that you have seen what would change."
	}
	return ""
}

// show answers with the page, or with the list as a file. problem is what the
// password field is marked with.
func (v *visit) showReviewed(r review, problem string) error {
	if err := v.askWinners(&r); err != nil {
		return err
	}
	if v.posted(stepName) == stepBacktest {
		return v.showBacktest(&r)
	}
	e, err := v.s.Outbox.Preview(v.UserContext(), v.member.Workspace, r.proposal)
	if err != nil {
		return err
	}
	if v.posted(stepName) == stepExport {
		return v.exportReview(e)
	}
	emails, err := v.emailsRead(r.from.Advanced.EmailsRead(), r.proposal.Settings.Advanced.EmailsRead())
	if err != nil {
		return err
	}
	own, err := v.ownValues(r.from, r.proposal.Settings)
	if err != nil {
		return err
	}
	r.page.Effects = effectWords(e)
	r.page.Also = slices.Concat(r.page.Also, own, emails, alsoWords(e, r.proposal.Settings.Advanced.CurrencyLabel))
	if err := v.addSample(&r.page, e); err != nil {
		return err
	}
	if err := v.addBacktest(&r); err != nil {
		return err
	}
	if !e.Whole() {
		r.page.Head.Lead += fmt.Sprintf(" Only %s of %s things were looked at; the rest is not in these numbers.", number(e.Looked), number(e.Total))
	}
	if dangers := r.dangers(); len(dangers) > 0 {
		askAgain(&r.page, dangers, e, problem)
	}
	v.showWinners(&r)
	if problem != "" || v.posted(stepName) == stepSave && len(r.undecided()) > 0 {
		v.Status(fiber.StatusUnprocessableEntity)
	}
	return render(v.Ctx, views.Review(r.page))
}

// askAgain puts the risk in numbers and asks for the password.
func askAgain(p *views.ReviewPage, dangers []settings.Danger, e *effect.Effect, problem string) {
	what := make([]string, len(dangers))
	for i, d := range dangers {
		what[i] = d.What
	}
	later := "and more"
	if e.Records() == 0 {
		later = "but some may"
	}
	p.Risk = views.Notice{
		Tone: views.Attention, Icon: views.IconWarning, Strong: "This can change what people typed in Salesforce.",
		Text: strings.Join(what, ". ") + ". " + capital(writesNow(e)) + " now, " + later + " as people and records change.",
	}
	p.Confirm = "I have seen that " + writesNow(e) + "."
	p.Password = &views.Field{
		Name: "password", Label: "Your password", Type: "password", Required: true, Autocomplete: "current-password", Error: problem,
		Hint: "Asked again, because what is written in Salesforce is not taken back by changing the setting.",
	}
	if problem != "" {
		p.Form.Errors = append(p.Form.Errors, views.FieldError{FieldID: "password", Text: problem})
	}
}

// writesNow is "412 contacts would change and 3 leads would be created".
func writesNow(e *effect.Effect) string {
	var parts []string
	for _, object := range e.Objects() {
		if n := e.Updated[object]; n > 0 {
			parts = append(parts, objectCount(n, object)+" would change")
		}
		if n := e.Created[object]; n > 0 {
			parts = append(parts, objectCount(n, object)+" would be created")
		}
		if n := e.Removed[object]; n > 0 {
			parts = append(parts, objectCount(n, object)+" would be removed")
		}
	}
	if parts == nil {
		return "no record would change"
	}
	return list(parts)
}

// objectCount is "1 contact" or "412 opportunities".
func objectCount(n int, object string) string {
	one := strings.ToLower(object[:1]) + object[1:]
	many := one + "s"
	if stem, ok := strings.CutSuffix(one, "y"); ok {
		many = stem + "ies"
	}
	return count(n, one, many)
}

// effectWords are the three numbers above a review.
func effectWords(e *effect.Effect) []views.Effect {
	total := func(by map[string]int) (n int, kind string) {
		for _, object := range e.Objects() {
			if by[object] > 0 && n == 0 {
				kind = squareOf(object)
			}
			n += by[object]
		}
		return n, kind
	}
	updated, updatedKind := total(e.Updated)
	created, createdKind := total(e.Created)
	now, then := e.PerDay()
	perDay := fmt.Sprintf("right after saving; about %s a day then, %s now", number(then), number(now))
	return []views.Effect{
		{Kind: updatedKind, Number: count(updated, "record would change", "records would change"), Text: "in Salesforce, in the background after saving"},
		{Kind: createdKind, Number: count(created, "record would be created", "records would be created"), Text: "where nothing matches"},
		{Kind: views.KindCustom, Number: count(e.Calls(), "API call", "API calls"), Text: perDay},
	}
}

// alsoWords say what else happens, each only where it does; label is that of
// the currency, as it would be.
func alsoWords(e *effect.Effect, label string) []views.Fact {
	var out []views.Fact
	add := func(label, value, second string) {
		out = append(out, views.Fact{Label: label, Value: value, Second: second})
	}
	if e.Parked > 0 {
		add("Waiting edits", count(e.Parked, "would be held back", "would be held back"), "They stay in the sync log under “needs you”, and go out when the setting allows them again.")
	}
	if e.Freed > 0 {
		add("Held-back edits", count(e.Freed, "would go out", "would go out"), "")
	}
	removed := 0
	for _, n := range e.Removed {
		removed += n
	}
	if removed > 0 {
		add("Links and relations", count(removed, "would be removed", "would be removed"), "What earlier plans related and these would not. The notes, Events and Tasks stay; what somebody changed since stays too.")
	}
	if e.Deals.Changed() {
		add("Forecast of this period", fmt.Sprintf("%s would appear, %s would disappear", count(len(e.Deals.Appear), "deal", "deals"), count(len(e.Deals.Disappear), "deal", "deals")),
			"It adds up to "+money(e.Deals.Before.String(), label)+" now, and to "+money(e.Deals.After.String(), label)+" then.")
	}
	if n := len(e.Conflicts.Different); n > 0 {
		add("Conflicts", fmt.Sprintf("%d of the last %d would have ended otherwise", n, e.Conflicts.Looked), "Nothing that was decided is decided anew.")
	}
	looked, left := "Nothing was said yet", "What is said from now on goes by these settings."
	if e.Looked > 0 {
		looked, left = count(e.Looked, "thing", "things"), count(e.Left, "would cause no write", "would cause no write")+"."
	}
	add("Looked at", looked, left)
	if e.Held > 0 {
		add("A person must decide", count(e.Held, "person", "people"), "Nothing is written of them before.")
	}
	return out
}

func lineValue(value gateway.Value) string {
	switch {
	case value == "":
		return "not known"
	case value.Empty():
		return "empty"
	}
	return value.String()
}

// exportReview sends every line as CSV.
func (v *visit) exportReview(e *effect.Effect) error {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	rows := [][]string{{"object", "record", "name", "operation", "field", "old in Salesforce", "new", "last edited in Salesforce", "rule"}}
	for _, l := range e.Lines {
		edited := ""
		if !l.Edited.IsZero() {
			edited = l.Edited.UTC().Format(time.RFC3339)
		}
		rows = append(rows, []string{l.Key.Object, l.Key.ID, l.Label, string(l.Op), l.Field, lineValue(l.Old), lineValue(l.New), edited, l.Cause.Rule})
	}
	for _, row := range rows {
		for i := range row {
			row[i] = formulaSafe(row[i])
		}
	}
	if err := w.WriteAll(rows); err != nil {
		return fmt.Errorf("writing the list of a review: %w", err)
	}
	v.s.audit(v, "exported what a change of settings would write", fmt.Sprintf("%d fields", len(e.Lines)))
	v.Set(fiber.HeaderContentType, "text/csv; charset=utf-8")
	v.Set(fiber.HeaderContentDisposition, `attachment; filename="tidegate-review.csv"`)
	return v.Send(b.Bytes())
}
