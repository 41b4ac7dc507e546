package handlers

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"tidegate/gateway"
	"tidegate/outbox"
	"tidegate/rules/settings"
	"tidegate/store"
	"tidegate/views"
)

// The steps of saving the organization's settings. A form without a step comes
// from the tab; a review carries the whole body of the tab, so that what is
// saved is what was shown.
const (
	stepName   = "step"
	stepMerge  = "merge"
	stepSave   = "save"
	stepEdit   = "edit"
	bodyName   = "body"
	chooseName = "choose_" // + name of the setting: "theirs" or "ours"
)

// saveWords is the button of a tab's form. A member's own settings concern
// nobody else and are saved at once; the organization's are reviewed first
// (UX 17, AVM-30).
func saveWords(scope string) string {
	if scope == gateway.OrgScope {
		return "Review changes"
	}
	return "Save changes"
}

// saveTab takes the form of a tab of the organization's settings.
func saveTab(tab gateway.Tab) func(*visit) error {
	return func(v *visit) error { return v.saveScope(tab, gateway.OrgScope) }
}

// proposal is a tab as somebody wants it to be.
type proposal struct {
	tabState
	body []byte // of the tab, valid, merged with what others saved meanwhile
	// overlap is what others saved meanwhile, in one sentence.
	overlap string
	// adds is an object that begins to take part by this save, "" mostly.
	adds string
	// reviewed is what was decided in the review.
	reviewed review
}

// saveScope brings what was posted together with what others saved meanwhile
// (UX 18), validates it, and saves it or shows its review. What was typed
// survives every refusal.
func (v *visit) saveScope(tab gateway.Tab, scope string) error {
	state, err := v.tabState(tab, scope)
	if err != nil {
		return err
	}
	if err := v.maySave(state); err != nil {
		return err
	}
	base, ours, err := v.postedBodies(&state)
	if err != nil {
		return v.refuseTab(state, err)
	}
	if v.posted(stepName) == stepEdit || state.again {
		state.common.Form.Revision, state.common.Form.Unsaved = v.posted("revision"), true
		return v.showTab(state)
	}
	theirs, err := state.standing()
	if err != nil {
		return err
	}
	merged, overlaps, err := settings.Merge(tab, base, theirs, ours, v.choices(tab, base, theirs, ours))
	if err != nil {
		return v.refuseTab(state, err)
	}
	if undecided := slices.DeleteFunc(slices.Clone(overlaps), func(o settings.Overlap) bool { return v.shown(chooseName + o.Name) }); len(undecided) > 0 {
		return v.showMerge(state, ours, undecided)
	}
	p := proposal{tabState: state, body: merged}
	if differ, err := settings.Diff(tab, base, theirs); err == nil && len(differ) > 0 {
		p.overlap = v.savedMeanwhile(state, len(overlaps) > 0)
	}
	if err := settings.Decode(&p.settings, tab, merged); err != nil {
		return v.refuseTab(state, err)
	}
	if err := v.checkTab(p.tabState); err != nil {
		return v.refuseTab(p.tabState, err)
	}
	if p.adds, err = p.addedBy(); err != nil {
		return err
	}
	p.settings = withObject(p.settings, p.adds)
	if p.body, err = settings.Encode(p.settings, tab); err != nil {
		return err
	}
	if scope != gateway.OrgScope {
		return v.saveProposal(p, theirs)
	}
	if v.posted(stepName) != stepSave {
		return v.showReview(p, theirs, "")
	}
	r, err := p.review()
	if err != nil {
		return err
	}
	ok, problem, err := v.maySaveReview(&r)
	if err != nil {
		return err
	}
	if !ok {
		return v.showReview(p, theirs, problem)
	}
	if p.reviewed = r; tab == gateway.TabAdvanced && len(r.decided) > 0 {
		if p.body, err = settings.Encode(r.proposal.Settings, tab); err != nil {
			return err
		}
	}
	return v.saveProposal(p, theirs)
}

// maySave refuses what the scope has no right to, with an audit row (S-36).
func (v *visit) maySave(t tabState) error {
	return v.auditRefused(mayChange(t.org, t.scope, t.tab), t.tab, t.scope)
}

func mayChange(org settings.Rows, scope string, tab gateway.Tab) error {
	in, err := settings.Effective(org, nil)
	if err != nil {
		return err
	}
	return settings.MaySave(in.Settings, scope, tab)
}

// auditRefused writes down that somebody tried what his scope has no right to.
func (v *visit) auditRefused(err error, tab gateway.Tab, scope string) error {
	if gateway.CodeOf(err) == gateway.CodeForbidden {
		v.s.audit(v, "refused a change of locked settings", v.tabURL(tab, scope))
	}
	return err
}

// postedBodies returns what the form was made from and what it says now. state
// then holds what was typed.
func (v *visit) postedBodies(state *tabState) (base, ours []byte, err error) {
	began := *state
	revision, err := strconv.ParseInt(v.posted("revision"), 10, 64)
	if err == nil && revision != state.rows[state.tab].Revision { // a form without a guard was made by hand, from what is there now
		if began.settings, err = v.settingsAt(*state, revision); err != nil {
			return nil, nil, err
		}
	}
	if base, err = settings.Encode(began.settings, state.tab); err != nil {
		return nil, nil, err
	}
	switch body := v.posted(bodyName); v.posted(stepName) {
	case stepSave, stepMerge, stepEdit, stepExport, stepBacktest:
		if err := settings.Decode(&began.settings, state.tab, []byte(body)); err != nil {
			return nil, nil, err
		}
		if state.tab == gateway.TabContacts && v.shown("phone_field") { // chosen in the review
			began.settings.Contacts.PhoneField = v.posted("phone_field")
		}
	default:
		tabForms[state.tab].read(v, &began)
	}
	state.settings, state.again = began.settings, began.again
	ours, err = settings.Encode(began.settings, state.tab)
	return base, ours, err
}

// settingsAt are the settings with the scope's tab as it was at a revision.
func (v *visit) settingsAt(state tabState, revision int64) (gateway.Settings, error) {
	history, err := v.ws.SettingHistory(v.UserContext(), state.scope, state.tab)
	if err != nil {
		return gateway.Settings{}, err
	}
	rows := settings.Rows{}
	maps.Copy(rows, state.rows) // the other tabs are as they are now
	delete(rows, state.tab)
	for _, row := range history {
		if row.Revision == revision {
			rows[state.tab] = row
		}
	}
	return state.effective(rows)
}

// standing is the body of the tab as it was saved when this request began.
func (t tabState) standing() ([]byte, error) {
	s, err := t.effective(t.rows)
	if err != nil {
		return nil, err
	}
	return settings.Encode(s, t.tab)
}

// effective lays rows of the state's scope over what they rest on. The
// organization's are not read anew: a lock that came since would look like
// other values.
func (t tabState) effective(rows settings.Rows) (gateway.Settings, error) {
	org, member := rows, settings.Rows(nil)
	if t.scope != gateway.OrgScope {
		org, member = t.org, rows
	}
	in, err := settings.Effective(org, member)
	return in.Settings, err
}

// choices reads the decisions of the merge page. Asking for each makes them
// known fields of the form.
func (v *visit) choices(tab gateway.Tab, base, theirs, ours []byte) map[string]string {
	out := map[string]string{}
	_, overlaps, err := settings.Merge(tab, base, theirs, ours, nil)
	if err != nil {
		return out // the merge itself reports it
	}
	for _, o := range overlaps {
		out[o.Name] = v.posted(chooseName + o.Name)
	}
	return out
}

// savedMeanwhile says who saved since the form was made.
func (v *visit) savedMeanwhile(state tabState, overlaps bool) string {
	row := state.rows[state.tab]
	text := fmt.Sprintf("%s saved other settings at %s", orSomebody(row.By), v.clock().full(row.At).Text)
	if overlaps {
		return text + "; where both of you changed one, your choice stands."
	}
	return text + "; they do not overlap with yours."
}

// showMerge stands instead of the tab where two people changed the same
// setting differently.
func (v *visit) showMerge(state tabState, ours []byte, overlaps []settings.Overlap) error {
	row := state.rows[state.tab]
	m := views.Merge{
		Form: state.common.Form, Who: orSomebody(row.By), When: "at " + v.clock().full(row.At).Text,
		KeepTo: views.Link{Text: "Keep what " + orSomebody(row.By) + " saved", URL: v.tabURL(state.tab, state.scope)},
		Fields: []views.Hidden{{Name: stepName, Value: stepMerge}, {Name: bodyName, Value: string(ours)}},
	}
	// What was typed rests on the revision that the form was made from.
	m.Form.Revision = v.posted("revision")
	m.Form.Bar.Save = saveWords(state.scope)
	for _, o := range overlaps {
		m.Rows = append(m.Rows, views.MergeRow{
			Setting: settings.Label(state.tab, o.Name), Name: chooseName + o.Name,
			TheirText: settings.Words(state.tab, o.Name, o.Theirs), TheirWord: "theirs",
			YourText: settings.Words(state.tab, o.Name, o.Ours), YourWord: "ours",
		})
	}
	v.Status(fiber.StatusConflict)
	return render(v.Ctx, views.SettingsMerge(state.common, string(state.tab), m))
}

// review is the proposal beside the settings in force.
func (p proposal) review() (review, error) {
	in, err := settings.Effective(p.rows, nil)
	return review{from: in.Settings, proposal: outbox.Proposal{Settings: p.settings}}, err
}

// showReview shows what would change before it takes effect (AVM-30). problem
// is why it was not saved yet, "" at first.
func (v *visit) showReview(p proposal, before []byte, problem string) error {
	changes, err := settings.Diff(p.tab, before, p.body)
	if err != nil {
		return err
	}
	back := v.tabURL(p.tab, p.scope)
	if len(changes) == 0 {
		switch confirms, err := v.confirms(p.tab, p.scope); {
		case err != nil:
			return err
		case confirms:
			return v.confirmWinners(p)
		}
		return v.Redirect(back+"?saved=nothing", fiber.StatusSeeOther)
	}
	r, err := p.review()
	if err != nil {
		return err
	}
	r.page = views.ReviewPage{
		Shell: p.common.Shell,
		Head: views.Head{
			Crumb: []views.Link{{Text: "Salesforce settings", URL: settingsBase + "/notes"}, {Text: p.tab.Title(), URL: back}},
			Title: reviewTitle(len(changes)), Lead: "Nothing is saved yet.",
		},
		Overlap: p.overlap,
		Form:    views.Form{URL: back, Revision: p.common.Form.Revision, Bar: views.SaveBar{Save: "Save Changes & Start Syncing"}},
		Fields:  []views.Hidden{{Name: bodyName, Value: string(p.body)}},
		Back:    "Back to editing",
	}
	for _, d := range changes {
		was, err := v.named(d.Name, settings.Words(d.Tab, d.Name, d.Before))
		if err != nil {
			return err
		}
		is, err := v.named(d.Name, settings.Words(d.Tab, d.Name, d.After))
		if err != nil {
			return err
		}
		r.page.Changes = append(r.page.Changes, views.ReviewChange{Where: p.tab.Title(), Setting: settings.Label(d.Tab, d.Name), Before: was, After: is})
	}
	if p.tab == gateway.TabContacts {
		r.page.Changes = append(r.page.Changes, addedChanges(p.adds)...)
		r.page.Head.Title = reviewTitle(len(r.page.Changes))
		if err := v.addToReview(&r.page, r.from, p.settings); err != nil {
			return err
		}
	}
	return v.showReviewed(r, problem)
}

// saveProposal saves if nobody else did in this very moment; else the next try
// merges with him.
func (v *visit) saveProposal(p proposal, before []byte) error {
	row := gateway.SettingRow{Scope: p.scope, Tab: p.tab, Body: p.body, By: v.member.Name, ByID: v.member.ID, At: v.s.Now()}
	if err := v.addActivityObject(p.adds); err != nil {
		return err
	}
	things, err := v.s.Outbox.CountThings(v.UserContext(), v.member.Workspace)
	if err != nil {
		return err
	}
	err = v.ws.InTx(v.UserContext(), func(ctx context.Context, tx *store.Tx) error {
		// Once more, now that nobody can turn the lock: an admin may have since
		// this request began (S-38).
		org, err := tx.LockSettings(ctx, gateway.OrgScope)
		if err != nil {
			return err
		}
		if err := mayChange(org, p.scope, p.tab); err != nil {
			return err
		}
		if _, err := tx.SaveSetting(ctx, row, p.rows[p.tab].Revision); err != nil {
			return err
		}
		if err := v.saveAddedObject(ctx, tx, p); err != nil {
			return err
		}
		if p.tab != gateway.TabAdvanced {
			if err := v.saveDecided(ctx, tx, p.reviewed, p.rows[gateway.TabAdvanced]); err != nil {
				return err
			}
		}
		if err := outbox.BeginReplan(ctx, tx, things, p.tab.Title()+" settings changed", v.member.Name, v.member.ID); err != nil {
			return err
		}
		return tx.Audit(ctx, gateway.AuditEntry{
			At: v.s.Now(), By: v.member.Name, What: "changed " + p.tab.Title() + " settings", Target: p.scope,
			Before: string(before), After: string(p.body), IP: v.IP(),
		})
	})
	if gateway.CodeOf(err) == gateway.CodeConflict {
		return v.refuseTab(p.tabState, gateway.Errorf(gateway.CodeConflict,
			"Somebody saved these settings in the same moment. Your values are still in the form below: review them again."))
	}
	if err != nil {
		return v.auditRefused(err, p.tab, p.scope)
	}
	if p.adds != "" {
		if err := v.readAdded(p.adds); err != nil {
			return err
		}
	}
	v.s.Outbox.WakeReplanner()
	return v.Redirect(v.tabURL(p.tab, p.scope)+"?saved=settings", fiber.StatusSeeOther)
}
